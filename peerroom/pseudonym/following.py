"""Reading the records of rooms into a chain, and noticing when there are two stories.

Rooms carry copies: the next room begins with the final ledger of the one before, and old rooms get
every new record until they are closed. So a record is known by its number and hash, wherever it is
seen; and which epoch a room was made for is what its first opening says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple, Self

import msgspec

from peerroom.pseudonym.record_errors import (
    OutOfOrder,
    RecordError,
    RecordForked,
    RecordMissing,
    RecordOfOtherCircle,
    RecordRolledBack,
    RecordUnlinked,
)
from peerroom.pseudonym.records import Chain, read_record
from peerroom.wire.records import Admitted, EpochOpened, Record, SignedRecord, Stayed, decode_record

HEADS: Final = 128
"""How many hashes of records are remembered."""


class Seen(NamedTuple):
    """A record under the bot's signature, of the right circle."""

    signed: SignedRecord
    record: Record


class Room(NamedTuple):
    """The records of one room in order; the first and the last epoch that was opened in it (or 0).

    The first is the epoch that the room was made for.
    """

    records: tuple[Seen, ...]
    first: int = 0
    last: int = 0

    def has_ledger(self, epoch: int) -> bool:
        """Whether the final ledger of this epoch is among its records."""
        bodies = (seen.record.body for seen in self.records)
        return any(isinstance(body, Admitted) and body.epoch == epoch for body in bodies)

    @property
    def newest(self) -> int:
        """The number of its last record, 0 if it has none."""
        return self.records[-1].record.sequence if self.records else 0


