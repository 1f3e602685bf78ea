"""Checking the chain of a circle's records: one story for everybody, or a proof that it is not.

A client keeps a `Chain`: the number and hash of the last record it has seen, and what follows from
it. `Chain.extend` takes the next record or says what is wrong with it. Pages are checked when they
are read (`rows`), because a record can be known before its pages have arrived.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from peerroom.pseudonym.epochs import REMEMBERED
from peerroom.pseudonym.record_errors import (
    KeySubstituted,
    LedgerInflated,
    OutOfOrder,
    PageAltered,
    RecordForged,
    RecordForked,
    RecordMalformed,
    RecordMissing,
    RecordOfOtherCircle,
    RecordRolledBack,
    RecordUnlinked,
)
from peerroom.pseudonym.tallies import Tally
from peerroom.wire.content import BadContent
from peerroom.wire.records import (
    Admitted,
    Body,
    EpochOpened,
    Issued,
    Record,
    Row,
    SignedRecord,
    Skipped,
    Stayed,
    Voided,
    decode_page,
    decode_record,
    encode_pages,
    encode_record,
)

DOMAIN: Final = b"PeerRoom-record-v1\0"
"""Before the signed bytes, so that no record is ever a signature over anything else of Matrix's,
which signs JSON objects (appendices, "Signing JSON") and thus bytes that begin with a brace."""

START: Final = bytes(32)
"""What the first record names as the one before."""


def sign_record(seed: bytes, record: Record) -> SignedRecord:
    """``record`` under the bot's master key, whose Ed25519 ``seed`` (32 bytes) this is."""
    data = encode_record(record)
    return SignedRecord(data, Ed25519PrivateKey.from_private_bytes(seed).sign(DOMAIN + data))


def read_record(signed: SignedRecord, key: bytes) -> Record:
    """The record, if ``key`` (the bot's public master key, 32 bytes) signed it.

    Raises `RecordForged`, `RecordMalformed`.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed.signature, DOMAIN + signed.data)
    except InvalidSignature:
        raise RecordForged from None
    try:
        return decode_record(signed.data)
    except BadContent:
        raise RecordMalformed from None


def page_hashes(pages: Sequence[bytes]) -> tuple[bytes, ...]:
    """What a record says about its pages."""
    return tuple(hashlib.sha256(page).digest() for page in pages)


def paged(rows: Sequence[Row]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The pages of ``rows``, and their hashes for the record."""
    pages = encode_pages(rows)
    return pages, page_hashes(pages)


def rows_of(body: EpochOpened | Issued | Admitted, pages: Mapping[int, bytes]) -> tuple[Row, ...]:
    """The rows of a ledger, from its pages by index, all of them checked.

    Raises `RecordMissing` (a page is not here), `PageAltered`, `RecordMalformed`.
    """
    rows: list[Row] = []
    for index, expected in enumerate(body.pages):
        page = pages.get(index)
        if page is None:
            raise RecordMissing
        if hashlib.sha256(page).digest() != expected:
            raise PageAltered
        try:
            rows += decode_page(page)
        except BadContent:
            raise RecordMalformed from None
    return tuple(rows)


