"""One life of the signing process, seen from the bot: bytes in, bytes out, and its end."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

from peerroom.bot.signer.frames import HEADER, length

COMMAND: Final = (sys.executable, "-I", "-m", "peerroom.bot.signer.process")

GRACE: Final = 3.0
"""Seconds between letting go of the process and ending it."""

_NEEDED: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
"""Where this Python may have its libraries from. Nothing else of our environment, which may hold
the bot's password, is passed on."""


class Died(Exception):
    """The process ended, or says what it would never say."""


class Life:
    """A process that answers frame for frame."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def begin(cls, command: Sequence[str] = COMMAND) -> Self:
        """Start ``command``: without our environment, without our terminal's signals."""
        environ = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, env=environ, start_new_session=True
            )
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def exchange(self, frame: bytes) -> bytes:
        """Send a frame (with its length before it), return the reply (without). Raises `Died`.

        After anything but a reply, a cancellation too, the pipe is out of step: `kill` it.
        """
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(frame)
            await process.stdin.drain()
            header = await process.stdout.readexactly(HEADER.size)
            return await process.stdout.readexactly(length(header))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise Died from error

    async def end(self) -> None:
        """Let go of it, and return when it has ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End it now, in whatever it is doing: it is made for that."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
