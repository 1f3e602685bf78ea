"""Turns of sync against a real Synapse: what is stored, in which order, and what is asked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.accounts import MakeAccount
from support.faults import FaultyServer
from support.members import Member, People, meet, people_of

from peerroom.host.homeserver import Homeserver
from peerroom.matrix import transport
from peerroom.matrix.errors import Refused
from peerroom.matrix.rooms import REDACT_EVENTS
from peerroom.matrix.sync import SyncBatch


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


@pytest.fixture
async def between(homeserver: Homeserver) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(upstream=homeserver.base_url) as server:
        yield server


async def batch_of(member: Member) -> SyncBatch:
    return await member.connection.sync_once(0)


def bodies(member: Member, room_id: str) -> list[Any]:
    """The texts of all messages in the order of their positions."""
    events = member.vault.events.page(room_id, limit=1000)
    return [event.clear["content"]["body"] for event in events if event.clear]


async def fill(member: Member, room_id: str) -> None:
    while member.vault.gaps.of_room(room_id):
        await member.connection.fill_gaps(room_id)


# What is asked for --------------------------------------------------------------------------------


async def test_sync_is_quiet_and_the_same_for_everyone(
    people: People, between: FaultyServer
) -> None:
    alice = await people("alice", server=between.url)
    bob = await people("bob", server=between.url)
    await meet(alice, bob)
    await alice.connection.start()
    await batch_of(alice)
    syncs = [parse_qs(urlsplit(path).query) for path in between.paths("/sync")]
    assert all(query["set_presence"] == ["offline"] for query in syncs)
    assert all(set(query) <= {"filter", "set_presence", "timeout", "since"} for query in syncs)
    filters = [seen.body for seen in between.seen if seen.path.endswith("/filter")]
    assert len(filters) == 2  # one an account, however often it connects
    assert filters[0] == filters[1]
    assert {seen.headers["User-Agent"] for seen in between.seen} == {"PeerRoom"}
    told = ("typing", "receipt", "read_markers", "presence/", "/login", "account_data")
    assert not [path for path in between.paths() if any(word in path for word in told)]


async def test_a_filter_that_the_server_forgot_is_made_again(
    people: People, between: FaultyServer
) -> None:
    alice = await people("alice", server=between.url)
    key = f"matrix.sync_filter.{alice.account.id}"
    digest, _ = alice.vault.settings.get(key)
    alice.vault.settings.set(key, [digest, "4711"])
    with pytest.raises(Refused):
        await batch_of(alice)
    await batch_of(alice)
    assert alice.vault.settings.get(key)[1] != "4711"


async def test_an_answer_too_large_is_asked_for_in_smaller_pieces(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever fills some rooms with long messages must not be able to stop us from reading."""
    alice, bob = await people("alice"), await people("bob")
    rooms = [await meet(alice, bob) for _ in range(2)]
    for number in range(30):
        for room_id in rooms:
            await alice.say(room_id, f"{number} " + "long " * 500)
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 250_000)
    batch = await batch_of(bob)
    assert [delta.limited for delta in batch.rooms] == [True, True]
    for room_id in rooms:
        await fill(bob, room_id)
        assert [body.split()[0] for body in bodies(bob, room_id)] == [str(n) for n in range(30)]


async def test_a_token_that_the_server_does_not_take_any_more_costs_nothing(
    people: People,
) -> None:
    """The server was restored or moved: everything is asked for anew, and what we have stays."""
    alice, bob, carol = await people("alice"), await people("bob"), await people("carol")
    room_id = await meet(alice, bob, carol)
    await alice.say(room_id, "before")
    await bob.turn()
    for number in range(60):
        await alice.say(room_id, str(number))
    await carol.connection.rooms.leave(room_id)
    bob.vault.accounts.set_next_batch(bob.account.id, "of another life")
    refused = 0
    while bodies(bob, room_id)[-1] != "59":
        try:
            await bob.turn()
        except Refused:
            refused += 1
            assert refused <= 3
    assert refused == 3
    await fill(bob, room_id)
    assert bodies(bob, room_id) == ["before", *map(str, range(60))]
    assert bob.vault.rooms.members(room_id)[carol.user_id]["membership"] == "leave"
    assert bob.machine.devices.is_outdated(carol.user_id)
    await bob.say(room_id, "after")
    await alice.turn()
    assert alice.heard(room_id)[-1] == "after"


# What is stored -----------------------------------------------------------------------------------


