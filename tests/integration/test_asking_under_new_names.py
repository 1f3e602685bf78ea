"""Talking with the moderators after names have changed: a new account, a new room of two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.circle import Circle, Guest, until
from support.patience import PATIENCE

from peerroom.client.reporting_views import EarlierName
from peerroom.client.views import RoomView
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy

SHORT = Policy(
    rhythm=Every(timedelta(seconds=24)),
    window=timedelta(seconds=10),
    freeze=timedelta(seconds=1),
    floor=3,
)


@pytest.fixture
async def rotating(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver, policy=SHORT)
    yield circle
    await circle.stop()


async def changed(guest: Guest) -> str:
    """The room after the next change of names."""
    before = guest.client.account.user_id

    def look() -> RoomView | None:
        if guest.client.account.user_id == before:
            return None
        rooms = [room for room in guest.client.rooms() if room.joined and not room.direct]
        here = [room for room in rooms if not room.former and room.room_id != guest.room_id]
        return next((room for room in here if not room.changing), None)

    guest.room_id = (await until(guest.client, look, PATIENCE)).room_id
    return guest.room_id


@pytest.mark.soak
async def test_a_new_name_has_its_own_way_to_the_moderators(rotating: Circle) -> None:
    reporter, author, _third = [await rotating.guest() for _ in range(3)]
    old_room = reporter.room_id
    author.say("said under the old names")
    earlier = await reporter.sees("said under the old names")
    reporter.client.desk.ask_moderators("asked under the old name")
    await until(reporter.client, lambda: reporter.client.desk.asks()[0].state == "received")

    await asyncio.gather(*(changed(guest) for guest in rotating.guests))
    assert reporter.client.desk.asks() == []
    with pytest.raises(EarlierName):
        reporter.client.desk.report(old_room, [earlier.key])

    author.say("said under the new names")
    bad = await reporter.sees("said under the new names")
    reporter.client.desk.report(reporter.room_id, [bad.key], "please look")
    await until(
        reporter.client,
        lambda: [ask for ask in reporter.client.desk.asks() if ask.state == "received"],
    )
    [ask] = reporter.client.desk.asks()
    assert (ask.kind, ask.text) == ("report", "please look")
    rooms = [room for room in reporter.vault.rooms.all() if room.is_direct]
    by_account = {room.account_id for room in rooms}
    assert reporter.client.account.id in by_account and len(by_account) == 2
