"""A newcomer holds the room's records against the link before a word is said there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from support.agents import POLICY
from support.circle import CLOCK, RANDOM, Circle
from support.faults import FaultyServer

from peerroom.client.joining import join, pending
from peerroom.client.rotation.entering import AnotherCircle
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite
from peerroom.wire.records import RECORD


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    async with AsyncExitStack() as stack:
        circle = await Circle.start(homeserver, policy=POLICY)
        stack.push_async_callback(circle.stop)
        yield circle


async def refused(circle: Circle, invite: Invite, road: FaultyServer) -> None:
    """Nobody is let go on, and nothing but the knock was said."""
    vault = Vault.ephemeral()
    with pytest.raises(AnotherCircle) as error:
        async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
            pass
    assert "Do not go on." in error.value.sentence()
    assert vault.accounts.current() is None
    assert pending(vault) is not None
    said = road.paths("/send/")
    assert len(said) == 1 and circle.room_id.partition(":")[0][1:] not in said[0]
    assert not road.paths("/sendToDevice/m.room_key")


async def test_a_room_with_another_story_than_the_link(circle: Circle) -> None:
    async with FaultyServer(upstream=circle.server.base_url) as road:
        invite = replace(await circle.invite(), homeserver=road.url)
        assert invite.pinned is not None
        other = replace(invite.pinned, sequence=1, head=bytes(range(32)))
        await refused(circle, replace(invite, pinned=other), road)


async def test_a_room_whose_records_the_server_keeps_back(circle: Circle) -> None:
    def without(path: str, answer: Any) -> Any:
        if path.endswith("/sync"):
            for room in answer.get("rooms", {}).get("join", {}).values():
                for part in ("state", "timeline"):
                    found = room.get(part, {}).get("events", [])
                    found[:] = [event for event in found if event["type"] != RECORD]
        return answer

    async with FaultyServer(upstream=circle.server.base_url, edit=without) as road:
        await refused(circle, replace(await circle.invite(), homeserver=road.url), road)


async def test_the_right_room_lets_one_in(circle: Circle) -> None:
    vault = Vault.ephemeral()
    async for _step in join(await circle.invite(), vault, clock=CLOCK, random=RANDOM):
        pass
    assert vault.accounts.current() is not None
