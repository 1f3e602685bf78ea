"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from peerroom.clock import SystemClock

START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


class FrozenClock:
    """Satisfies `peerroom.clock.Clock`; `advance` moves both of its hands together."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._fell_asleep = asyncio.Event()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), wake))
        self._fell_asleep.set()
        await wake

    @property
    def sleeping(self) -> list[float]:
        """Seconds until each sleeper's turn, soonest first."""
        due = sorted(due for due, _, wake in self._sleepers if not wake.done())
        return [when - self._elapsed for when in due]

    async def someone_sleeps(self) -> float:
        """Wait until somebody sleeps; seconds until the first wakes."""
        while not self.sleeping:
            self._fell_asleep.clear()
            await self._fell_asleep.wait()
        return self.sleeping[0]

    def advance(self, seconds: float) -> None:
        """Move on, waking whoever is due, in order; they run when the caller next awaits."""
        self._elapsed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed + 1e-9:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)


class ShiftedClock(SystemClock):
    """The machine's clock, some time apart. `shift` moves it on, and whoever sleeps looks again.

    For long times on a real server, which keeps the machine's time. Only the wall clock is moved,
    as when the machine slept; see `Awake`.
    """

    def __init__(self, apart: timedelta = timedelta(0)) -> None:
        self._apart = apart
        self._shifted = asyncio.Event()

    def now(self) -> datetime:
        return super().now() + self._apart

    @property
    def apart(self) -> timedelta:
        """How far it is ahead of the machine's."""
        return self._apart

    def set_apart(self, apart: timedelta) -> None:
        """Be so far ahead of the machine's clock from now on."""
        self._apart = apart
        self._shifted.set()
        self._shifted = asyncio.Event()

    def go_to(self, moment: datetime) -> None:
        """Make it ``moment`` now."""
        self.set_apart(moment - super().now())

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        # Not a coroutine function: who is about to sleep must not miss a shift before they do.
        return self._sleep(seconds, self._shifted)

    async def _sleep(self, seconds: float, shift: asyncio.Event) -> None:
        sleeping = asyncio.ensure_future(super().sleep(seconds))
        shifted = asyncio.ensure_future(shift.wait())
        try:
            await asyncio.wait({sleeping, shifted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            shifted.cancel()


@dataclass(frozen=True)
class Awake:
    """The same time for a machine that was awake while it passed: its other clock went on, too."""

    clock: ShiftedClock

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic() + self.clock.apart.total_seconds()

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        return self.clock.sleep(seconds)
