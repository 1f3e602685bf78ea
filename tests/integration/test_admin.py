"""What a bot asks of Synapse's admin API when everyone gets a new account."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta

import pytest
from support.servers import bot_account

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import NewAccount
from peerroom.matrix.admin import Admin
from peerroom.matrix.errors import InviteUsedUp, NotFound, RateLimited, Refused
from peerroom.matrix.rooms import Rooms
from peerroom.matrix.session import Credentials, Session, register
from peerroom.matrix.transport import Transport

MEMBERS = 30


@pytest.fixture
async def transport(circle_homeserver: Homeserver) -> AsyncIterator[Transport]:
    one = Transport(circle_homeserver.base_url, clock=SystemClock(), random=random.Random(1))
    yield one
    await one.close()


def session_of(transport: Transport, account: NewAccount) -> Session:
    return Session(transport, Credentials(account.user_id, account.device_id, account.access_token))


@pytest.fixture
async def bot(circle_homeserver: Homeserver, transport: Transport) -> Session:
    """A bot on a server with default limits, freed of them as the real one frees itself."""
    account = await asyncio.to_thread(bot_account, circle_homeserver, login=True)
    session = session_of(transport, account)
    await Admin(session).lift_rate_limit(account.user_id)
    return session


def newcomers(server: Homeserver, prefix: str, count: int) -> list[NewAccount]:
    return [server.register(f"{prefix}{n:02}", login=True) for n in range(count)]


def events_on(server: Homeserver) -> int:
    path = server.folder / "homeserver.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        [count] = database.execute("SELECT COUNT(*) FROM events").fetchone()
    return int(count)


async def test_who_is_an_administrator(
    circle_homeserver: Homeserver, transport: Transport, bot: Session
) -> None:
    assert await Admin(bot).has_admin()
    [plain] = await asyncio.to_thread(newcomers, circle_homeserver, "plain", 1)
    assert not await Admin(session_of(transport, plain)).has_admin()


async def test_an_account_and_when_it_was_made(circle_homeserver: Homeserver, bot: Session) -> None:
    admin, began = Admin(bot), SystemClock().now()
    made = await asyncio.to_thread(newcomers, circle_homeserver, "dated", 3)
    names = {one.user_id for one in made}
    account = await admin.account(made[0].user_id)
    assert abs(account.created - began) < timedelta(seconds=30)
    assert not account.admin and not account.deactivated
    assert (await admin.account(bot.user_id)).admin

    assert names <= {one.user_id for one in await admin.accounts_since(began)}
    assert account in await admin.accounts_since(began)
    assert await admin.accounts_since(SystemClock().now() + timedelta(hours=1)) == []

    await admin.deactivate(made[0].user_id)
    left = {one.user_id for one in await admin.accounts_since(began)}
    assert names - left == {made[0].user_id}
    [closed] = [
        one
        for one in await admin.accounts_since(began, deactivated=True)
        if one.user_id == made[0].user_id
    ]
    assert closed.deactivated
    assert closed == await admin.account(made[0].user_id)


async def test_many_pages_of_accounts(
    circle_homeserver: Homeserver, bot: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerroom.matrix.admin._PAGE", 3)
    began = SystemClock().now()
    made = await asyncio.to_thread(newcomers, circle_homeserver, "paged", 8)
    found = [one.user_id for one in await Admin(bot).accounts_since(began)]
    assert {one.user_id for one in made} <= set(found)
    assert len(found) == len(set(found))


async def test_naming_makes_no_account(bot: Session) -> None:
    admin = Admin(bot)
    for ask in (
        admin.account("@nobody:localhost"),
        admin.set_display_name("@nobody:localhost", ""),
    ):
        with pytest.raises(NotFound):
            await ask


async def test_a_token_for_everyone_until_it_ends(transport: Transport, bot: Session) -> None:
    admin, now = Admin(bot), SystemClock().now()
    token = await admin.create_token(uses=None, expires=now + timedelta(hours=1))
    assert token.uses_allowed is None
    for name in ("first", "second"):
        await register(transport, f"{name}-of-all", "a password", token.token)
    known = await admin.token(token.token)
    assert known is not None and known.completed == 2
    assert await admin.delete_token(token.token)
    with pytest.raises(InviteUsedUp):
        await register(transport, "late-of-all", "a password", token.token)
    with pytest.raises(Refused):
        await admin.create_token(uses=None, expires=now - timedelta(hours=1))


async def test_thirty_go_into_the_next_room_in_order_under_names_they_never_said(
    circle_homeserver: Homeserver, transport: Transport, bot: Session
) -> None:
    """With Synapse's default limits for everyone but the bot."""
    admin, rooms = Admin(bot), Rooms(bot)
    members = await asyncio.to_thread(newcomers, circle_homeserver, "next", MEMBERS)
    random.Random(3).shuffle(members)
    names = {member.user_id: f"Quiet Heron {n}" for n, member in enumerate(members)}

    before = await asyncio.to_thread(events_on, circle_homeserver)
    began = time.monotonic()
    for user_id, name in names.items():
        await admin.set_display_name(user_id, name)
    named = time.monotonic()
    assert await asyncio.to_thread(events_on, circle_homeserver) == before

    room_id = await rooms.create_room(history_visibility="joined")
    made = await asyncio.to_thread(events_on, circle_homeserver)
    first = time.monotonic()
    for user_id in names:
        await admin.join(room_id, user_id)
    joined = time.monotonic()
    # One invitation and one join each, and nothing else on the whole server.
    assert await asyncio.to_thread(events_on, circle_homeserver) == made + 2 * MEMBERS

    page = await rooms.messages(room_id, start=None, limit=500)
    joins = [
        (event["state_key"], event["content"]["displayname"])
        for event in reversed(page.events)
        if event["type"] == "m.room.member"
        and event["content"]["membership"] == "join"
        and event["state_key"] != bot.user_id
    ]
    assert joins == list(names.items())
    create = await rooms.get_state(room_id, "m.room.create")
    assert create is not None and create["room_version"] == "12"
    print(f"{MEMBERS} named in {named - began:.1f} s, joined in {joined - first:.1f} s")
    assert joined - first < 20
    # Whoever comes by an invitation after so many must wait: one a second, ten at once.
    [late] = await asyncio.to_thread(newcomers, circle_homeserver, "late", 1)
    await rooms.invite(room_id, late.user_id)
    with pytest.raises(RateLimited) as told:
        await Rooms(session_of(transport, late).without_retries()).join(room_id)
    assert told.value.retry_after is not None
    assert told.value.retry_after < MEMBERS
    await admin.join(room_id, late.user_id)  # not so whom the bot puts in
    # They are members like any other: who was let in may speak.
    last = Rooms(session_of(transport, members[-1]))
    assert await last.joined() == (room_id,)
    await last.session.put(
        "/rooms", room_id, "send", "m.room.encrypted", "t1", json={"algorithm": "m.none"}
    )
