"""Moderators at their desk on a real server: they type, as in any program, and the room obeys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.circle import CLOCK, RANDOM, Circle, Guest, until

from peerroom.client.joining import join
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.rooms import REDACT_EVENTS
from peerroom.moderation import actions as act
from peerroom.store.vault import Vault
from peerroom.wire import cases
from peerroom.wire.invite import Invite


class Moderator:
    """Somebody who came in by a moderator's link and types in the moderators' room."""

    def __init__(self, circle: Circle, guest: Guest) -> None:
        self.circle = circle
        self.guest = guest
        self.desk = circle.bot.circle.management
        self.user_id = guest.client.account.user_id

    @classmethod
    async def come(cls, circle: Circle) -> Moderator:
        [link] = await circle.bot.make_invites(1, "moderator")
        vault = Vault.ephemeral()
        async for _step in join(Invite.parse(link), vault, clock=CLOCK, random=RANDOM):
            pass
        moderator = cls(circle, await circle.run(vault))
        await until(moderator.guest.client, moderator.guest.client.casework)
        return moderator

    def notices(self) -> list[dict[str, Any]]:
        """What the bot said at the desk, decrypted."""
        page = self.guest.vault.events.page(self.desk, limit=500)
        return [
            event.clear["content"]
            for event in page
            if event.sender == self.circle.bot_id and event.clear
        ]

    async def types(self, text: str, answer: str) -> str:
        """Type a line; the bot's next notice that holds ``answer``."""
        before = len(self.notices())
        self.guest.client.send(self.desk, text)
        return await self.hears(answer, before)

    async def hears(self, answer: str, before: int = 0) -> str:
        def look() -> str | None:
            said = (str(content.get("body", "")) for content in self.notices()[before:])
            return next((body for body in said if answer in body), None)

        return await until(self.guest.client, look)


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


def deleted(guest: Guest) -> int:
    return sum(view.state == "deleted" for view in guest.messages(500))


def code_in(shown: str) -> str:
    return shown.partition("`yes ")[2][:3]


async def test_what_is_broad_is_shown_and_done_on_the_word_of_who_asked(circle: Circle) -> None:
    larch, maple = await Moderator.come(circle), await Moderator.come(circle)
    author, reader = await circle.guest(), await circle.guest()
    for n in range(8):
        author.say(f"message {n}")
        await reader.sees(f"message {n}")

    user = author.client.account.user_id
    shown = await larch.types(f"!remove {user}: 8", "Confirm with")
    assert "This removes 8 messages by 1 person in 1 room." in shown
    await maple.types(f"!yes {code_in(shown)}", "only they can confirm it")
    assert deleted(reader) == 0
    done = await larch.types(f"yes {code_in(shown)}", "Removing 8 messages")
    await until(reader.client, lambda: deleted(reader) == 8)
    await larch.types(f"yes {code_in(shown)}", "Nothing waits")

    number = done.partition("`!undo ")[2].partition("`")[0]
    shown = await maple.types(f"!undo {number}", "This puts 8 messages back.")
    await maple.types(f"yes {code_in(shown)}", "Taken back: removed")
    await until(reader.client, lambda: sum("Posted by" in body for body in reader.bodies(500)) == 8)


async def test_a_role_is_the_bots_own_and_needs_no_more_power_in_the_room(circle: Circle) -> None:
    lead, other = await Moderator.come(circle), await Moderator.come(circle)

    def levels() -> dict[str, int]:
        content = lead.guest.vault.rooms.state(circle.room_id, "m.room.power_levels") or {}
        users: dict[str, int] = content.get("users", {})
        return users

    await until(lead.guest.client, lambda: levels().get(other.user_id) == 50)
    await lead.types(f"!role {other.user_id} watcher", "is watcher now")
    await until(lead.guest.client, lambda: other.user_id not in levels())
    guest = await circle.guest()
    refused = await other.types(f"!mute {guest.client.account.user_id}", "is for moderators")
    assert "Ask one of them" in refused
    await lead.types(f"!role {other.user_id} lead", "is lead now")
    await until(lead.guest.client, lambda: levels().get(other.user_id) == 50)