class Chain(msgspec.Struct, frozen=True):
    """How far a client has followed the records of one circle. Bytes and numbers: can be stored.

    ``key`` is the bot's public master key, ``sequence`` and ``head`` number and hash of the last
    record, ``epoch`` the open epoch, ``opening`` number, hash and time of the record that opened
    it, ``issued`` the newest issue ledger of it, ``voids`` how many of its rounds came to nothing;
    ``closed`` when it has ended and the next has not been opened. ``tallies`` are of the epochs
    that an old account can still come back from.
    """

    lineage: Annotated[bytes, Meta(min_length=16, max_length=16)]
    key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    sequence: int = 0
    head: bytes = START
    at: int = 0
    epoch: EpochOpened | None = None
    issued: Issued | None = None
    admitted: Admitted | None = None
    voids: int = 0
    closed: bool = False
    opening: tuple[int, bytes, int] = (0, START, 0)
    tallies: tuple[Tally, ...] = ()

    def extend(self, signed: SignedRecord) -> Self:
        """The chain with ``signed`` as its last record; itself if that was the last one already.

        Raises what `read_record` raises, and `RecordOfOtherCircle`, `RecordForked` (this number is
        taken by another record), `RecordRolledBack` (an older number), `RecordMissing` (a number
        that is too high), `RecordUnlinked`, `OutOfOrder`, `KeySubstituted`, `LedgerInflated`.
        """
        record = self._read(signed)
        if record.sequence == self.sequence:
            if signed.hash != self.head:
                raise RecordForked
            return self
        if record.sequence < self.sequence:
            raise RecordRolledBack
        if record.sequence > self.sequence + 1:
            raise RecordMissing
        if record.previous != self.head:
            raise RecordUnlinked
        if record.at < self.at:
            raise OutOfOrder
        return self._with(record, signed.hash)

    def resume(self, signed: SignedRecord, before: SignedRecord | None = None) -> Self:
        """Go on at ``signed``, the opening of a later epoch, without what lies between.

        For someone who was away while rooms came and went, and for a newcomer. Raises as `extend`
        does, and `OutOfOrder` if it opens no epoch. What was not seen between takes no promise
        back: the keys of the very next epoch are those that were announced. If ``before`` is the
        record that the opening follows, and a final ledger, its tokens are counted from there on.
        """
        record = self._read(signed)
        if record.sequence <= self.sequence:
            raise RecordRolledBack
        known = self.epoch.epoch if self.epoch is not None else 0
        if not isinstance(record.body, EpochOpened) or record.body.epoch <= known:
            raise OutOfOrder
        if self.epoch is not None and record.body.epoch == known + 1:
            self._check_keys(self.epoch, record.body)
        tallies = self.tallies
        if before is not None and before.hash == record.previous:
            ended = self._read(before)
            if isinstance(ended.body, Admitted) and ended.body.epoch == record.body.epoch - 1:
                tallies = self._counting(ended.sequence, ended.body)
        return self._opened(record, signed.hash, record.body, tallies)

    def tally(self, epoch: int) -> Tally | None:
        """What is known of the tokens of an epoch; None before its end, or if that was not seen."""
        return next((tally for tally in self.tallies if tally.epoch == epoch), None)

    def at_opening(self) -> Self:
        """The chain as it was when the open epoch was opened."""
        sequence, head, at = self.opening
        oldest = self.epoch.epoch - REMEMBERED if self.epoch is not None else 0
        known = [tally for tally in self.tallies if tally.ledger <= sequence]
        return msgspec.structs.replace(
            self,
            sequence=sequence,
            head=head,
            at=at,
            issued=None,
            admitted=None,
            voids=0,
            closed=False,
            tallies=tuple(tally.at(sequence) for tally in known if tally.epoch >= oldest),
        )

    def _read(self, signed: SignedRecord) -> Record:
        record = read_record(signed, self.key)
        if record.lineage != self.lineage:
            raise RecordOfOtherCircle
        return record

    def _with(self, record: Record, head: bytes) -> Self:
        body = record.body
        if isinstance(body, EpochOpened):
            self._check_opening(body)
            return self._opened(record, head, body, self.tallies)
        if isinstance(body, Stayed):
            self._check_stay(body)
            return self._moved(record, head, tallies=self._staying(record.sequence, body))
        self._check_turn(body)
        match body:
            case Issued():
                return self._moved(record, head, issued=body)
            case Voided():
                return self._moved(record, head, issued=None, voids=self.voids + 1)
            case Admitted():
                self._check_admission(body)
                tallies = self._counting(record.sequence, body)
                return self._moved(record, head, admitted=body, closed=True, tallies=tallies)
            case Skipped():
                tallies = self._counting(record.sequence, body)
                return self._moved(record, head, closed=True, tallies=tallies)

    def _check_opening(self, body: EpochOpened) -> None:
        before = self.epoch
        if before is None:
            if body.epoch != 1:
                raise OutOfOrder
            return
        if not self.closed or body.epoch != before.epoch + 1:
            raise OutOfOrder
        self._check_keys(before, body)

    @staticmethod
    def _check_keys(before: EpochOpened, body: EpochOpened) -> None:
        if body.keys != before.next_keys:
            raise KeySubstituted

    def _check_stay(self, body: Stayed) -> None:
        """An epoch lets old accounts stay once it is over, and for as long as it is remembered."""
        if self.epoch is None:
            raise OutOfOrder
        newest = self.epoch.epoch
        if not newest - REMEMBERED <= body.epoch < newest + self.closed:
            raise OutOfOrder

    def _check_turn(self, body: Issued | Voided | Admitted | Skipped) -> None:
        """Rounds come one after another, each issued once and then voided or admitted.

        A round may be voided without having been issued, and an epoch skipped at any time but
        between the two ledgers: nobody gains by that, and everyone keeps their name.
        """
        if self.epoch is None or self.closed or body.epoch != self.epoch.epoch:
            raise OutOfOrder
        match body:
            case Issued():
                fits = self.issued is None and body.round == self.voids
            case Voided():
                fits = body.round == self.voids
            case Admitted():
                fits = self.issued is not None and body.round == self.issued.round
            case Skipped():
                fits = self.issued is None
        if not fits:
            raise OutOfOrder

    def _check_admission(self, body: Admitted) -> None:
        assert self.issued is not None  # _check_turn
        if body.issued != self.issued.count or body.count > body.issued:
            raise LedgerInflated

    def _counting(self, sequence: int, body: Admitted | Skipped) -> tuple[Tally, ...]:
        """The tallies with that of an epoch that ends."""
        if isinstance(body, Skipped):
            return (*self.tallies, Tally(body.epoch, sequence))
        return (*self.tallies, Tally(body.epoch, sequence, body.issued, body.count))

    def _staying(self, sequence: int, body: Stayed) -> tuple[Tally, ...]:
        """The tallies with one more token used, if it is known how many there were."""
        return tuple(
            tally.with_stay(sequence, body.seat.user_id) if tally.epoch == body.epoch else tally
            for tally in self.tallies
        )

    def _opened(
        self, record: Record, head: bytes, body: EpochOpened, tallies: tuple[Tally, ...]
    ) -> Self:
        """A new epoch: what belonged to the one before is over."""
        opening = record.sequence, head, record.at
        moved = self._moved(record, head, epoch=body, opening=opening, tallies=tallies)
        return moved.at_opening()

    def _moved(self, record: Record, head: bytes, **changes: object) -> Self:
        return msgspec.structs.replace(
            self, sequence=record.sequence, head=head, at=record.at, **changes
        )


def link(chain: Chain, seed: bytes, body: Body, at: int) -> tuple[SignedRecord, Chain]:
    """The bot's side: the next record of ``chain``, checked as every client will check it."""
    record = Record(chain.lineage, chain.sequence + 1, chain.head, max(at, chain.at), body)
    signed = sign_record(seed, record)
    return signed, chain.extend(signed)
