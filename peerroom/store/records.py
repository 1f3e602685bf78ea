"""JSON that other parts of the house keep: the bot's audit log, invites, members.

Within a namespace, values are either appended to a log or kept under a key.
"""

from __future__ import annotations

from typing import Any

from peerroom.store import encoding
from peerroom.store.database import Database
from peerroom.store.encoding import text_out


class Records:
    """Logs and keyed values by namespace, such as ``bot.audit``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def append(self, namespace: str, value: object) -> int:
        """Add to the log; returns the entry's number, which ascends and is never used twice."""
        return self._db.insert(
            "INSERT INTO records (namespace, value) VALUES (?, ?)",
            (namespace, encoding.json_in(value)),
        )

    def log(self, namespace: str, after: int = 0, limit: int = 1000) -> list[tuple[int, Any]]:
        """Entries numbered above ``after`` in order, as (number, value)."""
        rows = self._db.all(
            "SELECT id, value FROM records WHERE namespace = ? AND key IS NULL AND id > ?"
            " ORDER BY id LIMIT ?",
            (namespace, after, limit),
        )
        return [(number, encoding.json_out(value)) for number, value in rows]

    def take(self, namespace: str, number: int) -> bool:
        """Remove the entry ``number`` from the log; whether it was there."""
        return (
            self._db.run(
                "DELETE FROM records WHERE namespace = ? AND key IS NULL AND id = ?",
                (namespace, number),
            )
            > 0
        )

    def replace(self, namespace: str, key: str, value: object, *, secret: bool = False) -> None:
        """Keep ``value`` under ``key``.

        ``secret``: of what was there before nothing is left, in no copy of a page either, and the
        new value is on the disk itself (all of it once the outermost transaction is committed).
        """
        with self._db.transaction():
            self._db.run(
                "INSERT INTO records (namespace, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value",
                (namespace, key, encoding.json_in(value)),
            )
            if secret:
                self._db.scrub()

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """The value under ``key``, or ``default``."""
        row = self._db.one(
            "SELECT value FROM records WHERE namespace = ? AND key = ?", (namespace, key)
        )
        return encoding.json_out(row[0]) if row else default

    def items(self, namespace: str) -> dict[str, Any]:
        """Every keyed value of the namespace, in the order in which the keys were first kept."""
        rows = self._db.all(
            "SELECT key, value FROM records WHERE namespace = ? AND key IS NOT NULL ORDER BY id",
            (namespace,),
        )
        return {text_out(key): encoding.json_out(value) for key, value in rows}

    def remove(self, namespace: str, key: str, *, secret: bool = False) -> bool:
        """Forget what is kept under ``key``; whether there was anything. See `replace`."""
        with self._db.transaction():
            if secret:
                self._db.scrub()
            where = (namespace, key)
            return self._db.run("DELETE FROM records WHERE namespace = ? AND key = ?", where) > 0
