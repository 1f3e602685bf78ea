"""Pages to read: the rules, the keys, what leaving does and does not erase."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from peerroom import i18n
from peerroom.care.rules import ten_rules
from peerroom.i18n import _
from peerroom.text.cells import cell_width
from peerroom.tui.actions import ALL, GROUPS, spoken_keys
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.prose import Paragraph, Prose


class TextPage(SidePage[None]):
    """Something to read, which scrolls."""

    @abstractmethod
    def text(self) -> Sequence[Paragraph]:
        """What there is to read."""

    def body(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="text"):
            yield Prose(*self.text())

    def hints(self) -> tuple[str, ...]:
        """How to read."""
        return (_("↑↓ scroll"), _("Esc back"))


def rules_text() -> list[Paragraph]:
    """The ten rules, numbered."""
    return [Paragraph(rule.text, lead=f"{rule.number:>2}  ") for rule in ten_rules(i18n.language())]


def leaving_text() -> list[Paragraph]:
    """What quick exit does, and what it leaves behind."""
    paragraphs = (
        _(
            "Ctrl+Q pressed twice, or the word Leave in the corner, closes PeerRoom at once. "
            "It blanks the screen, asks nothing and waits for nothing."
        ),
        _(
            "It does not erase what is kept outside PeerRoom: what tmux, screen or your "
            "terminal recorded, the line in your shell's history that started PeerRoom, "
            "and what you copied."
        ),
        _(
            "If you chose to keep your conversations, they stay on this computer, with what you "
            "were writing, encrypted under your passphrase. `peerroom wipe` removes them."
        ),
        _(
            "A space typed before the command keeps it out of the history of many shells "
            "(in bash: HISTCONTROL=ignorespace)."
        ),
    )
    return [Paragraph(each) for each in paragraphs]


class RulesScreen(TextPage):
    """The rules of the room."""

    def heading(self) -> str:
        """What this is."""
        return _("The rules of the room")

    def text(self) -> list[Paragraph]:
        """The rules."""
        return rules_text()


class LeavingScreen(TextPage):
    """What leaving does and does not erase."""

    def heading(self) -> str:
        """What this is."""
        return _("What leaving does not erase")

    def text(self) -> list[Paragraph]:
        """The explanation."""
        return leaving_text()


class KeysScreen(TextPage):
    """All keys, by what one wants to do."""

    def heading(self) -> str:
        """What this is."""
        return _("All keys")

    def text(self) -> list[Paragraph]:
        """One action a line, below the heading of its group."""
        paragraphs = []
        for group, title in GROUPS.items():
            lines = []
            for action in ALL:
                keys = spoken_keys(action, self.peerroom.chord)
                if action.group == group and keys:
                    space = " " * max(2, 34 - cell_width(keys))
                    lines.append(f"{keys}{space}{_(action.label)}")
            paragraphs += [Paragraph("", lead=_(title)), Paragraph("\n".join(lines), lead="  ")]
        return [paragraph for paragraph in paragraphs if paragraph.text.strip() or paragraph.lead]
