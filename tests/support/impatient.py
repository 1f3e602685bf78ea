"""A clock for tests of back-off: every wait is noted, and over at once or nearly."""

from __future__ import annotations

import asyncio

from peerroom.clock import SystemClock


class ImpatientClock(SystemClock):
    """The machine's clock, except that a second of sleep takes ``pace`` seconds."""

    def __init__(self, pace: float = 0.0) -> None:
        self.slept: list[float] = []
        self._pace = pace
        self._again = asyncio.Event()

    async def slept_often(self, times: int) -> None:
        """Wait until there were so many sleeps."""
        while len(self.slept) < times:
            self._again.clear()
            await self._again.wait()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._again.set()
        await asyncio.sleep(seconds * self._pace)
