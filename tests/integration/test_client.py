"""Two clients in a real encrypted room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.circle import Circle, until
from support.conversation import edit_of
from support.patience import PATIENCE

from peerroom.host.homeserver import Homeserver
from peerroom.store.redaction import replaced_by


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def test_words_go_both_ways_encrypted(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    key = heron.say("good evening")
    seen = await otter.sees("good evening")
    assert (seen.state, seen.trust, seen.own) == ("received", None, False)
    assert seen.sender_name == str(heron.vault.accounts.all()[0].display_name).split(" / ")[0]

    otter.say("/me nods")
    nod = await until(
        heron.client,
        lambda: next(
            (m for m in heron.client.timeline(heron.room_id).page() if m.kind == "action"), None
        ),
    )
    assert nod.body == "nods"

    own = heron.client.timeline(heron.room_id).find(key)
    assert own is not None and own.state == "sent" and own.event_id == seen.event_id
    stored = heron.vault.events.get(seen.event_id or "")
    assert stored is not None and stored.type == "m.room.encrypted"
    assert heron.vault.outbox.of_room(heron.room_id) == []


async def test_the_echo_becomes_the_event_without_a_double_or_a_gap(circle: Circle) -> None:
    guest = await circle.guest()
    shown: list[list[str]] = []
    guest.client.subscribe(lambda _change: shown.append([m.key for m in guest.messages()]))
    key = guest.say("watch me")
    await until(guest.client, lambda: not guest.vault.outbox.of_room(guest.room_id))
    assert shown
    assert all(keys.count(key) == 1 for keys in shown)
    assert all(len(keys) == len(set(keys)) for keys in shown)


async def test_many_messages_arrive_once_and_in_order(circle: Circle) -> None:
    circle.protect("pace", "off")
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    sent = [f"line {number}" for number in range(40)]
    for line in sent:
        heron.say(line)
    async with asyncio.timeout(PATIENCE):
        assert await heron.client.outbox_empty()
    await otter.sees("line 39")
    assert otter.bodies() == sent
    assert heron.bodies() == sent


async def test_deleting_reaches_everyone_and_leaves_no_text(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    key = heron.say("written in haste")
    event_id = (await otter.sees("written in haste")).event_id
    assert event_id is not None
    assert heron.client.delete(heron.room_id, key)
    assert "written in haste" not in heron.bodies()
    await until(otter.client, lambda: "written in haste" not in otter.bodies())
    assert [m.state for m in otter.messages()] == ["deleted"]
    await until(heron.client, lambda: not heron.vault.outbox.of_room(heron.room_id))
    held = await asyncio.to_thread(
        circle.server.api(heron.vault.accounts.all()[0].access_token).call,
        "GET", f"/_matrix/client/v3/rooms/{heron.room_id}/event/{event_id}",
    )  # fmt: skip
    assert "ciphertext" not in held["content"]


async def test_a_change_reaches_everyone_in_its_place_and_only_from_its_sender(
    circle: Circle,
) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    heron.say("come at two")
    event_id = (await otter.sees("come at two")).event_id
    assert event_id is not None
    room = heron.room_id
    heron.client.say_event(room, "m.room.message", edit_of(event_id, "come at three"), "change")
    changed = await otter.sees("come at three")
    assert (changed.event_id, changed.edited, changed.trust) == (event_id, True, None)
    assert otter.bodies() == ["come at three"]
    assert (await heron.sees("come at three")).event_id == event_id

    # Somebody else's, and one that the sender's own server could have written.
    otter.client.say_event(room, "m.room.message", edit_of(event_id, "come never"), "forgery")
    await asyncio.to_thread(
        circle.server.api(heron.vault.accounts.all()[0].access_token).call,
        "PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/clear",
        edit_of(event_id, "come alone"),
    )  # fmt: skip
    heron.say("see you")
    await otter.sees("see you")
    for guest in (heron, otter):
        await until(guest.client, lambda guest=guest: len(guest.messages()) == 4)
        said = {m.body.partition(" is not shown")[0]: m.edited for m in guest.messages()}
        assert said == {
            "come at three": True,
            "* come never": False,
            "A message that was not encrypted": False,
            "see you": False,
        }

    assert heron.client.delete(room, event_id)
    await until(otter.client, lambda: "come at three" not in otter.bodies())
    assert [m.state for m in otter.messages()].count("deleted") == 1
    await until(heron.client, lambda: not heron.vault.outbox.of_room(room))
    edits = [e for e in otter.vault.events.page(room, limit=99) if replaced_by(e.raw["content"])]
    assert [e.status for e in edits if e.sender == heron.client.user_id] == ["redacted"] * 2
    for each in (event_id, *[e.event_id for e in edits if e.type == "m.room.encrypted"]):
        held = await asyncio.to_thread(
            circle.server.api(otter.vault.accounts.all()[0].access_token).call,
            "GET", f"/_matrix/client/v3/rooms/{room}/event/{each}",
        )  # fmt: skip
        assert ("ciphertext" in held["content"]) == (held["sender"] == otter.client.user_id)


async def test_deleting_before_the_answer_comes_back(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    key = heron.say("too quick")
    # One turn of the loop: the worker has taken the row, the request is on its way.
    await asyncio.sleep(0)
    heron.client.delete(heron.room_id, key)
    assert heron.bodies() == []
    heron.say("after")
    await otter.sees("after")
    await until(heron.client, lambda: not heron.client.unsent())
    assert "too quick" not in heron.bodies()
    await until(otter.client, lambda: "too quick" not in otter.bodies())


async def test_a_restart_shows_what_was_and_goes_on(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    heron.say("before")
    await otter.sees("before")
    await otter.client.stop()
    circle.guests.remove(otter)
    heron.say("meanwhile")
    await until(heron.client, lambda: not heron.client.unsent())
    back = await circle.run(otter.vault)
    await back.sees("meanwhile")
    assert back.bodies() == ["before", "meanwhile"]


async def test_history_from_while_we_were_away_fills_in(circle: Circle) -> None:
    circle.protect("pace", "off")
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    await otter.client.stop()
    circle.guests.remove(otter)
    said = [f"line {number}" for number in range(70)]
    for line in said:
        heron.say(line)
    async with asyncio.timeout(PATIENCE):
        assert await heron.client.outbox_empty()
    back = await circle.run(otter.vault)
    await until(back.client, lambda: len(back.bodies(limit=500)) == len(said))
    assert back.bodies(limit=500) == said
    page = back.client.timeline(back.room_id).page(limit=500)
    assert not [view for view in page if view.kind == "gap"]
    while await back.client.load_older(back.room_id):
        pass
    assert back.bodies(limit=500) == said


async def test_being_removed_is_said_once_and_the_history_stays(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    otter.say("before")
    await heron.sees("before")
    notices: list[str] = []
    heron.client.subscribe(
        lambda change: notices.append(change.text or "") if change.kind == "notice" else None
    )
    await circle.bot._connection.rooms.kick(circle.room_id, heron.client.user_id)
    await until(heron.client, lambda: notices)
    assert notices == ["You are no longer in “Kitchen table”. What was said stays readable here."]
    room = heron.client.room(circle.room_id)
    assert room is not None and not room.joined
    assert heron.bodies() == ["before"]


async def test_unread_is_counted_and_forgotten_here_only(circle: Circle) -> None:
    heron, otter = await asyncio.gather(circle.guest(), circle.guest())
    otter.say("one")
    otter.say("two")
    last = await heron.sees("two")
    room = heron.client.room(circle.room_id)
    assert room is not None and room.unread == 2 and room.last is not None
    assert room.last.endswith(": two")
    heron.client.mark_read(circle.room_id, last.position)
    room = heron.client.room(circle.room_id)
    assert room is not None and room.unread == 0
