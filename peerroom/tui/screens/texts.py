"""Pages to read: the rules, the keys, what leaving does and does not erase."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from peerroom import i18n
from peerroom.care.rules import ten_rules
from peerroom.i18n import _
from peerroom.text.cells import cell_width
from peerroom.tui.actions import ALL, GROUPS, spoken_keys
from peerroom.tui.screens.page import SidePage


class TextPage(SidePage[None]):
    """Something to read, which scrolls."""

    def text(self) -> Content:
        """What there is to read."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="text"):
            yield Static(self.text())

    def hints(self) -> tuple[str, ...]:
        """How to read."""
        return (_("↑↓ scroll"), _("Esc back"))


def rules_text() -> Content:
    """The ten rules, numbered."""
    return Content("\n\n").join(
        Content.assemble((f"{rule.number:>2}  ", "bold"), rule.text)
        for rule in ten_rules(i18n.language())
    )


def leaving_text() -> Content:
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
    return Content("\n\n").join(Content(paragraph) for paragraph in paragraphs)


class RulesScreen(TextPage):
    """The rules of the room."""

    def heading(self) -> str:
        """What this is."""
        return _("The rules of the room")

    def text(self) -> Content:
        """The rules."""
        return rules_text()


class LeavingScreen(TextPage):
    """What leaving does and does not erase."""

    def heading(self) -> str:
        """What this is."""
        return _("What leaving does not erase")

    def text(self) -> Content:
        """The explanation."""
        return leaving_text()


class KeysScreen(TextPage):
    """All keys, by what one wants to do."""

    def heading(self) -> str:
        """What this is."""
        return _("All keys")

    def text(self) -> Content:
        """One action a line."""
        parts: list[Content] = []
        for group, title in GROUPS.items():
            lines = [Content.styled(_(title), "bold")]
            for action in ALL:
                keys = spoken_keys(action, self.peerroom.chord)
                if action.group == group and keys:
                    space = " " * max(2, 30 - cell_width(keys))
                    lines.append(Content(f"  {keys}{space}{_(action.label)}"))
            parts.append(Content("\n").join(lines))
        return Content("\n\n").join(parts)
