"""Taking a burst together. Each turn of sync is work for the server, which everyone else's messages
wait for meanwhile; and nobody needs a bot that reads them one by one."""

from __future__ import annotations

from collections import deque
from typing import Final

from peerroom.clock import Clock

TURNS: Final = 10
"""Turns of sync in a second that are few."""
BREATH: Final = 0.1
"""Seconds to wait after each that is more."""


class Breath:
    """The pauses between turns of sync."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns: deque[float] = deque(maxlen=TURNS)

    async def take(self) -> None:
        """After a turn: wait a moment if they come thick and fast."""
        now = self._clock.monotonic()
        self._turns.append(now)
        if len(self._turns) == TURNS and now - self._turns[0] < 1.0:
            await self._clock.sleep(BREATH)
