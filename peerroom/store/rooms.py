"""Rooms, and the state of each: who is in it, what it is called, that it is encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast, get_args

from peerroom.store import encoding
from peerroom.store.database import Database, Row
from peerroom.store.encoding import maybe_text_out, text_out
from peerroom.store.redaction import bare_state

Membership = Literal["join", "invite", "knock", "leave", "ban"]
MEMBERSHIPS: Final = get_args(Membership)

_SELECT: Final = """
    SELECT room_id, account_id, room_id IN (SELECT room_id FROM encrypted_rooms),
        membership, is_direct, prev_batch, read_position
    FROM rooms
"""
_FEW: Final = 2_000
_SELECT_STATE: Final = "SELECT type, state_key, content, sender, event_id FROM state"


@dataclass(frozen=True, slots=True)
class StoredRoom:
    """What is known of a room as one account sees it."""

    room_id: str = field(repr=False)
    account_id: int
    encrypted: bool = False
    """Once true, true for ever: also after leaving, and under another account."""
    membership: Membership = "join"
    is_direct: bool = False
    prev_batch: str | None = field(default=None, repr=False)
    """Token that continues into history older than the oldest stored event; None: no more."""
    read_position: int | None = None
    """Position of the newest event that was read; never leaves this machine."""


@dataclass(frozen=True, slots=True)
class StateEvent:
    """One piece of a room's current state, with who set it."""

    type: str
    state_key: str = field(repr=False)
    content: dict[str, Any] = field(repr=False)
    sender: str | None = field(default=None, repr=False)
    event_id: str | None = field(default=None, repr=False)


