"""A real pseudo-terminal with a program in it: what it paints, byte for byte and as a screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

FRAME_END = b"\x1b[?2026l"
_KITTY = re.compile(rb"\x1b\[[<>=][0-9;]*u")


class Silence(AssertionError):
    """What a test waited for did not come; shows the screen as it stood."""


class Terminal:
    """Runs ``argv`` in a pty of ``columns`` by ``rows`` and plays a terminal's part.

    ``inherit`` are descriptors that the program gets under the same numbers. Bytes are kept in
    `output`; `screen` is what a person would see. Every wait has a limit and fails with `Silence`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        inherit: Sequence[int] = (),
    ) -> None:
        self.output = bytearray()
        self._display = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._display)
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", "/"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TZ": "Asia/Tokyo",
            **(environ or {}),
        }
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            for descriptor in inherit:
                os.set_inheritable(descriptor, True)
            os.execve(argv[0], list(argv), environment)
        self.resize(columns, rows)
        self.status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def screen(self) -> str:
        """The screen as text, one line a row, right-hand blanks cut off."""
        # Not pyte's own `display`, which trips over wide characters that were half painted over.
        cells, columns = self._display.buffer, range(self._display.columns)
        rows = ("".join(cells[y][x].data for x in columns) for y in range(self._display.lines))
        return "\n".join(row.rstrip() for row in rows)

    @property
    def display(self) -> pyte.Screen:
        """The screen with its colours."""
        return self._display

    @property
    def title(self) -> str:
        """The window title that the program set last."""
        titles = re.findall(rb"\x1b\][02];([^\x07\x1b]*)", bytes(self.output))
        return titles[-1].decode() if titles else ""

    def send(self, text: str) -> None:
        """Type ``text``; control characters and escape sequences as a terminal would send them."""
        os.write(self._fd, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a window manager would."""
        self._display.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, wanted: str, limit: float = 20.0) -> float:
        """Read until ``wanted`` stands on the screen; seconds since the start of the wait."""
        return self.wait_until(lambda: wanted in self.screen, f"{wanted!r} on screen", limit)

    def wait_gone(self, unwanted: str, limit: float = 20.0) -> float:
        """Read until ``unwanted`` no longer stands on the screen."""
        return self.wait_until(lambda: unwanted not in self.screen, f"no {unwanted!r}", limit)

    def wait_until(self, reached: Callable[[], bool], what: str, limit: float = 20.0) -> float:
        """Read until ``reached()``; ``what`` is said if it never is."""
        start = time.perf_counter()
        while not reached():
            left = limit - (time.perf_counter() - start)
            if left <= 0 or not self._read(left):
                raise Silence(f"waited for {what}; the screen is:\n{self.screen}")
        return time.perf_counter() - start

    def wait_raw(self, wanted: bytes, limit: float = 20.0) -> float:
        """Read until ``wanted`` has been written since this call: exact, and without the cost of
        drawing the screen."""
        start = time.perf_counter()
        begin = len(self.output)
        while self.output.find(wanted, begin) < 0:
            left = limit - (time.perf_counter() - start)
            if left <= 0 or not self._read(left, draw=False):
                raise Silence(
                    f"waited for {wanted!r}; the end of the output is:"
                    f"\n{bytes(self.output[-2000:])!r}"
                )
        return time.perf_counter() - start

    def wait_quiet(self, seconds: float = 0.3) -> None:
        """Read until nothing has come for ``seconds``."""
        while self._read(seconds):
            pass

    def wait_end(self, limit: float = 20.0) -> int:
        """Read until the program has ended; its exit code, or minus the signal that killed it."""
        start = time.perf_counter()
        while self._fd >= 0 and time.perf_counter() - start < limit and self._read(limit):
            pass
        return self._reap(limit)

    def tell_frames(self) -> None:
        """Say that this terminal knows synchronised output: then `FRAME_END` ends every frame."""
        self.send("\x1b[?2026;2$y")

    def processor_seconds(self) -> float:
        """Processor time that the program has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal under the program, as closing the window does."""
        os.close(self._fd)
        self._fd = -1

    def close(self) -> None:
        """End the program if it still runs, and the terminal."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._reap(10)
        if self._fd >= 0:
            self.hang_up()

    def _reap(self, limit: float) -> int:
        if self.status is None:
            descriptor = os.pidfd_open(self.pid)
            ready, _, _ = select.select([descriptor], [], [], limit)
            os.close(descriptor)
            if not ready:
                raise Silence("the program did not end")
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def _read(self, limit: float, *, draw: bool = True) -> bool:
        ready, _, _ = select.select([self._fd], [], [], limit)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # the program closed its side: Linux says EIO
            return False
        if not data:
            return False
        self.output += data
        if draw:
            # pyte prints the end of sequences of the kitty keyboard protocol as text.
            self._stream.feed(_KITTY.sub(b"", data))
        return True


def key_on_descriptor(key: bytes) -> int:
    """A descriptor from which ``key`` can be read once; nobody has to hold the other end."""
    reading, writing = os.pipe()
    os.write(writing, key)
    os.close(writing)
    return reading


PYTHON = sys.executable
