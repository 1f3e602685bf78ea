"""Plays the steps one after the other and says what came of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from peerroom.demo.stage import Stage, Step
from peerroom.errors import PeerRoomError

STILL: Final = 5.0
"""Seconds after which a step that takes long is mentioned, again and again."""

Waiting = Callable[[Step, float], object]
"""Told of a step that is being played, and for how many seconds it has been."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step; ``problem`` says in one sentence why it did not happen.

    ``problem`` is None too for a step that was not reached, because one before it failed.
    """

    step: Step
    ok: bool
    seconds: float
    problem: str | None = None


async def play(
    stage: Stage,
    steps: Sequence[Step],
    report: Callable[[Outcome], object],
    waiting: Waiting = lambda _step, _seconds: None,
) -> bool:
    """Play ``steps`` up to the first that does not happen; True if all did.

    The world of ``stage`` is ended before this returns, whatever happened.
    """
    failed = False
    try:
        for step in steps:
            if failed:
                report(Outcome(step, ok=False, seconds=0.0))
                continue
            begun = stage.clock.monotonic()
            problem = None
            impatience = asyncio.create_task(_mention(stage, step, waiting))
            try:
                await step.play(stage)
            except PeerRoomError as error:
                failed, problem = True, error.sentence()
            finally:
                impatience.cancel()
            report(Outcome(step, problem is None, stage.clock.monotonic() - begun, problem))
    finally:
        await stage.world.close()
    return not failed


async def _mention(stage: Stage, step: Step, waiting: Waiting) -> None:
    """Say every now and then that the step is still being played."""
    begun = stage.clock.monotonic()
    while True:
        await stage.clock.sleep(STILL)
        waiting(step, stage.clock.monotonic() - begun)
