"""The steps of a change of names, as ``peerroom demo --script`` plays them.

All of it is one epoch with two rounds. Nothing is taken on the word of who did it: what the bot has
noted is held against the signed records that the server shows to anyone, against what the server
knows of its accounts, and against what other members' programs have made of it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from peerroom.client import wallets
from peerroom.demo import cheat
from peerroom.demo.member import Member
from peerroom.demo.public_records import PublicRecords
from peerroom.demo.rhythm import WINDOW, once
from peerroom.demo.stage import Cast, Stage, Step, true
from peerroom.demo.waiting import eventually
from peerroom.i18n import N_, _, language
from peerroom.pseudonym.names import assign, unpack
from peerroom.pseudonym.registrar_effects import Refusal
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.store.vault import Vault
from peerroom.wire.records import (
    Admitted,
    Carried,
    Declined,
    EpochOpened,
    Issued,
    NamesUsed,
    Seated,
    Signed,
    Stayed,
    Voided,
    encode_record,
)
from peerroom.wire.rotation import REQUEST

ROUND: Final = 2 * WINDOW.total_seconds() + 30
"""Seconds within which a round has ended, whatever the machine is busy with."""


async def names_begin(stage: Stage) -> None:
    """A signed record opens the first epoch; the clients of everyone have checked it."""
    world = stage.world
    early, late = stage.visitor, await world.enter(Vault.ephemeral())
    first, absent, third = world.members
    room_id = stage.room_id
    records = PublicRecords(stage.server, await world.moderator.invite())
    await world.moderator.begin(once(stage.clock.now()))
    true(records.last(room_id, EpochOpened, epoch=1), _("No signed record opens an epoch."))
    everyone = (stage.you, *world.members, early, late)
    await eventually(
        stage.clock,
        lambda: all(one.client.pseudonym(room_id).kind == "rotates" for one in everyone),
        _("A client did not notice that names change here."),
    )
    stage.cast = Cast(
        early=early,
        late=late,
        absent=absent,
        cheat=third,
        changing=(stage.you, first, third),
        records=records,
        old_room=room_id,
        old_names={one.client.user_id: one.name for one in everyone} | stage.strangers,
    )


async def asked(stage: Stage) -> None:
    """Noted by the bot, known to the members' programs, and nowhere in clear on the server."""
    cast, bot = stage.cast, stage.world.moderator
    people = {*cast.changing, cast.absent, cast.early, cast.late}
    # A moderator's program asks as well: that its name stays, the first ledger tells it.
    asking = {*people, stage.desk.member}
    await eventually(
        stage.clock,
        lambda: (
            bot.office.requests.keys() == _users(asking)
            and all(one.client.pseudonym(cast.old_room).stage == "asked" for one in people)
        ),
        _("Someone's request for a new name did not arrive."),
    )
    true(not stage.server.holds(REQUEST), _("The server can see who asked for a new name."))
    await cast.absent.disconnect()


async def banned_before(stage: Stage) -> None:
    """By a moderator's command; the server has it, and so has the one who is banned."""
    await _ban(stage, stage.cast.early)
    true(stage.world.moderator.office.stage == "asking", _("The ban came after the cut-off."))


async def _ban(stage: Stage, member: Member) -> None:
    bot, user = stage.world.moderator, member.client.user_id
    await stage.desk.order(f"ban {member.name}")
    await eventually(
        stage.clock,
        lambda: user in bot.office.banned and not _is_in(member, stage.cast.old_room),
        _("The ban did not happen."),
    )
    true(
        stage.server.membership(stage.cast.old_room, user) == "ban",
        _("The server does not know of the ban."),
    )


def _is_in(member: Member, room_id: str) -> bool:
    room = member.client.room(room_id)
    return room is not None and room.joined


async def issued(stage: Stage) -> None:
    """One signed ledger names all who asked, and declines the banned one; its chain holds, and the
    members have a token out of it."""
    cast = stage.cast
    await _issue(stage, 0, {*cast.changing, cast.absent, cast.late}, {cast.early})


async def _issue(stage: Stage, round_: int, wanted: set[Member], declined: set[Member]) -> None:
    cast, office = stage.cast, stage.world.moderator.office
    found = await eventually(
        stage.clock,
        lambda: cast.records.last(cast.old_room, Issued, epoch=1, round=round_),
        _("No ledger was published."),
        within=ROUND,
    )
    cast.records.follow(cast.old_room)
    rows = cast.records.rows(cast.old_room, found[0])
    signed = {row.user_id for row in rows if isinstance(row, Signed)}
    refused = {row.user_id for row in rows if isinstance(row, Declined)}
    true(signed == _users(wanted), _("The ledger does not name those who asked in good standing."))
    others = {*declined, stage.desk.member}
    true(refused == _users(others), _("The ledger does not decline who was banned."))
    office = stage.world.moderator.office
    true(
        office.batch is not None and set(office.batch.signed) == signed,
        _("The ledger is not what the bot has noted."),
    )
    present = wanted - {cast.absent}
    await eventually(
        stage.clock,
        lambda: all(_token_round(one) == round_ for one in present),
        _("Someone in the ledger has no token."),
    )


