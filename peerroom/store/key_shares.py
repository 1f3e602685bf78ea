"""Which device got which room key: the sender's own record, never the server's word."""

from __future__ import annotations

from typing import Literal

from peerroom.store.database import Database
from peerroom.store.encoding import text_out

ShareOutcome = Literal["sent", "withheld", "no_key"]
"""``sent``; ``withheld`` on purpose (the device is not signed); ``no_key``: the device had no
one-time key left, so that it could not be reached."""


class KeyShares:
    """Outcomes by room, Megolm session, user and device."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def record(
        self, room_id: str, session_id: str, user_id: str, device_id: str, outcome: ShareOutcome
    ) -> None:
        """Keep the outcome; ``sent`` is never taken back by a later one."""
        self._db.run(
            "INSERT INTO key_shares (room_id, session_id, user_id, device_id, outcome)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET outcome = excluded.outcome"
            " WHERE outcome != 'sent'",
            (room_id, session_id, user_id, device_id, outcome),
        )

    def of_session(self, room_id: str, session_id: str) -> dict[tuple[str, str], ShareOutcome]:
        """Outcome by (user id, device id)."""
        rows = self._db.all(
            "SELECT user_id, device_id, outcome FROM key_shares"
            " WHERE room_id = ? AND session_id = ?",
            (room_id, session_id),
        )
        return {(text_out(user), text_out(device)): outcome for user, device, outcome in rows}

    def forget(self, room_id: str) -> None:
        """A new session begins: those before it, also of earlier lives, are used no more."""
        self._db.run("DELETE FROM key_shares WHERE room_id = ?", (room_id,))
