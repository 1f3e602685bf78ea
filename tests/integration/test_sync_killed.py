"""``kill -9`` in the middle of a sync: nothing is lost, nothing is doubled, everything opens."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.accounts import MakeAccount
from support.members import Member, People, connect, meet, people_of

from peerroom.matrix.commit_points import POINTS, Point
from peerroom.store.vault import Vault

TESTS = Path(__file__).parent.parent
MESSAGES = 70  # more than one turn holds, so that there is a gap to fill


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


async def start(folder: Path, key: bytes, point: str) -> asyncio.subprocess.Process:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "support.syncing", str(folder), point,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(key)
    child.stdin.write_eof()
    return child


async def reopened(folder: Path, key: bytes) -> Member:
    """The member again, in this process, up to date."""
    vault = Vault.open_with_key(folder, key)
    account = vault.accounts.current()
    assert account is not None
    member = await connect(vault, account)
    await member.turn()
    return member


async def settle(member: Member, room_id: str) -> None:
    await member.turn()
    while member.vault.gaps.of_room(room_id):
        await member.connection.fill_gaps(room_id)


def heard(member: Member, room_id: str) -> list[str]:
    """Every message in order; what could not be read stands as its status."""
    page = member.vault.events.page(room_id, limit=1_000_000)
    events = [event for event in page if event.type == "m.room.encrypted"]
    return [event.clear["content"]["body"] if event.clear else event.status for event in events]


@pytest.mark.parametrize(
    "point", [point for point in POINTS if point.startswith(("sync:", "backfill:"))]
)
async def test_killed_at_every_commit_point(point: Point, people: People, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    alice, bob = await people("alice"), await people("bob", folder=folder)
    room_id = await meet(alice, bob)
    key = bob.vault.data_key
    await bob.close()
    told = [str(number) for number in range(MESSAGES)]
    for text in told:
        await alice.say(room_id, text)

    child = await start(folder, key, point)
    assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL
    await alice.say(room_id, "after")

    again = await reopened(folder, key)
    await settle(again, room_id)
    assert heard(again, room_id) == [*told, "after"]
    again.vault.check()
    await again.close()


async def killed_at_random(
    people: People, folder: Path, moments: int, chance: random.Random
) -> None:
    alice, bob = await people("alice"), await people("bob", folder=folder)
    room_id = await meet(alice, bob)
    key = bob.vault.data_key
    await bob.close()
    told: list[str] = []

    async def chat(child: asyncio.subprocess.Process) -> None:
        """Talk, then kill: some of it has arrived, some is on its way, some is being written."""
        assert child.stdout is not None
        await child.stdout.readline()
        for _ in range(chance.randrange(1, 12)):
            told.append(f"{len(told)}")
            await alice.say(room_id, told[-1])
        if chance.random() < 0.5:
            await child.stdout.readline()
        child.kill()

    for _ in range(moments):
        child = await start(folder, key, "-")
        await asyncio.wait_for(chat(child), 60)
        assert await child.wait() == -signal.SIGKILL

    again = await reopened(folder, key)
    await settle(again, room_id)
    assert heard(again, room_id) == told
    again.vault.check()
    await again.close()


async def test_killed_at_random_moments(people: People, tmp_path: Path) -> None:
    await killed_at_random(people, tmp_path / "vault", 8, random.Random(20260304))


@pytest.mark.soak
async def test_killed_at_many_random_moments(people: People, tmp_path: Path) -> None:
    await killed_at_random(people, tmp_path / "vault", 200, random.Random(11))
