"""The lives of one bot, one after another, each ended by SIGKILL (`support.mortal_bot`)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from support.mortal_bot import Life
from support.patience import PATIENCE

from peerroom.wire.invite import Invite

TESTS: Final = Path(__file__).parent.parent


@dataclass
class Lives:
    """Of one bot in ``folder``; use `begun`."""

    folder: Path
    process: asyncio.subprocess.Process
    died_at: list[str] = field(default_factory=list)
    """The named moments at which it ended itself."""
    invites: list[Invite] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _living: int | None = None

    @classmethod
    @asynccontextmanager
    async def begun(cls, folder: Path) -> AsyncIterator[Self]:
        """Ready for the first life; in the end nothing of it is left running."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "support.mortal_bot", str(folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        lives = cls(folder, process)
        try:
            yield lives
        finally:
            lives.kill()
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()

    def kill(self) -> None:
        """End the life that is being lived, if there is one."""
        if self._living is not None:
            os.kill(self._living, signal.SIGKILL)

    async def one(self, life: Life, lasts: float | None = None) -> dict[str, int] | None:
        """A life; what it went through until nothing was left to do, or None if it was ended
        before: by itself, or after ``lasts`` seconds."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(life.line())
        figures: dict[str, int] | None = None
        timer: asyncio.TimerHandle | None = None
        async for line in self.process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            match word:
                case "born":
                    self._living = int(rest)
                    if lasts is not None:
                        timer = asyncio.get_running_loop().call_later(lasts, self.kill)
                case "invite":
                    self.invites.append(Invite.parse(rest))
                    self._news.set()
                case "moment":
                    self.died_at.append(rest)
                case "done":
                    figures = json.loads(rest)
                case "ended":
                    self._living = None
                    if timer is not None:
                        timer.cancel()
                    assert int(rest) == signal.SIGKILL
                    return figures
        raise AssertionError("the bot's lives are over")

    async def made(self, count: int) -> list[Invite]:
        """The first ``count`` invites."""
        async with asyncio.timeout(PATIENCE):
            while len(self.invites) < count:
                self._news.clear()
                await self._news.wait()
        return self.invites[:count]
