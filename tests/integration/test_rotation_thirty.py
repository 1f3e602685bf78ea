"""Thirty real members change names on one server with its default limits. Minutes: `make soak`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from support.circle import CLOCK, RANDOM, Circle, Guest, until
from support.servers import own_address

from peerroom.client.joining import join
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.store.vault import Vault

MEMBERS = 30
POLICY = Policy(
    rhythm=Every(timedelta(minutes=7)),
    window=timedelta(minutes=3),
    freeze=timedelta(seconds=10),
    floor=8,
)
PATIENCE = 900.0

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


@pytest.fixture
async def circle(circle_homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(circle_homeserver, policy=POLICY)
    yield circle
    await circle.stop()


async def test_nobody_is_lost(circle: Circle) -> None:
    async with AsyncExitStack() as roads:
        guests = await _come(circle, roads)
        before = {guest.client.account.user_id for guest in guests}
        first_room = circle.room_id
        begun = time.monotonic()
        await asyncio.gather(*(_changed(guest) for guest in guests))
        took = time.monotonic() - begun
        after = [guest.client.account.user_id for guest in guests]
        rooms = {guest.room_id for guest in guests}
        names = {guest.client.pseudonym(guest.room_id).name for guest in guests}
        assert rooms == {circle.room_id} != {first_room}
        assert len(set(after)) == len(names) == MEMBERS
        assert not before & set(after)
        said = time.monotonic()
        guests[0].say("everyone here?")
        await asyncio.gather(*(guest.sees("everyone here?") for guest in guests))
        print(
            f"\n{MEMBERS} members: the change was seen by all {took:.0f} s after the last one came"
            f" in, a message was read by all in {time.monotonic() - said:.1f} s"
        )


async def _come(circle: Circle, roads: AsyncExitStack) -> list[Guest]:
    """Everyone from an address of their own, three at a time."""
    turn = asyncio.Semaphore(3)

    async def one(number: int) -> Guest:
        road = await roads.enter_async_context(own_address(circle.server, number + 1))
        async with turn:
            invite = replace(await circle.invite(), homeserver=road.url)
            vault = Vault.ephemeral()
            async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
                pass
        return await circle.run(vault)

    return list(await asyncio.gather(*(one(number) for number in range(MEMBERS))))


async def _changed(guest: Guest) -> None:
    before = guest.client.account.user_id

    def look() -> str | None:
        if guest.client.account.user_id == before:
            return None
        rooms = [r for r in guest.client.rooms() if r.joined and not r.direct and not r.former]
        new = next((room.room_id for room in rooms if room.room_id != guest.room_id), None)
        here = new is not None and guest.client.pseudonym(new).kind == "rotates"
        return new if here else None

    guest.room_id = await until(guest.client, look, PATIENCE)
