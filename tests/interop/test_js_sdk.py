"""matrix-js-sdk with Rust crypto, in only-signed-devices mode (MSC4153), and ours in one room."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.accounts import MakeAccount
from support.js_peer import JsPeer, js_peer
from support.members import Member, People, people_of

from peerroom.client.timeline import Timeline
from peerroom.matrix.padding import FILLING

pytestmark = pytest.mark.usefixtures("js_sdk")


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


async def room_with(member: Member, peer: JsPeer) -> str:
    """An encrypted room of ours that the other client has entered."""
    room_id = await member.connection.rooms.create_room(invite=[peer.user_id])
    await peer.call("join", room=room_id)
    await member.turn()
    return room_id


async def test_messages_go_both_ways_without_a_warning(
    people: People, make_account: MakeAccount
) -> None:
    ours = await people("ours")
    async with js_peer(make_account("js")) as peer:
        room_id = await room_with(ours, peer)
        event_id = await ours.say(room_id, "こんにちは 🦊")
        read = await peer.reads(room_id, event_id)
        assert read["sender"] == ours.user_id
        assert read["content"]["body"] == "こんにちは 🦊"
        assert (read["shield"], read["why"]) == (0, None)  # EventShieldColour.NONE
        event_id = await peer.call("send", room=room_id, body="good to see you")
        await ours.turn()
        assert ours.heard(room_id) == ["こんにちは 🦊", "good to see you"]
        last = ours.last(room_id)
        assert (last.event_id, last.sender, last.trust) == (event_id, peer.user_id, "signed")


async def test_a_padded_message_can_be_read_changed_and_taken_back(
    people: People, make_account: MakeAccount
) -> None:
    """The filling inside is nothing to another client, in messages of every length."""
    ours = await people("ours")
    async with js_peer(make_account("js")) as peer:
        room_id = await room_with(ours, peer)
        event_id = ""
        for said in ("hm", "長いお話 🦊 " * 40, "x" * 20_000):
            event_id = await ours.say(room_id, said)
            read = await peer.reads(room_id, event_id)
            assert (read["content"]["body"], read["shield"]) == (said, 0)
            assert not read["content"][FILLING].strip()
        changed = {
            "msgtype": "m.text",
            "body": "* shorter",
            "m.new_content": {"msgtype": "m.text", "body": "shorter"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
        }
        change = await ours.connection.deliver(ours.row(room_id, changed))
        assert (await peer.reads(room_id, change))["shield"] == 0
        stands = await peer.call("changed", room=room_id, event=event_id)
        assert stands["content"] == {"msgtype": "m.text", "body": "shorter"}
        wish = {"redacts": event_id}
        now = ours.clock.now()
        row = ours.vault.outbox.add(ours.account.id, room_id, "redaction", wish, now=now)
        await peer.reads(room_id, await ours.connection.deliver(row))
        stands = await peer.call("changed", room=room_id, event=event_id)
        assert stands == {"content": {}, "redacted": True}


async def test_what_another_client_changes_is_shown_in_its_place(
    people: People, make_account: MakeAccount
) -> None:
    ours = await people("ours")
    async with js_peer(make_account("js")) as peer:
        room_id = await room_with(ours, peer)
        event_id = await peer.call("send", room=room_id, body="at two")
        await peer.call("edit", room=room_id, event=event_id, body="at three")
        await ours.turn()
        timeline = Timeline(ours.vault, room_id)
        [view] = [view for view in timeline.page() if view.kind == "text"]
        assert (view.event_id, view.body, view.edited) == (event_id, "at three", True)
        assert view.trust is None


async def test_before_signing_ours_is_refused_and_after_signing_it_is_not(
    people: People, make_account: MakeAccount
) -> None:
    ours = await people("ours", start=False)
    await ours.machine.upload_keys(ours.session)
    await ours.turn()
    async with js_peer(make_account("js")) as peer:
        room_id = await room_with(ours, peer)
        await peer.call("send", room=room_id, body="one")
        await ours.turn()
        last = ours.last(room_id)
        assert (last.status, last.trust) == ("undecryptable", "m.unverified")
        event_id = await ours.say(room_id, "can you read this?")
        read = await peer.reads(room_id, event_id, readable=False)
        assert read["failure"] is not None
        await ours.connection.identity.establish()
        await peer.call("confirmed", user=ours.user_id, device=ours.device_id)
        await peer.call("send", room=room_id, body="two")
        await ours.turn()
        assert ours.heard(room_id)[-1] == "two"
        event_id = await ours.say(room_id, "and this?")
        assert (await peer.reads(room_id, event_id))["shield"] == 0


async def test_an_unsigned_device_of_theirs_gets_no_key_and_is_shown_as_that(
    people: People, make_account: MakeAccount
) -> None:
    ours = await people("ours")
    async with js_peer(make_account("js"), signed=False) as peer:
        room_id = await room_with(ours, peer)
        event_id = await ours.say(room_id, "not for everyone")
        read = await peer.reads(room_id, event_id, readable=False)
        assert read["failure"] == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
        shares = ours.vault.key_shares.of_session(
            room_id, ours.machine.outbound[room_id].session_id
        )
        assert shares == {(peer.user_id, peer.device_id): "withheld"}


async def test_a_signed_device_beside_an_unsigned_one_reads_alone(
    people: People, make_account: MakeAccount
) -> None:
    account = make_account("js")
    ours = await people("ours")
    async with js_peer(account) as signed, js_peer(account, signed=False) as unsigned:
        room_id = await room_with(ours, signed)
        event_id = await ours.say(room_id, "for the confirmed one")
        assert (await signed.reads(room_id, event_id))["shield"] == 0
        read = await unsigned.reads(room_id, event_id, readable=False)
        assert read["failure"] == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
        assert ours.connection.keyshare.report(room_id).withheld == {
            (unsigned.user_id, unsigned.device_id)
        }


async def test_what_an_unsigned_device_of_theirs_says_is_shown_as_that(
    people: People, make_account: MakeAccount
) -> None:
    ours = await people("ours")
    async with js_peer(make_account("js"), signed=False, strict=False) as peer:
        room_id = await room_with(ours, peer)
        await peer.call("send", room=room_id, body="am I known?")
        await ours.turn()
        last = ours.last(room_id)
        assert (last.status, last.trust) == ("ok", "unsigned")
        assert ours.heard(room_id) == ["am I known?"]


async def test_words_of_a_device_that_is_gone_are_still_its_owner_s(
    people: People, make_account: MakeAccount
) -> None:
    ours = await people("ours")
    async with js_peer(make_account("js")) as peer:
        room_id = await room_with(ours, peer)
        await peer.call("send", room=room_id, body="goodbye")
        await peer.call("logout")
    await ours.turn()
    last = ours.last(room_id)
    assert (last.status, last.trust) == ("ok", "signed")
    assert ours.heard(room_id) == ["goodbye"]
