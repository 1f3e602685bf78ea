"""A line to type into, whose cursor stands still."""

from __future__ import annotations

from textual.widgets import Input


class Field(Input):
    """Textual's input without the blinking: nothing on the screen moves by itself."""

    def on_mount(self) -> None:
        """Stop the blinking before it begins."""
        self.cursor_blink = False