def _users(members: set[Member]) -> set[str]:
    return {member.client.user_id for member in members}


def _wallet(member: Member) -> Wallet | None:
    """What the member's program has of the first epoch."""
    of_first = (w for _number, w in wallets.every(member.vault) if w.epoch == 1)
    return next(of_first, None)


def _token_round(member: Member) -> int | None:
    """The round of which the member has a token, and has heard how to make an account."""
    wallet = _wallet(member)
    if wallet is None or wallet.token is None or wallet.way_in is None:
        return None
    return wallet.round


async def banned_in_window(stage: Stage) -> None:
    """Nothing shows before the window has ended. Then the round is void, openly, and the next
    ledger goes without the banned one."""
    cast, bot = stage.cast, stage.world.moderator
    await _ban(stage, cast.late)
    doomed = bot.office.batch is not None and bot.office.batch.doomed
    true(bot.office.stage == "window" and doomed, _("The ban did not come within the window."))
    voided = cast.records.last(cast.old_room, Voided)
    true(voided is None, _("The round ended before its time."))
    await eventually(
        stage.clock,
        lambda: cast.records.last(cast.old_room, Voided, round=0, why="ban"),
        _("The round was not declared void."),
        within=ROUND,
    )
    await _issue(stage, 1, {*cast.changing, cast.absent}, {cast.early, cast.late})


async def tampered_refused(stage: Stage) -> None:
    """A new account shows a token of which one bit is another: counted, and not taken."""
    await _cheats(stage, cheat.tampered, Refusal.NOT_IN_ORDER)


async def redeemed(stage: Stage) -> None:
    """The bot has each new account once, by a token. The server has them too, in no room."""
    cast, bot = stage.cast, stage.world.moderator
    await eventually(
        stage.clock,
        lambda: (
            len(bot.office.shown) == len(cast.changing)
            and all(one.client.pseudonym(cast.old_room).stage == "shown" for one in cast.changing)
        ),
        _("Someone's new account did not come."),
        within=ROUND,
    )
    for user in bot.office.shown:
        true(stage.server.has(user), _("The server does not have a new account."))
        true(not stage.server.rooms(user), _("A new account is somewhere before the change."))


async def double_refused(stage: Stage) -> None:
    """Another new account shows a token that was taken already: counted, and not taken."""
    await _cheats(stage, cheat.untouched, Refusal.ALREADY_SPENT)


async def _cheats(stage: Stage, bend: cheat.Bend, why: Refusal) -> None:
    owner, bot = stage.cast.cheat, stage.world.moderator
    wallet = _wallet(owner)
    assert wallet is not None, "it was in the ledger"
    before = bot.refused(why)
    user = await cheat.show(owner, wallet, bot, bend, clock=stage.clock, random=stage.random)
    true(stage.server.has(user), _("The server does not have a new account."))
    await eventually(
        stage.clock,
        lambda: bot.refused(why) == before + 1,
        _("The bot did not refuse the token."),
    )
    true(user not in bot.office.shown, _("The bot took the token all the same."))
    true(bot.office.stage == "window", _("The token came too late to be looked at."))


async def switched(stage: Stage) -> None:
    """A new room, in it new accounts under the names that anyone can compute, and nobody else; they
    went in by an order that nobody chose."""
    cast, server = stage.cast, stage.server
    shown = set(stage.world.moderator.office.shown)
    await eventually(
        stage.clock,
        lambda: all(
            one.room_id != cast.old_room and _is_in(one, one.room_id)
            for one in (*cast.changing, stage.desk.member)
        ),
        _("Someone did not get to the new room."),
        within=ROUND,
    )
    room_id = stage.room_id
    true({one.room_id for one in cast.changing} == {room_id}, _("Not all are in one new room."))
    now = {one.client.user_id for one in cast.changing}
    true(not now & cast.old_names.keys(), _("Someone still has the old account."))
    found = cast.records.last(room_id, Admitted, epoch=1)
    true(found, _("The new room does not say how it came about."))
    assert found is not None
    before = cast.records.last(cast.old_room, Admitted, epoch=1)
    true(before == found, _("The two rooms tell different stories."))
    rows = cast.records.rows(room_id, found[0])
    seated = {row.user_id for row in rows if isinstance(row, Seated)}
    carried = {row.user_id for row in rows if isinstance(row, Carried)}
    true(seated == now == shown, _("The final ledger does not have exactly the new accounts."))
    true(carried == {stage.desk.member.client.user_id}, _("The final ledger has someone too many."))
    everyone = {*now, *carried, stage.world.moderator.user_id}
    true(set(server.members(room_id)) == everyone, _("The new room has other people in it."))
    head = hashlib.sha256(encode_record(found[0])).digest()
    _true_names(stage, sorted(now), head)
    order = sorted(now, key=lambda user: hashlib.sha256(user.encode() + head).digest())
    arrived = [user for user in server.arrivals(room_id) if user in now]
    true(arrived == order, _("The accounts went in by another order than the ledger's."))


