"""A play ends at the first step that is not true, and says so."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from support.clock import FrozenClock

from peerroom.demo.errors import StepFailed
from peerroom.demo.script import STILL, Outcome, play
from peerroom.demo.stage import Stage, Step, true


@pytest.fixture
def stage(tmp_path: Path, frozen_clock: FrozenClock) -> Stage:
    return Stage(tmp_path, frozen_clock, random.Random(1))


async def test_nothing_after_a_failed_step_is_played_or_called_done(
    stage: Stage, frozen_clock: FrozenClock
) -> None:
    played = []

    async def good(stage: Stage) -> None:
        played.append("good")
        frozen_clock.advance(2)

    async def bad(stage: Stage) -> None:
        true(not played, "It was played before.")

    told: list[Outcome] = []
    steps = [Step("one", good), Step("two", bad), Step("three", good)]
    assert not await play(stage, steps, told.append)
    assert [(o.step.name, o.ok, o.seconds, o.problem) for o in told] == [
        ("one", True, 2.0, None),
        ("two", False, 0.0, "It was played before."),
        ("three", False, 0.0, None),
    ]
    assert played == ["good"]


async def test_a_step_that_takes_long_is_mentioned_until_it_ends(
    stage: Stage, frozen_clock: FrozenClock
) -> None:
    mentioned: list[tuple[str, float]] = []
    heard = asyncio.Event()

    def waiting(step: Step, seconds: float) -> None:
        mentioned.append((step.name, seconds))
        heard.set()

    async def long(stage: Stage) -> None:
        for _number in range(2):
            await frozen_clock.someone_sleeps()
            frozen_clock.advance(STILL)
            await heard.wait()
            heard.clear()

    async def after(stage: Stage) -> None:
        frozen_clock.advance(10 * STILL)

    steps = [Step("long", long), Step("after", after)]
    assert await play(stage, steps, lambda outcome: None, waiting)
    assert mentioned == [("long", STILL), ("long", 2 * STILL)]


async def test_a_mistake_of_ours_is_not_told_as_a_failed_step(stage: Stage) -> None:
    async def broken(stage: Stage) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await play(stage, [Step("one", broken)], lambda outcome: None)


def test_true_takes_only_what_is_there() -> None:
    true(["something"], "Nothing is there.")
    for nothing in ([], None, False, ""):
        with pytest.raises(StepFailed, match=r"^Nothing is there\.$"):
            true(nothing, "Nothing is there.")
