"""A clock for tests of back-off: every wait is noted, and over at once or nearly."""

from __future__ import annotations

import asyncio

from peerroom.clock import SystemClock


class ImpatientClock(SystemClock):
    """The machine's clock, except that a second of sleep takes ``pace`` seconds."""

    def __init__(self, pace: float = 0.0) -> None:
        self.slept: list[float] = []
        self._pace = pace

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds * self._pace)