def _true_names(stage: Stage, users: list[str], head: bytes) -> None:
    """Everyone is called what follows from the ledger, on every screen and on the server."""
    cast, room_id = stage.cast, stage.room_id
    opened = cast.records.last(room_id, EpochOpened, epoch=2)
    true(opened, _("No signed record opens an epoch."))
    assert opened is not None
    used = cast.records.rows(room_id, opened[0])
    recent = frozenset[int]().union(*(unpack(r.names) for r in used if isinstance(r, NamesUsed)))
    names = assign(users, head, recent, {})
    wanted = {user: name.shown(language()) for user, name in names.items()}
    true(not set(wanted.values()) & set(cast.old_names.values()), _("A name came back at once."))
    for one in cast.changing:
        shown = {who.user_id: who.name for who in one.client.members(room_id)}
        fits = wanted.items() <= shown.items() and one.name == wanted[one.client.user_id]
        true(fits, _("A client shows other names than those of the ledger."))
    held = stage.server.states(room_id, "m.room.member")
    true(
        {user: held[user].get("displayname") for user in users}
        == {user: str(name) for user, name in names.items()},
        _("The server has other names than those of the ledger."),
    )


async def banned_stay_out(stage: Stage) -> None:
    """None of the accounts that they have or had made is in a room of the circle, by the server's
    word, or has a seat, by the bot's; and their own programs find nothing to be in."""
    cast, server = stage.cast, stage.server
    for one in (cast.early, cast.late):
        inside = [room for room in one.client.rooms() if room.joined and not room.direct]
        true(not inside, _("Someone who was banned is back."))
        for user in one.accounts:
            there = {stage.room_id, cast.old_room} & set(server.rooms(user))
            true(not there, _("Someone who was banned is back."))
            true(
                user not in stage.world.moderator.office.seats,
                _("Someone who was banned has a seat."),
            )


async def came_back(stage: Stage) -> None:
    """By the token that was not used, under the old account and name; a signed record says so."""
    cast = stage.cast
    back = cast.absent = await stage.world.come_back(cast.absent.vault, cast.old_room)
    user = back.client.user_id
    await eventually(
        stage.clock,
        lambda: back.room_id == stage.room_id and _is_in(back, back.room_id),
        _("The one who was away did not get back."),
        within=ROUND,
    )
    true(cast.old_names.get(user) == back.name, _("Who was away came back as someone else."))
    stayed = cast.records.last(stage.room_id, Stayed, epoch=1, round=1)
    true(stayed and stayed[1].seat.user_id == user, _("No signed record says who came back."))
    true(user in stage.server.members(stage.room_id), _("The server does not list who came back."))
    await eventually(
        stage.clock,
        lambda: all(
            user in {who.user_id for who in one.client.members(stage.room_id)}
            for one in cast.changing
        ),
        _("Another member does not see who came back."),
    )


async def talk_goes_on(stage: Stage) -> None:
    """Everyone reads everyone, under the new names; what was said before stays, under the old."""
    cast = stage.cast
    people = (*cast.changing, cast.absent)
    said = {one: _("Good evening from {name}.").format(name=one.name) for one in people}
    for one, text in said.items():
        await one.say_when_possible(text)
    for reader in people:
        for one, text in said.items():
            seen = await reader.sees(text)
            true(seen.sender_name == one.name, _("A line came under another name."))
            true(seen.trust is None, _("The message came with a warning about its sender."))
    for text in said.values():
        true(not stage.server.holds(text), _("The server's files hold the text of the message."))
    room = stage.you.client.room(cast.old_room)
    true(room is not None and room.former, _("The old room does not stand below the new one."))
    assert room is not None and room.former is not None
    bot = stage.world.moderator.user_id  # it keeps its name, and put messages back
    before = [line for line in stage.you.client.timeline(cast.old_room).page() if line.body]
    before = [line for line in before if line.sender_id != bot]
    senders = {line.sender_name for line in before if line.kind == "text"}
    mine = {line.sender_name for line in before if line.own}
    true(
        mine == {room.former.name} and senders - mine and senders <= set(cast.old_names.values()),
        _("What was said under the old names cannot be read any more."),
    )


def steps() -> tuple[Step, ...]:
    """All of them, in playing order, after those of `peerroom.demo.steps`."""
    return (
        Step(N_("names begin to change, by a signed record"), names_begin),
        Step(N_("members asked for new names"), asked),
        Step(N_("someone banned before the cut-off"), banned_before),
        Step(N_("cut-off, and one public ledger of tokens; the banned one declined"), issued),
        Step(
            N_("ban in the window: that round void, the next one without the banned one"),
            banned_in_window,
        ),
        Step(N_("tampered token refused"), tampered_refused),
        Step(N_("tokens redeemed by new accounts"), redeemed),
        Step(N_("second use of a token refused"), double_refused),
        Step(N_("everyone switched: new room, new accounts, new names, nobody lost"), switched),
        Step(N_("the banned ones are not back"), banned_stay_out),
        Step(N_("someone who was away came back with an unused token"), came_back),
        Step(N_("the talk goes on, and the old names' history stays"), talk_goes_on),
    )
