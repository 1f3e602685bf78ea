"""Who gets a room's key on a real server, and who is told that they do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.clock import FrozenClock
from support.faults import Fault, FaultyServer
from support.members import Hurried, Member, People, connect, meet, people_of

from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import MatrixError
from peerroom.matrix.identity import CrossSigning


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


def session_of(member: Member, room_id: str) -> str:
    """The id of the member's outgoing session."""
    session_id: str = member.machine.outbound[room_id].session_id
    return session_id


async def second_device(people: People, owner: Member, make: Any) -> Member:
    """Another device of the owner's account, with keys, but not signed."""
    other = await people("again", account=make, start=False)
    await other.machine.upload_keys(other.session)
    await other.turn()
    return other


async def known(viewer: Member, owner: Member) -> Any:
    """The owner's devices, asked for."""
    await viewer.machine.learn(viewer.session, [owner.user_id])
    return viewer.machine.devices.current(owner.user_id)


async def sign(owner: Member, device: Member) -> None:
    """The owner confirms the device."""
    seeds = owner.vault.accounts.get(owner.account.id).cross_signing
    assert seeds is not None
    signed = CrossSigning(seeds).sign_device(device.machine.device_keys)
    body = {device.user_id: {device.device_id: signed}}
    await device.session.post("/keys/signatures/upload", json=body)


