"""One case: why it is there, its messages, what was done so far; and what can be done now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region

from peerroom.client.casework_views import CasePage
from peerroom.client.dates import day_words, local, time_words
from peerroom.i18n import N_, _
from peerroom.tui.screens.answering import DeskPage, Doing
from peerroom.tui.screens.case_acts import KEYS, LENGTHS, Choice, choices, for_how_long
from peerroom.tui.screens.cases import waited
from peerroom.tui.screens.choosing import ChoiceScreen, deeds, outcomes
from peerroom.tui.screens.letters import LettersScreen, note_page, opinion_page
from peerroom.tui.widgets.prose import Prose
from peerroom.tui.widgets.sheet import Row, Sheet

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client
    from peerroom.tui.breather import Breather


class CaseScreen(DeskPage):
    """A case to read. Its messages are covered until one opens them, and again when one leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "uncover", show=False),
        Binding("enter", "choose", show=False),
        *(Binding(key, f"act('{act}')", show=False) for key, act in KEYS.items()),
    ]

    def __init__(self, client: Client, work: Casework, number: int, breather: Breather) -> None:
        super().__init__(client, work)
        self._number = number
        self._breather = breather
        self._open = False
        self._page: CasePage | None = None

    def heading(self) -> str:
        """Which case."""
        return _("Case {n}").format(n=self._number)

    def body(self) -> ComposeResult:
        """All of it, to scroll."""
        with VerticalScroll(classes="text"):
            yield Prose(id="case-title")
            yield Sheet(id="case-about")
            yield Sheet(id="evidence")
            yield Sheet(id="history")

    def hints(self) -> tuple[str, ...]:
        """What can be done now."""
        page = self._page
        if page is None:
            return (_("Esc back"),)
        acts = page.acts
        said = []
        if page.evidence.lines:
            said.append(_("O covers them") if self._open else _("O opens the messages"))
        said.append(_("Enter what you can do"))
        if "claim" in acts and not page.row.mine:
            said.append(_("C look after it"))
        if "reply" in acts:
            said.append(_("R answer"))
        said += [_("N note"), _("Esc back")]
        return tuple(said)

    def on_unmount(self) -> None:
        """Nothing stays open behind one's back."""
        self.work.cover(self._number)

    def fill(self) -> None:
        """Show the case as it is now."""
        self._page = page = self.work.page(self._number)
        if page is None:
            self.query_one("#case-title", Prose).say(_("There is no case with this number."))
            return
        self.query_one("#case-title", Prose).say(page.row.title)
        self.query_one("#case-about", Sheet).say(self._about(page))
        self.query_one("#evidence", Sheet).say(self._evidence(page))
        self.query_one("#history", Sheet).say(self._history(page))
        self.suggest()

    def _about(self, page: CasePage) -> Iterator[Row]:
        row = page.row
        if row.urgent:
            yield Row(_("Somebody may not be well. Please look at this first."), "! ", "alert")
        if row.name or row.room:
            yield Row(" · ".join(filter(None, (row.name, row.room))), look="strong")
        if row.stand == "closed":
            yield Row(_("Closed: {outcome}.").format(outcome=row.outcome), look="quiet")
        elif row.mine:
            yield Row(_("You look after it."), look="quiet")
        elif row.holder:
            yield Row(_("{name} looks after it.").format(name=row.holder), look="quiet")
        elif row.waiting is not None:
            time = waited(self.peerroom.now() - row.waiting)
            yield Row(_("Nobody looks after it yet, {time}.").format(time=time), look="quiet")
        if row.times > 1:
            words = _("It came {count} times.").format(count=row.times)
            yield Row(words, look="quiet")
        if row.second_wanted:
            yield Row(_("A second opinion is wanted."), look="quiet")
        if page.appealed is not None:
            words = _("It is about number {deed} of the log.").format(deed=page.appealed)
            yield Row(words, look="quiet")
        if page.cues:
            yield Row(" · ".join(page.cues), _("Noticed: "), "plain")
        if not row.complete:
            yield Row(_("It began before you came: not all of it is here."), look="quiet")

    def _evidence(self, page: CasePage) -> Iterator[Row]:
        evidence = page.evidence
        yield Row()
        if evidence.gone:
            yield Row(_("No messages are kept with it."), look="quiet")
            return
        yield Row(_("The messages"), look="strong")
        if evidence.unverified:
            words = _("This is the reporter's copy: the bot has none of its own to compare.")
            yield Row(words, "! ", "alert")
        if evidence.covered:
            yield Row(_("Covered until you press O. ▌ is what it is about."), look="quiet")
        for line in evidence.lines:
            lead = f"{'▌' if line.about else ' '} {self._time(line.when)}  "
            if evidence.covered:
                yield Row("", lead, "covered", line.cells)
            else:
                yield Row(line.name, lead, "strong" if line.about else "quiet")
                indent = " " * (len(lead) - 1)
                mark = "▌" if line.about else " "
                yield Row(line.text, mark + indent, "plain" if line.about else "quiet")
                if line.doubt:
                    yield Row(line.doubt, f"{mark}{indent}! ", "alert")

    def _history(self, page: CasePage) -> Iterator[Row]:
        yield Row()
        yield Row(_("What happened"), look="strong")
        day = ""
        for line in page.history:
            here = self._day(line.when)
            if here != day:
                day = here
                yield Row(here, "  ", "quiet")
            words = " ".join(filter(None, (line.who, line.words)))
            if line.deed is not None:
                words += " " + _("(number {deed})").format(deed=line.deed)
            yield Row(words, f"  {self._time(line.when)}  ")
            if line.text:
                yield Row(line.text, " " * 9, "quiet")

    def _time(self, when: datetime) -> str:
        return time_words(local(when, self.peerroom.start.zone))

    def _day(self, when: datetime) -> str:
        zone = self.peerroom.start.zone
        return day_words(local(when, zone).date(), local(self.peerroom.now(), zone).date())

    # What the keys do

    def action_uncover(self) -> None:
        """Open the messages, or cover them again."""
        page = self._page
        if page is None or not page.evidence.lines:
            return
        self._open = not self._open
        if self._open:
            now = self.peerroom.start.clock.monotonic()
            self._breather.opened(self._number, now, hard=page.row.urgent)
            self.work.uncover(self._number)
        else:
            self.work.cover(self._number)
        self.fill()
        if self._open:
            self.call_after_refresh(self._go_to_the_message)

    def _go_to_the_message(self) -> None:
        """What was said around it may fill the screen: scroll as far as it takes."""
        sheet, page = self.query_one("#evidence", Sheet), self.query_one(VerticalScroll)
        if lines := sheet.lines_of("plain"):
            top = sheet.virtual_region.y + lines.start - 1  # with the name above it
            page.scroll_to_region(Region(0, top, 1, len(lines) + 1), animate=False)

    def action_choose(self) -> None:
        """Everything that can be done now, each with its command."""
        page = self._page
        if page is not None:
            ways = ChoiceScreen(N_("What you can do"), lambda: choices(page))
            self.app.push_screen(ways, self._act)

    def action_act(self, act: str) -> None:
        """Do something by its key, if it can be done now."""
        if self._page is not None and act in {choice.id for choice in choices(self._page)}:
            self._act(act)

    def _act(self, act: str | None) -> None:
        if act is None or self._page is None:
            return
        n, work = self._number, self.work
        at_once: dict[str, Doing] = {
            "claim": lambda: work.claim(n),
            "drop": lambda: work.drop(n),
            "allow": lambda: work.allow(n),
            "remove": lambda: work.remove(n),
            "second": lambda: work.ask_second(n),
        }
        if act in at_once:
            self.give(at_once[act])
        elif act in ("reply", "tell"):
            self._letter(act)
        elif act in ("note", "agree", "disagree"):
            self._write(act)
        elif act in LENGTHS:
            self._for_how_long(act)
        else:
            self._ask_which(act)

    def _letter(self, act: str) -> None:
        def go_on(text: str | None) -> None:
            if text:
                n, work = self._number, self.work
                self.give(lambda: work.reply(n, text) if act == "reply" else work.tell(n, text))

        assert self._page is not None
        texts = self.work.texts()
        self.app.push_screen(LettersScreen(self._page, texts, to_author=act == "tell"), go_on)

    def _write(self, act: str) -> None:
        def go_on(text: str | None) -> None:
            if text is None:
                return
            n, work = self._number, self.work
            if act == "note":
                self.give(lambda: work.note(n, text))
            else:
                self.give(lambda: work.opinion(n, act == "agree", text))

        page = note_page(self._number) if act == "note" else opinion_page(act == "agree")
        self.app.push_screen(page, go_on)

    def _for_how_long(self, act: str) -> None:
        assert self._page is not None
        name = self._page.row.name
        self._choose(N_("For how long?"), lambda: for_how_long(act, name))

    def _ask_which(self, act: str) -> None:
        page = self._page
        assert page is not None
        if act == "close":
            self._choose(N_("How did it end?"), lambda: outcomes(self._number))
        elif act == "undo":
            self._choose(N_("Take back what?"), lambda: deeds(page))
        else:
            self._choose(
                N_("Are you sure?"), lambda: (each for each in choices(page) if each.id == act)
            )

    def _choose(self, heading: str, found: Callable[[], Iterable[Choice]]) -> None:
        """Give the command of what is chosen."""

        def go_on(chosen: str | None) -> None:
            for each in found():
                if each.id == chosen:
                    self.give(partial(self.work.command, each.command))

        self.app.push_screen(ChoiceScreen(heading, found), go_on)
