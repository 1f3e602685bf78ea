"""What verified records say about a room, for faces and for whom we trust.

Nothing in here is believed because the server says so: records count under the bot's signature
alone, the room's names are computed from them, and its people's keys are pinned.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peerroom.client import epoch_rooms
from peerroom.client.rotation.places import kept_with, missing_pages, pages_of, records_in
from peerroom.pseudonym.epochs import Times, moment
from peerroom.pseudonym.names import assign, unpack
from peerroom.pseudonym.record_errors import RecordError
from peerroom.pseudonym.records import Chain, read_record, rows_of
from peerroom.pseudonym.token_errors import TokenError
from peerroom.wire.records import (
    Admitted,
    Carried,
    EpochOpened,
    NamesUsed,
    Record,
    Row,
    Seated,
    Skipped,
    Voided,
)

if TYPE_CHECKING:
    from peerroom.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Learned:
    """What a room's records say: the room, names by user id, master keys (unpadded base64) of those
    who came in by a token."""

    room: epoch_rooms.EpochRoom
    names: dict[str, int] = field(default_factory=dict)
    masters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Life:
    """The records of one room's life: how it began, and the epoch that it is in."""

    first: Record
    ledger: Record | None
    current: EpochOpened
    voids: int


def learn(vault: Vault, room_id: str, chain: Chain) -> Learned | None:
    """The facts of a circle's room; None while something is missing or is not as it should be (the
    wallet says what is wrong). Pages may be an earlier room's: a record says what is in them."""
    life = _life(_read(vault, room_id, chain))
    if life is None:
        return None
    try:
        rooms = kept_with(vault, room_id)
        rows = _rows(vault, rooms, life.ledger)
        names = _names(life, rows, _rows(vault, rooms, life.first))
    except (RecordError, TokenError):
        return None
    assert isinstance(life.first.body, EpochOpened)
    seated = [row for row in rows if isinstance(row, Seated)]
    room = epoch_rooms.EpochRoom(
        epoch=life.current.epoch,
        opened=moment(life.first.body.opened),
        until=Times.of(life.current).switch(life.voids),
        crowd=len(seated) if life.ledger is not None else None,
        floor=life.current.floor,
        away=_carried(rows, "away"),
        residents=_carried(rows, "resident"),
    )
    return Learned(room, names, {row.user_id: _base64(row.master_key) for row in seated})


def _read(vault: Vault, room_id: str, chain: Chain) -> list[Record]:
    """The room's records under the signature of the chain's bot, in order."""
    found = {}
    for signed in records_in(vault, room_id):
        try:
            record = read_record(signed, chain.key)
        except RecordError:
            continue
        if record.lineage == chain.lineage:
            found[record.sequence] = record
    return [found[sequence] for sequence in sorted(found)]


def _life(records: list[Record]) -> _Life | None:
    """The room is of the first epoch that was opened in it. Where names could not change, the next
    one goes on in the same room; where they did, what follows is about another."""
    first = next((record for record in records if isinstance(record.body, EpochOpened)), None)
    if first is None:
        return None
    assert isinstance(first.body, EpochOpened)
    current, voids, skipped = first.body, 0, False
    for record in records:
        match record.body:
            case EpochOpened() as body if skipped and body.epoch == current.epoch + 1:
                current, voids, skipped = body, 0, False
            case Voided(epoch=current.epoch, round=round_):
                voids = round_ + 1
            case Skipped(epoch=current.epoch):
                skipped = True
    before = next((r for r in records if r.sequence == first.sequence - 1), None)
    ledger = before if before is not None and isinstance(before.body, Admitted) else None
    return _Life(first, ledger, current, voids)


def lacking(vault: Vault, room_id: str, chain: Chain) -> list[tuple[int, int]]:
    """Which pages (number of the record, index) of the records it begins with a room does not have.

    What earlier rooms have does not count: these were an earlier account's, and what the account
    of this room asks for must not depend on what another one was shown.
    """
    life = _life(_read(vault, room_id, chain))
    records = [] if life is None else [life.ledger, life.first]
    return [
        (record.sequence, index)
        for record in records
        if record is not None and isinstance(record.body, (Admitted, EpochOpened))
        for index in missing_pages(vault, [room_id], record.sequence, len(record.body.pages))
    ]


def _rows(vault: Vault, rooms: list[str], record: Record | None) -> tuple[Row, ...]:
    if record is None or not isinstance(record.body, (Admitted, EpochOpened)):
        return ()
    return rows_of(record.body, pages_of(vault, rooms, record.sequence))


def _names(life: _Life, rows: tuple[Row, ...], used: tuple[Row, ...]) -> dict[str, int]:
    """The names of everyone in the ledger, as every client computes them."""
    if life.ledger is None:
        return {}
    from peerroom.wire.records import encode_record

    digest = hashlib.sha256(encode_record(life.ledger)).digest()
    recent = frozenset[int]().union(
        *(unpack(row.names) for row in used if isinstance(row, NamesUsed))
    )
    kept = {
        row.user_id: row.name for row in rows if isinstance(row, Carried) and row.name is not None
    }
    new = [row.user_id for row in rows if isinstance(row, Seated)]
    return {
        **kept,
        **{user: name.index for user, name in assign(new, digest, recent, kept).items()},
    }


def _carried(rows: tuple[Row, ...], why: str) -> frozenset[str]:
    return frozenset(row.user_id for row in rows if isinstance(row, Carried) and row.why == why)


def _base64(key: bytes) -> str:
    return base64.b64encode(key).rstrip(b"=").decode()
