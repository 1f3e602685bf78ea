"""What follows from a change of names, and what is done where not everything can be: old rooms and
accounts, lost laptops, strangers, and a server whose host made the bot no administrator."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from random import SystemRandom
from urllib.parse import quote

import pytest
from support.circle import Circle
from support.clock import ShiftedClock
from support.faults import FaultyServer
from support.members import connect
from support.rotating import Walker
from support.steering import POLICY, Scene, steered

from peerroom.bot.circle import lineage_of
from peerroom.bot.epochs import points
from peerroom.client.joining import join
from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token
from peerroom.matrix.canonical import from_base64
from peerroom.pseudonym import localparts
from peerroom.pseudonym.registrar_switch import REST
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite
from peerroom.wire.records import EpochOpened

ALONE = "10.200.0.1"


@pytest.fixture
async def scene(circle_homeserver: Homeserver) -> AsyncIterator[Scene]:
    async with steered(circle_homeserver) as scene:
        yield scene


def joined_rooms(scene: Scene, user_id: str) -> set[str]:
    path = f"/_synapse/admin/v1/users/{quote(user_id)}/joined_rooms"
    return set(scene.circle.server.api().call("GET", path)["joined_rooms"])


async def is_out(walker: Walker, room_id: str) -> None:
    """Wait until somebody was taken out of a room."""

    def gone() -> bool:
        room = walker.vault.rooms.get(room_id)
        return room is not None and room.membership == "leave"

    await walker.until(lambda: gone() or None)


async def test_days_later_the_old_room_and_its_accounts_end_together(scene: Scene) -> None:
    moderator = await scene.moderator()
    old = await scene.people(3)
    away = await scene.person()
    before = scene.circle.room_id
    scene.cut_off()
    new = await scene.all_redeemed(old)
    await scene.switch()
    for walker in new:
        await walker.arrive()
    for walker in (moderator, away):
        await walker.invited()
    await scene.circle.bot.idle()
    assert before in joined_rooms(scene, away.user_id)
    doors = {walker.door for walker in old}

    scene.clock.go_to(scene.office.past[1].committed + REST)
    await scene.until("Ticked", scene.told["Ticked"] + 1)
    assert scene.office.past[1].closed
    await scene.circle.bot.idle()
    assert all(scene.is_closed(walker) for walker in old)
    assert not any(scene.is_closed(walker) for walker in (*new, away, moderator))
    path = f"/_synapse/admin/v1/rooms/{quote(before)}"
    assert scene.circle.server.api().answer("GET", path)[1].get("joined_members", 0) == 0
    assert not joined_rooms(scene, scene.circle.bot_id) & {before, *doors}
    for walker in (away, moderator):
        await is_out(walker, before)
        assert joined_rooms(scene, walker.user_id) >= {scene.circle.room_id, walker.door}
    await away.say("still here")
    await new[0].until(lambda: "still here" in new[0].bodies() or None)
    await scene.command(moderator, "!names")  # the bot has synced since it left
    rooms = scene.circle.vault.rooms
    assert {r.room_id for r in rooms.all() if r.membership == "join"}.isdisjoint({before, *doors})


async def test_a_seat_goes_to_a_new_invite_unless_somebody_objects(scene: Scene) -> None:
    moderator = await scene.moderator()
    old = await scene.people(2)
    lost, found = await scene.person(), await scene.person()
    first = scene.circle.room_id
    scene.cut_off()
    await scene.all_redeemed(old)
    await scene.switch()
    for walker in (moderator, lost, found):
        await walker.invited()
    await scene.circle.bot.idle()

    desk = scene.circle.bot.circle.management
    for walker in (found, lost):
        answer = await scene.command(moderator, f"!replace {walker.name()}")
        assert "within 48 hours" in answer
        await walker.until(
            lambda w=walker: "computer was lost" in "".join(w.bodies(w.door)) or None
        )
    await found.say("I have it here", found.door)
    await scene.until("ReplacementObjected", 1)
    await moderator.until(lambda: "stays with them" in moderator.bodies(desk)[-1] or None)
    assert scene.office.replacements.keys() == {lost.user_id}

    scene.clock.go_to(scene.office.replacements[lost.user_id].due)
    await scene.until("Ticked", scene.told["Ticked"] + 1)
    link = await moderator.until(lambda: links(moderator, desk))
    await scene.circle.bot.idle()
    assert len(links(moderator, desk)) == 1
    assert joined_rooms(scene, lost.user_id) == {lost.door}
    for room_id in (first, scene.circle.room_id):
        await is_out(lost, room_id)
    assert {first, scene.circle.room_id} <= joined_rooms(scene, found.user_id)
    assert lost.user_id not in scene.office.seats
    assert found.user_id in scene.office.seats
    newcomer = await scene.person(Invite.parse(link[0]))
    assert newcomer.room_id == scene.circle.room_id


def links(walker: Walker, room_id: str) -> list[str]:
    return re.findall(r"peerroom:join/\S+", "\n".join(walker.bodies(room_id)))


async def test_who_came_by_the_token_of_a_round_and_was_not_let_in_is_closed(scene: Scene) -> None:
    moderator = await scene.moderator()
    old = await scene.people(3)
    server = scene.circle.server
    scene.cut_off()
    new = await scene.all_redeemed(old[:2])
    entry = await old[2].entry()
    ours = localparts.draw(entry.registration_token, secrets.token_bytes)
    silent = await scene.registers(ours, entry.registration_token)
    other = await scene.registers(f"p{secrets.token_hex(8)}", entry.registration_token)
    named = await scene.registers(f"hana{secrets.token_hex(4)}", entry.registration_token)
    by_host = server.register(f"guest{secrets.token_hex(4)}").user_id
    newcomer = await scene.person()
    await scene.switch()
    await scene.circle.bot.idle()
    assert scene.is_closed(silent)
    kept = [walker.user_id for walker in (*new, *old, moderator, newcomer)]
    assert not any(scene.is_closed(user_id) for user_id in (*kept, named, other, by_host))


@pytest.mark.parametrize("sleeper", [False, True], ids=["all come", "one is off"])
async def test_names_change_without_the_servers_admin_api(
    circle_homeserver: Homeserver, sleeper: bool
) -> None:
    """A circle that began with an administrator's bot goes on with one that is none any more.

    Who was invited has time to come before anybody can write; nobody waits longer for who is off.
    """
    server = circle_homeserver
    async with AsyncExitStack() as stack:
        way = await stack.enter_async_context(FaultyServer(server.base_url, address=ALONE))
        clock = ShiftedClock()
        circle = await Circle.start(server, clock=clock, homeserver=way.url)
        stack.push_async_callback(circle.stop)
        scene = Scene(circle, clock, stack)
        stack.enter_context(points.watched(scene.hears))
        old = [await by_invite(scene) for _ in range(3)]
        await circle.pause()
        path = f"/_synapse/admin/v2/users/{quote(circle.bot_id)}"
        server.api().call("PUT", path, {"admin": False})
        circle.policy = POLICY
        way.seen.clear()
        await circle.resume()
        assert scene.office.limited
        for walker in old:
            walker.room_id = circle.room_id
            await walker.begin()
            await walker.sees(EpochOpened)
            await scene.asks(walker)

        scene.cut_off()
        # The host lets whoever wants to make an account: here that takes a token all the same.
        token = registration_token(server.api(), uses=None)
        new, entries = [], set[str]()
        for walker in old:
            entries.add((await walker.entry()).registration_token)
            signed = await walker.signed()
            visitor = await walker.visit(await scene.road(), signed, walker.pending[0], token)
            new.append(scene.kept(visitor))
        await scene.until("Shown", 3)
        # The server wants a pause: who was invited before it is not invited again after it.
        way.fail("429", path="/invite", times=1, after=1)
        await scene.switch()
        await circle.bot.idle()
        assert len(way.paths("/invite")) == 4
        awake = new[:-1] if sleeper else new
        for walker in awake:
            assert frozen(circle)
            await walker.begin()
            await walker.invited()
        if sleeper:
            move = scene.office.move
            assert move is not None and move.opens is not None and scene.told["AllCame"] == 0
            clock.go_to(move.opens)
            await scene.until("Ticked", scene.told["Ticked"] + 1)
        else:
            await scene.until("AllCame", 1)
        assert scene.office.move is None
        await circle.bot.idle()
        assert not frozen(circle)
        assert {walker.room_id for walker in awake} == {circle.room_id}
        assert scene.office.seats.keys() == {walker.user_id for walker in new}
        for walker in old:
            await walker.until(
                lambda w=walker: any("one by one" in body for body in w.bodies()) or None
            )
        asked = [one.path for one in way.seen if "/_synapse/admin/" in one.path]
        assert len(asked) == 1, asked  # whether it may
        known = server.api().call("GET", "/_synapse/admin/v1/registration_tokens")
        assert len(entries) == 1
        assert entries.isdisjoint(one["token"] for one in known["registration_tokens"])
        for walker in awake:
            await walker.until(lambda w=walker: len(w.vault.rooms.members(w.room_id)) >= 4 or None)
        await awake[0].say("who is here")
        for walker in awake[1:]:
            await walker.until(lambda w=walker: "who is here" in w.bodies() or None)
        if sleeper:
            late = new[-1]
            await late.begin()
            await late.invited()
            await late.say("good morning")
            for walker in awake:
                await walker.until(lambda w=walker: "good morning" in w.bodies() or None)


def frozen(circle: Circle) -> bool:
    """Whether nobody but the bot can write in the circle's room, as the server has it."""
    token = circle.vault.accounts.all()[0].access_token
    path = f"/_matrix/client/v3/rooms/{quote(circle.room_id)}/state/m.room.power_levels"
    return bool(circle.server.api(token).call("GET", path)["events_default"] > 0)


async def by_invite(scene: Scene) -> Walker:
    """Someone who came in while names stayed; their client is not started."""
    circle = scene.circle
    invite = replace(await circle.invite(), homeserver=await scene.road())
    vault = Vault.ephemeral()
    async for _step in join(invite, vault, clock=SystemClock(), random=SystemRandom()):
        pass
    account = vault.accounts.current()
    key = from_base64(invite.bot_identity, 32)
    assert account is not None and key is not None
    lineage = bytes.fromhex(lineage_of(circle.vault))
    return scene.kept(Walker(await connect(vault, account), invite.bot, "", lineage, key))
