"""``kill -9`` of a living client: nothing lost, nothing doubled, everything opens again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.circle import Circle, Guest
from support.living_client import Run
from support.patience import PATIENCE

from peerroom.client.timeline import Timeline
from peerroom.client.views import MessageView
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.commit_points import POINTS, Point
from peerroom.store.vault import Vault

TESTS = Path(__file__).parent.parent


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    circle.watch_nothing()
    yield circle
    await circle.stop()


@dataclass
class Heron:
    """The one who is killed: a vault on disk, and what it was promised to be sent."""

    folder: Path
    key: bytes
    room_id: str
    promised: list[str] = field(default_factory=list)

    async def live(
        self,
        *say: str,
        read: str | None = None,
        die_at: Point | None = None,
        die_after: int | None = None,
        counted: bool = False,
    ) -> tuple[int, int | None]:
        """One life; the exit code, and how many calls a whole life took."""
        wanted = Run(str(self.folder), self.room_id, say, read, die_at, die_after, counted)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "support.living_client",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            said, _nothing = await child.communicate(self.key + wanted.encode())
        calls = None
        for line in said.decode().splitlines():
            word, _space, rest = line.partition(" ")
            if word == "queued":
                self.promised.append(rest)
            else:
                calls = int(rest)
        assert child.returncode is not None
        return child.returncode, calls

    def reads(self) -> list[MessageView]:
        """The conversation as the vault holds it, everything opened and checked."""
        with Vault.open_with_key(self.folder, self.key) as vault:
            vault.check()
            page = Timeline(vault, self.room_id).page(limit=5000)
        return [view for view in page if view.kind == "text"]


@pytest.fixture
async def heron(circle: Circle, tmp_path: Path) -> Heron:
    folder = tmp_path / "vault"
    with Vault.create(folder, "a few words") as vault:
        await circle.admit(vault)
        return Heron(folder, vault.data_key, circle.room_id)


async def compare(heron: Heron, otter: Guest, told: list[str]) -> None:
    """Everything that either promised is in the room once, in order, and readable by both."""
    await otter.sees(heron.promised[-1])
    seen = otter.messages(limit=5000)
    assert [view.body for view in seen if not view.own] == heron.promised
    read = heron.reads()
    assert [view.body for view in read if view.own] == heron.promised
    assert [view.body for view in read if not view.own] == told
    assert {view.state for view in read} == {"sent", "received"}


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_every_commit_point(circle: Circle, heron: Heron, point: Point) -> None:
    otter = await circle.guest()
    # More than one turn holds where history is to be filled in; a few otherwise.
    told = [f"otter {number}" for number in range(60 if point.startswith("backfill") else 4)]
    for text in told:
        otter.say(text)
    async with asyncio.timeout(PATIENCE):
        assert await otter.client.outbox_empty()
    code, _calls = await heron.live("heron 1", "heron 2", die_at=point)
    assert code == -signal.SIGKILL
    code, _calls = await heron.live("heron 3", read=told[-1])
    assert code == 0
    assert heron.promised == ["heron 1", "heron 2", "heron 3"]
    await compare(heron, otter, told)


async def killed_at_random(circle: Circle, heron: Heron, times: int, seed: int) -> None:
    """Die ``times`` times, each after a number of function calls drawn with ``seed``."""
    otter = await circle.guest()
    drawn = random.Random(seed)
    told: list[str] = []
    code, whole = await heron.live("a whole life", counted=True)
    assert code == 0 and whole is not None
    deaths = 0
    for number in range(times):
        told.append(f"otter {number}")
        otter.say(told[-1])
        last = drawn.randrange(1, whole)
        code, _calls = await heron.live(
            f"heron {number}a", f"heron {number}b", read=told[-1], die_after=last, counted=True
        )
        assert code in (0, -signal.SIGKILL), f"seed {seed}, round {number}, after {last} calls"
        deaths += code != 0
    assert deaths > times / 2
    assert await otter.client.outbox_empty()
    code, _calls = await heron.live("the last word", read=told[-1])
    assert code == 0
    await compare(heron, otter, told)


async def test_killed_at_eight_random_moments(circle: Circle, heron: Heron) -> None:
    await killed_at_random(circle, heron, 8, seed=20260304)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
async def test_killed_at_two_hundred_random_moments(
    circle: Circle, heron: Heron, seed: int
) -> None:
    await killed_at_random(circle, heron, 20, seed=seed)
