"""The switch, step by step: the ledger is fixed, a room is made, accounts are named, and go in.

And what follows from one: the next epoch opens, and the last one is cleared away, in two steps.
Its private keys end at once. Its room and its accounts stay as long as somebody may come back by a
token that was not used, because until then nobody knows which of the accounts are spent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from peerroom.pseudonym import names, tokens
from peerroom.pseudonym.epochs import REMEMBERED, milliseconds
from peerroom.pseudonym.registrar_effects import (
    CloseRoom,
    DeactivateSpent,
    DeactivateStrangers,
    DestroyKeys,
    InviteCarried,
    MakeKeys,
    MakeRoom,
    NameAccounts,
    OpenRoom,
    Say,
    Saying,
    SeatAll,
)
from peerroom.pseudonym.registrar_facts import AllCame, AllJoined, KeysMade, NamesSet, RoomMade
from peerroom.pseudonym.registrar_state import Keys, Move, Office, Past, Seat
from peerroom.pseudonym.registrar_turn import Turn, without
from peerroom.pseudonym.wallet_todo import beat
from peerroom.wire.records import Admitted, Carried, EpochOpened, NamesUsed, Seated

REST: Final = timedelta(days=3)
"""How long an old room and its accounts stay after the switch although all its tokens were used:
who is late to see that the names changed can still do so."""

LOOKS: Final = 2
"""How often each new account looks whether it is invited before the room is opened without it
(`peerroom.pseudonym.wallet_todo.beat`): a machine that is on comes at the first, and at the second
if the server was slow. One that is off nobody waits for."""


# --- the next epoch -------------------------------------------------------------------------------


def keys_made(turn: Turn, fact: KeysMade) -> None:
    """Keys are there; an epoch that waited for them opens."""
    office = turn.office
    if fact.epoch in office.keys or fact.epoch < office.number:
        return
    turn.change(keys={**office.keys, fact.epoch: Keys(fact.keys, fact.sealing_key)})
    open_epoch(turn)


def open_epoch(turn: Turn) -> None:
    """Open the next epoch, if none is open and its keys and those of the one after are there."""
    office = turn.office
    number = office.number + 1
    ready = number in office.keys and number + 1 in office.keys
    if office.stage != "opening" or office.room_id is None or not ready:
        return
    cut_off, _switch = turn.policy.times(turn.now)
    body = EpochOpened(
        epoch=number,
        opened=milliseconds(turn.now),
        cut_off=milliseconds(cut_off),
        window=_milliseconds(turn.policy.window),
        freeze=_milliseconds(turn.policy.freeze),
        floor=turn.policy.floor,
        keys=office.keys[number].rounds,
        next_keys=office.keys[number + 1].rounds,
        sealing_key=office.keys[number].sealing,
    )
    recent = _recent(office)
    turn.publish(body, [NamesUsed(epoch, names.pack(recent[epoch])) for epoch in sorted(recent)])
    used = frozenset(
        seat.name for seat in office.seats.values() if seat.waits is None and seat.name is not None
    )
    turn.change(
        epoch=body,
        stage="asking",
        round=0,
        patience=turn.policy.hold,
        recent={**recent, number: used | office.recent.get(number, frozenset())},
    )
    turn.do(MakeKeys(number + 2))
    _lapse(turn)


def close_epoch(turn: Turn) -> None:
    """The open epoch is over, by a switch or without one: its keys end, the next one opens."""
    office = turn.office
    turn.do(DestroyKeys(office.number))
    turn.change(
        stage="opening",
        batch=None,
        thaws=None,
        keys=without(office.keys, range(office.number + 1)),
        requests={},
        shown={},
        spent={},
    )
    open_epoch(turn)


def use_name(turn: Turn, name: int | None) -> None:
    """Somebody came in under this name: it is not given to anyone else for the next epochs."""
    if name is None:
        return
    office = turn.office
    # What was used until the ledger was fixed is what its names keep clear of, and no more.
    epoch = office.number + (office.stage == "opening")
    used = office.recent.get(epoch, frozenset())
    turn.change(recent={**office.recent, epoch: used | {name}})


def _recent(office: Office) -> Mapping[int, frozenset[int]]:
    """The names that the next epoch keeps clear of: those of the last `REMEMBERED` epochs."""
    return {
        epoch: used
        for epoch, used in office.recent.items()
        if office.number - REMEMBERED < epoch <= office.number
    }


# --- the switch -----------------------------------------------------------------------------------


def commit(turn: Turn) -> None:
    """Fix who has a seat from now on, publish it, and begin to carry it out."""
    office = turn.office
    batch = office.batch
    assert batch is not None
    assert office.room_id is not None
    inside, outside = _not_signed(turn)
    seated = [office.shown[user] for user in sorted(office.shown)]
    carried = [
        Carried(user, "resident" if seat.standing == "resident" else "away", seat.name)
        for user, seat in sorted(inside.items())
    ]
    body = Admitted(office.number, office.round, len(batch.signed), len(seated))
    admitted = turn.publish(body, [*seated, *carried])
    digest = turn.office.head
    given = names.assign(
        [row.user_id for row in seated],
        digest,
        frozenset[int]().union(*_recent(office).values()),
        {user: seat.name for user, seat in inside.items() if seat.name is not None},
    )
    new = {row.user_id: Seat(given[row.user_id].index) for row in seated}
    move = Move(
        office.number + 1,
        _shuffled(new, digest),
        _shuffled(inside, digest),
        {user: name.index for user, name in given.items()},
        (admitted,),
        patience=LOOKS * beat(office.times()) if office.limited else timedelta(0),
    )
    turn.change(
        seats={**outside, **inside, **new},
        past={**office.past, office.number: _past(turn, seated)},
        move=move,
    )
    if office.limited:
        turn.say(Saying.LIMITED)  # while everyone is still there to read it
    turn.do(MakeRoom(move.epoch))
    end_strangers(turn)
    close_epoch(turn)


def end_strangers(turn: Turn) -> None:
    """Have the accounts ended that were made in this round and have no seat."""
    office = turn.office
    assert office.batch is not None
    since = office.times().begins(office.round)
    keep = tuple(sorted(office.seats))
    turn.do(DeactivateStrangers(office.number, office.round, since, keep, token=office.batch.token))


def _not_signed(turn: Turn) -> tuple[dict[str, Seat], dict[str, Seat]]:
    """The seats whose accounts go on: in the next room, and outside."""
    office = turn.office
    assert office.batch is not None
    signed = frozenset(office.batch.signed)
    inside: dict[str, Seat] = {}
    outside: dict[str, Seat] = {}
    for user, seat in office.seats.items():
        if user in signed:
            continue
        if seat.waits is not None:
            outside[user] = seat
        elif office.sits_out(user, turn.now):
            outside[user] = msgspec.structs.replace(seat, waits=office.number)
        else:
            inside[user] = seat
    return inside, outside


def _past(turn: Turn, seated: Iterable[Seated]) -> Past:
    """What the unused tokens of this round are good for from now on."""
    office = turn.office
    assert office.batch is not None
    assert office.room_id is not None
    seats = {user: office.seats.get(user, Seat()) for user in office.batch.signed}
    return Past(
        office.round,
        office.keys[office.number].rounds[office.round],
        office.room_id,
        turn.now,
        signed={user: seat.name for user, seat in seats.items()},
        spent=frozenset(tokens.Token.decode(row.token).id for row in seated),
        apart=frozenset(seat.waits for seat in seats.values() if seat.waits is not None),
    )


def room_made(turn: Turn, fact: RoomMade) -> None:
    """The new room tells from its beginning how it came about; then accounts are named."""
    move = turn.office.move
    if move is None or move.stage != "room" or move.epoch != fact.epoch:
        return
    for effect in move.records:
        turn.do(msgspec.structs.replace(effect, room_id=fact.room_id))
    turn.change(room_id=fact.room_id, move=msgspec.structs.replace(move, stage="names", records=()))
    turn.do(NameAccounts(move.epoch, dict(move.names)))


def names_set(turn: Turn, fact: NamesSet) -> None:
    """Now everyone may go in, in an order that nobody chose."""
    office = turn.office
    move = office.move
    if move is None or move.stage != "names" or move.epoch != fact.epoch:
        return
    assert office.room_id is not None
    turn.change(move=msgspec.structs.replace(move, stage="seats"))
    order = tuple(user for user in move.order if user in office.seats)
    turn.do(SeatAll(move.epoch, office.room_id, order, "invite" if office.limited else "join"))
    carried = tuple(user for user in move.carried if user in office.seats)
    if carried:
        turn.do(InviteCarried(office.room_id, carried, "switch"))


def all_joined(turn: Turn, fact: AllJoined) -> None:
    """Everyone is in the new room, which can be written in, or is invited, and may come first."""
    move = turn.office.move
    if move is None or move.stage != "seats" or move.epoch != fact.epoch:
        return
    opens = turn.now + move.patience
    turn.change(move=msgspec.structs.replace(move, stage="coming", opens=opens))
    open_in_time(turn)


def all_came(turn: Turn, fact: AllCame) -> None:
    """Nobody is left to wait for."""
    move = turn.office.move
    if move is not None and move.stage == "coming" and move.epoch == fact.epoch:
        _open_room(turn, move)


def next_opening(office: Office) -> datetime | None:
    """When the new room is opened although not everyone has come."""
    return None if office.move is None else office.move.opens


def open_in_time(turn: Turn) -> None:
    """Open the new room, if that is due."""
    move = turn.office.move
    if move is not None and move.opens is not None and move.opens <= turn.now:
        _open_room(turn, move)


def _open_room(turn: Turn, move: Move) -> None:
    """The switch is done: the new room can be written in."""
    assert turn.office.room_id is not None
    turn.change(move=None)
    turn.do(OpenRoom(move.epoch, turn.office.room_id))
    turn.do(Say(Saying.SWITCHED, move.epoch, len(move.order)))


def bring_in(turn: Turn, user_id: str, why: str) -> None:
    """Invite an account into the circle's room, or into the one that is being made."""
    move, room_id = turn.office.move, turn.office.room_id
    assert room_id is not None
    if move is not None and move.stage == "room":
        turn.change(move=msgspec.structs.replace(move, carried=(*move.carried, user_id)))
    else:
        turn.do(InviteCarried(room_id, (user_id,), why))