async def test_a_conversation(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    sent = [await alice.say(room_id, "こんにちは"), await alice.say(room_id, "still there?")]
    batch = await batch_of(bob)
    assert [delta.new_events for delta in batch.rooms] == [tuple(sent)]
    await bob.say(room_id, "yes")
    await alice.turn()
    await bob.turn()
    assert bodies(alice, room_id) == bodies(bob, room_id) == ["こんにちは", "still there?", "yes"]
    assert [event.trust for event in bob.events(room_id)] == ["signed"] * 3
    room = bob.vault.rooms.get(room_id)
    assert room is not None
    assert (room.encrypted, room.membership, room.is_direct) == (True, "join", False)
    assert set(bob.vault.rooms.members(room_id)) == {alice.user_id, bob.user_id}


async def test_an_own_event_is_known_by_its_transaction(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    row = alice.row(room_id, "mine")
    event_id = await alice.connection.deliver(row)
    await alice.turn()
    await bob.turn()
    own, theirs = alice.vault.events.get(event_id), bob.vault.events.get(event_id)
    assert own is not None
    assert theirs is not None
    assert (own.transaction_id, theirs.transaction_id) == (row.transaction_id, None)


async def test_invited_joining_and_leaving(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await alice.connection.rooms.create_room(
        name="n", invite=[bob.user_id], is_direct=True
    )
    (invite,) = (await batch_of(bob)).invites
    assert (invite.room_id, invite.sender) == (room_id, alice.user_id)
    assert (invite.is_direct, invite.encrypted) == (True, True)
    assert membership(bob, room_id) == "invite"
    await bob.connection.rooms.join(room_id)
    await bob.turn()
    await alice.turn()
    for member in (alice, bob):
        room = member.vault.rooms.get(room_id)
        assert room is not None
        assert (room.membership, room.is_direct) == ("join", True)
    assert bob.vault.rooms.state(room_id, "m.room.name") == {"name": "n"}
    await bob.connection.rooms.leave(room_id)
    assert (await batch_of(bob)).left == (room_id,)
    assert membership(bob, room_id) == "leave"
    await alice.connection.rooms.ban(room_id, bob.user_id)
    await bob.turn()
    assert membership(bob, room_id) in ("ban", "leave")  # the server may not tell who has left


async def test_being_banned_is_told(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await alice.connection.rooms.ban(room_id, bob.user_id)
    assert (await batch_of(bob)).left == (room_id,)
    assert membership(bob, room_id) == "ban"


async def test_coming_back_forgets_who_left_meanwhile(people: People) -> None:
    alice, bob, carol = await people("alice"), await people("bob"), await people("carol")
    room_id = await meet(alice, bob, carol)
    await bob.connection.rooms.leave(room_id)
    await bob.turn()
    await carol.connection.rooms.leave(room_id)
    await alice.connection.rooms.invite(room_id, bob.user_id)
    await bob.connection.rooms.join(room_id)
    await bob.turn()
    members = bob.vault.rooms.members(room_id)
    here = {user for user, content in members.items() if content["membership"] == "join"}
    assert here == {alice.user_id, bob.user_id}


def membership(member: Member, room_id: str) -> str:
    room = member.vault.rooms.get(room_id)
    assert room is not None
    return room.membership


async def test_an_encrypted_room_stays_recorded_as_encrypted(
    people: People, between: FaultyServer
) -> None:
    alice = await people("alice", server=between.url)
    room_id = await meet(alice)

    def withhold(path: str, answer: Any) -> Any:
        for room in answer.get("rooms", {}).get("join", {}).values() if "/sync" in path else ():
            for part in ("state", "timeline"):
                events = room.get(part, {}).get("events", [])
                room.get(part, {})["events"] = [
                    event for event in events if event["type"] != "m.room.encryption"
                ]
        return answer

    between.edit = withhold
    alice.vault.accounts.set_next_batch(alice.account.id, None)
    await alice.connection.rooms.set_state(room_id, "m.room.encryption", {"algorithm": "none"})
    await alice.turn()
    assert alice.vault.rooms.is_encrypted(room_id)


# Gaps and history ---------------------------------------------------------------------------------


async def test_what_a_limited_turn_leaves_out_is_fetched_in_order(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await alice.say(room_id, "before")
    await bob.turn()
    told = [str(number) for number in range(130)]
    for text in told:
        await alice.say(room_id, text)
    (delta,) = (await batch_of(bob)).rooms
    assert delta.limited
    assert bodies(bob, room_id) == ["before", *told[80:]]
    await alice.say(room_id, "after")
    await bob.turn()
    await fill(bob, room_id)
    assert bodies(bob, room_id) == ["before", *told, "after"]
    assert not await bob.connection.fill_gaps(room_id)


async def test_gaps_can_lie_behind_one_another(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    told = [str(number) for number in range(120)]
    for text in told[:60]:
        await alice.say(room_id, text)
    await bob.turn()
    for text in told[60:]:
        await alice.say(room_id, text)
    await bob.turn()
    assert len(bob.vault.gaps.of_room(room_id)) == 2
    await fill(bob, room_id)
    assert bodies(bob, room_id) == told


async def test_older_history_is_fetched_page_by_page_to_its_beginning(
    people: People, make_account: MakeAccount
) -> None:
    account = make_account("alice")
    alice = await people("alice", account=account)
    room_id = await meet(alice)
    sent = [await alice.say(room_id, str(number)) for number in range(20)]
    for number in range(55):
        await alice.connection.rooms.set_state(room_id, "m.room.topic", {"topic": str(number)})
    later = await people("alice", account=account, start=False)  # its identity is elsewhere
    await later.turn()
    assert later.events(room_id) == []
    pages = 0
    while await later.connection.load_older(room_id, limit=12):
        pages += 1
    assert [event.event_id for event in later.events(room_id)] == sent
    assert pages >= 2
    assert later.vault.rooms.state(room_id, "m.room.topic") == {"topic": "54"}
    assert later.vault.events.page(room_id, limit=1000)[0].type == "m.room.create"
    assert not await later.connection.load_older(room_id)


# Keys that come late ------------------------------------------------------------------------------


async def test_a_message_is_read_as_soon_as_its_key_arrives(
    people: People, between: FaultyServer
) -> None:
    alice, bob = await people("alice"), await people("bob", server=between.url)
    room_id = await meet(alice, bob)
    held: list[Any] = []

    def hold_back(path: str, answer: Any) -> Any:
        if "/sync" in path and "to_device" in answer:
            held.extend(answer.pop("to_device")["events"])
        return answer

    between.edit = hold_back
    sent = await alice.say(room_id, "early")
    await bob.turn()
    assert bob.last(room_id).status == "undecryptable"

    def hand_over(path: str, answer: Any) -> Any:
        if "/sync" in path:
            answer["to_device"] = {"events": list(held)}
            held.clear()
        return answer

    between.edit = hand_over
    batch = await batch_of(bob)
    assert [delta.changed_events for delta in batch.rooms] == [(sent,)]
    assert bob.heard(room_id) == ["early"]


# Redactions ---------------------------------------------------------------------------------------


async def test_a_redaction_takes_the_text_at_once(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    sent = await alice.say(room_id, "wrong window")
    await bob.turn()
    await alice.connection.rooms.redact(room_id, sent, transaction_id="r")
    (delta,) = (await batch_of(bob)).rooms
    assert delta.changed_events == (sent,)
    event = bob.vault.events.get(sent)
    assert event is not None
    assert (event.status, event.clear, event.raw["content"]) == ("redacted", None, {})


async def test_what_was_redacted_before_we_came_is_a_tombstone(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    sent = await alice.say(room_id, "wrong window")
    await alice.connection.rooms.redact(room_id, sent, transaction_id="r")
    await bob.turn()
    event = bob.vault.events.get(sent)
    assert event is not None
    assert event.status == "redacted"


async def test_a_redaction_reaches_no_other_room(people: People, between: FaultyServer) -> None:
    alice, bob = await people("alice"), await people("bob", server=between.url)
    here, there = await meet(alice, bob), await meet(alice, bob)
    safe = await alice.say(there, "safe")
    await bob.turn()

    def aim_elsewhere(path: str, answer: Any) -> Any:
        return json.loads(json.dumps(answer).replace(bait, safe)) if "/sync" in path else answer

    bait = await alice.say(here, "bait")
    await bob.turn()
    between.edit = aim_elsewhere
    await alice.connection.rooms.redact(here, bait, transaction_id="r")
    await bob.turn()
    event = bob.vault.events.get(safe)
    assert event is not None
    assert event.status == "ok"


@pytest.mark.parametrize("flags", [(flag,) for flag in REDACT_EVENTS])
async def test_a_ban_takes_the_messages_along(people: People, flags: tuple[str]) -> None:
    alice, bob, troll = await people("alice"), await people("bob"), await people("troll")
    room_id = await meet(alice, bob, troll)
    await bob.say(room_id, "kind")
    for number in range(3):
        await troll.say(room_id, f"unkind {number}")
    await alice.turn()
    content = {"membership": "ban", **dict.fromkeys(flags, True)}
    await alice.connection.rooms.set_state(room_id, "m.room.member", content, troll.user_id)
    await alice.turn()
    assert bodies(alice, room_id) == ["kind"]
    await bob.turn()  # whose turn brings the messages and the ban together
    assert bodies(bob, room_id) == ["kind"]


async def test_a_ban_takes_along_what_is_fetched_after_it(people: People) -> None:
    alice, bob, troll = await people("alice"), await people("bob"), await people("troll")
    room_id = await meet(alice, bob, troll)
    await bob.say(room_id, "before")
    await bob.turn()
    for number in range(60):
        await troll.say(room_id, str(number))
    await bob.say(room_id, "kind")
    await alice.connection.rooms.ban(room_id, troll.user_id, redact_events=True)
    await bob.turn()
    assert bob.vault.gaps.of_room(room_id)
    await fill(bob, room_id)
    assert bodies(bob, room_id) == ["before", "kind"]
    assert [event.status for event in bob.events(room_id)].count("redacted") == 60


async def test_leaving_with_the_flag_redacts_nothing(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await bob.say(room_id, "kept")
    await alice.turn()
    content = {"membership": "leave", **dict.fromkeys(REDACT_EVENTS, True)}
    await bob.connection.rooms.set_state(room_id, "m.room.member", content, bob.user_id)
    await alice.turn()
    assert bodies(alice, room_id) == ["kept"]
