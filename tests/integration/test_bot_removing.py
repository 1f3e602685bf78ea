"""Removing much: how long it takes, in which order, and that the bot says so truly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pytest
from support.accounts import MakeAccount, TestAccount
from support.circle import CLOCK, Circle, Guest, until
from support.deciding import state_of, unwatched
from support.patience import PATIENCE

from peerroom.bot import points
from peerroom.bot.executor import AT_ONCE
from peerroom.host.homeserver import Homeserver
from peerroom.matrix import commit_points
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
    """By its author, and by the bot: whichever of them is the later."""
    await until(guest.client, lambda: len(guest.messages(500)) >= count)
    stored = asyncio.Event()
    with commit_points.watched(lambda _point: stored.set()):
        async with asyncio.timeout(PATIENCE):
            while len(state_of(circle).messages[guest.client.user_id]) < count:
                stored.clear()
                await stored.wait()


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


@dataclass
class Spam:
    """Somebody who wrote the same everywhere: ``rooms`` that the bot looks after beside its own,
    the first with one message more than the others."""

    user: str
    rooms: list[str]
    count: int

    @classmethod
    async def of(
        cls, circle: Circle, account: TestAccount, watcher: Guest, *, rooms: int, each: int
    ) -> Self:
        """Everything is written, and the bot has seen it."""
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": account.user_id},
            "password": account.password,
        }
        client = "/_matrix/client/v3"
        token = circle.server.api().call("POST", f"{client}/login", login)["access_token"]
        spammer = circle.server.api(token)
        spam = cls(account.user_id, [], rooms * each + 1)
        for number in range(rooms):
            # How a message was written makes no difference to removing it.
            room = await circle.bot._connection.rooms.create_room(
                invite=(account.user_id,), encrypted=False
            )
            spam.rooms.append(room)
            circle.bot.ledger.apply(act.AddRoom(room), CLOCK.now())
            await asyncio.to_thread(spammer.call, "POST", f"{client}/join/{room}", {})
            for message in range(each if number else each + 1):
                await asyncio.to_thread(
                    spammer.call,
                    "PUT",
                    f"{client}/rooms/{room}/send/m.room.message/{message}",
                    {"msgtype": "m.text", "body": f"buy {message}"},
                )
        while spam.seen(circle) < spam.count:
            watcher.say("tick")
            await until(watcher.client, lambda: watcher.messages(500)[-1].state == "sent")
        return spam

    def seen(self, circle: Circle) -> int:
        """How many of the messages the bot knows of."""
        return sum(map(len, state_of(circle).everywhere.get(self.user, {}).values()))

    def ban(self, circle: Circle) -> list[act.Action]:
        """A ban that takes everything along, as the bot decides it now."""
        state = state_of(circle)
        cause = Cause(circle.bot_id, CLOCK.now(), state.next_deed)
        return measures.ban(state, cause, self.user, redact=True)


def removals(actions: Sequence[act.Action]) -> list[act.RedactMessage]:
    return [one for one in actions if isinstance(one, act.RedactMessage)]


async def test_bans_go_out_together_then_removals_the_newest_first(
    homeserver: Homeserver, make_account: MakeAccount
) -> None:
    circle = await Circle.start(homeserver)
    try:
        unwatched(circle)
        watcher = await circle.guest()
        spam = await Spam.of(circle, make_account("spammer"), watcher, rooms=3, each=2)
        actions = spam.ban(circle)
        wanted = [(one.room_id, one.event_id) for one in removals(actions)]
        assert len(wanted) == spam.count
        reached: list[tuple[points.Moment, str]] = []
        with points.watched(lambda moment, what: reached.append((moment, what))):
            await carried_out(circle, actions)
        steps = [one for one in reached if one[1] in ("BanMember", "redaction")]
        bans = len(spam.rooms) + 1
        assert steps[:bans] == [("begun", "BanMember")] * bans
        assert ("marked", "BanMember") not in steps[steps.index(("begun", "redaction")) :]
        for room in spam.rooms:
            page = await circle.bot._connection.rooms.messages(room, start=None, limit=100)
            there = [(event["type"], event["content"]) for event in page.events]
            told = [content["redacts"] for what, content in there if what == "m.room.redaction"]
            assert sorted(told) == sorted(event for where, event in wanted if where == room)
            kept_out = [content for _, content in there if content.get("membership") == "ban"]
            assert len(kept_out) == 1
    finally:
        await circle.stop()


ROOMS = 20
EACH = 15


async def one_by_one(circle: Circle, messages: Sequence[act.RedactMessage]) -> float:
    """The seconds that the server takes for as many removals, whoever asks for them."""
    rooms, waiting = circle.bot._connection.rooms, iter(messages)

    async def some() -> None:
        for one in waiting:
            await rooms.redact(one.room_id, one.event_id, transaction_id=one.event_id)

    began = time.monotonic()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return time.monotonic() - began


@pytest.mark.soak
async def test_300_messages_in_20_rooms_are_gone_in_3_seconds(
    homeserver: Homeserver, make_account: MakeAccount
) -> None:
    circle = await Circle.start(homeserver)
    try:
        unwatched(circle)
        watcher = await circle.guest()
        other = await Spam.of(circle, make_account("other"), watcher, rooms=ROOMS, each=EACH)
        spam = await Spam.of(circle, make_account("spammer"), watcher, rooms=ROOMS, each=EACH)
        bare = await one_by_one(circle, removals(other.ban(circle)))
        actions = spam.ban(circle)
        assert len(removals(actions)) == spam.count == ROOMS * EACH + 1
        began = time.monotonic()
        marked: list[tuple[float, str]] = []

        def reached(moment: points.Moment, what: str) -> None:
            if moment == "marked":
                marked.append((time.monotonic() - began, what))

        with points.watched(reached):
            took = await carried_out(circle, actions)
        kinds = [what for _when, what in marked]
        assert kinds.count("BanMember") >= ROOMS + 1
        assert kinds.count("redaction") == spam.count
        gone = max(when for when, what in marked if what == "BanMember")
        print(
            f"banned everywhere, and gone in PeerRoom, in {gone:.2f} s; one by one in {took:.2f} s"
        )
        print(f"the server takes {bare:.2f} s for {spam.count} removals, whoever asks")
        # Every ban says that the messages go along (MSC4293); one by one they go for the others,
        # about as fast as the server can.
        assert gone < 3.0
        assert took - gone < bare * 1.5
    finally:
        await circle.stop()
