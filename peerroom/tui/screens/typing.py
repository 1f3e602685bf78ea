"""The command line of the moderators' desk, on a page of its own: completed as in their room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import TextArea

from peerroom.i18n import _
from peerroom.tui.screens.writing import Request, WritePage
from peerroom.tui.widgets.completer import Completer, Lazily
from peerroom.tui.widgets.prose import Prose
from peerroom.tui.widgets.sheet import Row, Sheet
from peerroom.tui.widgets.words import Words

if TYPE_CHECKING:
    from peerroom.client.casework import Casework


class CommandScreen(WritePage):
    """Its result is a command."""

    def __init__(self, work: Casework) -> None:
        super().__init__(
            lambda: Request(
                _("Command"),
                [_("The same words work in the moderators' room, from any Matrix client.")],
                hint=_("A command, like !cases"),
            ),
            text="!",
            one_line=True,
        )
        self._completer = Completer(work.complete)

    def body(self) -> ComposeResult:
        """What could come next, and where one types."""
        with VerticalScroll(classes="text", can_focus=False):
            yield Prose(*self._asked.about)
            yield Prose("", id="usage")
            yield Sheet(id="candidates")
        words = Words(self._asked.hint, self._text, one_line=True)
        words.completer = Lazily(lambda: self._completer)
        yield words

    def hints(self) -> tuple[str, ...]:
        """How to type."""
        return (_("Tab completes"), _("Enter sends"), _("Esc back, nothing is sent"))

    @on(TextArea.Changed)
    def _look_ahead(self, event: TextArea.Changed) -> None:
        shown = self._completer.shown(event.text_area.text)
        self.query_one("#usage", Prose).say(shown.hint)
        rows = [
            Row(each.about, f"{each.text.strip()}  ".ljust(14), "quiet")
            for each in shown.candidates
        ]
        self.query_one("#candidates", Sheet).say(rows)