# --- clearing away --------------------------------------------------------------------------------


def next_clearing(office: Office) -> datetime | None:
    """When an old room can be closed next."""
    return min((_closes(office.past[epoch]) for epoch in _finished(office)), default=None)


def clear_away(turn: Turn) -> bool:
    """Close the old rooms to which nobody can come back any more; whether there was one."""
    office = turn.office
    due = [epoch for epoch in _finished(office) if _closes(office.past[epoch]) <= turn.now]
    for epoch in due:
        _close(turn, epoch)
    return bool(due)


def _closes(past: Past) -> datetime:
    return past.committed + (timedelta(0) if past.lapsed else REST)


def _finished(office: Office) -> list[int]:
    """Epochs to which nobody can come back, and in whose room nobody follows the chain."""
    left = {epoch: past for epoch, past in office.past.items() if not past.closed}
    settled = [epoch for epoch, past in left.items() if past.settled]
    if not settled:
        return []
    needed = {seat.waits for seat in office.seats.values()}.union(
        *(past.apart for past in left.values())
    )
    return [epoch for epoch in settled if epoch not in needed]


def _close(turn: Turn, epoch: int) -> None:
    """Close an old room for all together, and end its accounts, but for those that came back."""
    past = turn.office.past[epoch]
    turn.do(CloseRoom(past.room_id))
    spent = {*past.signed, *past.late} - past.stayed - turn.office.seats.keys()
    turn.do(DeactivateSpent(epoch, tuple(sorted(spent))))
    closed = msgspec.structs.replace(past, closed=True)
    turn.change(past={**turn.office.past, epoch: closed})


