"""A whole change of names: real server, real bot and signer, the agents of real clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.circle import Circle, Guest, until
from support.patience import PATIENCE

from peerroom.client.views import RoomView
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.text.foreign import ForeignText

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


async def changed(guest: Guest) -> RoomView:
    """The room after the next change of names."""
    before = guest.client.account.user_id

    def look() -> RoomView | None:
        if guest.client.account.user_id == before:
            return None
        rooms = [r for r in guest.client.rooms() if r.joined and not r.direct and not r.former]
        new = next((room for room in rooms if room.room_id != guest.room_id), None)
        here = new is not None and guest.client.pseudonym(new.room_id).kind == "rotates"
        return new if here and not new.changing else None

    room = await until(guest.client, look, PATIENCE)
    guest.room_id = room.room_id
    return room


async def test_everyone_changes_and_the_talk_goes_on(rotating: Circle) -> None:
    guests = [await rotating.guest() for _ in range(3)]
    accounts = [guest.client.account.user_id for guest in guests]
    names = [guest.client.pseudonym(guest.room_id).name for guest in guests]
    guests[0].say("before")
    for guest in guests:
        await guest.sees("before")
    old = guests[0].room_id
    await asyncio.gather(*(changed(guest) for guest in guests))
    assert len({guest.room_id for guest in guests}) == 1
    assert guests[0].room_id != old
    new = [guest.client.account.user_id for guest in guests]
    assert not set(accounts) & set(new)
    now = [guest.client.pseudonym(guest.room_id).name for guest in guests]
    assert not set(names) & set(now)
    guests[1].say("after")
    for guest in guests:
        seen = await guest.sees("after")
        assert seen.sender_name == now[1]
        assert seen.trust is None
        history = [m.body for m in guest.client.timeline(old).page(limit=50)]
        assert "before" in history
    members = rotating.vault.rooms.members(guests[0].room_id)
    shown = {ForeignText(members[user].get("displayname")).line() for user in new}
    assert all(any(name in text for text in shown) for name in now)
