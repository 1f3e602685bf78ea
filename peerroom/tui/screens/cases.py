"""The moderators' desk: what waits, what is one's own, what is settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from peerroom.client.casework_views import CaseRow, Shelf
from peerroom.client.dates import day_words, local, time_words
from peerroom.i18n import N_, _, ngettext
from peerroom.text.cells import cell_width, truncate
from peerroom.tui.screens.answering import DeskPage
from peerroom.tui.widgets.options import Options
from peerroom.tui.widgets.prose import Prose

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client
    from peerroom.tui.breather import Breather

_SHELVES: Final[dict[Shelf, str]] = {
    "open": N_("Open"),
    "mine": N_("Mine"),
    "closed": N_("Closed"),
}
_MEASURE: Final = 96
"""Cells in a row of the list at most."""


class CasesScreen(DeskPage):
    """The list of cases, and the way to everything else that moderators do."""

    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "shelf(-1)", show=False),
        Binding("right", "shelf(1)", show=False),
        Binding("r", "rooms", show=False),
        Binding("l", "log", show=False),
        Binding("s", "shift", show=False),
        Binding("b", "put_away", show=False),
    ]

    def __init__(self, client: Client, work: Casework, breather: Breather) -> None:
        super().__init__(client, work)
        self._breather = breather
        self._shelf: Shelf = "open"
        self._kept: str | None = None

    def heading(self) -> str:
        """What this is."""
        return _("Cases")

    def body(self) -> ComposeResult:
        """What happened since, a kind word if one is due, the shelves, and the list."""
        yield Prose(id="digest")
        yield Prose(id="breather")
        yield Static(id="shelves", markup=False)
        yield Options()

    def hints(self) -> tuple[str, ...]:
        """What the keys do."""
        return (
            _("Enter opens"),
            _("←→ mine, closed"),
            _("R rooms"),
            _("L log"),
            _("S shift"),
            _("! command"),
            "Esc",
        )

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        self.fill()

    @on(events.ScreenResume)
    def _again(self) -> None:
        if self.is_mounted:
            self.fill()

    def fill(self) -> None:
        """Show the shelf as it is now; what is about to be chosen stays so."""
        for options in self.query(OptionList):  # none while the page is being built
            self.query_one("#digest", Prose).say(self.work.since_last_shift().sentence)
            self._breathe()
            self.query_one("#shelves", Static).update(self._shelves())
            kept = options.highlighted_option.id if options.highlighted_option else self._kept
            rows = self.work.cases(self._shelf)
            options.set_options(self._options(rows))
            ids = [option.id for option in options.options]
            known = kept is not None and kept in ids
            options.highlighted = ids.index(kept) if known else (0 if rows else None)

    def _breathe(self) -> None:
        said = self.query_one("#breather", Prose)
        said.display = self._breather.due(self.peerroom.start.clock.monotonic())
        if said.display:
            said.say(
                _(
                    "You have looked at hard things for a while. Stand up, drink something, look "
                    "out of the window for five minutes: the cases can wait for that, and you "
                    "are not the only one here. F1 is for moderators too. (B puts this away)"
                )
            )

    def _shelves(self) -> Content:
        parts: list[Content] = []
        for shelf, label in _SHELVES.items():
            count = len(self.work.cases(shelf)) if shelf != "closed" else 0
            words = f"{_(label)} {count}" if count else _(label)
            chosen = shelf == self._shelf
            parts.append(Content.styled(f"[{words}]" if chosen else f" {words} ",
                                        "bold" if chosen else "$quiet"))  # fmt: skip
        return Content("  ").join(parts)

    def _options(self, rows: list[CaseRow]) -> Iterator[Option]:
        if not rows:
            words = {
                "open": _("Nothing is open. All is well for now."),
                "mine": _("You look after none at the moment."),
                "closed": _("Nothing was closed yet."),
            }
            yield Option(Content.styled(f"  {words[self._shelf]}", "$quiet"), disabled=True)
        width = max(16, min(_MEASURE, self.size.width - 5))
        for row in rows:
            yield Option(self._prompt(row, width), id=str(row.number))
            yield Option("", disabled=True)

    def _prompt(self, row: CaseRow, width: int) -> Content:
        zone, now = self.peerroom.start.zone, self.peerroom.now()
        when = moment(local(row.touched, zone), local(now, zone))
        mark = "! " if row.urgent else "  "
        number = f"{row.number}  "
        title = truncate(row.title, max(4, width - cell_width(mark + number)))
        second = truncate("  " + " · ".join((when, *_about(row, now))), width)
        return Content.assemble(
            (f"{mark}{number}", "bold $alert" if row.urgent else "bold"),
            (f"{title}\n", "bold" if row.stand == "open" else ""),
            (second, "$quiet"),
        )

    # What the keys do

    @on(OptionList.OptionHighlighted)
    def _another(self, event: OptionList.OptionHighlighted) -> None:
        self._kept = event.option_id

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        from peerroom.tui.screens.case import CaseScreen

        if event.option_id is not None:
            number = int(event.option_id)
            self.app.push_screen(CaseScreen(self.client, self.work, number, self._breather))

    def action_shelf(self, step: int) -> None:
        """Another shelf."""
        shelves = list(_SHELVES)
        self._shelf = shelves[(shelves.index(self._shelf) + step) % len(shelves)]
        self._kept = None
        self.query_one(OptionList).highlighted = None
        self.fill()

    def action_put_away(self) -> None:
        """The kind word was read."""
        self._breather.put_away(self.peerroom.start.clock.monotonic())
        self._breathe()

    def action_rooms(self) -> None:
        """How the rooms stand."""
        from peerroom.tui.screens.duty import StandingScreen

        self.app.push_screen(StandingScreen(self.client, self.work))

    def action_log(self) -> None:
        """What was done, by whom."""
        from peerroom.tui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self.client, self.work, self._breather))

    def action_shift(self) -> None:
        """Here from now on, or gone."""
        from peerroom.tui.screens.duty import ShiftScreen

        def go_on(chosen: str | None) -> None:
            if chosen == "on":
                self.give(self.work.begin_shift)
            elif chosen == "off":
                self.give(self.work.end_shift)
            elif chosen is not None:
                self.give(lambda: self.work.command(chosen))

        self.app.push_screen(ShiftScreen(), go_on)


def _about(row: CaseRow, now: datetime) -> Iterator[str]:
    """Whom it is about, where, and who has it; the most pressing first."""
    if row.stand == "closed":
        yield row.outcome
    elif row.mine:
        yield _("you look after it")
    elif row.holder:
        yield _("{name} looks after it").format(name=row.holder)
    elif row.waiting is not None:
        yield _("nobody yet, {time}").format(time=waited(now - row.waiting))
    if row.second_wanted:
        yield _("a second opinion is wanted")
    if row.name:
        yield row.name
    if row.times > 1:
        yield _("{count} times").format(count=row.times)
    if row.room:
        yield row.room
    if not row.complete:
        yield _("begun before you came")


def waited(time: timedelta) -> str:
    """How long something waits, in the largest unit that fits."""
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 60:
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("{count} hour", "{count} hours", hours).format(count=hours)
    days = minutes // (24 * 60)
    return ngettext("{count} day", "{count} days", days).format(count=days)


def moment(when: datetime, now: datetime) -> str:
    """A local time, with its day unless it is today."""
    if when.date() == now.date():
        return time_words(when)
    return f"{day_words(when.date(), now.date())} {time_words(when)}"
