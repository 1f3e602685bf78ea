"""What was done, by whom, to look through and to take along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from peerroom.client.casework_views import AuditEntry, AuditFilter
from peerroom.client.dates import local
from peerroom.i18n import _, ngettext
from peerroom.text.cells import cell_width, truncate
from peerroom.tui.screens.answering import DeskPage
from peerroom.tui.screens.cases import moment
from peerroom.tui.screens.writing import Request, WritePage
from peerroom.tui.widgets.field import Field
from peerroom.tui.widgets.options import Options

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client
    from peerroom.tui.breather import Breather

_MEASURE: Final = 110
_SHOWN: Final = 500
"""The newest entries that are listed; the file has all."""


class LogScreen(DeskPage):
    """The log of all cases. Typing narrows it down: a name, a word, or ``#12`` for a case."""

    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,f", "filter", show=False),
        Binding("d", "deeds_only", show=False),
        Binding("x", "export", show=False),
        Binding("a", "ask", show=False),
    ]

    def __init__(self, client: Client, work: Casework, breather: Breather) -> None:
        super().__init__(client, work)
        self._breather = breather
        self._wanted = AuditFilter()
        self._entries: list[AuditEntry] = []

    def heading(self) -> str:
        """What this is."""
        return _("What was done")

    def body(self) -> ComposeResult:
        """A line to narrow it down, and the entries."""
        yield Field(placeholder=_("F: a name, a word, or #12 for a case"), compact=True)
        yield Options()

    def hints(self) -> tuple[str, ...]:
        """What the keys do where the focus is."""
        if isinstance(self.focused, Input):
            return (_("Type to search"), _("Enter to the list"), _("Esc back"))
        only = _("D show everything") if self._wanted.deeds_only else _("D only deeds")
        return (
            _("Enter opens"),
            _("F find"),
            only,
            _("X save"),
            _("A ask the bot"),
            _("Esc back"),
        )

    def on_descendant_focus(self) -> None:
        """Other keys mean something now."""
        if self.is_mounted:
            self.suggest()

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        self.fill()

    def fill(self) -> None:
        """Show what fits."""
        for options in self.query(OptionList):
            chosen = options.highlighted
            self._entries = self.work.audit(self._wanted)
            options.set_options(self._options())
            last = len(self._entries) - 1
            options.highlighted = None if last < 0 else min(chosen or 0, last)

    def _options(self) -> Iterator[Option]:
        if not self._entries:
            yield Option(Content.styled("  " + _("Nothing like that was done."), "$quiet"),
                         disabled=True)  # fmt: skip
        zone, width = self.peerroom.start.zone, max(16, min(_MEASURE, self.size.width - 8))
        now = local(self.peerroom.now(), zone)
        for entry in self._entries[:_SHOWN]:
            when = moment(local(entry.when, zone), now)
            words = " ".join(filter(None, (entry.who, entry.words)))
            about = f" · {entry.about}" if entry.about else ""
            number = " · " + _("number {deed}").format(deed=entry.deed) if entry.deed else ""
            lead = _("case {n}").format(n=entry.case) + "  "
            room = max(4, width - cell_width(lead) - cell_width(when) - 2)
            text = truncate(f"{words}{number}{about}", room)
            space = " " * max(2, width - cell_width(f"{lead}{text}{when}"))
            yield Option(Content.assemble((lead, "$quiet"), text, (f"{space}{when}", "$quiet")))

    # What the keys do

    def action_filter(self) -> None:
        """Type what to look for."""
        self.query_one(Field).focus()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        number = re.fullmatch(r"\s*#(\d{1,7})\s*", event.value)
        text = "" if number else event.value.strip()
        self._wanted = replace(self._wanted, text=text, case=int(number[1]) if number else None)
        self.fill()

    @on(Input.Submitted)
    def _to_the_list(self) -> None:
        self.query_one(OptionList).focus()

    def action_deeds_only(self) -> None:
        """Only what was done to somebody, or everything."""
        self._wanted = replace(self._wanted, deeds_only=not self._wanted.deeds_only)
        self.fill()
        self.suggest()

    def action_ask(self) -> None:
        """The bot's own log, which also knows what was done without a case."""
        self.give(lambda: self.work.ask_audit(self._wanted.text))

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        from peerroom.tui.screens.case import CaseScreen

        number = self._entries[event.option_index].case
        self.app.push_screen(CaseScreen(self.client, self.work, number, self._breather))

    def action_export(self) -> None:
        """Ask where to, and write what is shown."""
        day = local(self.peerroom.now(), self.peerroom.start.zone).date()

        def send(text: str) -> None:
            self._written = self.work.export(Path(text.strip()).expanduser(), self._wanted)

        page = WritePage(
            lambda: Request(
                _("Save as a file"),
                [
                    _(
                        "A new file with what is listed now: when, which case, who, about whom, "
                        "what. No message and no note is in it."
                    ),
                    _(
                        "It is not encrypted. Only your account on this computer can read it, "
                        "and it stays until you delete it."
                    ),
                ],
                hint=_("Where to?"),
                enter=_("Enter saves it"),
                back=_("Esc back, nothing is saved"),
            ),
            text=f"~/peerroom-log-{day.isoformat()}.csv",
            send=send,
            one_line=True,
        )
        self.app.push_screen(page, self._saved)

    _written = 0

    def _saved(self, path: str | None) -> None:
        if path is not None:
            words = ngettext("{count} entry saved.", "{count} entries saved.", self._written)
            self.say(words.format(count=self._written))
