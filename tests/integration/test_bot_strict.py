"""The bot on a Synapse with its own rate limits: as its administrator, and as a mere guest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.accounts import MakeAccount
from support.bot_process import ROOM, BotHome, arrive, come_in, desk_of
from support.circle import Circle, Guest, until
from support.patience import PATIENCE

from peerroom.host.homeserver import Homeserver
from peerroom.wire.invite import Invite

MESSAGES = 10
"""As many as Synapse lets a user send at once; after that one in five seconds."""


@pytest.fixture
async def circle(strict_homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(strict_homeserver)
    yield circle
    await circle.stop()


async def obeys(desk: Guest, command: str, answer: str, within: float = PATIENCE) -> str:
    """Give a command; the bot's answer."""
    page = desk.client.timeline(desk.room_id)
    before = {view.key for view in page.page(limit=500)}
    desk.say(command)

    def answered() -> str | None:
        fresh = [v.body for v in page.page(limit=500) if v.kind == "notice" and v.key not in before]
        return next((body for body in fresh if answer in body), None)

    return await until(desk.client, answered, within)


def deleted(guest: Guest) -> int:
    return sum(view.state == "deleted" for view in guest.messages(500))


async def test_an_administrator_bot_admits_answers_and_redacts_at_once(circle: Circle) -> None:
    [link] = await circle.bot.make_invites(1, "moderator")
    # Four registrations at once are one more than Synapse takes from one address.
    moderator, *members = await asyncio.gather(
        come_in(Invite.parse(link)), *(circle.guest() for _ in range(3))
    )
    circle.guests.append(moderator)
    desk = await desk_of(moderator)
    bot = circle.vault.accounts.all()[0].user_id
    limit = await asyncio.to_thread(
        circle.server.api().call, "GET", f"/_synapse/admin/v1/users/{bot}/override_ratelimit"
    )
    assert limit == {"messages_per_second": 0, "burst_count": 0}

    said = [f"regretted {number}" for number in range(MESSAGES)]
    for number, text in enumerate(said):
        members[number % 3].say(text)
    for text in said:
        await moderator.sees(text)
    for count, member in zip((4, 3, 3), members, strict=True):
        await obeys(desk, f"!redact {member.client.user_id}: {count}", "Removing")
    await until(moderator.client, lambda: deleted(moderator) == MESSAGES, within=10)
    assert moderator.bodies() == ["The moderators removed this message."] * MESSAGES
    assert f"{len(members)} of" in await obeys(desk, "!status", "seats")


@pytest.fixture
async def guest_bot(
    strict_homeserver: Homeserver, make_strict_account: MakeAccount, tmp_path: Path
) -> AsyncIterator[tuple[BotHome, Guest]]:
    """A bot that is nobody special on its server, and a moderator whom its settings name."""
    account = make_strict_account("mod")
    home = await asyncio.to_thread(
        BotHome.make, tmp_path, strict_homeserver, admin=False, moderators=[account.user_id]
    )
    bot = await home.at_work()
    moderator = await arrive(account)
    yield home, moderator
    await moderator.stop()
    bot.process.terminate()
    assert await bot.ends() == 0, bot.said


async def redact(desk: Guest, moderator: Guest, count: int) -> None:
    said = [f"regretted {number}" for number in range(count)]
    for text in said:
        moderator.say(text)

    def sent() -> list[str]:
        return [view.event_id for view in moderator.messages() if view.event_id is not None]

    await until(moderator.client, lambda: len(sent()) == count, within=30 + 10 * count)
    for event_id in sent():
        desk.say(f"!redact {event_id}")
    # What is above the limit waits five seconds each: commands, answers and redactions.
    await until(moderator.client, lambda: deleted(moderator) == count, within=30 + 10 * count)


@pytest.mark.soak
async def test_a_bot_without_rights_says_so_and_works_all_the_same(
    guest_bot: tuple[BotHome, Guest],
) -> None:
    _home, moderator = guest_bot
    desk = await desk_of(moderator)
    words = await obeys(desk, "!invite", "I can make no invites")
    assert "administrator" in words
    assert "0 of" in await obeys(desk, "!status", "seats")
    assert "remove" in await obeys(desk, "!help", "!help ban")
    await redact(desk, moderator, 2)


@pytest.mark.soak
async def test_a_bot_without_rights_redacts_patiently(guest_bot: tuple[BotHome, Guest]) -> None:
    _home, moderator = guest_bot
    await redact(await desk_of(moderator), moderator, MESSAGES)


async def test_no_link_is_made_where_none_would_work(
    strict_homeserver: Homeserver, tmp_path: Path
) -> None:
    home = await asyncio.to_thread(BotHome.make, tmp_path, strict_homeserver, admin=False)
    process = await home.start("invite")
    assert await process.ends() == 1
    [sentence] = process.said
    assert "administrator" in sentence
    assert ROOM not in sentence and "peerroom:join/" not in sentence
