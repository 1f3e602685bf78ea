"""To-device events in the clear reach the one who asked for them, once, whatever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.members import Member, People, connect, people_of

from peerroom.matrix.commit_points import POINTS, Point
from peerroom.matrix.waiting import LARGEST, Waiting
from peerroom.store.vault import Vault

REDEEM = "org.peerroom.epoch.redeem"
TESTS = Path(__file__).parent.parent


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


async def tell(one: Member, other: Member, content: dict[str, Any], txn: str = "t") -> None:
    await one.connection.send_to_device(REDEEM, other.user_id, "*", content, txn)


def contents(member: Member) -> list[dict[str, Any]]:
    return [one.content for one in member.connection.waiting.all()]


async def test_who_asked_for_it_keeps_it_until_it_is_dealt_with(people: People) -> None:
    alice, bot = await people("alice"), await people("bot", in_clear=[REDEEM])
    await tell(alice, bot, {"v": 1, "sealed": "静か"}, "t1")
    await tell(alice, bot, {"v": 1, "sealed": "静か"}, "t2")
    await tell(alice, bot, {"v": 1, "sealed": "other"}, "t3")
    await bot.turn()
    first, second = bot.connection.waiting.all()
    assert (first.sender, first.type, first.content) == (
        alice.user_id,
        REDEEM,
        {"v": 1, "sealed": "静か"},
    )
    assert abs((first.arrived - bot.clock.now()).total_seconds()) < 60
    assert second.number > first.number
    assert bot.connection.waiting.remove(first.number)
    assert not bot.connection.waiting.remove(first.number)
    assert bot.connection.waiting.all() == [second]
    assert bot.connection.waiting.dropped == 0


async def test_one_transaction_is_one_event(people: People) -> None:
    alice, bot = await people("alice"), await people("bot", in_clear=[REDEEM])
    await tell(alice, bot, {"sealed": "one"})
    await tell(alice, bot, {"sealed": "two, under the same transaction"})
    await bot.turn()
    assert contents(bot) == [{"sealed": "one"}]


async def test_who_asked_for_nothing_keeps_nothing(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    await tell(alice, bob, {"sealed": "words"})
    await bob.turn()
    assert contents(bob) == []
    assert bob.vault.records.log("todevice.waiting") == []


async def test_what_is_not_as_it_should_be_is_left_out_alone(people: People) -> None:
    alice, bot = await people("alice"), await people("bot", in_clear=[REDEEM])
    strange: list[Any] = [
        {"sealed": "x" * (LARGEST + 1)},
        {"sealed": "静" * (LARGEST // 3)},
        {"sealed": "x" * (LARGEST - len('{"sealed":""}'))},
        {"half": 0.5},
        {"v": 1},
    ]
    for number, content in enumerate(strange):
        await tell(alice, bot, content, f"t{number}")
    await alice.connection.send_to_device(f"{REDEEM}.x", bot.user_id, "*", {"v": 1}, "t")
    await bot.turn()
    assert contents(bot) == [strange[2], strange[4]]


async def start(folder: Path, key: bytes, point: str) -> asyncio.subprocess.Process:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "support.syncing", str(folder), point, REDEEM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(key)
    child.stdin.write_eof()
    return child


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("sync:")])
async def test_killed_at_every_commit_point_of_a_sync(
    point: Point, people: People, tmp_path: Path
) -> None:
    folder = tmp_path / "vault"
    alice, bot = await people("alice"), await people("bot", folder=folder, in_clear=[REDEEM])
    key = bot.vault.data_key
    await bot.close()
    told = [{"sealed": f"{number}"} for number in range(3)]
    for number, content in enumerate(told):
        await tell(alice, bot, content, f"t{number}")

    child = await start(folder, key, point)
    assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL

    with Vault.open_with_key(folder, key) as vault:
        account = vault.accounts.current()
        assert account is not None
        kept = len(Waiting(vault, bot.clock).all())
        assert kept == (3 if point == "sync:committed" else 0)
        again = await connect(vault, account, in_clear=[REDEEM])
        await again.turn()
        await again.turn()
        assert contents(again) == told
        await again.connection.close()
