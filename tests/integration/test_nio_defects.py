"""The six defects of nio's client that PeerRoom closes (docs/decisions/0003-nio.md).

Each scene is played twice with the same body. With bare nio the harm happens, and the test says so:
should a later nio have mended it, this file fails and the decision is looked at again. With ours
it does not happen.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.accounts import MakeAccount
from support.arms import Arm, Ours, Player
from support.faults import Fault, FaultyServer
from support.members import people_of
from support.tampering import lying_server, timeline_events

from peerroom.host.homeserver import Homeserver
from peerroom.matrix.delivery import NotEncrypted

MEGOLM = "m.megolm.v1.aes-sha2"
OLM = "m.olm.v1.curve25519-aes-sha2"


@pytest.fixture(params=["bare nio", "peerroom"])
async def arm(
    request: pytest.FixtureRequest, make_account: MakeAccount, tmp_path: Path
) -> AsyncIterator[Arm]:
    async with people_of(make_account) as people, AsyncExitStack() as stack:
        yield Arm(request.param, make_account, people, stack, tmp_path)


async def request(
    server: Homeserver, token: str, method: str, path: str, body: Any = None
) -> dict[str, Any]:
    """A request as an attacker would write it."""
    url = f"{server.base_url}/_matrix/client/v3{path}"
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.request(method, url, json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def raises(player: Player) -> bool:
    """Whether one turn of sync raises."""
    try:
        await player.turn()
    except Exception:
        return True
    return False


# 1: hostile events raise out of sync, after the token has advanced


OLM_BODIES = {
    "not base64": {"type": 1, "body": "!!!"},
    "too short": {"type": 0, "body": "AAAA"},
}


@pytest.mark.parametrize("sealed", OLM_BODIES.values(), ids=OLM_BODIES.keys())
async def test_a_hostile_to_device_event_costs_no_sync(
    arm: Arm, homeserver: Homeserver, sealed: dict[str, Any]
) -> None:
    friend, victim, stranger = [await arm.player(n) for n in ("friend", "victim", "stranger")]
    room_id = await arm.scene(friend, victim)
    hostile = {"algorithm": OLM, "sender_key": "k", "ciphertext": {victim.curve25519: sealed}}
    path = f"/sendToDevice/m.room.encrypted/{secrets.token_hex(8)}"
    body = {"messages": {victim.user_id: {victim.device_id: hostile}}}
    await request(homeserver, stranger.token, "PUT", path, body)
    await friend.say(room_id, "are you there?")
    raised = await raises(victim)
    await raises(victim)  # a client that goes on after the exception, as nio's own loop does
    lost = (friend.user_id, "are you there?") not in victim.heard(room_id)
    assert (raised, lost) == ((False, False) if arm.ours else (True, True))


@pytest.mark.parametrize("field", ["sender_key", "session_id"])
async def test_a_hostile_room_event_costs_no_sync(
    arm: Arm, homeserver: Homeserver, field: str
) -> None:
    friend, victim = [await arm.player(n) for n in ("friend", "victim")]
    room_id = await arm.scene(friend, victim)
    hostile = {
        "algorithm": MEGOLM,
        "ciphertext": "AAAA",
        "session_id": "x",
        "device_id": "D",
        "sender_key": "k",
    } | {field: ""}
    path = f"/rooms/{room_id}/send/m.room.encrypted/{secrets.token_hex(8)}"
    await request(homeserver, friend.token, "PUT", path, hostile)
    await friend.say(room_id, "are you there?")
    raised = await raises(victim)
    await raises(victim)
    lost = (friend.user_id, "are you there?") not in victim.heard(room_id)
    assert (raised, lost) == ((False, False) if arm.ours else (True, True))


# 3: a failed key share is taken for a success (2 is in test_crypto_crash.py)


@pytest.mark.parametrize("fault", ["500", "429"])
async def test_one_failed_key_share_leaves_nobody_in_the_dark(
    arm: Arm, homeserver: Homeserver, fault: Fault
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        sender = await arm.player("sender", server=between.url)
        reader = await arm.player("reader")
        room_id = await arm.scene(sender, reader)
        token = sender.token
        between.fail(fault, path="/sendToDevice/m.room.encrypted", times=1)
        said = [await says(sender, room_id, "one")]
        kept_token = sender.token == token
        said += [await says(sender, room_id, "two")]
        await reader.turn()
        heard = [text for _, text in reader.heard(room_id)]
    if arm.ours:
        assert (said, heard, kept_token) == ([True, True], ["one", "two"], True)
    else:
        assert said[1]  # the client calls it sent,
        assert heard == []  # and nobody can read it;
        assert kept_token is (fault == "429")  # after a 500 it also forgets who it is


async def says(sender: Player, room_id: str, text: str) -> bool:
    """Whether the client itself thinks that the message went out."""
    try:
        await sender.say(room_id, text)
    except Exception:
        return False
    return True


# 4: one-time keys can be drained, and there is no fallback key


async def test_drained_one_time_keys_make_nobody_unreachable(
    arm: Arm, homeserver: Homeserver
) -> None:
    sender, reader, stranger = [await arm.player(n) for n in ("sender", "reader", "stranger")]
    room_id = await arm.scene(sender, reader)
    drained = await drain(homeserver, stranger.token, reader)
    assert drained >= 40
    await sender.say(room_id, "one")
    await reader.turn()  # which also uploads new keys
    await sender.say(room_id, "two")
    await reader.turn()
    heard = [text for _, text in reader.heard(room_id)]
    assert heard == (["one", "two"] if arm.ours else [])


async def drain(homeserver: Homeserver, token: str, victim: Player) -> int:
    """Claim the victim's one-time keys, as any account may, until there are none."""
    wanted = {"one_time_keys": {victim.user_id: {victim.device_id: "signed_curve25519"}}}
    for claimed in range(200):
        answer = await request(homeserver, token, "POST", "/keys/claim", wanted)
        keys = answer["one_time_keys"].get(victim.user_id, {}).get(victim.device_id, {})
        if not keys or any("fallback" in key for key in keys.values()):
            return claimed
    raise AssertionError("the keys never end")


