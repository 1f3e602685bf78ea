"""The tests' own clock keeps the promise of `peerroom.clock.Clock`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from support.clock import START, FrozenClock

from peerroom.clock import Clock


async def test_sleepers_wake_in_order_and_only_when_due(frozen_clock: FrozenClock) -> None:
    clock: Clock = frozen_clock
    woken: list[str] = []

    async def nap(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(nap("late", 20))
        group.create_task(nap("soon", 5))
        await asyncio.sleep(0)
        assert await frozen_clock.someone_sleeps() == 5
        frozen_clock.advance(4.9)
        await asyncio.sleep(0)
        assert woken == []
        frozen_clock.advance(30)
    assert woken == ["soon", "late"]
    assert clock.monotonic() == pytest.approx(34.9)
    assert clock.now() == START + timedelta(seconds=34.9)


async def test_a_cancelled_sleeper_is_forgotten(frozen_clock: FrozenClock) -> None:
    task = asyncio.create_task(frozen_clock.sleep(3))
    await frozen_clock.someone_sleeps()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert frozen_clock.sleeping == []
    frozen_clock.advance(10)
