"""What anyone can read of a change of names: the signed records in a room's state.

Read from the server by its administrator and checked under the key of the invite link, so that
neither the bot's word nor a client's is needed.
"""

from __future__ import annotations

from typing import TypeVar

from peerroom.demo.server_view import ServerView
from peerroom.matrix.canonical import from_base64
from peerroom.pseudonym.records import Chain, read_record, rows_of
from peerroom.wire.invite import Invite
from peerroom.wire.records import (
    PAGE,
    RECORD,
    Admitted,
    EpochOpened,
    Issued,
    Record,
    Row,
    SignedRecord,
    read_page,
)

B = TypeVar("B")


class PublicRecords:
    """The records of the circle that ``link`` leads into."""

    def __init__(self, server: ServerView, link: str) -> None:
        self._server = server
        key = from_base64(Invite.parse(link).bot_identity, 32)
        assert key is not None, "the link was parsed"
        self._key = key

    def all(self, room_id: str) -> list[Record]:
        """Those in a room, in order. Raises `RecordForged`, `RecordMalformed`."""
        return [read_record(signed, self._key) for signed in self._signed(room_id)]

    def last(self, room_id: str, kind: type[B], **fields: object) -> tuple[Record, B] | None:
        """The newest record of this kind, and its body with these fields; None if there is none."""
        for record in reversed(self.all(room_id)):
            body = record.body
            if isinstance(body, kind) and all(getattr(body, k) == v for k, v in fields.items()):
                return record, body
        return None

    def rows(self, room_id: str, record: Record) -> tuple[Row, ...]:
        """The rows of a ledger. Raises what `peerroom.pseudonym.records.rows_of` raises."""
        assert isinstance(record.body, EpochOpened | Issued | Admitted)
        pages = {
            int(index): read_page(content)
            for key, content in self._server.states(room_id, PAGE).items()
            for number, _dot, index in (key.partition("."),)
            if number == str(record.sequence)
        }
        return rows_of(record.body, pages)

    def follow(self, room_id: str) -> Chain:
        """The whole chain of a circle's first room, each link of it checked.

        Raises `peerroom.pseudonym.record_errors.RecordError` where it does not hold.
        """
        first = self.all(room_id)[0]
        chain = Chain(first.lineage, self._key)
        for signed in self._signed(room_id):
            chain = chain.extend(signed)
        return chain

    def _signed(self, room_id: str) -> list[SignedRecord]:
        found = self._server.states(room_id, RECORD)
        return [SignedRecord.read(found[key]) for key in sorted(found, key=int)]
