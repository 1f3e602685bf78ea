"""Stretches of a room's history that are not stored yet, and where each would continue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from peerroom.store.database import Database
from peerroom.store.encoding import text_out

WIDTH: Final = 1_000_000
"""Positions that a limited sync leaves free for the events it left out."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Events are missing between two positions of a room.

    It is filled from its newer end: the next event fetched with ``token`` (``dir=b``) goes to
    ``newer - 1``, the one after it to ``newer - 2``, and so on.
    """

    id: int
    room_id: str = field(repr=False)
    older: int
    """Position of the newest event known before the gap."""
    newer: int
    """Position of the oldest event known after it."""
    token: str = field(repr=False)
    """Where the history goes on; empty where nobody can ask for it any more."""

    @property
    def free(self) -> int:
        """How many events still fit; when none does, close the gap."""
        return self.newer - self.older - 1


class Gaps:
    """Gaps by room."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, room_id: str, token: str) -> Gap | None:
        """Leave a gap after the newest stored event; the live events start at ``gap.newer``.

        None when the room holds no event yet: what is older then lies below the first one, and
        is continued from ``StoredRoom.prev_batch``.
        """
        row = self._db.one("SELECT max(position) FROM events WHERE room_id = ?", (room_id,))
        if row is None or row[0] is None:
            return None
        older, newer = row[0], row[0] + WIDTH
        number = self._db.insert(
            "INSERT INTO gaps (room_id, older, newer, token) VALUES (?, ?, ?, ?)",
            (room_id, older, newer, token),
        )
        return Gap(number, room_id, older, newer, token)

    def of_room(self, room_id: str) -> list[Gap]:
        """The room's gaps, newest first."""
        rows = self._db.all(
            "SELECT id, room_id, older, newer, token FROM gaps WHERE room_id = ?"
            " ORDER BY newer DESC",
            (room_id,),
        )
        return [Gap(n, text_out(r), older, newer, text_out(t)) for n, r, older, newer, t in rows]

    def shrink(self, gap: Gap, newer: int, token: str) -> Gap:
        """Keep that the gap is filled down to position ``newer``, and where it continues."""
        self._db.run("UPDATE gaps SET newer = ?, token = ? WHERE id = ?", (newer, token, gap.id))
        return Gap(gap.id, gap.room_id, gap.older, newer, token)

    def forget_tokens(self, room_id: str) -> None:
        """The gaps stay, and cannot be filled: the one who was given the tokens asks no more."""
        self._db.run("UPDATE gaps SET token = '' WHERE room_id = ?", (room_id,))

    def close(self, gap: Gap) -> None:
        """Nothing is missing there any more, or nothing can be had."""
        self._db.run("DELETE FROM gaps WHERE id = ?", (gap.id,))
