"""One client, two accounts of one vault, a real server: from the old name to the new one."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import unquote_to_bytes

import pytest
from support.circle import CLOCK, RANDOM, Circle, Guest, until
from support.faults import FaultyServer

from peerroom.client import epoch_rooms
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.store.accounts import Account

CLOSED = {"events_default": 100, "redact": 50, "events": {"m.room.redaction": 0}}


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def weather(homeserver: Homeserver) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(upstream=homeserver.base_url) as server:
        yield server


async def new_account(circle: Circle, guest: Guest, url: str | None = None) -> Account:
    """The account that is made for the next name, known to the vault and not in use."""
    name = f"p{uuid.uuid4().hex[:16]}"
    made = await asyncio.to_thread(circle.server.register, name, login=True)
    assert made.access_token is not None and made.device_id is not None
    return guest.vault.accounts.add(
        homeserver=url or circle.server.base_url,
        user_id=made.user_id,
        device_id=made.device_id,
        access_token=made.access_token,
        password=made.password,
        current=False,
    )


async def close_room(circle: Circle, *guests: Guest) -> None:
    """Nobody can write any more; what is verified of the room is noted, as the agent does it."""
    for guest in guests:
        epoch_rooms.keep(guest.vault, circle.room_id, epoch(1))
    await circle.bot._connection.rooms.set_state(circle.room_id, "m.room.power_levels", CLOSED)
    for guest in guests:
        await until(guest.client, lambda guest=guest: changing(guest))


def changing(guest: Guest) -> bool:
    room = guest.client.room(guest.room_id)
    return room is not None and room.changing


def epoch(number: int) -> EpochRoom:
    now = CLOCK.now()
    return EpochRoom(number, now - timedelta(days=7), now, crowd=8)


async def next_room(circle: Circle, *accounts: Account) -> str:
    """The room of the new names, into which the bot brings everyone."""
    connection = circle.bot._connection
    room_id = await connection.rooms.create_room(name="Kitchen table")
    for account in accounts:
        await connection.admin.join(room_id, account.user_id)
    return room_id


async def arrived(circle: Circle, guest: Guest, room_id: str) -> None:
    """What the agent does when the new room is there and its records are in order."""
    await until(guest.client, lambda: guest.client.room(room_id))
    epoch_rooms.keep(guest.vault, room_id, epoch(2))
    guest.client.arrive(circle.room_id, room_id)
    guest.room_id = room_id


async def test_two_go_on_under_new_names_and_talk(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    heron.say("good night")
    await otter.sees("good night")
    await close_room(circle, heron, otter)
    accounts = [await new_account(circle, guest) for guest in (heron, otter)]
    room_id = await next_room(circle, *accounts)
    for guest, account in zip((heron, otter), accounts, strict=True):
        await guest.client.move(account)
        await arrived(circle, guest, room_id)
        await guest.online()

    heron.say("good morning")
    seen = await otter.sees("good morning")
    assert (seen.state, seen.trust, seen.own) == ("received", None, False)
    otter.say("to you too")
    await heron.sees("to you too")
    old = heron.client.timeline(circle.room_id).page()
    assert [(view.body, view.own) for view in old if view.kind == "text"] == [("good night", True)]
    assert [room.former is not None for room in heron.client.rooms() if not room.direct] == [
        False,
        True,
    ]


async def test_what_came_too_late_is_the_draft_of_the_new_room_and_never_sent(
    circle: Circle,
) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    await close_room(circle, heron)
    key = heron.say("too late")
    await until(
        heron.client,
        lambda: (view := heron.client.timeline(heron.room_id).find(key)) and view.state == "failed",
    )
    view = heron.client.timeline(heron.room_id).find(key)
    assert view is not None and view.problem is not None
    assert view.problem.startswith("The room is changing names.")
    heron.client.set_draft(circle.room_id, "half a thought")

    account = await new_account(circle, heron)
    room_id = await next_room(circle, account)
    await heron.client.move(account)
    await arrived(circle, heron, room_id)
    await heron.online()
    assert heron.client.draft(room_id) == "too late\n\nhalf a thought"
    heron.say("now")
    await until(heron.client, lambda: not heron.client.unsent())
    assert heron.bodies() == ["now"]
    assert [m.body for m in otter.messages()] == []


async def test_the_new_account_never_names_what_was_the_old_one_s(
    circle: Circle, weather: FaultyServer
) -> None:
    heron = await circle.guest(homeserver=weather.url)
    old = heron.vault.accounts.current()
    assert old is not None
    heron.say("good night")
    await until(heron.client, lambda: not heron.client.unsent())
    account = await new_account(circle, heron, weather.url)
    room_id = await next_room(circle, account)
    await heron.client.move(account)
    before = len(weather.seen)
    await arrived(circle, heron, room_id)
    await heron.online()
    heron.say("good morning")
    # As if there were more of the old room to fetch.
    heron.vault.rooms.set_prev_batch(circle.room_id, "t1-1_0_0_0_0_0_0_0_0")
    assert not await heron.client.load_older(circle.room_id)
    await until(heron.client, lambda: not heron.client.unsent())

    requests = weather.seen[before:]
    assert requests
    for request in requests:
        text = unquote_to_bytes(request.path) + request.body
        assert circle.room_id.encode() not in text
        assert old.user_id.encode() not in text
        assert request.headers.get("Authorization") != f"Bearer {old.access_token}"


async def test_a_deletion_goes_out_first_under_the_old_name(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    key = heron.say("in haste")
    await otter.sees("in haste")
    await close_room(circle, heron)
    account = await new_account(circle, heron)
    room_id = await next_room(circle, account)
    heron.client.delete(circle.room_id, key)
    await heron.client.move(account)
    await arrived(circle, heron, room_id)
    await until(otter.client, lambda: [m.state for m in otter.messages()] == ["deleted"])


async def test_no_weather_stops_it(circle: Circle, weather: FaultyServer) -> None:
    heron = await circle.guest(homeserver=weather.url)
    account = await new_account(circle, heron, weather.url)
    room_id = await next_room(circle, account)
    await weather.refuse()
    heron.client.delete(circle.room_id, heron.say("never left"))
    await until(heron.client, lambda: heron.client.connection.kind in ("offline", "refused"))
    await heron.client.move(account)
    assert heron.client.user_id == account.user_id
    await until(heron.client, lambda: heron.client.connection.kind in ("offline", "refused"))
    await weather.listen()
    await arrived(circle, heron, room_id)
    await heron.online()


async def test_a_restart_in_between_goes_on_as_whom_the_vault_says(circle: Circle) -> None:
    heron = await circle.guest()
    heron.say("good night")
    await until(heron.client, lambda: not heron.client.unsent())
    account = await new_account(circle, heron)
    room_id = await next_room(circle, account)
    await heron.client.rest()
    heron.client.set_draft(circle.room_id, "half a thought")
    await heron.client.move(account)  # at rest: nothing runs afterwards
    await heron.client.stop()

    current = heron.vault.accounts.current()
    assert current == heron.vault.accounts.get(account.id)
    heron.client = Client(heron.vault, account, config=Config(), clock=CLOCK, random=RANDOM)
    assert heron.client.pseudonym(circle.room_id).kind == "between"
    await heron.client.start()
    await arrived(circle, heron, room_id)
    await heron.online()
    assert heron.client.draft(room_id) == "half a thought"
