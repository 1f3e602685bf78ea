"""The timeline: every event as it came, and what it says once decrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from peerroom.store import encoding
from peerroom.store.database import Database, Row
from peerroom.store.drafts import Drafts
from peerroom.store.encoding import text_out
from peerroom.store.outbox import Outbox
from peerroom.store.redaction import bare_event
from peerroom.store.rooms import Rooms

EventStatus = Literal["ok", "undecryptable", "unattributable", "redacted", "malformed"]

_SELECT: Final = """
    SELECT room_id, event_id, position, sender, type, origin_ts, raw, clear, status,
        session_id, transaction_id, trust
    FROM events
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a room's timeline."""

    room_id: str = field(repr=False)
    event_id: str = field(repr=False)
    position: int
    """Place in the room, ascending in time; not dense, and may be negative."""
    sender: str = field(repr=False)
    type: str
    """As the server sends it: ``m.room.encrypted`` stays so after decryption."""
    origin_ts: int
    """The sender's clock in milliseconds since 1970; strangers may claim anything."""
    raw: dict[str, Any] = field(repr=False)
    """The event as the server sent it; of a redacted one only the skeleton."""
    clear: dict[str, Any] | None = field(default=None, repr=False)
    """Of an encrypted event that could be decrypted: ``{"type": ..., "content": ...}``."""
    status: EventStatus = "ok"
    session_id: str | None = field(default=None, repr=False)
    """Megolm session that it was encrypted with."""
    transaction_id: str | None = field(default=None, repr=False)
    """Of an event that this device sent: the transaction id of its outbox row."""
    trust: str | None = None
    """What was known of the sending device when it arrived (a value of ``matrix.Trust``)."""


class Events:
    """Events by event id and by position within a room."""

    def __init__(self, database: Database, rooms: Rooms, outbox: Outbox, drafts: Drafts) -> None:
        self._db = database
        self._rooms = rooms
        self._outbox = outbox
        self._drafts = drafts

    def upsert(self, event: StoredEvent) -> bool:
        """Keep ``event``; True if it was not known before.

        A known event keeps its position, and what it says is never lost again: a redacted one
        stays redacted, a decrypted one stays decrypted. The replacement of a redacted event by
        its own sender is stored redacted.

        Raises:
            NotStorable: ``raw`` or ``clear`` is no JSON (see `encoding.json_in`).
        """
        raise NotImplementedError

    def get(self, event_id: str) -> StoredEvent | None:
        """The event, or None."""
        raise NotImplementedError

    def page(
        self, room_id: str, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[StoredEvent]:
        """At most ``limit`` events in ascending order of position.

        With ``before``, the newest ones below that position; with ``after`` alone, the oldest
        ones above it; with neither, the newest of the room.
        """
        raise NotImplementedError

    def of_sender(self, room_id: str, sender: str, limit: int) -> list[StoredEvent]:
        """The newest ``limit`` events of one sender that are not redacted, newest first."""
        raise NotImplementedError

    def count(self, room_id: str) -> int:
        """How many events of the room are stored; costs the same for any number."""
        raise NotImplementedError

    def unread(self, room_id: str, after: int | None, own: str, limit: int = 100) -> int:
        """Messages above position ``after`` by others than ``own``, counted up to ``limit``."""
        raise NotImplementedError

    def latest_position(self, room_id: str) -> int | None:
        """Position of the newest event, or None. The next live event goes to it plus one."""
        raise NotImplementedError

    def first_position(self, room_id: str) -> int | None:
        """Position of the oldest event, or None. Older history goes below it."""
        raise NotImplementedError

    def undecryptable(self, room_id: str, session_id: str) -> list[StoredEvent]:
        """Events that wait for this Megolm session, in order."""
        raise NotImplementedError

    def set_clear(
        self,
        event_id: str,
        clear: dict[str, Any] | None,
        status: EventStatus = "ok",
        trust: str | None = None,
    ) -> None:
        """Keep what a stored event turned out to say; a redacted one is left alone.

        Raises:
            NotStorable: ``clear`` is no JSON.
        """
        raise NotImplementedError

    def redact(self, event_id: str, by: str | None = None) -> bool:
        """Take away what the event said, at once and from everywhere in the vault.

        Its skeleton stays for the tombstone. Gone are its content, the content of its
        replacements by the same sender, what it set in the room's state, outbox rows that sent
        it or would change it, and a draft that edits it. When the outermost transaction is
        through, no page of the vault holds the text any more, nor does the log beside it.

        Args:
            event_id: what is redacted; unknown ones are no error.
            by: user id of who redacted it, for the tombstone.

        Returns:
            Whether anything was known of the event.
        """
        raise NotImplementedError


def _event(row: Row) -> StoredEvent:
    raise NotImplementedError
