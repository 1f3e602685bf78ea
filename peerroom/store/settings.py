"""Choices of the user that are nobody else's business, as JSON by name."""

from __future__ import annotations

from typing import Any

from peerroom.store import encoding
from peerroom.store.database import Database


class Settings:
    """JSON values by name, such as ``interface.country``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or ``default``."""
        row = self._db.one("SELECT value FROM settings WHERE key = ?", (key,))
        return encoding.json_out(row[0]) if row else default

    def set(self, key: str, value: object) -> None:
        """Keep ``value``; `NotStorable` when it is no JSON."""
        self._db.run(
            "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)",
            (key, encoding.json_in(value)),
        )

    def remove(self, key: str) -> None:
        """Forget the value."""
        self._db.run("DELETE FROM settings WHERE key = ?", (key,))
