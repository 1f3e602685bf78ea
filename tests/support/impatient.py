"""A clock for tests of back-off: every wait is noted, and over at once."""

from __future__ import annotations

import asyncio

from peerroom.clock import SystemClock


class ImpatientClock(SystemClock):
    """The machine's clock, except that nobody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
