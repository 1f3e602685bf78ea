"""What a client says and does when the server stumbles, and how it recovers by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.circle import CLOCK, RANDOM, Circle, Guest, until
from support.faults import Fault, FaultyServer
from support.patience import PATIENCE

from peerroom.client.session import Client
from peerroom.client.views import ConnectionKind
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver

SOON = 10.0
"""Seconds within which a fault must be said."""


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def weather(homeserver: Homeserver) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(upstream=homeserver.base_url) as server:
        yield server


async def said(guest: Guest, *kinds: ConnectionKind, within: float = SOON) -> str:
    """The sentence about the connection, once it is of one of these kinds."""
    await until(guest.client, lambda: guest.client.connection.kind in kinds, within)
    return guest.client.connection.sentence


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("500", ("waiting",)),
        ("502 html", ("waiting",)),
        ("429", ("waiting",)),
        ("reset", ("offline", "refused")),
        ("html", ("waiting",)),
        ("redirect", ("waiting",)),
    ],
)
async def test_a_fault_is_said_soon_and_what_was_queued_goes_out_in_order(
    circle: Circle, weather: FaultyServer, fault: Fault, kinds: tuple[ConnectionKind, ...]
) -> None:
    otter = await circle.guest()
    heron = await circle.guest(homeserver=weather.url)
    weather.fail(fault)
    began = time.monotonic()
    lines = [f"kept {number}" for number in range(5)]
    for line in lines:
        heron.say(line)
    sentence = await said(heron, *kinds)
    assert time.monotonic() - began < SOON
    assert sentence and sentence[0].isupper()
    assert [m.state for m in heron.messages()] == ["sending"] * 5

    weather.heal()
    await otter.sees("kept 4")
    assert otter.bodies() == lines
    await said(heron, "online", within=PATIENCE)
    await until(heron.client, lambda: not heron.client.unsent())
    assert heron.bodies() == lines


async def test_a_server_that_is_gone_and_comes_back(circle: Circle, weather: FaultyServer) -> None:
    otter = await circle.guest()
    heron = await circle.guest(homeserver=weather.url)
    await weather.refuse()
    began = time.monotonic()
    sentence = await said(heron, "refused", "offline")
    assert time.monotonic() - began < SOON
    assert "what you write is kept" in sentence
    heron.say("first")
    heron.say("second")
    otter.say("meanwhile")
    await weather.listen()
    await otter.sees("second")
    await heron.sees("meanwhile")
    assert [body for body in otter.bodies() if body != "meanwhile"] == ["first", "second"]
    await said(heron, "online", within=PATIENCE)


async def test_a_server_that_is_gone_at_the_start(circle: Circle, weather: FaultyServer) -> None:
    heron = await circle.guest()
    heron.say("from before")
    await until(heron.client, lambda: not heron.client.unsent())
    await heron.client.stop()
    circle.guests.remove(heron)
    await weather.refuse()
    account = heron.vault.accounts.current()
    assert account is not None
    client = Client(
        heron.vault,
        replace(account, homeserver=weather.url),
        config=Config(),
        clock=CLOCK,
        random=RANDOM,
    )
    again = Guest(heron.vault, client, circle.room_id)
    circle.guests.append(again)
    assert again.bodies() == ["from before"]
    await client.start()
    await said(again, "refused", "offline")
    key = again.say("while away")
    assert again.bodies() == ["from before", "while away"]
    await weather.listen()
    await until(client, lambda: not client.unsent())
    view = client.timeline(circle.room_id).find(key)
    assert view is not None and view.state == "sent"


@pytest.mark.parametrize("fault", ["reset after", "500", "429"])
@pytest.mark.parametrize("path", ["/send/m.room.encrypted", "/sendToDevice"])
async def test_a_lost_answer_doubles_nothing(
    circle: Circle, weather: FaultyServer, fault: Fault, path: str
) -> None:
    otter = await circle.guest()
    heron = await circle.guest(homeserver=weather.url)
    weather.fail(fault, path=path, times=2)
    for number in range(4):
        heron.say(f"line {number}")
    await otter.sees("line 3")
    await until(heron.client, lambda: not heron.client.unsent())
    assert otter.bodies() == [f"line {number}" for number in range(4)]
    assert heron.bodies() == otter.bodies()


async def test_deleting_while_the_answer_is_lost(circle: Circle, weather: FaultyServer) -> None:
    otter = await circle.guest()
    heron = await circle.guest(homeserver=weather.url)
    weather.fail("reset after", path="/send/m.room.encrypted", times=1)
    key = heron.say("too quick")
    await weather.struck()
    assert heron.client.delete(heron.room_id, key)
    assert heron.bodies() == [] or [m.state for m in heron.messages()] == ["deleted"]
    assert "too quick" not in str(heron.vault.outbox.of_room(heron.room_id))
    heron.say("after")
    await otter.sees("after")
    await until(heron.client, lambda: not heron.client.unsent())
    await until(otter.client, lambda: "too quick" not in otter.bodies())
    assert "too quick" not in heron.bodies()


async def test_what_the_server_refuses_for_good_is_a_state_of_the_message(
    circle: Circle, weather: FaultyServer
) -> None:
    heron = await circle.guest()
    key = heron.say("x" * 70_000)
    heron.say("short")
    view = await until(
        heron.client,
        lambda: (
            (found := heron.client.timeline(heron.room_id).find(key))
            and found.state == "failed"
            and found
        ),
    )
    assert view.problem == "This message is too long for the server. Send it in two parts."
    await until(heron.client, lambda: [m.state for m in heron.messages()].count("sent") == 1)
    assert heron.client.undo(key) is not None
    assert heron.client.unsent() == 0


async def test_a_session_that_the_server_ended_is_said_and_the_history_stays(
    circle: Circle,
) -> None:
    heron = await circle.guest()
    heron.say("still readable")
    await until(heron.client, lambda: not heron.client.unsent())
    await asyncio.to_thread(
        circle.server.api().call,
        "POST",
        f"/_synapse/admin/v1/deactivate/{heron.client.user_id}",
        {"erase": False},
    )
    sentence = await said(heron, "logged_out")
    assert "session" in sentence or "account" in sentence
    assert heron.bodies() == ["still readable"]
    heron.say("kept here")
    assert heron.messages()[-1].state == "sending"
    await heron.client.stop()


async def test_stopping_in_the_middle_loses_and_doubles_nothing(
    circle: Circle, weather: FaultyServer
) -> None:
    otter = await circle.guest()
    heron = await circle.guest(homeserver=weather.url)
    lines = [f"line {number}" for number in range(12)]
    for line in lines:
        heron.say(line)
    await weather.asked("/send/m.room.encrypted")
    await heron.client.stop()
    circle.guests.remove(heron)
    again = await circle.run(heron.vault)
    await otter.sees("line 11")
    await until(again.client, lambda: not again.client.unsent())
    assert otter.bodies() == lines
    assert again.bodies() == lines


async def test_nothing_is_sent_on_an_old_view_of_the_room(
    circle: Circle, weather: FaultyServer
) -> None:
    """Who left while we were away must not get the key of what is written now."""
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    await heron.client.stop()
    circle.guests.remove(heron)
    account = heron.vault.accounts.current()
    assert account is not None
    weather.fail("500", path="/sync")
    client = Client(
        heron.vault,
        replace(account, homeserver=weather.url),
        config=Config(),
        clock=CLOCK,
        random=RANDOM,
    )
    again = Guest(heron.vault, client, circle.room_id)
    circle.guests.append(again)
    await client.start()
    again.say("only to those who are here")
    await said(again, "waiting")
    await weather.asked("/sync")
    assert weather.paths("/send") == []
    weather.heal()
    await otter.sees("only to those who are here")


@pytest.mark.soak
async def test_a_half_open_connection_is_said_within_45_seconds(
    circle: Circle, weather: FaultyServer
) -> None:
    heron = await circle.guest(homeserver=weather.url)
    weather.fail("silent")
    began = time.monotonic()
    sentence = await said(heron, "offline", within=PATIENCE)
    assert time.monotonic() - began < 45
    assert "stopped answering" in sentence
    weather.heal()
    await said(heron, "online", within=PATIENCE)
