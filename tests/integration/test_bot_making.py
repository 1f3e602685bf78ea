"""A bot that loses sight of a room which the server may be making: there is one in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from support.circle import Circle, Guest, until
from support.clock import Awake, ShiftedClock
from support.deciding import decides
from support.faults import FaultyServer

from peerroom.bot.making import UNDER_WAY
from peerroom.client.explained import explanations
from peerroom.host.homeserver import Homeserver
from peerroom.moderation.explaining import explain


@dataclass
class SlowRoad(FaultyServer):
    """A way to a server that is long at making rooms."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def looked_again(self) -> None:
        """Since `seen` was cleared the bot has looked for a room twice; or it has made one."""
        while len(self.paths("/joined_rooms")) < 2 and not self.paths("/createRoom"):
            self._came.clear()
            await self._came.wait()

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if request.path.endswith("/createRoom"):
            await self.go_on.wait()
        return await super()._answer(request, body)


@dataclass
class Play:
    """The bot is to tell Anna something, and she has left the room that she had with it."""

    road: SlowRoad
    clock: ShiftedClock
    circle: Circle
    anna: Guest

    def tell(self) -> None:
        user = self.anna.client.user_id
        self.road.seen.clear()
        decides(self.circle, lambda _state, cause: [explain(user, cause.deed, "removed", "spam")])

    async def told(self) -> None:
        """She is asked into one room, and told it there."""
        anna, account = self.anna, self.anna.vault.accounts.current()
        assert account is not None

        def asked() -> list[str]:
            return [one.room_id for one in anna.vault.rooms.all() if one.membership == "invite"]

        [room] = await until(anna.client, asked)
        await (await anna.client._acting.link.fresh()).rooms.join(room)
        [_said] = await until(anna.client, lambda: explanations(anna.vault, account.id))
        await self.circle.bot.idle()
        assert asked() == []


@pytest.fixture
async def play(homeserver: Homeserver) -> AsyncIterator[Play]:
    async with SlowRoad(homeserver.base_url) as road:
        road.go_on.set()
        clock = ShiftedClock()
        circle = await Circle.start(homeserver, homeserver=road.url, clock=Awake(clock))
        anna = await circle.guest()
        [door] = [room for room in anna.vault.rooms.all() if room.is_direct]
        await circle.pause()
        await (await anna.client._acting.link.fresh()).rooms.leave(door.room_id)
        await circle.resume()
        yield Play(road, clock, circle, anna)
        await circle.stop()


async def test_a_room_that_is_being_made_when_the_bot_dies_is_made_once(play: Play) -> None:
    play.road.go_on.clear()
    play.tell()
    await play.road.asked("/createRoom")
    await play.circle.pause()
    play.road.seen.clear()
    await play.circle.resume()
    await play.road.looked_again()
    play.road.go_on.set()
    await play.told()
    assert play.road.paths("/createRoom") == []


async def test_a_room_that_was_refused_is_asked_for_again_at_once(play: Play) -> None:
    play.road.fail("429", path="/createRoom", times=1)
    play.tell()
    await play.told()
    assert len(play.road.paths("/createRoom")) == 2


async def test_a_room_that_was_never_asked_for_is_made_after_a_while(play: Play) -> None:
    play.road.fail("reset", path="/createRoom", times=1)
    play.tell()
    await play.road.struck()
    play.road.seen.clear()
    await play.road.looked_again()
    assert play.road.paths("/createRoom") == []
    play.clock.set_apart(UNDER_WAY + timedelta(seconds=1))
    await play.told()
    assert len(play.road.paths("/createRoom")) == 1