class Rooms:
    """Rooms by room id. A room must be put before events, state or a draft of it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, room: StoredRoom) -> None:
        """Keep ``room``; ``encrypted=False`` does not undo what was recorded before.

        The number of its events and what is recorded beside it stay.
        """
        with self._db.transaction():
            self._db.run(
                "INSERT INTO rooms"
                " (room_id, account_id, membership, is_direct, prev_batch, read_position)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (room_id) DO UPDATE SET"
                " account_id = excluded.account_id, membership = excluded.membership,"
                " is_direct = excluded.is_direct, prev_batch = excluded.prev_batch,"
                " read_position = excluded.read_position",
                (
                    room.room_id,
                    room.account_id,
                    room.membership,
                    int(room.is_direct),
                    room.prev_batch,
                    room.read_position,
                ),
            )
            if room.encrypted:
                self.set_encrypted(room.room_id)

    def get(self, room_id: str) -> StoredRoom | None:
        """The room, or None."""
        row = self._db.one(_SELECT + "WHERE room_id = ?", (room_id,))
        return _room(row) if row else None

    def all(self, account_id: int | None = None) -> list[StoredRoom]:
        """Every room, or one account's, in the order in which they were first seen."""
        if account_id is None:
            rows = self._db.all(_SELECT + "ORDER BY rowid")
        else:
            rows = self._db.all(_SELECT + "WHERE account_id = ? ORDER BY rowid", (account_id,))
        return [_room(row) for row in rows]

    def set_encrypted(self, room_id: str) -> None:
        """Record that the room is encrypted. There is no way back, by design."""
        self._db.run("INSERT OR IGNORE INTO encrypted_rooms (room_id) VALUES (?)", (room_id,))

    def is_encrypted(self, room_id: str) -> bool:
        """Whether the room was ever seen encrypted, also if it is not stored any more."""
        return bool(self._db.one("SELECT 1 FROM encrypted_rooms WHERE room_id = ?", (room_id,)))

    def set_membership(self, room_id: str, membership: Membership) -> None:
        """Keep what the account is in this room now."""
        self._db.run("UPDATE rooms SET membership = ? WHERE room_id = ?", (membership, room_id))

    def set_direct(self, room_id: str, is_direct: bool) -> None:
        """Keep whether the room is a conversation of two."""
        self._db.run("UPDATE rooms SET is_direct = ? WHERE room_id = ?", (int(is_direct), room_id))

    def people(self, room_id: str) -> set[str]:
        """Who could read what is said in a room: those in it, and those asked in."""
        members = self.members(room_id).items()
        return {user for user, said in members if said.get("membership") in ("join", "invite")}

    def is_of_two(self, room_id: str) -> bool:
        """Whether a room was made as a conversation of two, and nobody third is in it or asked in.

        That it is direct is the word of whoever invited, and no proof of who hears us there.
        """
        room = self.get(room_id)
        return room is not None and room.is_direct and len(self.people(room_id)) <= 2

    def set_prev_batch(self, room_id: str, prev_batch: str | None) -> None:
        """Keep the token that leads to older history; None when the beginning is reached."""
        self._db.run("UPDATE rooms SET prev_batch = ? WHERE room_id = ?", (prev_batch, room_id))

    def set_read_position(self, room_id: str, position: int) -> None:
        """Keep how far was read; never goes back."""
        self._db.run(
            "UPDATE rooms SET read_position = ?1"
            " WHERE room_id = ?2 AND ifnull(read_position < ?1, 1)",
            (position, room_id),
        )

    def remove(self, room_id: str) -> None:
        """Forget the room and all that was said in it; that it is encrypted stays known."""
        with self._db.transaction():
            self._db.run("DELETE FROM rooms WHERE room_id = ?", (room_id,))
            self._db.run("DELETE FROM outbox WHERE room_id = ?", (room_id,))
            self._db.run("DELETE FROM key_shares WHERE room_id = ?", (room_id,))
            self._db.scrub()

    def state(self, room_id: str, event_type: str, state_key: str = "") -> dict[str, Any] | None:
        """The content of one piece of state, or None."""
        event = self.state_event(room_id, event_type, state_key)
        return event.content if event else None

    def state_event(self, room_id: str, event_type: str, state_key: str = "") -> StateEvent | None:
        """One piece of state with its sender and event id, or None."""
        row = self._db.one(
            _SELECT_STATE + " WHERE room_id = ? AND type = ? AND state_key = ?",
            (room_id, event_type, state_key),
        )
        return _state(row) if row else None

    def state_events(self, room_id: str, event_type: str | None = None) -> list[StateEvent]:
        """The whole state of a room, or all of one type."""
        rows = self._db.all(
            _SELECT_STATE + " WHERE room_id = ?1 AND (?2 IS NULL OR type = ?2)",
            (room_id, event_type),
        )
        return [_state(row) for row in rows]

    def pieces(self, room_id: str, event_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """State key and content of all of one type, in the order of the keys; a few at a time, for
        there may be a hundred thousand."""
        first, last = "", None
        while rows := self._db.all(
            "SELECT state_key, content FROM state WHERE room_id = ? AND type = ?"
            " AND state_key >= ? AND state_key IS NOT ? ORDER BY state_key LIMIT ?",
            (room_id, event_type, first, last, _FEW),
        ):
            for key, content in rows:
                yield text_out(key), encoding.json_out(content)
            first = last = rows[-1][0]

    def state_ids(self, room_id: str, event_type: str) -> dict[str, str | None]:
        """Which event set each piece of state of one type, by state key."""
        rows = self._db.all(
            "SELECT state_key, event_id FROM state WHERE room_id = ? AND type = ?",
            (room_id, event_type),
        )
        return {text_out(key): maybe_text_out(event_id) for key, event_id in rows}

    def members(self, room_id: str) -> dict[str, dict[str, Any]]:
        """The content of every ``m.room.member`` event by user id, whatever the membership."""
        return {e.state_key: e.content for e in self.state_events(room_id, "m.room.member")}

    def set_state(
        self,
        room_id: str,
        event_type: str,
        state_key: str,
        content: dict[str, Any],
        *,
        sender: str | None = None,
        event_id: str | None = None,
    ) -> None:
        """Keep one piece of state; an ``m.room.encryption`` event also records the encryption.

        Raises:
            NotStorable: ``content`` is no JSON.
        """
        with self._db.transaction():
            self._db.run(
                "INSERT OR REPLACE INTO state (room_id, type, state_key, content, sender,"
                " event_id) VALUES (?, ?, ?, ?, ?, ?)",
                (room_id, event_type, state_key, encoding.json_in(content), sender, event_id),
            )
            if event_type == "m.room.encryption" and state_key == "":
                self.set_encrypted(room_id)

    def clear_state(self, room_id: str) -> None:
        """Forget the state, before the server's whole state is stored anew."""
        self._db.run("DELETE FROM state WHERE room_id = ?", (room_id,))

    def redact_state(self, room_id: str, event_id: str, by: str | None = None) -> bool:
        """Take from the state what a redaction of ``event_id`` takes away; False: nothing.

        A member's name stays when it was they who redacted (``by``): see `bare_state`.
        """
        rows = self._db.all(
            "SELECT state_key, type, content FROM state WHERE event_id = ? AND room_id = ?",
            (event_id, room_id),
        )
        for state_key, event_type, content in rows:
            said = encoding.json_out(content)
            bare = bare_state(text_out(event_type), text_out(state_key), said, by)
            self._db.run(
                "UPDATE state SET content = ? WHERE room_id = ? AND type = ? AND state_key = ?",
                (encoding.json_in(bare), room_id, event_type, state_key),
            )
        return bool(rows)


def _room(row: Row) -> StoredRoom:
    room_id, account_id, encrypted, membership, is_direct, prev_batch, read_position = row
    return StoredRoom(
        text_out(room_id),
        account_id,
        bool(encrypted),
        cast("Membership", membership),
        bool(is_direct),
        maybe_text_out(prev_batch),
        read_position,
    )


def _state(row: Row) -> StateEvent:
    event_type, state_key, content, sender, event_id = row
    return StateEvent(
        text_out(event_type),
        text_out(state_key),
        encoding.json_out(content),
        maybe_text_out(sender),
        maybe_text_out(event_id),
    )
