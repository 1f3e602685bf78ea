"""The last row: what the keys do here. It also keeps the input off the terminal's last row.

An input method draws its candidates below the cursor; on the last row they would cover the line
that is being written.
"""

from __future__ import annotations

from textual.widgets import Static

from peerroom.text.cells import cell_width

SEPARATOR = " · "


class Hint(Static):
    """One row of short phrases, the most useful first; those that do not fit are left out."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._phrases: tuple[str, ...] = ()
        self._urgent = ""

    def suggest(self, *phrases: str) -> None:
        """Show what can be done here."""
        self._phrases = phrases
        self._draw()

    def say(self, sentence: str) -> None:
        """Show one sentence instead, until it is taken back with an empty one."""
        self._urgent = sentence
        self.set_class(bool(sentence), "-urgent")
        self._draw()

    def on_resize(self) -> None:
        """How many phrases fit depends on the width."""
        self._draw()

    def _draw(self) -> None:
        if self._urgent:
            self.update(self._urgent)
            return
        room = max(0, self.size.width - 2)
        shown = ""
        for phrase in self._phrases:
            longer = f"{shown}{SEPARATOR}{phrase}" if shown else phrase
            if cell_width(longer) > room:
                break
            shown = longer
        self.update(shown)
