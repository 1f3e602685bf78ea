"""Encrypted messages from client to client over a real server, beside a bare nio loop."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.accounts import MakeAccount
from support.arms import Arm, ArmName, Ours, Player
from support.members import people_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

MESSAGES = 200
PAIRS = 5
ALLOWED = 1.15
ARMS: tuple[ArmName, ArmName] = ("bare nio", "peerroom")


@pytest.fixture
async def arms(make_account: MakeAccount, tmp_path: Path) -> AsyncIterator[dict[ArmName, Arm]]:
    async with people_of(make_account) as people, AsyncExitStack() as stack:
        yield {name: Arm(name, make_account, people, stack, tmp_path) for name in ARMS}


async def send(player: Player, room_id: str, text: str) -> None:
    """As a client sends: ours by way of the outbox, with a row before and a mark after."""
    if not isinstance(player, Ours):
        await player.say(room_id, text)
        return
    member = player.member
    row = member.row(room_id, text)
    member.vault.outbox.mark_sending(row.id, datetime.now(UTC))
    member.vault.outbox.mark_sent(row.id, await member.connection.deliver(row))


async def receive(player: Player, room_id: str) -> None:
    while len(player.heard(room_id)) < MESSAGES:
        await player.turn()


async def timed(arm: Arm, number: int) -> float:
    """Seconds from the first message sent to the last one read on the other side."""
    speaker = await arm.player(f"speaker{number}", keeps=True)
    listener = await arm.player(f"listener{number}", keeps=True)
    room_id = await arm.scene(speaker, listener)
    begun = time.perf_counter()

    async def speak() -> None:
        for message in range(MESSAGES):
            await send(speaker, room_id, f"message {message}")

    await asyncio.gather(speak(), receive(listener, room_id))
    seconds = time.perf_counter() - begun
    assert [text for _, text in listener.heard(room_id)] == [
        f"message {n}" for n in range(MESSAGES)
    ]
    return seconds


async def test_encryption_costs_no_more_than_with_bare_nio(arms: dict[ArmName, Arm]) -> None:
    seconds: dict[ArmName, list[float]] = {name: [] for name in ARMS}
    for number in range(PAIRS):
        for name in ARMS if number % 2 else reversed(ARMS):
            seconds[name].append(await timed(arms[name], number))
    ratio = statistics.median(
        ours / theirs for theirs, ours in zip(*(seconds[name] for name in ARMS), strict=True)
    )
    for name in ARMS:
        print(f"\n{name}: {MESSAGES} messages in {statistics.median(seconds[name]):.2f} s (median)")
    print(f"\nours / bare nio: {ratio:.2f} (median of {PAIRS} interleaved pairs)")
    assert ratio <= ALLOWED
