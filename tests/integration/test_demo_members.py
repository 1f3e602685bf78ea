"""The simulated members in a real room: they notice who comes in and what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from peerroom.clock import SystemClock
from peerroom.demo.talk import Talk
from peerroom.demo.world import World
from peerroom.store.vault import Vault


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path / "world", clock=SystemClock(), random=Random(5))
    try:
        await world.start_server()
        await world.start_moderator()
        await world.bring_members()
        yield world
    finally:
        await world.close()


async def test_they_hear_a_visitor_and_nobody_else(world: World) -> None:
    first, second, _third = world.members
    at_home = {member.client.user_id for member in world.members} | {world.moderator.user_id}
    waiting = asyncio.create_task(first.until_someone_besides(lambda: at_home))
    visitor = await world.enter(Vault.ephemeral())
    await asyncio.wait_for(waiting, 30)

    heard = asyncio.Event()
    count = 0

    def hear() -> None:
        nonlocal count
        count += 1
        heard.set()

    with first.listening(hear, ignoring=lambda: at_home):
        first.say("I am talking to myself.")
        second.say("I am one of the family.")
        await first.sees("I am one of the family.")
        assert not heard.is_set()
        visitor.say("Good evening.")
        await asyncio.wait_for(heard.wait(), 30)
        second.say("And I am still here.")
        await first.sees("And I am still here.")
    assert count == 1


async def test_every_line_of_theirs_says_what_they_are(world: World) -> None:
    talking = asyncio.create_task(world.talk())
    visitor = await world.enter(Vault.ephemeral())
    first = Talk.load("en").welcome[0][1]
    marked = await visitor.sees(f"{first} (simulated)")
    assert marked.sender_id in {member.client.user_id for member in world.members}
    simulated = {member.client.user_id for member in world.members}
    said = [message for message in visitor.messages() if message.sender_id in simulated]
    assert all("(simulated)" in message.body for message in said if message.kind == "text")
    talking.cancel()
    await asyncio.wait([talking])
