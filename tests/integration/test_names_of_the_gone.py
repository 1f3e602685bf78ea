"""Servers forget the names of those who leave; their words keep them here, and so does the bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.bot_process import come_in, desk_of
from support.circle import Circle, Guest, until

from peerroom.host.homeserver import Homeserver
from peerroom.wire.invite import Invite


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def moderator_of(circle: Circle) -> Guest:
    [link] = await circle.bot.make_invites(1, "moderator")
    moderator = await come_in(Invite.parse(link))
    circle.guests.append(moderator)
    return moderator


def named(guest: Guest, body: str) -> str:
    return next(view.sender_name for view in guest.messages() if view.body == body)


async def test_what_they_said_keeps_their_name_and_the_bot_knows_them_by_it(
    circle: Circle,
) -> None:
    moderator, otter, fox = await asyncio.gather(
        moderator_of(circle), circle.guest(), circle.guest()
    )
    desk = await desk_of(moderator)
    otter.say("I am leaving")
    fox.say("buy my course")
    names = [(await moderator.sees(body)).sender_name for body in ("I am leaving", "buy my course")]

    account = otter.vault.accounts.current()
    assert account is not None
    leave = f"/_matrix/client/v3/rooms/{circle.room_id}/leave"
    api = circle.server.api(account.access_token)
    await asyncio.to_thread(api.call, "POST", leave, {})
    desk.say(f"!ban {names[1]}")

    def lines() -> list[str]:
        return [m.body for m in moderator.client.timeline(moderator.room_id).page()]

    await until(moderator.client, lambda: f"{names[0]} left." in lines())
    banned = f"{names[1]} was removed and cannot come back."
    await until(moderator.client, lambda: banned in lines())
    assert [named(moderator, body) for body in ("I am leaving", "buy my course")] == names
    desk.say(f"!unban {names[1]}")
    answers = desk.client.timeline(desk.room_id)
    lifted = f"The ban of {names[1]} / "  # the bot knows both halves of a name
    await until(desk.client, lambda: any(m.body.startswith(lifted) for m in answers.page()))


async def test_who_redacts_their_own_coming_in_can_still_be_muted_by_name(circle: Circle) -> None:
    moderator, rabbit = await asyncio.gather(moderator_of(circle), circle.guest())
    desk = await desk_of(moderator)
    rabbit.say("you cannot touch me")
    name = (await moderator.sees("you cannot touch me")).sender_name

    account = rabbit.vault.accounts.current()
    assert account is not None
    coming_in = rabbit.vault.rooms.state_event(circle.room_id, "m.room.member", account.user_id)
    assert coming_in is not None
    redact = f"/_matrix/client/v3/rooms/{circle.room_id}/redact/{coming_in.event_id}/once"
    api = circle.server.api(account.access_token)
    await asyncio.to_thread(api.call, "PUT", redact, {})
    rabbit.say("and now?")
    await moderator.sees("and now?")
    assert named(moderator, "and now?") == name

    desk.say(f"!mute {name}")

    def muted() -> bool:
        room = rabbit.client.room(circle.room_id)
        return room is not None and not room.may_write

    await until(rabbit.client, muted)
    rabbit.say("can you hear me?")
    refused = "You cannot write here for now. You can read; what you wrote is kept."
    await until(rabbit.client, lambda: refused in [m.problem for m in rabbit.messages()])
