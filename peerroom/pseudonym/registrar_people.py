"""Who has a seat, and what is against it now: asking, bans, mutes, coming, going, lost laptops."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from peerroom.pseudonym.registrar_effects import (
    GrantInvite,
    MakeKeys,
    Refusal,
    RemoveAccount,
    Saying,
)
from peerroom.pseudonym.registrar_facts import (
    Asked,
    Began,
    Excluded,
    Joined,
    Left,
    ReplacementAsked,
    ReplacementObjected,
    Restored,
    SatOut,
)
from peerroom.pseudonym.registrar_state import Office, Replacement, Seat
from peerroom.pseudonym.registrar_switch import bring_in, use_name
from peerroom.pseudonym.registrar_turn import Turn, without
from peerroom.pseudonym.round_keys import MODULUS_LENGTH

OBJECTION: Final = timedelta(hours=48)
"""How long an account may say that it is not lost."""


def began(turn: Turn, fact: Began) -> None:
    """The seats of a circle that begins to change names, and the keys of its first two epochs."""
    if turn.office.room_id is not None:
        return
    residents = frozenset(fact.residents)
    turn.change(
        room_id=fact.room_id,
        limited=fact.limited,
        seats={
            user: Seat(name, "resident" if user in residents else "member")
            for user, name in fact.names.items()
        },
    )
    turn.do(MakeKeys(1), MakeKeys(2))


def asked(turn: Turn, fact: Asked) -> None:
    """Keep a request; a later one replaces it. Whether it is signed is decided at the cut-off.

    Somebody who was banned in this epoch is declined in public like others: a request that nobody
    answers would look like a circle that leaves people out. So is somebody who does not rotate:
    before the first ledger with their name in it, a moderator's program cannot know that.
    """
    office = turn.office
    seat = office.seats.get(fact.user_id)
    if seat is None and office.banned.get(fact.user_id) != office.number:
        turn.refuse(Refusal.NOT_A_SEAT)
    elif office.stage == "opening" or fact.epoch != office.number:
        turn.refuse(Refusal.WRONG_EPOCH)
    elif office.stage != "asking" or turn.now >= office.times().cut_off:
        turn.refuse(Refusal.TOO_LATE)
    elif not _in_range(office, fact.requests):
        turn.refuse(Refusal.REQUEST_OUT_OF_RANGE)
    elif office.requests.get(fact.user_id) != fact.requests:
        turn.change(requests={**office.requests, fact.user_id: fact.requests})


def _in_range(office: Office, requests: tuple[bytes, ...]) -> bool:
    """Whether the signer would take these: one request it refuses would cost everyone the round."""
    keys = office.keys[office.number].rounds
    return all(
        len(request) == MODULUS_LENGTH and bytes(MODULUS_LENGTH) < request < key[:MODULUS_LENGTH]
        for request, key in zip(requests, keys, strict=True)
    )


# --- moderation -----------------------------------------------------------------------------------


def excluded(turn: Turn, fact: Excluded) -> None:
    """A seat is gone. If its token is out, this round comes to nothing at its end."""
    office = turn.office
    user = fact.user_id
    if user in office.banned:
        return
    turn.change(
        banned={**office.banned, user: office.number},
        seats=without(office.seats, {user}),
        shown=without(office.shown, {user}),
        replacements=without(office.replacements, {user}),
    )
    turn.do(RemoveAccount(user, office.rooms(), office.number))
    if office.batch is not None and user in office.batch.signed:
        if office.stage != "signing":  # until it is published, the ledger can still decline
            turn.change(batch=msgspec.structs.replace(office.batch, doomed=True))
        return
    for epoch, past in office.past.items():
        if user in past.signed and user not in past.stayed:
            barred = msgspec.structs.replace(past, barred=past.barred | {user})
            turn.change(past={**turn.office.past, epoch: barred})
            if user not in office.seats:
                turn.say(Saying.NAME_RETIRED, about=user)


def sat_out(turn: Turn, fact: SatOut) -> None:
    """No token for as long as this lasts, and no place in the next room."""
    sat_out = turn.office.sat_out
    if fact.user_id not in sat_out or sat_out[fact.user_id] != fact.until:
        turn.change(sat_out={**sat_out, fact.user_id: fact.until})


def restored(turn: Turn, fact: Restored) -> None:
    """It may take part again: a member asks at the next cut-off, a resident is called back."""
    _let_back(turn, {fact.user_id} & turn.office.sat_out.keys())


def next_return(office: Office) -> datetime | None:
    """When somebody's time outside ends."""
    return min((until for until in office.sat_out.values() if until is not None), default=None)