# 5: the server can present one member's message as another's


async def test_a_message_shown_as_another_member_s_is_not_theirs(
    arm: Arm, homeserver: Homeserver
) -> None:
    alice, bob = [await arm.player(n) for n in ("alice", "bob")]

    def forge(path: str, body: Any) -> Any:
        for event in timeline_events(body) if path.endswith("/sync") else ():
            if event["type"] == "m.room.encrypted" and event["sender"] == alice.user_id:
                event["sender"] = bob.user_id
        return body

    async with lying_server(homeserver.base_url, forge) as liar:
        victim = await arm.player("victim", server=liar.url)
        room_id = await arm.scene(alice, bob, victim)
        await alice.say(room_id, "I, Alice, said this")
        await victim.turn()
        await victim.turn()
        shown_as_bob = (bob.user_id, "I, Alice, said this") in victim.heard(room_id)
        assert shown_as_bob is not arm.ours
        if isinstance(victim, Ours):
            last = victim.member.last(room_id)
            assert (last.status, last.clear, last.trust) == ("unattributable", None, "forged")


# 6: a server that hides the room's encryption gets the messages in clear


async def test_a_server_that_hides_the_encryption_gets_nothing(
    arm: Arm, homeserver: Homeserver
) -> None:
    def hide(path: str, body: Any) -> Any:
        rooms = body.get("rooms", {}).get("join", {}).values() if path.endswith("/sync") else ()
        for room in rooms:
            for part in ("state", "timeline"):
                events = room.get(part, {}).get("events", [])
                events[:] = [e for e in events if e["type"] != "m.room.encryption"]
        return body

    async with lying_server(homeserver.base_url, hide) as liar:
        sender = await arm.player("sender", server=liar.url)
        room_id = await sender.create_room()
        await sender.turn()
        if arm.ours:
            with pytest.raises(NotEncrypted):
                await sender.say(room_id, "a secret")
        else:
            await sender.say(room_id, "a secret")
    page = await request(homeserver, sender.token, "GET", f"/rooms/{room_id}/messages?dir=b")
    in_clear = [event for event in page["chunk"] if event["type"] == "m.room.message"]
    assert [event["content"]["body"] for event in in_clear] == ([] if arm.ours else ["a secret"])
