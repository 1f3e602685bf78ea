"""Whole epochs: the real bot, the real signer, a real server as a host of circles runs it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from support.circle import Circle
from support.rotating import Walker
from support.servers import own_address

from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym import names
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.wire.records import Admitted, EpochOpened, encode_record

_numbers = itertools.count(5000)
WINDOW = timedelta(seconds=8)
POLICY = Policy(
    rhythm=Every(timedelta(seconds=18)),
    window=WINDOW,
    freeze=timedelta(seconds=1),
    floor=2,
    hold=timedelta(seconds=20),
)


class Scene:
    """A rotating circle and those in it."""

    def __init__(self, circle: Circle) -> None:
        self.circle = circle
        self.stack = AsyncExitStack()

    async def road(self) -> str:
        """An address of its own, as over Tor: the server lets few accounts be made from one."""
        way = own_address(self.circle.server, next(_numbers))
        return (await self.stack.enter_async_context(way)).url

    async def people(self, count: int) -> list[Walker]:
        return [await self.person() for _ in range(count)]

    async def person(self) -> Walker:
        invite = await self.circle.invite()
        return self.kept(await Walker.come(replace(invite, homeserver=await self.road())))

    async def redeemed(self, walker: Walker, round_: int = 0) -> Walker:
        return self.kept(await walker.redeem(await self.road(), round_))

    def kept(self, walker: Walker) -> Walker:
        self.stack.push_async_callback(walker.close)
        return walker


@pytest.fixture
async def scene(circle_homeserver: Homeserver) -> AsyncIterator[Scene]:
    circle = await Circle.start(circle_homeserver, policy=POLICY)
    scene = Scene(circle)
    async with scene.stack:
        yield scene
    await circle.stop()


async def test_everyone_gets_a_new_account_and_a_new_name(scene: Scene) -> None:
    old = await scene.people(3)
    for walker in old:
        await walker.ask()
    new = await asyncio.gather(*map(scene.redeemed, old))
    for walker in new:
        await walker.arrive()
    [room] = {walker.room_id for walker in new}
    assert room == scene.circle.room_id
    assert room not in {walker.room_id for walker in old}
    opened = await new[0].sees(EpochOpened, epoch=2)
    ledger = await new[0].sees(Admitted, epoch=1)
    assert (ledger.issued, ledger.count) == (3, 3)
    assert new[0].chain().epoch == opened
    digest = sha256(encode_record(new[0].record_of(ledger))).digest()
    before = {name.index for walker in old if (name := names.read(walker.name()))}
    assert len(before) == 3
    given = names.assign([walker.user_id for walker in new], digest, before, {})
    members = new[0].vault.rooms.members(room)
    assert members.keys() == given.keys() | {scene.circle.bot_id}
    assert {u: new[0].name(u) for u in given} == {u: str(name) for u, name in given.items()}
    await new[0].say("good morning")
    for walker in new[1:]:
        await walker.until(lambda w=walker: "good morning" in w.bodies() or None)
