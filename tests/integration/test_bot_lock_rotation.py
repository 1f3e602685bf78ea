"""A locked circle is still locked when names have changed, and opens when it should."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.deciding import decides, state_of
from support.steering import Scene, steered

from peerroom.host.homeserver import Homeserver
from peerroom.moderation import measures


@pytest.fixture
async def scene(circle_homeserver: Homeserver) -> AsyncIterator[Scene]:
    async with steered(circle_homeserver) as scene:
        yield scene


async def test_a_locked_circle_stays_locked_in_its_next_room(scene: Scene) -> None:
    circle = scene.circle
    old = await scene.people(3)
    before = circle.room_id
    decides(circle, lambda state, cause: measures.lock(state, cause, before, None))
    await circle.bot.idle()
    scene.cut_off()
    new = await scene.all_redeemed(old)
    await scene.switch()
    for walker in new:
        await walker.arrive()
    room = circle.room_id
    assert room != before
    member = new[0]

    def needed() -> object:
        levels = member.vault.rooms.state(room, "m.room.power_levels") or {}
        return levels.get("events_default")

    await member.until(lambda: needed() == 50 or None)
    assert state_of(circle).locks.keys() == {room}
    decides(circle, lambda state, cause: measures.unlock(state, cause, room))
    await member.until(lambda: needed() == 0 or None)
    await member.say("good morning")
