"""A token comes back: everything is verified before anything is kept.

It has two uses that exclude each other. `shown`: a new account takes the seat, while the round's
window is open. `wants_to_stay`: the old account takes it back, against a ledger that is final and
does not have the token. In between it has none, so a redemption that is on its way can never meet
a stay that has been granted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec

from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.registrar_effects import Refusal
from peerroom.pseudonym.registrar_facts import Shown, WantsToStay
from peerroom.pseudonym.registrar_state import Office, Past, Seat
from peerroom.pseudonym.registrar_switch import bring_in, use_name
from peerroom.pseudonym.registrar_turn import Turn
from peerroom.pseudonym.token_errors import TokenError
from peerroom.pseudonym.tokens import Scope
from peerroom.wire.records import Seated, Stayed

PRECISION: Final = timedelta(seconds=1)
"""How exactly a server knows when an account was made: Synapse cuts off parts of a second."""


def shown(turn: Turn, fact: Shown) -> None:
    """A new account shows a token in the round's window."""
    office = turn.office
    if fact.user_id in office.shown and office.shown[fact.user_id] == fact.seat:
        return
    refusal = _refusal_of_new(turn, fact)
    if refusal is not None:
        turn.refuse(refusal)
        return
    assert office.epoch is not None
    scope = Scope(office.lineage, fact.epoch, fact.round)
    key = office.epoch.keys[fact.round]
    token = _verified(turn, fact.seat, key, scope, Use.REDEEM)
    if token is None:
        turn.refuse(Refusal.NOT_IN_ORDER)
    elif _used(token) in office.spent:
        turn.refuse(Refusal.ALREADY_SPENT)
    else:
        marks = dict.fromkeys((_used(token), *_marks(fact.seat)), fact.user_id)
        turn.change(
            shown={**office.shown, fact.user_id: fact.seat}, spent={**office.spent, **marks}
        )


def _refusal_of_new(turn: Turn, fact: Shown) -> Refusal | None:
    """What is against an account before its token is looked at."""
    office = turn.office
    if (fact.epoch, fact.round) != (office.number, office.round):
        return Refusal.WRONG_EPOCH
    if office.stage != "window":
        return Refusal.TOO_LATE
    if fact.seat.user_id != fact.user_id:
        return Refusal.OTHER_ACCOUNT
    if fact.user_id in office.banned:
        return Refusal.BANNED
    if not _is_new(office, fact):
        return Refusal.ACCOUNT_TOO_OLD
    marks = _marks(fact.seat)
    if len({*marks}) < len(marks) or not office.spent.keys().isdisjoint(marks):
        return Refusal.KEYS_TAKEN
    return None


def _is_new(office: Office, fact: Shown) -> bool:
    """Whether the account was made for this round: what is older has a history, and so a name.

    A server without an admin API does not tell; then only what the circle knows counts.
    """
    if fact.user_id in office.seats or any(
        fact.user_id in past.signed for past in office.past.values()
    ):
        return False
    if fact.created is None:
        return office.limited
    return fact.created + PRECISION > office.times().begins(fact.round)


def wants_to_stay(turn: Turn, fact: WantsToStay) -> None:
    """An old account takes its seat back with the token that was not shown."""
    office = turn.office
    past = office.past.get(fact.epoch)
    if past is None or past.lapsed or past.round != fact.round:
        turn.refuse(Refusal.TOO_EARLY if fact.epoch == office.number else Refusal.WRONG_EPOCH)
        return
    scope = Scope(office.lineage, fact.epoch, fact.round)
    token = _verified(turn, fact.seat, past.key, scope, Use.STAY)
    refusal = _refusal_of_old(office, past, fact, token)
    if refusal is not None:
        turn.refuse(refusal)
    else:
        assert token is not None  # refused otherwise
        _stay(turn, past, fact, token)


def _refusal_of_old(
    office: Office, past: Past, fact: WantsToStay, token: bytes | None
) -> Refusal | None:
    if fact.seat.user_id != fact.user_id:
        return Refusal.OTHER_ACCOUNT
    if fact.user_id not in past.signed:
        return Refusal.NOT_A_SEAT
    if fact.user_id in office.banned or fact.user_id in past.barred:
        return Refusal.BANNED
    if token is None:
        return Refusal.NOT_IN_ORDER
    if fact.user_id in past.stayed:
        return Refusal.ALREADY_STAYED
    if token in past.spent:
        return Refusal.ALREADY_SPENT
    return None


def _stay(turn: Turn, past: Past, fact: WantsToStay, token: bytes) -> None:
    """Publish it, and let the account in again, unless it is to sit out."""
    user = fact.user_id
    stayed = msgspec.structs.replace(past, stayed=past.stayed | {user}, spent=past.spent | {token})
    turn.change(past={**turn.office.past, fact.epoch: stayed})
    turn.publish(Stayed(fact.epoch, fact.round, fact.seat))
    name = past.signed[user]
    waits = fact.epoch if turn.office.sits_out(user, turn.now) else None
    turn.change(seats={**turn.office.seats, user: Seat(name, waits=waits)})
    if waits is None:
        use_name(turn, name)
        bring_in(turn, user, f"stayed {user} {fact.epoch}")


def _verified(turn: Turn, seat: Seated, key: bytes, scope: Scope, use: Use) -> bytes | None:
    """The id of the token of ``seat``, if the circle signed it for this round, and its holder gave
    it to this account, with these keys, for this use."""
    try:
        return turn.mint.check(key, scope, seat, use)
    except TokenError:
        return None


def _used(token_id: bytes) -> bytes:
    return b"token" + token_id


def _marks(seat: Seated) -> tuple[bytes, ...]:
    """What no two accounts of an epoch may have in common, with what it is before it."""
    keys: Iterable[bytes] = (
        b"key" + key
        for key in (
            seat.master_key,
            *(key for device in seat.devices for key in (device.ed25519, device.curve25519)),
        )
    )
    return b"account" + seat.user_id.encode(), *keys
