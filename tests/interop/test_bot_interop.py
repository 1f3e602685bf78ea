"""A moderator with matrix-js-sdk, in only-signed-devices mode (MSC4153), and our bot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.accounts import MakeAccount, TestAccount
from support.circle import Circle
from support.js_peer import JsPeer, js_peer

from peerroom.host.homeserver import Homeserver
from peerroom.wire import member

pytestmark = pytest.mark.usefixtures("js_sdk")


@pytest.fixture
def account(make_account: MakeAccount) -> TestAccount:
    """The moderator's."""
    return make_account("mod")


@pytest.fixture
async def circle(homeserver: Homeserver, account: TestAccount) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver, moderators=(account.user_id,))
    await circle.bot.idle()  # the moderator is invited
    yield circle
    await circle.stop()


async def enter(circle: Circle, peer: JsPeer) -> str:
    """Go into both rooms; the moderators' one."""
    rooms = circle.bot.circle
    for room_id in (rooms.circle, rooms.management):
        await peer.call("join", room=room_id)
    return rooms.management


def said_by_bot(peer: JsPeer, circle: Circle) -> set[str]:
    """The ids of everything that the bot said in the moderators' room."""
    bot = circle.vault.accounts.all()[0].user_id
    rooms = circle.bot.circle
    return {
        one["event"] for one in peer.read if (one["room"], one["sender"]) == (rooms.management, bot)
    }


async def test_a_moderator_commands_and_reads_the_answer_without_a_warning(
    circle: Circle, account: TestAccount
) -> None:
    async with js_peer(account) as peer:
        desk = await enter(circle, peer)
        await peer.call("send", room=desk, body="!status")
        answer = await peer.hears(desk, "seats")
        assert answer["content"]["msgtype"] == "m.notice"
        assert (answer["shield"], answer["why"]) == (0, None)  # EventShieldColour.NONE
        # An invite for another one: what a moderator comes here for most.
        await peer.call("send", room=desk, body="!invite")
        link = await peer.hears(desk, "peerroom:join/")
        assert (link["shield"], link["why"]) == (0, None)
        assert len(said_by_bot(peer, circle)) == 2


async def test_a_device_that_its_owner_did_not_sign_commands_nothing(
    circle: Circle, account: TestAccount
) -> None:
    guest = await circle.guest()
    thief = js_peer(account, signed=False, strict=False)  # a strict one would not even send
    async with js_peer(account) as signed, thief as unsigned:
        desk = await enter(circle, signed)
        await unsigned.call("join", room=desk)
        await unsigned.call("send", room=desk, body=f"!ban {guest.client.user_id}")
        await signed.call("send", room=desk, body="!status")
        answer = await signed.hears(desk, "seats")  # what came before it has been judged
        assert "Banned: 0" in answer["content"]["body"]
        assert said_by_bot(signed, circle) == {answer["event"]}
        counted = circle.bot.ledger.counts()
        assert {what: n for what, n in counted.items() if n} == {
            "command refused: unsigned device": 1
        }
        guest.say("still here")
        await signed.hears(circle.room_id, "still here")


async def test_whose_message_is_removed_reads_why(
    circle: Circle, make_account: MakeAccount
) -> None:
    account = make_account("reader")
    async with js_peer(account) as peer:
        await circle.bot._connection.rooms.invite(circle.room_id, account.user_id)
        await peer.call("join", room=circle.room_id)
        await peer.call("send", room=circle.room_id, body="call me on 07700 900123")
        asked = await peer.call("invited")
        assert asked["by"] == circle.vault.accounts.all()[0].user_id
        await peer.call("join", room=asked["room"])
        told = await peer.hears(asked["room"], "waits until a moderator has looked at it")
        assert (told["type"], told["content"]["msgtype"]) == ("m.room.message", "m.notice")
        assert "contact details or an address" in told["content"]["body"]
        assert member.read_tell(told["content"][member.TELL])
        assert (told["shield"], told["why"]) == (0, None)
