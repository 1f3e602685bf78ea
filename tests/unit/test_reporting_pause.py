"""A short pause of one's voice loses nothing and has nobody say anything twice."""

from __future__ import annotations

from typing import Any

import pytest
from support.desks import CIRCLE, OWN, START, Place
from support.linked_client import linked_client, once, turn

from peerroom.client.session import Client
from peerroom.matrix.errors import Forbidden, TooLarge
from peerroom.wire.member import Explained


class Server:
    """Takes what the room lets us say."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.taken: list[str] = []
        self.asked = 0
        self.keyshare = self
        self.too_large = ""

    def voice(self, level: int) -> None:
        levels = {"users": {OWN: level}}
        self._place.vault.rooms.set_state(CIRCLE, "m.room.power_levels", "", levels)
        self._level = level

    async def deliver(self, row: Any) -> str:
        self.asked += 1
        text = row.content["content"]["body"]
        if self._level < 0:
            raise Forbidden(status=403, errcode="M_FORBIDDEN")
        if text == self.too_large:
            raise TooLarge
        self.taken.append(text)
        return f"$sent{len(self.taken)}"

    def report(self, _room_id: str) -> Server:
        return self

    def sentence(self) -> None:
        """Everyone got the keys."""


def states(client: Client) -> list[str]:
    return [view.state for view in client.timeline(CIRCLE).page() if view.own]


async def paused(place: Place, server: Server, client: Client, what: str = "slowed") -> None:
    """Two messages meet a pause, of which the bot then tells."""
    server.voice(-1)
    client.send(CIRCLE, "and then")
    client.send(CIRCLE, "he said")
    await once(client, lambda: states(client) == ["failed", "failed"])
    place.tell(Explained(deed=1, what=what, reason="pace", text="", until=START + 90_000))


async def test_what_met_a_pause_goes_out_in_order_when_it_is_over() -> None:
    place = Place()
    server = Server(place)
    async with linked_client(place, server, place.clock) as client:
        await paused(place, server, client)
        place.heard(CIRCLE, client=client)
        assert server.taken == []
        place.clock.advance(100)
        server.voice(0)
        await turn(client)
        place.heard(CIRCLE, client=client)
        await once(client, lambda: len(server.taken) == 2)
        assert server.taken == ["and then", "he said"]


@pytest.mark.parametrize("what", ["muted", "sat out"])
async def test_after_a_longer_silence_one_says_oneself_whether_it_matters(what: str) -> None:
    place = Place()
    server = Server(place)
    async with linked_client(place, server, place.clock) as client:
        await paused(place, server, client, what)
        server.voice(0)
        asked = server.asked
        place.heard(CIRCLE, client=client)
        client.send(CIRCLE, "something new")
        await once(client, lambda: server.taken == ["something new"])
        assert server.asked == asked + 1 and states(client)[:2] == ["failed", "failed"]


async def test_what_fails_for_another_reason_is_not_tried_for_ever() -> None:
    place = Place()
    server = Server(place)
    server.too_large = "he said"
    async with linked_client(place, server, place.clock) as client:
        await paused(place, server, client)
        server.voice(0)
        place.heard(CIRCLE, client=client)
        await once(client, lambda: server.taken == ["and then"])
        await once(client, lambda: "failed" in states(client))
        asked = server.asked
        for _turn in range(3):
            place.heard(CIRCLE, client=client)
        client.send(CIRCLE, "something new")
        await once(client, lambda: "something new" in server.taken)
        assert server.asked == asked + 1
