"""Removing much: how long it takes, in which order, and that the bot says so truly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from support.accounts import MakeAccount
from support.circle import CLOCK, Circle, Guest, until
from support.deciding import state_of, unwatched

from peerroom.bot import points
from peerroom.host.homeserver import Homeserver
from peerroom.moderation import actions as act
from peerroom.moderation import measures
from peerroom.moderation.estimate import removal_time, removal_words
from peerroom.moderation.facts import Ticked
from peerroom.moderation.measures import Cause
from peerroom.moderation.state import Limits

FEW = 25


async def carried_out(circle: Circle, actions: Sequence[act.Action]) -> float:
    """Let the bot do it; the seconds until it was done."""
    bot = circle.bot
    assert bot._judging is not None and bot._executor is not None
    assert actions
    began = time.monotonic()
    with circle.vault.transaction():
        bot._judging.keep(actions, f"test:{began}", Ticked(CLOCK.now()), state_of(circle))
    bot._executor.wake()
    await bot.idle()
    return time.monotonic() - began


async def override(server: Homeserver, user: str, *, free: bool) -> None:
    """Lift Synapse's limits for an account, or put them back."""
    path = f"/_synapse/admin/v1/users/{user}/override_ratelimit"
    if free:
        content = {"messages_per_second": 0, "burst_count": 0}
        await asyncio.to_thread(server.api().call, "POST", path, content)
    else:
        await asyncio.to_thread(server.api().call, "DELETE", path)


async def everything_read(circle: Circle, guest: Guest, count: int) -> None:
    await until(guest.client, lambda: len(guest.messages(500)) >= count)
    await until(
        guest.client,
        lambda: len(state_of(circle).messages[guest.client.user_id]) >= count,
    )


@pytest.mark.soak
async def test_under_the_servers_own_limits_the_estimate_is_true(
    strict_homeserver: Homeserver,
) -> None:
    circle = await Circle.start(strict_homeserver)
    try:
        unwatched(circle)
        anna = await circle.guest()
        user = anna.client.user_id
        await override(strict_homeserver, user, free=True)
        for number in range(FEW):
            anna.say(f"regretted {number}")
        await anna.sees(f"regretted {FEW - 1}")
        anna.say("last")
        await everything_read(circle, anna, FEW + 1)
        await override(strict_homeserver, circle.bot_id, free=False)

        state = state_of(circle)
        messages = {circle.room_id: state.messages[user][1 : FEW + 1]}
        cause = Cause(circle.bot_id, CLOCK.now(), state.next_deed)
        removal = measures.remove(state, cause, messages, user)
        # What a moderator would be told goes through the same gate.
        said = act.Say(circle.room_id, removal_words(FEW, Limits()))
        took = await carried_out(circle, [*removal, said])
        estimate = removal_time(FEW, Limits()).total_seconds()
        assert took == pytest.approx(estimate, rel=0.2)
        await until(anna.client, lambda: deleted(anna) == FEW)
        assert order_of_removal(anna) == list(messages[circle.room_id])
    finally:
        await circle.stop()


def deleted(guest: Guest) -> int:
    return sum(view.state == "deleted" for view in guest.messages(500))


def order_of_removal(guest: Guest) -> list[object]:
    page = guest.vault.events.page(guest.room_id, limit=500)
    return [e.raw["content"].get("redacts") for e in page if e.type == "m.room.redaction"]


ROOMS = 20
EACH = 15


@pytest.mark.soak
async def test_300_messages_in_20_rooms_are_gone_in_3_seconds(
    homeserver: Homeserver, make_account: MakeAccount
) -> None:
    circle = await Circle.start(homeserver)
    try:
        unwatched(circle)
        watcher = await circle.guest()
        account = make_account("spammer")
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": account.user_id},
            "password": account.password,
        }
        client = "/_matrix/client/v3"
        token = homeserver.api().call("POST", f"{client}/login", login)["access_token"]
        spammer = homeserver.api(token)
        rooms = []
        for number in range(ROOMS):
            # How a message was written makes no difference to removing it.
            room = await circle.bot._connection.rooms.create_room(
                invite=(account.user_id,), encrypted=False
            )
            rooms.append(room)
            circle.bot.ledger.apply(act.AddRoom(room), CLOCK.now())
            await asyncio.to_thread(spammer.call, "POST", f"{client}/join/{room}", {})
            for message in range(EACH if number else EACH + 1):
                await asyncio.to_thread(
                    spammer.call,
                    "PUT",
                    f"{client}/rooms/{room}/send/m.room.message/{message}",
                    {"msgtype": "m.text", "body": f"buy {message}"},
                )
        user = account.user_id

        def counted() -> int:
            return sum(map(len, state_of(circle).everywhere.get(user, {}).values()))

        while counted() < ROOMS * EACH + 1:
            watcher.say("tick")
            await until(watcher.client, lambda: watcher.messages(500)[-1].state == "sent")
        state = state_of(circle)
        cause = Cause(circle.bot_id, CLOCK.now(), state.next_deed)
        actions = measures.ban(state, cause, user, redact=True)
        removals = [one for one in actions if isinstance(one, act.RedactMessage)]
        assert len(removals) == ROOMS * EACH + 1
        assert removals[0].room_id == rooms[0]  # the busiest
        began = time.monotonic()
        marked: list[tuple[float, str]] = []

        def reached(moment: points.Moment, what: str) -> None:
            if moment == "marked":
                marked.append((time.monotonic() - began, what))

        with points.watched(reached):
            took = await carried_out(circle, actions)
        kinds = [what for _when, what in marked]
        assert kinds.count("BanMember") == ROOMS + 1
        assert kinds.count("redaction") == len(removals)
        gone = max(when for when, what in marked if what == "BanMember")
        print(f"banned in {ROOMS + 1} rooms, and gone in PeerRoom, in {gone:.2f} s; "
              f"{len(removals)} removals for other programs in {took:.2f} s")  # fmt: skip
        # Every ban says that the messages go along (MSC4293); one by one they go for the others.
        assert gone < 3.0
    finally:
        await circle.stop()
