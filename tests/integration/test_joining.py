"""From an invite link to the room, with the real bot on a real server."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from support.circle import CLOCK, RANDOM, Circle, until
from support.faults import Fault, FaultyServer

from peerroom.client.door import InviteExpired, NotLetIn, RoomFull
from peerroom.client.joining import NoAnswer, join, pending
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import BadAnswer, InviteUsedUp, MatrixError
from peerroom.matrix.identity import IdentityMismatch
from peerroom.moderation import actions as act
from peerroom.store.vault import Vault
from peerroom.wire import door
from peerroom.wire.invite import Invite


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def walk(invite: Invite, vault: Vault) -> list[str]:
    return [step.name async for step in join(invite, vault, clock=CLOCK, random=RANDOM)]


async def test_a_link_leads_into_the_room_under_a_generated_name(circle: Circle) -> None:
    vault = Vault.ephemeral()
    invite = await circle.invite()
    steps = await walk(invite, vault)
    assert steps == ["server", "account", "keys", "bot", "door", "answer", "room"]

    account = vault.accounts.current()
    assert account is not None and account.display_name is not None
    room = vault.rooms.get(circle.room_id)
    assert room is not None and room.membership == "join" and room.encrypted
    member = vault.rooms.members(circle.room_id)[account.user_id]
    assert member["displayname"] == account.display_name
    assert " / " in account.display_name
    assert account.user_id.startswith("@p") and len(account.user_id.partition(":")[0]) == 18
    assert pending(vault) is None


async def test_a_used_invite_is_one_sentence_and_the_next_one_works(circle: Circle) -> None:
    invite = await circle.invite()
    first = Vault.ephemeral()
    await walk(invite, first)
    second = Vault.ephemeral()
    with pytest.raises(InviteUsedUp) as refused:
        await walk(invite, second)
    assert refused.value.sentence() == (
        "This invite was already used, or it has expired. "
        "Ask the person who invited you for a new one."
    )
    assert second.accounts.all() == [] and second.accounts.current() is None
    await walk(await circle.invite(), second)
    assert second.accounts.current() is not None


async def test_a_link_for_another_bot_stops_before_the_secret_is_said(circle: Circle) -> None:
    invite = await circle.invite()
    forged = dataclasses.replace(invite, bot_identity="A" * 43)
    vault = Vault.ephemeral()
    with pytest.raises(IdentityMismatch) as refused:
        await walk(forged, vault)
    assert "another identity than the one in your invite" in refused.value.sentence()
    assert "Do not go on." in refused.value.sentence()
    assert vault.accounts.current() is None
    assert vault.rooms.all() == []


async def test_a_server_that_is_no_matrix_server(circle: Circle) -> None:
    async def website(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<h1>hello</h1>", content_type="text/html")

    vault = Vault.ephemeral()
    async with FaultyServer(script=website) as server:
        elsewhere = dataclasses.replace(await circle.invite(), homeserver=server.url)
        with pytest.raises(BadAnswer):
            await walk(elsewhere, vault)
        assert [seen.path for seen in server.seen] == ["/_matrix/client/versions"]
    assert vault.accounts.all() == []


async def test_a_full_room_keeps_the_invite_good(homeserver: Homeserver) -> None:
    circle = await Circle.start(homeserver, seats=1)
    try:
        await circle.admit(Vault.ephemeral())
        invite, vault = await circle.invite(), Vault.ephemeral()
        with pytest.raises(RoomFull) as full:
            await walk(invite, vault)
        assert "Your invite stays good" in full.value.sentence()
        assert pending(vault) == invite
        # Nothing is made again, and the second knock is another one: it gets its own answer.
        with pytest.raises(RoomFull):
            await walk(invite, vault)
        assert len(vault.accounts.all()) == 1 and len(vault.rooms.all()) == 1
    finally:
        await circle.stop()


async def test_an_invite_whose_secret_the_bot_does_not_know(circle: Circle) -> None:
    unknown = dataclasses.replace(await circle.invite(), secret="never-drawn")
    vault = Vault.ephemeral()
    with pytest.raises(InviteExpired):
        await walk(unknown, vault)
    # The next invite goes through the same door, with the same account.
    await walk(await circle.invite(), vault)
    assert len(vault.accounts.all()) == 1
    assert len([room for room in vault.rooms.all() if room.is_direct]) == 1


async def test_who_is_banned_is_told_so(circle: Circle) -> None:
    vault = Vault.ephemeral()
    await circle.admit(vault)
    account = vault.accounts.current()
    assert account is not None
    circle.bot.ledger.apply(act.NoteBan(account.user_id), CLOCK.now())
    with pytest.raises(NotLetIn) as refused:
        await walk(await circle.invite(), vault)
    assert "help-now" in refused.value.sentence()
    now = vault.accounts.current()
    assert now is not None and now.id == account.id


async def test_nobody_at_the_door(circle: Circle) -> None:
    """The bot is away: the place is kept, and the same link goes on later."""
    invite, vault = await circle.invite(), Vault.ephemeral()
    await circle.pause()
    with pytest.raises(NoAnswer):
        async for _step in join(invite, vault, clock=CLOCK, random=RANDOM, patience=1.0):
            pass
    assert pending(vault) == invite
    await circle.resume()
    await walk(invite, vault)
    assert len(vault.accounts.all()) == 1
    assert len([room for room in vault.rooms.all() if room.is_direct]) == 1


@pytest.mark.parametrize("stop_before", ["keys", "bot", "door", "answer", "room"])
async def test_closing_it_anywhere_and_going_on(circle: Circle, stop_before: str) -> None:
    invite, vault = await circle.invite(), Vault.ephemeral()
    steps = join(invite, vault, clock=CLOCK, random=RANDOM)
    async for step in steps:
        if step.name == stop_before:
            break
    await steps.aclose()
    assert pending(vault) == invite and vault.accounts.current() is None
    await walk(invite, vault)
    assert len(vault.accounts.all()) == 1
    assert len([room for room in vault.rooms.all() if room.is_direct]) == 1
    knocks = [
        event
        for room in vault.rooms.all()
        for event in vault.events.page(room.room_id)
        if event.clear and event.clear["type"] == door.KNOCK
    ]
    assert len(knocks) == 1


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("reset after", "/register"),
        ("500", "/keys/upload"),
        ("reset after", "/createRoom"),
        ("429", "/createRoom"),
        ("500", "/sendToDevice"),
        ("reset after", "/send/m.room.encrypted"),
        ("reset after", "/join/"),
    ],
)
async def test_a_server_that_stumbles_makes_nothing_twice(
    circle: Circle, fault: Fault, path: str
) -> None:
    vault = Vault.ephemeral()
    invite = await circle.invite()
    async with FaultyServer(upstream=circle.server.base_url) as server:
        server.fail(fault, path=path, times=1)
        around = dataclasses.replace(invite, homeserver=server.url)
        for _try in range(3):
            try:
                await walk(around, vault)
                break
            except MatrixError:
                continue
    assert vault.accounts.current() is not None
    assert len(vault.accounts.all()) == 1
    mine = await asyncio.to_thread(
        circle.server.api(vault.accounts.all()[0].access_token).call,
        "GET",
        "/_matrix/client/v3/joined_rooms",
    )
    doors = [room for room in vault.rooms.all() if room.is_direct]
    assert len(mine["joined_rooms"]) == len(doors) + 1


async def test_an_ended_account_is_replaced_with_the_next_invite(circle: Circle) -> None:
    vault = Vault.ephemeral()
    await circle.admit(vault)
    old = vault.accounts.current()
    assert old is not None
    await asyncio.to_thread(
        circle.server.api().call,
        "POST",
        f"/_synapse/admin/v1/deactivate/{old.user_id}",
        {"erase": False},
    )
    await walk(await circle.invite(), vault)
    new = vault.accounts.current()
    assert new is not None and new.id != old.id


async def test_a_moderators_invite_opens_the_desk_too(circle: Circle) -> None:
    [link] = await circle.bot.make_invites(1, "moderator")
    vault = Vault.ephemeral()
    await walk(Invite.parse(link), vault)
    guest = await circle.run(vault)
    desk = circle.bot.circle.management
    room = await until(
        guest.client, lambda: (room := guest.client.room(desk)) and room.joined and room
    )
    assert room.encrypted
