"""The pauses between turns of sync in a burst."""

from __future__ import annotations

import asyncio

from support.clock import FrozenClock

from peerroom.bot.breath import BREATH, TURNS, Breath


async def turns(breath: Breath, clock: FrozenClock, count: int, apart: float) -> float:
    """Take so many, each ``apart`` after the pause of the one before; seconds paused in all."""
    paused = 0.0
    for _ in range(count):
        clock.advance(apart)
        pause = asyncio.create_task(breath.take())
        await asyncio.sleep(0)
        if not pause.done():
            paused += clock.sleeping[0]
            clock.advance(clock.sleeping[0])
        await pause
    return paused


async def test_few_turns_are_taken_at_once(frozen_clock: FrozenClock) -> None:
    assert await turns(Breath(frozen_clock), frozen_clock, TURNS - 1, 0.0) == 0
    assert await turns(Breath(frozen_clock), frozen_clock, 50, 1.0 / (TURNS - 2)) == 0


async def test_a_burst_is_taken_together(frozen_clock: FrozenClock) -> None:
    breath = Breath(frozen_clock)
    begun, count = frozen_clock.monotonic(), 200
    assert await turns(breath, frozen_clock, count, 0.01) > 0
    assert count / (frozen_clock.monotonic() - begun) < 1.3 * TURNS
    # It is over: the next turn waits for nothing.
    assert await turns(breath, frozen_clock, 1, 5.0) == 0


async def test_a_pause_is_short(frozen_clock: FrozenClock) -> None:
    breath = Breath(frozen_clock)
    await turns(breath, frozen_clock, TURNS - 1, 0.0)
    assert await turns(breath, frozen_clock, 1, 0.0) == BREATH
