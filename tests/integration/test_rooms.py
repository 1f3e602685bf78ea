"""Rooms on a real Synapse: made, entered, kept in order."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from support.accounts import MakeAccount

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.admin import Admin
from peerroom.matrix.errors import Banned, Forbidden, NotFound
from peerroom.matrix.power import CREATOR, power_of
from peerroom.matrix.rooms import REDACT_EVENTS, Rooms
from peerroom.matrix.session import Credentials, Session, login
from peerroom.matrix.transport import Transport

Enter = Callable[[str], Awaitable[Rooms]]


@pytest.fixture
async def transport(homeserver: Homeserver, seeded: random.Random) -> AsyncIterator[Transport]:
    one = Transport(homeserver.base_url, clock=SystemClock(), random=seeded)
    yield one
    await one.close()


@pytest.fixture
def enter(transport: Transport, make_account: MakeAccount) -> Enter:
    async def log_in(name: str) -> Rooms:
        account = make_account(name)
        return Rooms(
            Session(transport, await login(transport, account.localpart, account.password))
        )

    return log_in


async def test_a_new_room_is_private_encrypted_and_of_version_12(enter: Enter) -> None:
    alice, recovery = await enter("alice"), await enter("recovery")
    room = await alice.create_room(
        name="静かな部屋",
        topic="t",
        additional_creators=[recovery.session.user_id],
        power_levels={"events_default": 10, "users": {"@mod:localhost": 50}},
    )
    state = {
        kind: await alice.get_state(room, f"m.room.{kind}")
        for kind in ("encryption", "join_rules", "history_visibility", "guest_access", "name")
    }
    assert state == {
        "encryption": {"algorithm": "m.megolm.v1.aes-sha2"},
        "join_rules": {"join_rule": "invite"},
        "history_visibility": {"history_visibility": "joined"},
        "guest_access": {"guest_access": "forbidden"},
        "name": {"name": "静かな部屋"},
    }
    create = await alice.get_state(room, "m.room.create")
    assert create is not None
    assert create["room_version"] == "12"
    power = power_of(
        create | {"creator": alice.session.user_id},
        await alice.get_state(room, "m.room.power_levels"),
    )
    assert power.of(alice.session.user_id) == power.of(recovery.session.user_id) == CREATOR
    assert (power.of("@mod:localhost"), power.events_default) == (50, 10)


async def test_a_creator_in_the_power_levels_is_refused_before_the_server_does(
    enter: Enter,
) -> None:
    alice = await enter("alice")
    with pytest.raises(ValueError, match="creator"):
        await alice.create_room(power_levels={"users": {alice.session.user_id: 100}})


async def test_coming_going_and_being_removed(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    bob_id = bob.session.user_id
    room = await alice.create_room()
    with pytest.raises(Forbidden):
        await bob.join(room, via=["localhost"])
    await alice.invite(room, bob_id)
    await bob.join(room)
    await alice.invite(room, bob_id)  # already here: fine
    assert await bob.joined() == (room,)
    assert {
        user: content["membership"] for user, content in (await alice.members(room)).items()
    } == {
        alice.session.user_id: "join",
        bob_id: "join",
    }
    await bob.leave(room)
    await bob.leave(room)
    await bob.forget(room)
    await alice.invite(room, bob_id)
    await bob.join(room)
    await alice.kick(room, bob_id, reason="r")
    await alice.ban(room, bob_id, redact_events=True)
    member = await alice.get_state(room, "m.room.member", bob_id)
    assert member is not None
    assert (member["membership"], *[member[flag] for flag in REDACT_EVENTS]) == ("ban", True, True)
    with pytest.raises(Banned):
        await bob.join(room)
    with pytest.raises(Forbidden):
        await alice.invite(room, bob_id)
    await alice.unban(room, bob_id)
    await alice.unban(room, bob_id)
    await alice.invite(room, bob_id)
    await bob.join(room)
    with pytest.raises(Forbidden):
        await bob.ban(room, alice.session.user_id)


async def test_history_state_and_redactions(enter: Enter) -> None:
    alice = await enter("alice")
    room = await alice.create_room(encrypted=False)
    sent = []
    for number in range(5):
        path = ("/rooms", room, "send", "m.room.message", f"t{number}")
        answer = await alice.session.put(*path, json={"msgtype": "m.text", "body": str(number)})
        sent.append(answer["event_id"])
    page = await alice.messages(room, start=None, limit=3)
    assert [event["event_id"] for event in page.events] == sent[:1:-1]
    older = await alice.messages(room, start=page.end, limit=2)
    assert [event["event_id"] for event in older.events] == sent[1::-1]
    redaction = await alice.redact(room, sent[0], transaction_id="r1", reason="r")
    assert await alice.redact(room, sent[0], transaction_id="r1", reason="r") == redaction
    context = await alice.context(room, sent[0])
    assert isinstance(context["event"], dict)
    assert context["event"]["content"] == {}
    with pytest.raises(NotFound):
        await alice.context(room, "$nothing")
    await alice.set_state(room, "org.peerroom.test", {"a": 1}, "key/with?odd#parts")
    assert await alice.get_state(room, "org.peerroom.test", "key/with?odd#parts") == {"a": 1}
    assert await alice.get_state(room, "org.peerroom.test") is None
    await alice.set_display_name("静かなサギ")


async def test_the_host_can_bring_someone_in(
    enter: Enter, homeserver: Homeserver, transport: Transport
) -> None:
    admin_session = Session(
        transport, Credentials(homeserver.admin.user_id, "", homeserver.admin.access_token)
    )
    room = await Rooms(admin_session).create_room()
    bob = await enter("bob")
    await Admin(admin_session).join(room, bob.session.user_id)
    assert await bob.joined() == (room,)
