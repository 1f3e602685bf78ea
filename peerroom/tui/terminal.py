"""The terminal itself: a title that gives nothing away, and leaving without a trace on screen."""

from __future__ import annotations

import contextlib
import termios
from collections.abc import Callable
from threading import Thread
from typing import Final

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.keys import Keys
from textual.message import Message

NEUTRAL_TITLE: Final = "Terminal"

_PATIENCE: Final = 0.5
"""Seconds that the terminal has for taking our last bytes."""

_PUSH_TITLE: Final = "\x1b[22;2t"
_POP_TITLE: Final = "\x1b[23;2t"
_BLANK: Final = "\x1b[2J\x1b[H"
_RESTORE: Final = (
    "\x1b[?2026l"  # end a synchronised update that may have been cut short
    "\x1b[?2004l"  # bracketed paste
    "\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    "\x1b[?2048l"  # in-band resize
    "\x1b[?1004l"  # focus events
    "\x1b[<u"  # kitty keyboard protocol
    "\x1b[?7h"  # line wrap
    "\x1b[0m"
)
_LEAVE_ALTERNATE: Final = "\x1b[?1049l\x1b[?25h"

# A terminal without a keyboard protocol sends Alt+Enter as ESC CR. Textual's parser takes that
# apart and drops the Alt, so that a new line would send the message. Ctrl+J is a new line too.
assert isinstance(ANSI_SEQUENCES_KEYS, dict)
ANSI_SEQUENCES_KEYS.setdefault("\x1b\r", (Keys.ControlJ,))


_SMALLEST: Final = (20, 5)
"""Columns and rows that are always reckoned with; a smaller terminal shows a part of them."""


def _at_least(size: tuple[int, int]) -> tuple[int, int]:
    return max(size[0], _SMALLEST[0]), max(size[1], _SMALLEST[1])


class PrivateTerminal(LinuxDriver):
    """Textual's driver for Linux and macOS, with a neutral title and a way to vanish."""

    def _get_terminal_size(self) -> tuple[int, int]:
        """A terminal folded away to almost nothing counts as a small one: lists break at zero."""
        return _at_least(super()._get_terminal_size())

    def process_message(self, message: Message) -> None:
        """The same for terminals that report their size in band."""
        if isinstance(message, events.Resize):
            size = Size(*_at_least(message.size))
            message = events.Resize(size, size, pixel_size=message.pixel_size)
        super().process_message(message)

    def start_application_mode(self) -> None:
        """Enter the alternate screen and put a neutral title over whatever the shell had set."""
        enter: Callable[[], None] = super().start_application_mode
        enter()
        self.write(f"{_PUSH_TITLE}\x1b]2;{NEUTRAL_TITLE}\x07")
        self.flush()

    def stop_application_mode(self) -> None:
        """Blank the alternate screen, leave it and give the title back."""
        # Some terminals keep the alternate screen's last picture: let it be an empty one.
        self.write(_BLANK + _POP_TITLE)
        super().stop_application_mode()

    def vanish(self) -> None:
        """Leave the terminal clean, now: blank, restored, the main screen empty.

        Waits for nothing but the terminal itself; the caller ends the process next. A terminal
        that is gone (SIGHUP) is no reason to stay.
        """
        writer = self._writer_thread
        if writer is not None and writer.is_alive():
            last_words = Thread(target=self._say_last, args=(writer,), daemon=True)
            last_words.start()
            # A terminal that takes no more output (flow control) must not keep us here.
            last_words.join(_PATIENCE)
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    @staticmethod
    def _say_last(writer: WriterThread) -> None:
        writer.write(_BLANK + _RESTORE + _POP_TITLE + _LEAVE_ALTERNATE + _BLANK)
        writer.stop()
