"""One decision of the registrar while it is made: what it knows by now, and what it wants done."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from peerroom.pseudonym.epochs import Policy, milliseconds
from peerroom.pseudonym.records import paged
from peerroom.pseudonym.registrar_effects import Effect, Publish, Refusal, Refuse, Say, Saying
from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.wallet_mint import Mint
from peerroom.wire.records import Body, Record, Row, encode_record

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Turn:
    """Rules change ``office`` by `change` and add to ``effects``; both count in the end."""

    office: Office
    now: datetime
    policy: Policy
    mint: Mint
    effects: list[Effect] = field(default_factory=list)

    def change(self, **changes: object) -> None:
        """Know something else from here on."""
        self.office = msgspec.structs.replace(self.office, **changes)

    def do(self, *effects: Effect) -> None:
        """Want these done, after what was wanted before."""
        self.effects += effects

    def refuse(self, why: Refusal) -> None:
        """Count what was not accepted."""
        self.do(Refuse(why))

    def say(self, what: Saying, number: int = 0, about: str | None = None) -> None:
        """Tell people something about the epoch and round that are under way."""
        self.do(Say(what, self.office.number, number, about, self.office.round))

    def publish(self, body: Body, rows: Sequence[Row] = ()) -> Publish:
        """Write the next record, with its rows, wherever somebody follows the chain.

        That is the circle's room and every old one that was not closed: those who wait there see
        the next epochs as they would inside. A room that is not there yet gets it when it is.
        """
        pages, hashes = paged(rows)
        if rows:
            body = msgspec.structs.replace(body, pages=hashes)
        office = self.office
        at = max(milliseconds(self.now), office.at)
        record = Record(office.lineage, office.sequence + 1, office.head, at, body)
        head = hashlib.sha256(encode_record(record)).digest()
        self.change(sequence=record.sequence, head=head, at=at)
        self.do(*(Publish(room_id, record, pages) for room_id in office.rooms()))
        effect = Publish("", record, pages)
        if office.move is not None and office.move.stage == "room":
            records = (*office.move.records, effect)
            self.change(move=msgspec.structs.replace(office.move, records=records))
        return effect


def without(mapping: Mapping[K, V], keys: Container[K]) -> Mapping[K, V]:
    """``mapping`` less ``keys``; itself if none of them is in it."""
    left = {key: value for key, value in mapping.items() if key not in keys}
    return left if len(left) < len(mapping) else mapping
