"""What the registrar knows: one frozen value, whose large parts are mappings, an entry a person.

A mapping is never changed, but replaced by another that differs in a few keys; for keeping only
what changed see `peerroom.pseudonym.registrar_storage`. No private key is in here. Secret are the
requests and, until the switch, who showed what.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from peerroom.pseudonym.epochs import Times
from peerroom.pseudonym.records import START
from peerroom.pseudonym.registrar_effects import Publish
from peerroom.pseudonym.registrar_facts import Standing
from peerroom.wire.records import EpochOpened, RoundKeys, Seated

Stage = Literal["opening", "asking", "signing", "window", "held", "frozen"]
"""``opening``: no epoch is open, keys are awaited. ``asking``: requests are taken until the
cut-off, or a further round is awaited. ``signing``: the batch is with the signer. ``window``:
tokens are taken. ``held``: no longer, and reports are open. ``frozen``: read-only, the switch is
next."""

Requests = tuple[bytes, bytes, bytes]


class Keys(msgspec.Struct, frozen=True):
    """The public keys of an epoch."""

    rounds: RoundKeys
    sealing: bytes


class Seat(msgspec.Struct, frozen=True):
    """One seat, by the account that has it now.

    ``name`` is the number of its name; ``waits`` the epoch in whose old room it waits outside,
    None for an account that is in the circle's room.
    """

    name: int | None = None
    standing: Standing = "member"
    waits: int | None = None


class Batch(msgspec.Struct, frozen=True):
    """The one list of this round, fixed before anything is signed.

    ``signed`` and ``declined`` are accounts by their ids. ``token`` is the registration token, and
    ``answers`` are those of the signer, in the order of ``signed``, until both are there.
    ``doomed``: somebody was banned whose answer is out, so the round comes to nothing.
    """

    signed: tuple[str, ...]
    declined: tuple[str, ...] = ()
    answers: tuple[bytes, ...] = ()
    token: str = ""
    doomed: bool = False

    def __repr__(self) -> str:
        return f"Batch({len(self.signed)} signed, {len(self.declined)} declined)"


class Past(msgspec.Struct, frozen=True):
    """A round that counted: what its unused tokens are still good for.

    ``signed`` are the accounts that got one, with the numbers of their names: those in ``stayed``
    took their seat back, those in ``barred`` never can, and which of the others came back under a
    new name is known to nobody. ``spent`` are the ids of tokens that were used.

    ``room_id`` is the room of the epoch, ``committed`` when it ended. Some of ``signed`` follow the
    chain in older rooms, in which they waited: ``apart`` are the epochs of those. ``lapsed``: the
    tokens are worth nothing any more, and ``late`` are the accounts that waited in the room until
    then. ``closed``: the room is closed, and the accounts are deactivated.
    """

    round: int
    key: bytes
    room_id: str
    committed: datetime
    signed: Mapping[str, int | None]
    spent: frozenset[bytes]
    stayed: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    apart: frozenset[int] = frozenset()
    lapsed: bool = False
    late: frozenset[str] = frozenset()
    closed: bool = False

    @property
    def settled(self) -> bool:
        """Whether nobody can come back by a token."""
        return self.lapsed or len(self.spent) >= len(self.signed)


class Move(msgspec.Struct, frozen=True):
    """A switch that is being carried out: who is to be in the room of ``epoch``.

    ``order`` are the new accounts in the order in which they go in, ``carried`` the others;
    ``records`` are what the new room's state begins with, and what is published until it is there.
    Who is only invited has ``patience`` to come before the room is opened, at ``opens``.
    """

    epoch: int
    order: tuple[str, ...]
    carried: tuple[str, ...]
    names: Mapping[str, int]
    records: tuple[Publish, ...]
    stage: Literal["room", "names", "seats", "coming"] = "room"
    patience: timedelta = timedelta(0)
    opens: datetime | None = None


class Replacement(msgspec.Struct, frozen=True):
    """A seat that goes to a new invite at ``due``, unless its account objects."""

    by: str
    due: datetime
    number: int


class Office(msgspec.Struct, frozen=True):
    """The registrar of one circle (``lineage``: 16 bytes). A new one knows nothing yet.

    ``sequence``, ``head`` and ``at`` are number, hash and time of the last record. ``round`` is
    the one that is awaited or under way. ``room_id`` is the circle's room: the old one until the
    new one is there. ``held`` is until when reports hold the switch, at most for ``patience``;
    ``thaws`` is when the read-only time ends, ``freezes`` how many of them there were.

    ``shown`` is what counts in this round; ``spent`` is every token, account and key that was shown
    in this epoch, and by whom. ``recent`` are the numbers of the names used, by epoch.
    """

    lineage: bytes
    limited: bool = False
    sequence: int = 0
    head: bytes = START
    at: int = 0
    epoch: EpochOpened | None = None
    stage: Stage = "opening"
    round: int = 0
    room_id: str | None = None
    batch: Batch | None = None
    held: datetime | None = None
    patience: timedelta = timedelta(0)
    thaws: datetime | None = None
    freezes: int = 0
    move: Move | None = None
    asked_to_replace: int = 0
    keys: Mapping[int, Keys] = {}
    seats: Mapping[str, Seat] = {}
    requests: Mapping[str, Requests] = {}
    sat_out: Mapping[str, datetime | None] = {}
    banned: Mapping[str, int] = {}
    shown: Mapping[str, Seated] = {}
    spent: Mapping[bytes, str] = {}
    past: Mapping[int, Past] = {}
    recent: Mapping[int, frozenset[int]] = {}
    replacements: Mapping[str, Replacement] = {}

    @property
    def number(self) -> int:
        """The epoch that is open or was the last one; 0 before the first."""
        return 0 if self.epoch is None else self.epoch.epoch

    def times(self) -> Times:
        """The moments of the open epoch."""
        assert self.epoch is not None
        return Times.of(self.epoch)

    def rooms(self) -> tuple[str, ...]:
        """The rooms that are not closed, the circle's room last."""
        rooms = [past.room_id for past in self.past.values() if not past.closed]
        rooms += [self.room_id] if self.room_id is not None else []
        return tuple(dict.fromkeys(rooms))

    def room_of(self, user_id: str) -> str | None:
        """The room in which an account with a seat follows the chain."""
        seat = self.seats.get(user_id)
        if seat is None or seat.waits is None:
            return self.room_id
        return self.past[seat.waits].room_id

    def may_rotate(self, user_id: str, now: datetime) -> bool:
        """Whether an account is in good standing: it has a seat (a ban takes that away), and
        nothing is against it now."""
        seat = self.seats.get(user_id)
        return (
            seat is not None
            and seat.standing == "member"
            and user_id not in self.replacements
            and not self.sits_out(user_id, now)
        )

    def sits_out(self, user_id: str, now: datetime) -> bool:
        """Whether an account is muted or sent out at this moment."""
        if user_id not in self.sat_out:
            return False
        until = self.sat_out[user_id]
        return until is None or until > now
