"""What was typed and not sent yet, one draft a room."""

from __future__ import annotations

from dataclasses import dataclass, field

from peerroom.store.database import Database
from peerroom.store.encoding import maybe_text_out, text_out


@dataclass(frozen=True, slots=True)
class Draft:
    """A message in the making."""

    text: str = field(repr=False)
    reply_to: str | None = field(default=None, repr=False)
    """Event that it answers."""
    edit_of: str | None = field(default=None, repr=False)
    """Own event that it would replace."""


class Drafts:
    """Drafts by room."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, room_id: str) -> Draft | None:
        """The room's draft, or None."""
        row = self._db.one(
            "SELECT text, reply_to, edit_of FROM drafts WHERE room_id = ?", (room_id,)
        )
        if row is None:
            return None
        text, reply_to, edit_of = row
        return Draft(text_out(text), maybe_text_out(reply_to), maybe_text_out(edit_of))

    def set(self, room_id: str, draft: Draft | None) -> None:
        """Keep the draft; None or an empty text forgets it."""
        if draft is None or not draft.text:
            self._db.run("DELETE FROM drafts WHERE room_id = ?", (room_id,))
            return
        self._db.run(
            "INSERT OR REPLACE INTO drafts (room_id, text, reply_to, edit_of) VALUES (?, ?, ?, ?)",
            (room_id, draft.text, draft.reply_to, draft.edit_of),
        )

    def redact(self, room_id: str, event_id: str) -> None:
        """Forget a draft that would change a redacted event; let go of it in one that answers."""
        where = (room_id, event_id)
        self._db.run("DELETE FROM drafts WHERE room_id = ? AND edit_of = ?", where)
        self._db.run("UPDATE drafts SET reply_to = NULL WHERE room_id = ? AND reply_to = ?", where)
