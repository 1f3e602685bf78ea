"""The questions of the first run. Each is one screen; its result is None when one goes back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final, Generic

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.store.keys import FORGOTTEN
from peerroom.store.vault import Vault
from peerroom.text.cells import wrap
from peerroom.tui.screens.page import Result, SidePage
from peerroom.tui.screens.texts import leaving_text, rules_text
from peerroom.tui.widgets.field import Field
from peerroom.tui.widgets.prose import Paragraph, Prose

_ANSWER_WIDTH: Final = 64
"""Cells in a line of what an answer means."""


class ReadingStep(SidePage[bool]):
    """Something to read and agree to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "agree", show=False)]

    @abstractmethod
    def text(self) -> Sequence[Paragraph]:
        """What there is to read."""

    def agreement(self) -> str:
        """What Enter means here."""
        return _("Enter: go on")

    def body(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="text"):
            yield Prose(*self.text())

    def hints(self) -> tuple[str, ...]:
        """How to go on."""
        return (self.agreement(), _("↑↓ scroll"), _("Esc back"))

    def action_agree(self) -> None:
        """Read and agreed."""
        self.dismiss(True)


class RulesStep(ReadingStep):
    """The rules of the room, to be accepted."""

    def heading(self) -> str:
        """What this is."""
        return _("Ten rules that keep this room kind")

    def text(self) -> Sequence[Paragraph]:
        """The rules."""
        return rules_text()

    def agreement(self) -> str:
        """What Enter means here."""
        return _("Enter: I will keep them")


class LeavingStep(ReadingStep):
    """How to leave at once, explained before it is needed."""

    def heading(self) -> str:
        """What this is."""
        return _("Leaving at once")

    def text(self) -> Sequence[Paragraph]:
        """The explanation."""
        return leaving_text()


class Question(SidePage[Result], Generic[Result]):
    """A few words and something to answer with."""

    AUTO_FOCUS = "OptionList"


class KeepScreen(Question[bool]):
    """Keep things on this computer, or nothing at all; its result is True for keeping."""

    def heading(self) -> str:
        """What this is."""
        return _("Keep your conversations?")

    def body(self) -> ComposeResult:
        """The two ways, each with what it means."""
        keep = _("Encrypted under a passphrase. You come back under the same name.")
        forget = _(
            "Everything is gone when you close PeerRoom, your name and your place in the room too."
        )
        with Vertical(classes="card"):
            yield OptionList(
                _way("keep", _("Keep them on this computer"), keep),
                Option("", disabled=True),
                _way("forget", _("Keep nothing"), forget),
                markup=False,
                compact=True,
            )

    def hints(self) -> tuple[str, ...]:
        """How to answer."""
        return (_("↑↓ choose"), _("Enter takes it"), _("Esc back"))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id == "keep")


def _way(key: str, title: str, words: str) -> Option:
    lines = "".join(f"\n   {line}" for line in wrap(words, _ANSWER_WIDTH))
    return Option(Content.assemble((f" {title}", "bold"), (lines, "$quiet")), id=key)


class PassphraseScreen(Question[Vault]):
    """Choose a passphrase, twice; its result is the new vault, made and open."""

    AUTO_FOCUS = "#first"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def heading(self) -> str:
        """What this is."""
        return _("Choose a passphrase")

    def body(self) -> ComposeResult:
        """What it means, and two lines."""
        with VerticalScroll(classes="card", can_focus=False):
            yield Prose(_("A few words that only you would put together."), _(FORGOTTEN))
            yield Field(id="first", password=True, compact=True, placeholder=_("Passphrase"))
            yield Field(id="second", password=True, compact=True, placeholder=_("Once more"))
            yield Prose(id="said", classes="said")

    def hints(self) -> tuple[str, ...]:
        """How to answer."""
        return (_("Enter goes on"), _("Esc back"))

    @on(Input.Submitted, "#first")
    def _next(self) -> None:
        self.query_one("#second", Input).focus()

    @on(Input.Submitted, "#second")
    def _make(self, event: Input.Submitted) -> None:
        first = self.query_one("#first", Input)
        if first.value != event.value:
            event.input.clear()
            first.focus()
            self.query_one("#said", Prose).say(_("The two are not the same. Once more?"))
            return
        try:
            self.dismiss(Vault.create(self._folder, event.value))
        except PeerRoomError as error:
            self.query_one("#said", Prose).say(error.sentence())
            first.focus()