@pytest.mark.parametrize("fault", ["500", "reset after", "429"])
async def test_no_message_goes_before_its_key(
    people: People, homeserver: Homeserver, fault: Fault
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice = await people("alice", server=between.url, clock=Hurried())
        bob = await people("bob")
        room_id = await meet(alice, bob)
        between.seen.clear()
        between.fail(fault, path="/sendToDevice")
        row = alice.row(room_id, "one")
        with pytest.raises(MatrixError):
            await alice.connection.deliver(row)
        assert between.paths("/send/m.room.encrypted") == []
        assert alice.vault.key_shares.of_session(room_id, session_of(alice, room_id)) == {}
        between.heal()
        await alice.connection.deliver(row)
        assert len(set(between.paths("/sendToDevice/m.room.encrypted"))) == 1  # one transaction id
        assert alice.vault.key_shares.of_session(room_id, session_of(alice, room_id)) == {
            (bob.user_id, bob.device_id): "sent"
        }
    await bob.turn()
    assert bob.heard(room_id) == ["one"]


async def test_an_unsigned_device_gets_a_word_and_no_key_until_it_is_signed(
    people: People, make_account: MakeAccount
) -> None:
    account = make_account("bob")
    alice, bob = await people("alice"), await people("bob", account=account)
    room_id = await meet(alice, bob)
    unsigned = await second_device(people, bob, account)
    await alice.turn()
    await alice.say(room_id, "one")
    report = alice.connection.keyshare.report(room_id)
    assert report.sent == {(bob.user_id, bob.device_id)}
    assert report.withheld == {(bob.user_id, unsigned.device_id)}
    assert report.sentence() == ("1 device here cannot read along: its owner has not confirmed it.")
    shares = alice.vault.key_shares.of_session(room_id, session_of(alice, room_id))
    assert shares[bob.user_id, unsigned.device_id] == "withheld"
    await unsigned.turn()
    last = unsigned.last(room_id)
    assert (last.status, last.trust) == ("undecryptable", "m.unverified")
    await sign(bob, unsigned)
    await alice.turn()
    await alice.say(room_id, "two")
    await unsigned.turn()
    await bob.turn()
    assert unsigned.heard(room_id) == ["two"]
    assert bob.heard(room_id) == ["one", "two"]


async def test_what_an_unsigned_device_says_is_shown_as_that(
    people: People, make_account: MakeAccount
) -> None:
    account = make_account("bob")
    alice, bob = await people("alice"), await people("bob", account=account)
    room_id = await meet(alice, bob)
    unsigned = await second_device(people, bob, account)
    await unsigned.say(room_id, "who am I?")
    await alice.turn()
    last = alice.last(room_id)
    assert (last.status, last.trust, last.clear["content"]["body"]) == (
        "ok", "unsigned", "who am I?",
    )  # fmt: skip


async def test_who_left_reads_nothing_more_and_who_came_nothing_before(people: People) -> None:
    alice, bob, carol = await people("alice"), await people("bob"), await people("carol")
    room_id = await meet(alice, bob)
    await alice.say(room_id, "one")
    first = session_of(alice, room_id)
    await alice.connection.rooms.invite(room_id, carol.user_id)
    await carol.connection.rooms.join(room_id)
    await alice.turn()
    await alice.say(room_id, "two")
    assert session_of(alice, room_id) == first
    await bob.turn()
    await bob.connection.rooms.leave(room_id)
    await alice.turn()
    await alice.say(room_id, "three")
    assert session_of(alice, room_id) != first
    shares = alice.vault.key_shares.of_session(room_id, session_of(alice, room_id))
    assert shares == {(carol.user_id, carol.device_id): "sent"}
    await carol.turn()
    assert carol.heard(room_id) == ["two", "three"]


async def test_a_device_that_is_gone_or_no_longer_known_ends_the_session(
    people: People, make_account: MakeAccount
) -> None:
    account = make_account("bob")
    alice, bob = await people("alice"), await people("bob", account=account)
    room_id = await meet(alice, bob)
    other = await second_device(people, bob, account)
    await sign(bob, other)
    await alice.turn()
    await alice.say(room_id, "one")
    first = session_of(alice, room_id)
    await other.session.logout()
    await alice.turn()
    await alice.say(room_id, "two")
    assert session_of(alice, room_id) != first
    assert alice.connection.keyshare.report(room_id).sent == {(bob.user_id, bob.device_id)}


@pytest.mark.parametrize(
    ("settings", "age", "used_up_after"),
    [({"rotation_period_msgs": 2}, 0.0, 2), ({"rotation_period_ms": 7_200_000}, 4000.0, 2)],
    ids=["by count", "by age"],
)
async def test_a_session_is_used_up_by_count_and_by_age(
    people: People, settings: dict[str, int], age: float, used_up_after: int
) -> None:
    clock = FrozenClock()
    alice, bob = await people("alice", clock=clock), await people("bob")
    encryption = {"algorithm": "m.megolm.v1.aes-sha2", **settings}
    room_id = await alice.connection.rooms.create_room(invite=[bob.user_id])
    await alice.connection.rooms.set_state(room_id, "m.room.encryption", encryption)
    await bob.connection.rooms.join(room_id)
    await alice.turn()
    sessions = []
    for number in range(4):
        await alice.say(room_id, str(number))
        sessions.append(session_of(alice, room_id))
        clock.advance(age)
    assert [sessions.index(one) for one in sessions] == [0, 0, used_up_after, used_up_after]
    await bob.turn()
    assert bob.heard(room_id) == ["0", "1", "2", "3"]


async def test_a_device_that_could_not_be_reached_gets_a_new_session_when_it_can(
    people: People,
) -> None:
    clock = FrozenClock()
    alice, bob = await people("alice", clock=clock), await people("bob", start=False)
    await bob.session.post("/keys/upload", json={"device_keys": bob.machine.device_keys})
    await bob.connection.identity.establish()
    room_id = await alice.connection.rooms.create_room(invite=[bob.user_id])
    await bob.connection.rooms.join(room_id)
    await alice.turn()
    await alice.say(room_id, "one")
    assert alice.connection.keyshare.report(room_id).no_key == {(bob.user_id, bob.device_id)}
    first = session_of(alice, room_id)
    shares = alice.vault.key_shares.of_session(room_id, first)
    assert shares == {(bob.user_id, bob.device_id): "no_key"}
    await alice.say(room_id, "two")
    assert session_of(alice, room_id) == first
    await bob.turn()  # which uploads one-time keys
    clock.advance(61)
    await alice.say(room_id, "three")
    assert session_of(alice, room_id) != first
    await bob.turn()
    assert bob.heard(room_id) == ["three"]


async def test_a_fallback_key_is_replaced_once_it_was_used(people: People) -> None:
    alice, bob, carol = await people("alice"), await people("bob"), await people("carol")
    wanted = {"one_time_keys": {bob.user_id: {bob.device_id: "signed_curve25519"}}}

    async def claim() -> tuple[str, bool]:
        answer = await carol.session.post("/keys/claim", json=wanted)
        ((key_id, key),) = answer["one_time_keys"][bob.user_id][bob.device_id].items()
        return key_id, key.get("fallback", False)

    claimed = [await claim() for _ in range(51)]
    assert [fallback for _, fallback in claimed] == [False] * 50 + [True]
    assert await claim() == claimed[-1]  # it never runs out
    room_id = await meet(alice, bob)  # the turn of sync in it uploads new keys
    fresh = [await claim() for _ in range(51)]
    assert [fallback for _, fallback in fresh] == [False] * 50 + [True]
    assert fresh[-1] != claimed[-1]
    await alice.say(room_id, "by the fallback key")
    await bob.turn()
    assert bob.heard(room_id) == ["by the fallback key"]


async def test_keys_of_a_device_that_logged_out_before_we_looked_still_count(
    people: People,
) -> None:
    """An ephemeral member says something and is gone: MSC4147 keeps it theirs."""
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await bob.say(room_id, "goodbye")
    await bob.session.logout()
    assert alice.machine.devices.current(bob.user_id) == ()  # never asked for until now
    await alice.turn()
    last = alice.last(room_id)
    assert (last.status, last.trust) == ("ok", "signed")
    assert alice.heard(room_id) == ["goodbye"]


async def test_what_came_while_devices_could_not_be_asked_for_is_read_later(
    people: People, homeserver: Homeserver
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice = await people("alice", server=between.url, clock=Hurried())
        bob = await people("bob")
        room_id = await meet(alice, bob)
        between.fail("500", path="/keys/query")
        await bob.say(room_id, "one")
        await alice.turn()
        last = alice.last(room_id)
        assert (last.status, last.trust) == ("undecryptable", "sender_unknown")
        await alice.turn()
        between.heal()
        await alice.turn()
        assert alice.last(room_id).trust == "signed"
        assert alice.heard(room_id) == ["one"]


async def test_a_restart_writes_with_a_new_session(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await alice.say(room_id, "one")
    first = session_of(alice, room_id)
    await alice.connection.close()
    again = await connect(alice.vault, alice.account)
    await again.say(room_id, "two")
    assert session_of(again, room_id) != first
    assert alice.vault.key_shares.of_session(room_id, first) == {}
    await again.turn()
    await bob.turn()
    assert bob.heard(room_id) == again.heard(room_id) == ["one", "two"]
    await again.connection.close()


async def test_a_message_costs_one_request_when_nothing_has_changed(
    people: People, homeserver: Homeserver
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice, bob = await people("alice", server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        await alice.say(room_id, "the key goes with this one")
        between.seen.clear()
        for _ in range(5):
            await alice.say(room_id, "and not with this")
        assert len(between.seen) == len(between.paths("/send/m.room.encrypted/")) == 5


async def test_an_olm_session_that_broke_is_opened_anew(people: People) -> None:
    """Bob lost his side of the session: he cannot read the next room key, and says so."""
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await alice.say(room_id, "one")
    await bob.turn()
    bob.machine._olm.session_store[alice.machine.curve25519].clear()
    alice.connection.keyshare._rooms.clear()  # a new room key goes by the session that bob lost
    await alice.say(room_id, "two")
    await bob.turn()
    assert bob.heard(room_id) == ["one"]
    await alice.turn()
    await alice.say(room_id, "three")
    await bob.turn()
    assert bob.heard(room_id) == ["one", "three"]


async def test_who_says_to_have_lost_the_key_and_leaves_reads_nothing_more(people: People) -> None:
    """``m.dummy`` asks for the key once more; it does not take back that it was given."""
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await alice.say(room_id, "one")
    await bob.turn()
    first = session_of(alice, room_id)
    (device,) = await known(bob, alice)
    assert await bob.machine.olm_sessions.open(bob.session, [device])
    sealed = bob.machine._olm.seal(device, "m.dummy", {}, bob.machine.device_keys)
    body = {"messages": {alice.user_id: {alice.device_id: sealed}}}
    await bob.session.put("/sendToDevice", "m.room.encrypted", "dummy", json=body)
    await bob.connection.rooms.leave(room_id)
    await alice.turn()
    await alice.say(room_id, "two")
    assert session_of(alice, room_id) != first


async def test_requests_for_keys_and_for_verification_are_not_answered(
    people: People, homeserver: Homeserver
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        alice, bob = await people("alice", server=between.url), await people("bob")
        room_id = await meet(alice, bob)
        await alice.say(room_id, "one")
        key = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "room_id": room_id,
            "session_id": session_of(alice, room_id),
            "sender_key": alice.machine.curve25519,
        }
        who = {"requesting_device_id": bob.device_id, "request_id": "r", "action": "request"}
        start = {"from_device": bob.device_id, "methods": ["m.sas.v1"], "transaction_id": "t"}
        between.seen.clear()
        for kind, content in (
            ("m.room_key_request", who | {"body": key}),
            ("m.key.verification.request", start | {"timestamp": 0}),
            ("m.key.verification.start", start | {"method": "m.sas.v1"}),
        ):
            body = {"messages": {alice.user_id: {alice.device_id: content}}}
            await bob.session.put("/sendToDevice", kind, kind, json=body)
        await alice.turn()
        assert between.paths("/sendToDevice") == []


async def test_a_forwarded_key_is_not_taken(people: People) -> None:
    alice, bob = await people("alice"), await people("bob")
    room_id = await meet(alice, bob)
    await bob.say(room_id, "one")  # an Olm session
    foreign = bob.machine.start_outbound(room_id, 0)
    (device,) = bob.machine.devices.current(alice.user_id)
    content = {
        **foreign.room_key(),
        "sender_key": bob.machine.curve25519,
        "sender_claimed_ed25519_key": bob.machine.ed25519,
        "forwarding_curve25519_key_chain": [],
    }
    for kind, refused in (("m.forwarded_room_key", 1), ("m.room_key", 0)):
        sealed = bob.machine._olm.seal(device, kind, content, bob.machine.device_keys)
        event = {"type": "m.room.encrypted", "sender": bob.user_id, "content": sealed}
        assert alice.machine.handle_to_device([event]).refused == refused
        assert bool(alice.machine.room_keys.holders(room_id, foreign.session_id)) is (not refused)


async def test_a_ledger_that_says_otherwise_than_the_server_takes_the_keys_away(
    people: People,
) -> None:
    alice, bob, carol = await people("alice"), await people("bob"), await people("carol")
    room_id = await meet(alice, bob, carol)
    await alice.say(room_id, "before the ledger")
    ledger = {
        bob.user_id: CrossSigning.create().master_key,
        carol.user_id: carol.connection.identity.master_key or "",
    }
    assert alice.connection.identity.expect_many(ledger) == {bob.user_id}
    await alice.say(room_id, "after it")
    assert alice.connection.keyshare.report(room_id).changed == {bob.user_id}
    for member in (bob, carol):
        await member.turn()
    assert bob.heard(room_id) == ["before the ledger"]
    assert carol.heard(room_id) == ["before the ledger", "after it"]
