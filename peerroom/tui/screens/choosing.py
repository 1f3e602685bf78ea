"""A short list of ways on, each with the command that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom.i18n import _
from peerroom.moderation.case_words import OUTCOMES
from peerroom.text.cells import cell_width, truncate
from peerroom.tui.screens.case_acts import Choice
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.options import Options

if TYPE_CHECKING:
    from peerroom.client.casework_views import CasePage

_MEASURE: Final = 92


class ChoiceScreen(SidePage[str]):
    """Its result is the id of the choice."""

    AUTO_FOCUS = "OptionList"

    def __init__(self, heading: str, choices: Callable[[], Iterable[Choice]]) -> None:
        """``heading`` is translated where it is shown, and ``choices`` asked for again then."""
        super().__init__()
        self._heading = heading
        self._make = choices
        self._choices: list[Choice] = []

    def heading(self) -> str:
        """What is to be chosen."""
        return _(self._heading)

    def body(self) -> ComposeResult:
        """The ways on."""
        yield Options()

    def on_resize(self) -> None:
        """Rows are cut to the width."""
        self.fill()

    def fill(self) -> None:
        """Fill the list."""
        for options in self.query(OptionList):
            chosen = options.highlighted or 0
            self._choices = list(self._make())
            width = max(16, min(_MEASURE, self.size.width - 5))
            options.set_options(Option(_row(each, width), id=each.id) for each in self._choices)
            options.highlighted = min(chosen, len(self._choices) - 1) if self._choices else None

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter does it"), _("Esc back, nothing is done"))

    def on_key(self, event: events.Key) -> None:
        """The letter beside a choice takes it; Enter would take the one that is marked."""
        for each in self._choices:
            if each.key and each.key == (event.character or "").casefold():
                event.stop()
                self.dismiss(each.id)
                return

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


def outcomes(number: int) -> Iterator[Choice]:
    """The ways in which a case can end."""
    yield Choice("", _("As the bot takes it to be"), f"!close {number}")
    for outcome, words in OUTCOMES.items():
        yield Choice(outcome, _(words), f"!close {number} {outcome}")


def deeds(page: CasePage) -> Iterator[Choice]:
    """What an appeal is about, and what was done in the case, the newest first."""
    if page.appealed is not None:
        yield Choice(str(page.appealed), _("What the appeal is about"), f"!undo {page.appealed}")
    for line in reversed(page.history):
        if line.deed not in (None, page.appealed):
            words = " ".join(filter(None, (line.who, line.words)))
            yield Choice(str(line.deed), words, f"!undo {line.deed}")


def _row(choice: Choice, width: int) -> Content:
    key = f"{choice.key.upper() or ' '}  "
    label = truncate(choice.label, width - 3)
    command = truncate(choice.command, max(0, width - cell_width(label) - 5))
    space = " " * max(2, width - cell_width(f"{key}{label}{command}"))
    return Content.assemble((key, "bold"), label, (f"{space}{command}", "$quiet"))
