"""The timeline: every event as it came, and what it says once decrypted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from peerroom.store import encoding
from peerroom.store.database import Database, Row
from peerroom.store.drafts import Drafts
from peerroom.store.encoding import maybe_text_out, text_out
from peerroom.store.outbox import Outbox
from peerroom.store.redaction import bare_event, redactor, replaced_by
from peerroom.store.rooms import Rooms

EventStatus = Literal["ok", "undecryptable", "unattributable", "redacted", "malformed"]

_SELECT: Final = """
    SELECT room_id, event_id, position, sender, type, origin_ts, raw, clear, status,
        session_id, transaction_id, trust
    FROM events
"""

_FAR: Final = 2**62
"""Above every position."""


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
        known = self.get(event.event_id)
        if known is None:
            self._insert(event)
            return True
        # An event id belongs to one event: a server that sends another one under it is not
        # believed, neither for what was readable already nor for another room.
        if known.room_id != event.room_id or known.status == "redacted":
            return False
        if event.status == "redacted":
            self.redact(event.room_id, event.event_id, redactor(event.raw))
        elif known.status != "ok":
            self._update(event)
        elif known.transaction_id is None and event.transaction_id is not None:
            self._update(replace(known, transaction_id=event.transaction_id))
        return False

    def get(self, event_id: str) -> StoredEvent | None:
        """The event, or None."""
        row = self._db.one(_SELECT + "WHERE event_id = ?", (event_id,))
        return _event(row) if row else None

    def page(
        self, room_id: str, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[StoredEvent]:
        """At most ``limit`` events in ascending order of position.

        With ``before``, the newest ones below that position; with ``after`` alone, the oldest
        ones above it; with neither, the newest of the room.
        """
        above = -_FAR if after is None else after
        below = _FAR if before is None else before
        oldest_first = before is None and after is not None
        rows = self._db.all(
            _SELECT
            + "WHERE room_id = ? AND position > ? AND position < ? ORDER BY position "
            + ("ASC LIMIT ?" if oldest_first else "DESC LIMIT ?"),
            (room_id, above, below, limit),
        )
        return [_event(row) for row in (rows if oldest_first else reversed(rows))]

    def of_sender(self, room_id: str, sender: str, limit: int) -> list[StoredEvent]:
        """The newest ``limit`` events of one sender that are not redacted, newest first."""
        rows = self._db.all(
            _SELECT + "WHERE room_id = ? AND sender = ? AND status != 'redacted'"
            " ORDER BY position DESC LIMIT ?",
            (room_id, sender, limit),
        )
        return [_event(row) for row in rows]

    def replaced(self, room_id: str, event_ids: Collection[str]) -> set[str]:
        """Which of these events have something that says it replaces them, one query for all."""
        rows = self._db.all(
            "SELECT DISTINCT replaces FROM events"
            # By the few that replace something, never by all of the room (the "+").
            " WHERE replaces IN (SELECT value FROM json_each(?)) AND +room_id = ?",
            (json.dumps(list(event_ids)), room_id),
        )
        return {text_out(row[0]) for row in rows}

    def replacements(self, event: StoredEvent) -> Iterator[StoredEvent]:
        """What its own sender put in the place of ``event``, the latest first (by the sender's
        clock, then by event id: client-server API, "Event replacements"); whether it may stand
        there is not looked at. Each is read only when it is asked for."""
        rows = self._db.all(
            "SELECT event_id FROM events WHERE replaces = ? AND room_id = ? AND sender = ?"
            " AND status = 'ok' ORDER BY origin_ts DESC, event_id DESC",
            (event.event_id, event.room_id, event.sender),
        )
        return (found for row in rows if (found := self.get(text_out(row[0]))) is not None)

    def holds(self, room_id: str, sender: str, transaction_id: str) -> bool:
        """Whether what ``sender`` (we) sent under this transaction id came back as an event."""
        row = self._db.one(
            "SELECT 1 FROM events WHERE room_id = ? AND sender = ? AND transaction_id = ?",
            (room_id, sender, transaction_id),
        )
        return row is not None

    def count(self, room_id: str) -> int:
        """How many events of the room are stored; costs the same for any number."""
        row = self._db.one("SELECT events FROM rooms WHERE room_id = ?", (room_id,))
        return int(row[0]) if row else 0

    def unread(self, room_id: str, after: int | None, own: str, limit: int = 100) -> int:
        """Messages above position ``after`` by others than ``own``, counted up to ``limit``.

        An edit of what is here is no news.
        """
        row = self._db.one(
            "SELECT count(*) FROM (SELECT 1 FROM events WHERE room_id = ? AND position > ?"
            " AND sender != ? AND status != 'redacted'"
            " AND type IN ('m.room.message', 'm.room.encrypted')"
            " AND NOT EXISTS (SELECT 1 FROM events AS original WHERE"
            " original.event_id = events.replaces AND original.room_id = events.room_id"
            " AND original.sender = events.sender) LIMIT ?)",
            (room_id, -_FAR if after is None else after, own, limit),
        )
        assert row is not None
        return int(row[0])

    def latest_position(self, room_id: str) -> int | None:
        """Position of the newest event, or None. The next live event goes to it plus one."""
        row = self._db.one("SELECT max(position) FROM events WHERE room_id = ?", (room_id,))
        return row[0] if row else None

    def first_position(self, room_id: str) -> int | None:
        """Position of the oldest event, or None. Older history goes below it."""
        row = self._db.one("SELECT min(position) FROM events WHERE room_id = ?", (room_id,))
        return row[0] if row else None

    def undecryptable(self, room_id: str, session_id: str) -> list[StoredEvent]:
        """Events that wait for this Megolm session, in order."""
        rows = self._db.all(
            _SELECT + "WHERE room_id = ? AND session_id = ? AND status = 'undecryptable'"
            " ORDER BY position",
            (room_id, session_id),
        )
        return [_event(row) for row in rows]

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
        event = self.get(event_id)
        if event is None or event.status == "redacted":
            return
        self._update(
            replace(
                event, clear=clear, status=status, trust=event.trust if trust is None else trust
            )
        )

    def redact(self, room_id: str, event_id: str, by: str | None = None) -> bool:
        """Take away what the event said, at once and from everywhere in the vault.

        Only in its own room: who may redact is a matter of each room, and a redaction that comes
        in one can name an event of any other.

        Its skeleton stays for the tombstone. Gone are its content, the content of its
        replacements by the same sender, what it set in the room's state (but the name of
        a member who redacts it), outbox rows that sent it or would change it, and a draft that
        edits it. When the outermost transaction is
        through, no page of the vault holds the text any more, nor does the log beside it.

        Args:
            room_id: the room in which it was redacted.
            event_id: what is redacted; unknown ones are no error.
            by: user id of who redacted it, for the tombstone.

        Returns:
            Whether anything was known of the event in this room.
        """
        with self._db.transaction():
            event = self.get(event_id)
            if event is not None and event.room_id != room_id:
                return False
            if event is not None:
                edits = self._db.all(
                    _SELECT + "WHERE replaces = ? AND room_id = ? AND sender = ?",
                    (event_id, room_id, event.sender),
                )
                for redacted in (event, *map(_event, edits)):
                    self._update(_bare(redacted, by))
                    self._outbox.redact(room_id, redacted.event_id, redacted.transaction_id)
            state = self._rooms.redact_state(room_id, event_id, by)
            self._drafts.redact(room_id, event_id)
            self._db.scrub()
        return event is not None or state

    def _insert(self, event: StoredEvent) -> None:
        event = self._as_it_stands(event)
        self._db.run(
            "INSERT INTO events (type, sender, origin_ts, raw, clear, status, session_id,"
            " transaction_id, trust, replaces, room_id, event_id, position)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_said(event), event.room_id, event.event_id, event.position),
        )

    def _update(self, event: StoredEvent) -> None:
        """Keep what the event says now; its place stays."""
        event = self._as_it_stands(event)
        self._db.run(
            "UPDATE events SET type = ?, sender = ?, origin_ts = ?, raw = ?, clear = ?,"
            " status = ?, session_id = ?, transaction_id = ?, trust = ?, replaces = ?"
            " WHERE event_id = ?",
            (*_said(event), event.event_id),
        )

    def _as_it_stands(self, event: StoredEvent) -> StoredEvent:
        """The event, or its skeleton if it, or what it replaces, was redacted."""
        if event.status == "redacted":
            return _bare(event)
        target = _replaces(event)
        if target is not None:
            known = self._db.one(
                "SELECT sender, status FROM events WHERE event_id = ? AND room_id = ?",
                (target, event.room_id),
            )
            if known is not None and (text_out(known[0]), known[1]) == (event.sender, "redacted"):
                return _bare(event)
        return event


def _said(event: StoredEvent) -> tuple[object, ...]:
    """What an event says, for the columns that an update may change."""
    return (
        event.type,
        event.sender,
        encoding.whole(event.origin_ts),
        encoding.json_in(event.raw),
        None if event.clear is None else encoding.json_in(event.clear),
        event.status,
        event.session_id,
        event.transaction_id,
        event.trust,
        _replaces(event),
    )


def _replaces(event: StoredEvent) -> str | None:
    # The relation of an encrypted event stays outside the ciphertext (client-server API,
    # "Relationships in encrypted events"), where any server may change it. Most clients repeat
    # it inside: then that is the sender's own word.
    clear = event.clear or {}
    return replaced_by(clear.get("content")) or replaced_by(event.raw.get("content"))


def _bare(event: StoredEvent, by: str | None = None) -> StoredEvent:
    return replace(
        event,
        raw=bare_event(event.raw, by, _replaces(event)),
        clear=None,
        status="redacted",
        session_id=None,
        transaction_id=None,
        trust=None,
    )


def _event(row: Row) -> StoredEvent:
    (room_id, event_id, position, sender, event_type, origin_ts, raw, clear, status, session_id,
     transaction_id, trust) = row  # fmt: skip
    return StoredEvent(
        text_out(room_id),
        text_out(event_id),
        position,
        text_out(sender),
        text_out(event_type),
        origin_ts,
        encoding.json_out(raw),
        None if clear is None else encoding.json_out(clear),
        status,
        maybe_text_out(session_id),
        maybe_text_out(transaction_id),
        trust,
    )
