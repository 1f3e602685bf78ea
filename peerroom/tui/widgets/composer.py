"""Where one writes: several lines, a draft that is kept, and nothing that moves by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from peerroom.i18n import _
from peerroom.text.terminal import scrub
from peerroom.tui.actions import NEW_LINE, SEND
from peerroom.tui.widgets.completer import Lazily, is_command

LIMIT: Final = 10_000
"""Characters in one message: what the other side shows of it at most (`ForeignText.block`)."""


_SEND: Final = frozenset(SEND.keys.split(","))
_NEW_LINE: Final = frozenset(NEW_LINE.keys.split(","))


class Composer(TextArea):
    """Enter sends; Ctrl+J, Shift+Enter and Alt+Enter begin a new line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", show=False),
        Binding("down", "cursor_down", show=False),
        Binding("pageup", "screen.page(-1)", show=False),
        Binding("pagedown", "screen.page(1)", show=False),
        Binding("f7", "screen.moderators", show=False),  # TextArea would select everything
    ]

    @dataclass
    class Submitted(Message):
        """The user wants this sent. The text stays until the screen clears it."""

        text: str

    def __init__(self) -> None:
        super().__init__(
            id="composer",
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            compact=True,
        )
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._sent: list[str] = []
        self._recalled: int | None = None
        self.completer = Lazily(lambda: None)
        """Completes commands with Tab, where there are any."""

    def refresh_words(self) -> None:
        """Say the placeholder in the current language."""
        closed = _("You can read here, but no longer write")
        self.placeholder = closed if self.read_only else _("Write a message")

    def allow(self, writing: bool) -> None:
        """Let the user write, or only read: what stands here stays either way."""
        self.read_only = not writing
        self.refresh_words()

    def on_mount(self) -> None:
        """Begin with the placeholder."""
        self.refresh_words()

    def put(self, text: str) -> None:
        """Replace what stands here, the cursor behind it; nothing to undo remains."""
        self.load_text(text)
        self.move_cursor(self.document.end)
        self._recalled = None

    def remember(self, text: str) -> None:
        """``text`` was sent: Up brings it back."""
        if text and (not self._sent or self._sent[-1] != text):
            self._sent.append(text)

    def action_cursor_up(self, select: bool = False) -> None:
        """Up; in an empty line, what was written before."""
        if not select and self._sent and self._browsing() and not self.read_only:
            index = len(self._sent) if self._recalled is None else self._recalled
            self._recall(max(0, index - 1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down; among earlier messages, the next one, and at last the empty line."""
        if not select and self._recalled is not None and self._browsing():
            if self._recalled + 1 < len(self._sent):
                self._recall(self._recalled + 1)
            else:
                self.put("")
        else:
            super().action_cursor_down(select)

    def _browsing(self) -> bool:
        """The line is empty, or an earlier message stands in it untouched."""
        return not self.text or (
            self._recalled is not None and self.text == self._sent[self._recalled]
        )

    def _recall(self, index: int) -> None:
        self.put(self._sent[index])
        self._recalled = index

    def on_key(self, event: events.Key) -> None:
        """Enter sends, its companions begin a new line; everything else is TextArea's.

        Not by bindings: Textual runs those a little later than it writes what is typed, so that
        in fast input the lines would end in the wrong places.
        """
        if event.key == "tab" and self._complete():
            event.stop()
            event.prevent_default()
        elif event.key in _SEND or event.key in _NEW_LINE:
            event.stop()
            event.prevent_default()
            if event.key in _SEND:
                self.post_message(self.Submitted(self.text))
            else:
                self._write("\n")

    def _complete(self) -> bool:
        """Put the next candidate behind what was typed; False where Tab means what it always
        does."""
        if not is_command(self.text) or not self.cursor_at_end_of_text:
            return False
        completer = self.completer.get()
        if completer is None:
            return False
        text = completer.step(self.text)
        if text is not None:
            self.put(text)
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Pasted lines are text, never keys: nothing is sent, and no control comes along."""
        text = event.text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
        event.stop()
        event.prevent_default()
        self._write(scrub(text))

    def _write(self, text: str) -> None:
        """Put ``text`` where the cursor is, over what is selected, as if it were typed."""
        if result := self._replace_via_keyboard(text, *self.selection):
            self.move_cursor(result.end_location)
