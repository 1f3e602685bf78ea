"""Lines from a terminal, a pipe or a file, without holding up the event loop."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator
from typing import Final

LONGEST: Final = 60_000
"""Bytes of one line; a longer one is cut there, so that no input can fill the memory."""

_CHUNK: Final = 65_536


class Lines:
    """Reads file descriptor ``fd`` line by line; bytes that are no UTF-8 become "�".

    First `next` one by one, while questions are asked; then `stream` once, for the rest.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._ended = False

    @property
    def interactive(self) -> bool:
        """Whether a person types at a terminal."""
        return os.isatty(self.fd)

    def next(self) -> str | None:
        """The next line without its end; None when the input has ended. Blocks."""
        while not self._ended and "\n" not in self._text and len(self._text) <= LONGEST:
            # os.read, not sys.stdin: a thread that waits in here must hold no lock of the
            # interpreter's when the program ends.
            data = os.read(self.fd, _CHUNK)
            self._ended = not data
            self._text += self._decoder.decode(data, final=self._ended)
        if not self._text:
            return None
        line, _newline, self._text = self._text.partition("\n")
        return line[:LONGEST].rstrip("\r")

    async def stream(self) -> AsyncIterator[str]:
        """The remaining lines, as they come."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[str | None] = asyncio.Queue()

        def read() -> None:
            line: str | None = ""
            while line is not None:
                try:
                    line = self.next()
                except OSError:
                    line = None  # the terminal is gone
                try:
                    loop.call_soon_threadsafe(arrived.put_nowait, line)
                except RuntimeError:
                    return  # the loop is closed: nobody listens any more

        # A daemon: at a terminal it waits for a line that may never come.
        threading.Thread(target=read, name="lines", daemon=True).start()
        while (line := await arrived.get()) is not None:
            yield line
