"""From the outbox to the server: once, encrypted or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.clock import FrozenClock
from support.faults import Fault, FaultyServer
from support.members import Hurried, Member, People, meet, people_of

from peerroom.host.homeserver import Homeserver
from peerroom.matrix.delivery import NotDeliverable, NotEncrypted
from peerroom.matrix.errors import Forbidden, MatrixError
from peerroom.store.outbox import OutboxKind, OutboxRow


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


def row_of(member: Member, room_id: str, kind: OutboxKind, content: dict[str, Any]) -> OutboxRow:
    now = member.clock.now()
    return member.vault.outbox.add(member.account.id, room_id, kind, content, now=now)


def first_tried(row: OutboxRow, hours: float) -> OutboxRow:
    """The row as if it had first gone to the network that many hours ago."""
    return replace(row, first_attempt=row.created - timedelta(hours=hours))


async def test_a_message_arrives_once_however_often_it_is_delivered(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    row = alice.row(room_id, "one")
    events = {await alice.connection.deliver(row) for _ in range(3)}
    await bob.turn()
    assert len(events) == 1
    assert bob.heard(room_id) == ["one"]


@pytest.mark.parametrize("fault", ["reset after", "500", "429"])
async def test_a_lost_answer_doubles_nothing(
    people: People, homeserver: Homeserver, fault: Fault
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice = await people("alice", server=between.url, clock=Hurried())
        bob = await people("bob")
        room_id = await meet(alice, bob)
        row = alice.row(room_id, "one")
        between.fail(fault, path="/send/m.room.encrypted")
        with pytest.raises(MatrixError):
            await alice.connection.deliver(row)
        between.heal()
        event_id = await alice.connection.deliver(row)
    await bob.turn()
    assert [event.event_id for event in bob.events(room_id)] == [event_id]
    assert bob.heard(room_id) == ["one"]


async def test_what_the_server_has_forgotten_is_looked_for_before_it_is_sent_again(
    people: People, homeserver: Homeserver
) -> None:
    """Synapse forgets transaction ids after 24 hours; the marker inside the message stays."""
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice, bob = await people("alice", server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        row = alice.row(room_id, "said long ago")
        event_id = await alice.connection.deliver(row)
        for number in range(120):  # more than a page of history since
            await alice.session.put("/rooms", room_id, "state", "org.x", str(number), json={})
        between.seen.clear()
        assert await alice.connection.deliver(first_tried(row, 25)) == event_id
        assert between.paths("/send/") == []
        never = first_tried(alice.row(room_id, "never went out"), 25)
        assert await alice.connection.deliver(never) != event_id
    await bob.turn()
    await bob.connection.fill_gaps(room_id)
    assert bob.heard(room_id) == ["said long ago", "never went out"]


async def test_the_marker_reaches_nobody_above(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    row = alice.row(room_id, "one")
    await alice.connection.deliver(row)
    for member in (alice, bob):
        await member.turn()
        assert member.last(room_id).clear["content"] == {"msgtype": "m.text", "body": "one"}
    assert alice.last(room_id).transaction_id == row.transaction_id
    assert bob.last(room_id).transaction_id is None


async def test_only_ciphertext_leaves(people: People, homeserver: Homeserver) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice, bob = await people("alice", server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        between.seen.clear()
        content = {"type": "org.peerroom.door.knock", "content": {"v": 1, "secret": "s3cr3t"}}
        await alice.connection.deliver(row_of(alice, room_id, "message", content))
        await bob.turn()
    assert bob.last(room_id).clear == content
    for one in between.seen:
        assert b"s3cr3t" not in one.body
        assert b"door" not in one.body


async def test_a_room_that_is_not_encrypted_gets_nothing(
    people: People, homeserver: Homeserver
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice = await people("alice", server=between.url)
        room_id = await alice.connection.rooms.create_room(encrypted=False)
        await alice.turn()
        between.seen.clear()
        with pytest.raises(NotEncrypted) as raised:
            await alice.say(room_id, "a secret")
        assert between.seen == []
    assert raised.value.sentence().startswith("This room is not encrypted")


async def test_that_a_room_is_encrypted_is_never_taken_back(people: People) -> None:
    """Another content of the state event, its redaction, a server that shows none: all the same."""
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    state = alice.vault.rooms.state_event(room_id, "m.room.encryption")
    assert state is not None
    assert state.event_id is not None
    await alice.connection.rooms.set_state(room_id, "m.room.encryption", {"algorithm": "none"})
    await alice.turn()
    await alice.connection.rooms.redact(room_id, state.event_id, transaction_id="r")
    await alice.turn()
    alice.vault.rooms.clear_state(room_id)
    alice.vault.rooms.set_state(room_id, "m.room.member", bob.user_id, {"membership": "join"})
    await alice.say(room_id, "still a secret")
    await bob.turn()
    assert bob.last(room_id).type == "m.room.encrypted"
    assert bob.heard(room_id) == ["still a secret"]


async def test_a_redaction_is_sent_once_and_reaches_the_other_side(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    event_id = await alice.say(room_id, "a slip of the tongue")
    await bob.turn()
    row = row_of(alice, room_id, "redaction", {"redacts": event_id})
    assert await alice.connection.deliver(row) == await alice.connection.deliver(row)
    await bob.turn()
    assert bob.heard(room_id) == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("message", {"msgtype": "m.text", "body": "no type beside it"}),
        ("message", {"type": "m.room.message", "content": "no object"}),
        ("message", {"type": 5, "content": {}}),
        ("message", {"type": "m.room.message", "content": {}, "readers": []}),
        ("message", {"type": "m.room.message", "content": {}, "readers": "@bob:example.org"}),
        ("message", {"type": "m.room.message", "content": {}, "readers": ["@bob:x", 5]}),
        ("message", {"type": "m.room.message", "content": {}, "readers": ["bob"]}),
        ("message", {"type": "m.room.message", "content": {}, "readers": None}),
        ("redaction", {}),
        ("redaction", {"redacts": 5}),
        ("action", {"type": "m.room.message", "content": {}}),
    ],
)
async def test_a_row_that_cannot_be_sent_is_said(
    people: People, kind: OutboxKind, content: dict[str, Any]
) -> None:
    alice = await people("alice")
    room_id = await meet(alice)
    with pytest.raises(NotDeliverable):
        await alice.connection.deliver(row_of(alice, room_id, kind, content))


async def test_a_text_that_is_no_json_is_said_and_the_next_goes_on(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    bad = replace(
        alice.row(room_id, "x"), content={"type": "m.room.message", "content": {"body": "\ud800"}}
    )
    with pytest.raises(NotDeliverable):
        await alice.connection.deliver(bad)
    await alice.say(room_id, "fine")
    await bob.turn()
    assert bob.heard(room_id) == ["fine"]


async def test_after_leaving_nothing_is_sent(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await bob.connection.rooms.leave(room_id)
    with pytest.raises(Forbidden):
        await bob.say(room_id, "too late")


@pytest.mark.parametrize("visibility", ["joined", "shared"])
async def test_the_invited_get_keys_only_where_the_room_shows_them_history(
    people: People, visibility: str
) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await alice.connection.rooms.create_room(
        invite=[bob.user_id], history_visibility=visibility
    )
    await alice.turn()
    await alice.say(room_id, "before bob comes in")
    sent = alice.connection.keyshare.report(room_id).sent
    assert sent == ({(bob.user_id, bob.device_id)} if visibility == "shared" else set())


async def test_nothing_is_looked_for_while_the_server_still_knows(
    people: People, homeserver: Homeserver
) -> None:
    clock = FrozenClock()
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice = await people("alice", server=between.url, clock=clock)
        room_id = await meet(alice)
        row = replace(alice.row(room_id, "one"), first_attempt=clock.now())
        clock.advance(22 * 3600)
        await alice.connection.deliver(row)
        assert between.paths("/messages") == []
        clock.advance(2 * 3600)
        await alice.connection.deliver(row)
        assert between.paths("/messages") != []


async def test_a_row_with_named_readers_is_for_nobody_else_in_the_room(people: People) -> None:
    """A homeserver can add anyone to a room; what is said at the door is for the bot alone."""
    alice, bob, ghost = await people("alice"), await people("bob"), await people("ghost")
    room_id = await meet(alice, bob, ghost)

    async def say(text: str, *readers: Member) -> None:
        row = alice.row(room_id, text)
        content = {**row.content, "readers": [one.user_id for one in readers]}
        await alice.connection.deliver(replace(row, content=content) if readers else row)

    await say("for all")  # a session that the ghost holds
    await say("for bob", alice, bob)
    assert alice.connection.keyshare.report(room_id).sent == {(bob.user_id, bob.device_id)}
    first = alice.machine.outbound[room_id].session_id
    await say("for bob again", alice, bob)
    assert alice.machine.outbound[room_id].session_id == first
    await say("for all again")
    await say("for bob at last", alice, bob)
    for member in (bob, ghost):
        await member.turn()
    assert bob.heard(room_id) == [
        "for all", "for bob", "for bob again", "for all again", "for bob at last",
    ]  # fmt: skip
    assert ghost.heard(room_id) == ["for all", "for all again"]


async def test_a_named_reader_who_is_not_in_the_room_gets_nothing(people: People) -> None:
    alice, bob, carol = await people("alice"), await people("bob"), await people("carol")
    room_id = await meet(alice, bob)
    row = alice.row(room_id, "one")
    readers = [bob.user_id, carol.user_id]
    await alice.connection.deliver(replace(row, content={**row.content, "readers": readers}))
    assert alice.connection.keyshare.report(room_id).sent == {(bob.user_id, bob.device_id)}