class Trail(msgspec.Struct, frozen=True):
    """A chain, and what is remembered of the way there.

    ``heads`` are the hashes of the last records, without a gap, the newest last. ``latest`` is the
    highest number that any record of the circle had, ``epoch`` the highest epoch.
    """

    chain: Chain
    heads: tuple[bytes, ...] = ()
    latest: int = 0
    epoch: int = 0

    @classmethod
    def of(cls, chain: Chain) -> Self:
        """The trail that begins with the last record of ``chain``."""
        epoch = chain.epoch.epoch if chain.epoch is not None else 0
        return cls(chain, (chain.head,), chain.sequence, epoch)

    @property
    def behind(self) -> bool:
        """Whether there are records that were not followed."""
        return self.latest > self.chain.sequence

    def hash_of(self, sequence: int) -> bytes | None:
        """The hash of the record with this number, if it is remembered."""
        index = sequence - (self.chain.sequence - len(self.heads) + 1)
        return self.heads[index] if 0 <= index < len(self.heads) else None

    def take(self, signed: SignedRecord) -> tuple[Self, Record | None]:
        """The trail with a record that the server showed, and the record if it is a new one.

        An older record is passed over if it is the known one or too old to be remembered; one that
        is too new is noted as missing. Raises `RecordError` for what cannot be.
        """
        if hashlib.sha256(signed.data).digest() in self.heads:
            return self, None  # these bytes were signed; whether the signature is here is no matter
        record = self._read(signed)
        if record.sequence > self.chain.sequence + 1:
            return self.noting(record), None
        if record.sequence <= self.chain.sequence:
            if self.hash_of(record.sequence) is not None:
                raise RecordForked
            return self, None
        return self._followed(self.chain.extend(signed)).noting(record), record

    def room(self, records: Iterable[SignedRecord]) -> tuple[Room, RecordError | None]:
        """The records of a room, checked one by one and against one another, and what was wrong.

        What is not a record of the circle is left out, and noted as what `read_record` raises or
        `RecordOfOtherCircle`; so are `RecordForked` and `RecordUnlinked`.
        """
        seen: dict[int, Seen] = {}
        wrong: RecordError | None = None
        for signed in records:
            try:
                record = self._read(signed)
            except RecordError as error:
                wrong = wrong or error
                continue
            other = seen.setdefault(record.sequence, Seen(signed, record))
            if other.signed.data != signed.data:
                wrong = wrong or RecordForked()
        ordered = tuple(seen[number] for number in sorted(seen))
        for before, after in pairwise(ordered):
            linked = after.record.previous == before.signed.hash
            if after.record.sequence == before.record.sequence + 1 and not linked:
                wrong = wrong or RecordUnlinked()
        bodies = (seen.record.body for seen in ordered)
        opened = [body.epoch for body in bodies if isinstance(body, EpochOpened)]
        return Room(ordered, min(opened, default=0), max(opened, default=0)), wrong

    def enter(
        self, room: Room, *, jump: bool
    ) -> tuple[Self, tuple[Record, ...], RecordError | None]:
        """The trail after everything in a room, the records that are new to it, what was wrong.

        With ``jump``, where records lie between rooms that were never seen, or one cannot be right,
        it goes on at the opening of a later epoch; the records before that opening are then among
        the new ones: they are signed, and linked to it if they are the ones right before. What is
        missing in the middle of a room is no reason to go on: a room has all records from its first
        one on, so the server has not shown one yet, and that may be the ledger with our token. What
        can be wrong is what `take` and `Chain.resume` raise.
        """
        known = self.chain.epoch.epoch if self.chain.epoch is not None else 0
        trail = self
        fresh: list[Record] = []
        apart: list[Record] = []
        wrong: RecordError | None = None
        first = room.records[0].record.sequence if room.records else 0
        for number, (signed, record) in enumerate(room.records):
            whole = record.sequence == first + number
            later = whole and isinstance(record.body, EpochOpened) and record.body.epoch > known
            try:
                if jump and later and record.sequence > trail.chain.sequence + 1:
                    before = room.records[number - 1].signed if number else None
                    chain = trail.chain.resume(signed, before)
                    trail = msgspec.structs.replace(
                        trail.noting(record), chain=chain, heads=(chain.head,)
                    )
                    fresh += [*apart, record]
                    apart = []
                else:
                    trail, new = trail.take(signed)
                    fresh += [new] if new is not None else []
                    apart += [record] if record.sequence > trail.chain.sequence else []
            except RecordError as error:
                wrong = wrong or error
                apart.append(record)
        return trail, tuple(fresh), wrong

    def contradicted_by(self, signed: SignedRecord) -> bool:
        """Whether the bot signed ``signed`` and something else that was seen here.

        Anything that proves nothing is False: anybody can show anything.
        """
        try:
            record = self._read(signed)
        except RecordError:
            return False
        known = self.hash_of(record.sequence)
        if known is not None:
            return known != signed.hash
        return record.sequence == self.chain.sequence + 1 and record.previous != self.chain.head

    def _read(self, signed: SignedRecord) -> Record:
        if signed.hash in self.heads:
            return decode_record(signed.data)
        record = read_record(signed, self.chain.key)
        if record.lineage != self.chain.lineage:
            raise RecordOfOtherCircle
        return record

    def _followed(self, chain: Chain) -> Self:
        heads = (*self.heads, chain.head)[-HEADS:]
        return msgspec.structs.replace(self, chain=chain, heads=heads)

    def noting(self, record: Record) -> Self:
        """With the record's number and epoch, whether or not it can be followed yet."""
        body = record.body
        return msgspec.structs.replace(
            self,
            latest=max(self.latest, record.sequence),
            epoch=self.epoch if isinstance(body, Stayed) else max(self.epoch, body.epoch),
        )


def enter(pinned: Chain, records: Iterable[SignedRecord]) -> Chain:
    """The chain of a newcomer: ``pinned`` has number and hash of the record that the invite names
    (0 and zeros if it names none), ``records`` are all those of the room.

    It begins with the first epoch that was opened in the room. Raises what `Trail.room` and
    `Trail.enter` raise; `RecordRolledBack` if the pinned record is newer than all of the room,
    `RecordForked` if the room has another one with its number, `RecordMissing` if records between
    are not here, `OutOfOrder` if no epoch was opened.
    """
    start = Trail(Chain(pinned.lineage, pinned.key))
    room, wrong = start.room(records)
    if wrong is not None:
        raise wrong
    if room.last == 0:
        raise OutOfOrder
    if room.newest < pinned.sequence:
        raise RecordRolledBack
    for signed, record in room.records:
        if record.sequence == pinned.sequence and signed.hash != pinned.head:
            raise RecordForked
    trail, _, wrong = start.enter(room, jump=True)
    if wrong is not None:
        raise wrong
    if trail.behind:
        raise RecordMissing
    return trail.chain
