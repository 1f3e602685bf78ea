"""Where one writes to somebody in private: like the line in the room, without its draft."""

from __future__ import annotations

from peerroom.tui.widgets.composer import Composer


class Words(Composer):
    """Enter sends. With ``one_line`` what would begin a new line is a space, as in commands."""

    def __init__(self, hint: str, text: str = "", *, one_line: bool = False) -> None:
        super().__init__()
        self._hint = hint
        self._one_line = one_line
        self._begin = text

    def refresh_words(self) -> None:
        """Say what belongs here."""
        self.placeholder = self._hint

    def on_mount(self) -> None:
        """Begin with the text that was given."""
        if self._begin:
            self.put(self._begin)

    def put(self, text: str) -> None:
        """Replace what stands here."""
        super().put(text.replace("\n", " ") if self._one_line else text)

    def _write(self, text: str) -> None:
        super()._write(text.replace("\n", " ") if self._one_line else text)
