"""Plays the steps one after the other and says what came of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peerroom.demo.steps import Stage, Step
from peerroom.errors import PeerRoomError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step; ``problem`` says in one sentence why it did not happen.

    ``problem`` is None too for a step that was not reached, because one before it failed.
    """

    step: Step
    ok: bool
    seconds: float
    problem: str | None = None


async def play(stage: Stage, steps: Sequence[Step], report: Callable[[Outcome], object]) -> bool:
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
            try:
                await step.play(stage)
            except PeerRoomError as error:
                failed, problem = True, error.sentence()
            report(Outcome(step, problem is None, stage.clock.monotonic() - begun, problem))
    finally:
        await stage.world.close()
    return not failed