def _lapse(turn: Turn) -> None:
    """Seats that nobody took back in time are gone."""
    for epoch, past in sorted(turn.office.past.items()):
        office = turn.office
        if office.number - epoch <= REMEMBERED or past.lapsed:
            continue
        late = frozenset(user for user, seat in office.seats.items() if seat.waits == epoch)
        lapsed = msgspec.structs.replace(past, lapsed=True, late=late)
        turn.change(seats=without(office.seats, late), past={**office.past, epoch: lapsed})
        count = len(past.signed) - len(past.spent) + len(late)
        if count:
            turn.do(Say(Saying.SEAT_LAPSED, epoch, count))
    _forget(turn)


def _forget(turn: Turn) -> None:
    """What is long over, and what is known of accounts that have nothing here any more."""
    office = turn.office
    oldest = office.number - REMEMBERED
    over = [epoch for epoch, past in office.past.items() if past.lapsed and past.closed]
    known = set(office.seats).union(*(past.signed for past in office.past.values()))
    turn.change(
        past=without(office.past, over),
        recent={epoch: used for epoch, used in office.recent.items() if epoch >= oldest},
        sat_out={user: until for user, until in office.sat_out.items() if user in known},
        banned={user: epoch for user, epoch in office.banned.items() if epoch >= oldest},
    )


def _shuffled(users: Iterable[str], digest: bytes) -> tuple[str, ...]:
    """The order of SHA-256(user id ‖ hash of the admission record)."""
    return tuple(sorted(users, key=lambda user: hashlib.sha256(user.encode() + digest).digest()))


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
