"""The simulated members in a real room: they notice who comes in and what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from support.patience import PATIENCE

from peerroom.client.views import MessageView
from peerroom.clock import SystemClock
from peerroom.demo.desk import Desk
from peerroom.demo.talk import Talk
from peerroom.demo.waiting import until
from peerroom.demo.world import World
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.store.vault import Vault

SOON = Policy(
    rhythm=Every(timedelta(seconds=25)),
    window=timedelta(seconds=10),
    freeze=timedelta(seconds=1),
    floor=3,
)


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


@pytest.mark.soak
async def test_whoever_asks_is_answered_by_someone_who_says_that_they_are_simulated(
    world: World,
) -> None:
    await world.bring_keeper()
    talking = asyncio.create_task(world.talk())
    visitor = await world.enter(Vault.ephemeral())
    visitor.client.desk.ask_moderators("May I write about money here?")
    await visitor.hears(
        "Thank you for writing. I am simulated; in a real room a moderator would answer you here, "
        "in private."
    )
    assert not talking.done()
    talking.cancel()
    await asyncio.wait([talking])


@pytest.mark.soak
async def test_a_moderator_gets_something_to_look_after(world: World) -> None:
    talking = asyncio.create_task(world.talk(errands=True))
    desk = await Desk.of(await world.enter(Vault.ephemeral(), "moderator"))
    page = await desk.next_case("request")
    assert desk.messages(page.row.number)[0].endswith("(simulated)")
    assert not talking.done()
    talking.cancel()
    await asyncio.wait([talking])


@pytest.mark.soak  # two epochs of a minute; whole changes of names are in test_rotation_epoch
async def test_the_talk_follows_them_through_a_change_of_names(tmp_path: Path) -> None:
    world = World(tmp_path / "world", clock=SystemClock(), random=Random(5))
    try:
        await world.start_server()
        await world.start_moderator(SOON)
        await world.bring_members()
        talking = asyncio.create_task(world.talk())
        visitor = await world.enter(Vault.ephemeral())
        old_room, old_accounts = visitor.room_id, visitor.accounts
        greeting = await visitor.sees(marked(Talk.load("en").welcome[0][1]))
        assert greeting.sender_id in simulated(world)
        await until(visitor.client, lambda: visitor.room_id != old_room, "No change.", PATIENCE)

        def goes_on() -> MessageView | None:
            said = [m for m in visitor.messages() if m.sender_id in simulated(world)]
            return next((m for m in reversed(said) if m.kind == "text"), None)

        line = await until(visitor.client, goes_on, "The talk ended.", PATIENCE)
        assert line.body.endswith("(simulated)")
        visitor.say("Still here, under whatever name.")
        replies = {marked(reply) for reply in Talk.load("en").replies}
        answer = await until(
            visitor.client,
            lambda: next((m for m in visitor.messages() if m.body in replies), None),
            "Nobody answered.",
            PATIENCE,
        )
        assert answer.sender_id in simulated(world)
        assert not simulated(world) & (visitor.accounts | old_accounts)
        assert not talking.done()
        talking.cancel()
        await asyncio.wait([talking])
    finally:
        await world.close()


def marked(text: str) -> str:
    return f"{text} (simulated)"


def simulated(world: World) -> set[str]:
    """Who they are in the room, by what they themselves have."""
    return {user for member in world.members for user in member.accounts}