def let_back(turn: Turn) -> bool:
    """End what has ended by now; whether there was anything."""
    sat_out = turn.office.sat_out.items()
    return _let_back(
        turn, {user for user, until in sat_out if until is not None and until <= turn.now}
    )


def _let_back(turn: Turn, users: set[str]) -> bool:
    turn.change(sat_out=without(turn.office.sat_out, users))
    for user in sorted(users):
        seat = turn.office.seats.get(user)
        if seat is not None and seat.standing == "resident" and seat.waits is not None:
            back = msgspec.structs.replace(seat, waits=None)
            turn.change(seats={**turn.office.seats, user: back})
            bring_in(turn, user, f"back {user} {seat.waits}")
    return bool(users)


# --- coming and leaving ---------------------------------------------------------------------------


def joined(turn: Turn, fact: Joined) -> None:
    """A newcomer has a seat at once, under the name they came with; a moderator's does not rotate.

    An invite is also how someone comes back after a ban was lifted.
    """
    office = turn.office
    seat = office.seats.get(fact.user_id)
    if seat is None:
        turn.change(banned=without(office.banned, {fact.user_id}))
        use_name(turn, fact.name)
        if office.move is not None and office.move.stage == "room":
            bring_in(turn, fact.user_id, "")
    name = fact.name if seat is None else seat.name
    new = Seat(name, fact.standing)
    if new != seat:
        turn.change(seats={**turn.office.seats, fact.user_id: new})


def left(turn: Turn, fact: Left) -> None:
    """A seat is given up; a token that was signed for it can still be used."""
    office = turn.office
    if fact.user_id in office.seats and fact.room_id == office.room_of(fact.user_id):
        turn.change(
            seats=without(office.seats, {fact.user_id}),
            replacements=without(office.replacements, {fact.user_id}),
        )


# --- lost laptops ---------------------------------------------------------------------------------


def replacement_asked(turn: Turn, fact: ReplacementAsked) -> None:
    """A seat may go to a new invite, if its account does not object in time.

    Only a seat that an account has now. Where a token is out, nobody knows whether it was used
    already, and a new invite could make two seats of one: moderators can only invite as always.
    """
    office = turn.office
    user = fact.user_id
    if user in office.replacements:
        return
    is_out = office.batch is not None and user in office.batch.signed
    if user not in office.seats or is_out:
        turn.say(Saying.REPLACEMENT_REFUSED, about=user)
        return
    number = office.asked_to_replace + 1
    waiting = Replacement(fact.by, turn.now + OBJECTION, number)
    turn.change(replacements={**office.replacements, user: waiting}, asked_to_replace=number)
    turn.say(Saying.REPLACEMENT_ASKED, number, user)


def replacement_objected(turn: Turn, fact: ReplacementObjected) -> None:
    """The account is not lost."""
    waiting = turn.office.replacements.get(fact.user_id)
    if waiting is not None:
        turn.change(replacements=without(turn.office.replacements, {fact.user_id}))
        turn.say(Saying.REPLACEMENT_STOPPED, waiting.number, fact.user_id)


def next_replacement(office: Office) -> datetime | None:
    """When the next seat goes to a new invite."""
    return min((waiting.due for waiting in office.replacements.values()), default=None)


def replace_lost(turn: Turn) -> bool:
    """Give up the seats nobody defended, an invite for each; whether there was one."""
    office = turn.office
    due = {user: lost for user, lost in office.replacements.items() if lost.due <= turn.now}
    for user, lost in sorted(due.items()):
        remove = RemoveAccount(user, office.rooms(), office.number)
        turn.do(remove, GrantInvite(user, lost.by))
    turn.change(replacements=without(office.replacements, due), seats=without(office.seats, due))
    return bool(due)