async def test_evidence_lies_behind_a_cover_and_the_others_read_what_they_missed(
    circle: Circle,
) -> None:
    keeper = await Moderator.come(circle)
    author, reporter = await circle.guest(), await circle.guest()
    author.say("I sell a <b>course</b>")
    bad = await reporter.sees("I sell a <b>course</b>")
    reporter.client.desk.report(circle.room_id, [bad.key], "")
    await keeper.hears("reported by a member")
    await keeper.hears("I sell a <b>course</b>")
    [shown] = [
        content
        for content in keeper.notices()
        if isinstance(content.get(cases.FIELD), dict)
        and content[cases.FIELD].get("type") == "Shown"
    ]
    assert shown["msgtype"] == "m.notice"
    assert shown["format"] == "org.matrix.custom.html"
    html = shown["formatted_body"]
    assert "<span data-mx-spoiler>I sell a &lt;b&gt;course&lt;/b&gt;</span>" in html

    await keeper.types("!shift on", "1 open now")
    await keeper.types("!claim", "looks after it")
    await keeper.types("!template thanks en Thank you, dear neighbour.", "is written anew")
    await keeper.types("!reply 1", "wrote to whoever asked: Thank you, dear neighbour.")
    rooms = [room.room_id for room in reporter.client.rooms() if room.direct]
    await until(
        reporter.client,
        lambda: [
            view
            for room in rooms
            for view in reporter.client.timeline(room).page()
            if "dear neighbour" in view.body
        ],
    )
    await keeper.types("!close helped", "Case 1 is closed: helped.")
    await keeper.types("!digest", "0 open now")


async def test_who_asks_for_help_rings_at_every_moderator(circle: Circle) -> None:
    larch, maple = await Moderator.come(circle), await Moderator.come(circle)
    guest = await circle.guest()
    guest.client.desk.ask_for_help("I cannot sleep any more")
    await larch.hears("look at this first")
    await larch.hears("I cannot sleep any more")
    [opened] = [said for said in larch.notices() if "look at this first" in said["body"]]
    assert opened["msgtype"] == "m.text"  # a notice would be silent
    assert opened["m.mentions"] == {"user_ids": sorted([larch.user_id, maple.user_id])}
    [words] = [said for said in larch.notices() if "cannot sleep" in said["body"]]
    assert words["msgtype"] == "m.notice"


async def test_a_sweep_takes_somebody_and_all_they_wrote_out_of_every_room(
    circle: Circle,
) -> None:
    circle.watch_nothing()
    moderator = await Moderator.come(circle)
    anna, ben = await circle.guest(), moderator.guest
    user = anna.client.user_id
    garden = await circle.bot._connection.rooms.create_room(
        invite=(user, ben.client.user_id), encrypted=True
    )
    circle.bot.ledger.apply(act.AddRoom(garden), CLOCK.now())
    for guest in (anna, ben):
        await (await guest.client.link.fresh()).rooms.join(garden)
    for guest in (anna, ben):
        await until(guest.client, lambda guest=guest: is_inside(guest, garden, ben.client.user_id))
    there = Guest(anna.vault, anna.client, garden)
    beside = Guest(ben.vault, ben.client, garden)
    for number in range(2):
        anna.say(f"buy {number}")
        there.say(f"sell {number}")
    await ben.sees("buy 1")
    await beside.sees("sell 1")
    ben.say("what?")
    await ben.sees("what?")

    shown = await moderator.types(f"!sweep {user}: sold", "Confirm with")
    assert "4 messages by 1 person in 2 rooms" in shown
    await moderator.types(f"yes {code_in(shown)}", "cannot come back")
    await until(ben.client, lambda: deleted(ben) == deleted(beside) == 2)
    for guest in (ben, beside):
        member = guest.vault.rooms.state(guest.room_id, "m.room.member", user) or {}
        assert [member.get(flag) for flag in REDACT_EVENTS] == [True, True]
        assert "reason" not in member
        await until(ben.client, lambda guest=guest: len(redacted(guest)) == 2)
        page = guest.vault.events.page(guest.room_id, limit=500)
        theirs = [e for e in page if e.sender == user and "state_key" not in e.raw]
        assert sorted(redacted(guest)) == sorted(event.event_id for event in theirs)
    assert ben.bodies()[-1] == "what?"


def is_inside(guest: Guest, room_id: str, user: str) -> bool:
    state = guest.vault.rooms.state(room_id, "m.room.member", user)
    return state is not None and state["membership"] == "join"


def redacted(guest: Guest) -> list[str]:
    """What was removed one by one, as often as it was."""
    page = guest.vault.events.page(guest.room_id, limit=500)
    return [e.raw["content"]["redacts"] for e in page if e.type == "m.room.redaction"]
