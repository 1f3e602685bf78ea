"""Events into the vault: read and decrypted first, then written, each in a guard of its own.

Reading (`Ingest.read`) touches memory and the crypto store only; writing happens inside the
caller's transaction of the vault, after the crypto store was committed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from peerroom.matrix import event as events
from peerroom.matrix.event import ENCRYPTED, MEMBER, REDACTION, Event
from peerroom.matrix.outcome import Decrypted, RoomSession, Unattributable, Undecryptable
from peerroom.matrix.power import room_power
from peerroom.matrix.transport import Json
from peerroom.store.errors import NotStorable
from peerroom.store.events import EventStatus, StoredEvent
from peerroom.store.rooms import MEMBERSHIPS

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

Outcome = Decrypted | Undecryptable | Unattributable

# What data of a wrong shape can raise. Not the vault's own errors: a full disk must be heard.
_HOSTILE: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)

_ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """An event, and what came of decrypting it (None: it was not encrypted)."""

    event: Event
    outcome: Outcome | None


@dataclass
class Written:
    """What was written for one room, in order."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    state_changed: bool = False
    malformed: int = 0


class Ingest:
    """Reads and writes the events of one account's rooms."""

    def __init__(self, vault: Vault, machine: Machine, user_id: str) -> None:
        self._vault = vault
        self._machine = machine
        self._user_id = user_id

    def read(self, room_id: str, found: Iterable[Event]) -> list[Reading]:
        """Decrypt what is encrypted. Never raises for what an event holds."""
        return [Reading(event, self._open(room_id, event)) for event in found]

    def read_again(self, sessions: Iterable[RoomSession]) -> list[tuple[StoredEvent, Outcome]]:
        """Decrypt stored events whose room keys have come since."""
        return [
            (stored, self._machine.decrypt(stored.room_id, stored.raw))
            for room_id, session_id in sorted(sessions)
            for stored in self._vault.events.undecryptable(room_id, session_id)
        ]

    def write_state(self, room_id: str, state: Iterable[Event], written: Written) -> None:
        """Room state that stands before a timeline: kept as state, not shown as events."""
        for event in state:
            if self._guarded(partial(self._set_state, room_id, event, written)):
                written.state_changed = True
            else:
                written.malformed += 1

    def write_stripped(self, room_id: str, piece: Json) -> None:
        """One piece of the state that an invitation shows (spec: "Stripped state")."""
        event_type, state_key, content = piece["type"], piece["state_key"], piece["content"]
        sender = piece.get("sender")
        assert isinstance(event_type, str) and isinstance(state_key, str)
        assert isinstance(content, dict)
        by = sender if isinstance(sender, str) else None
        self._guarded(partial(self._keep_state, room_id, event_type, state_key, content, by))

    def write_live(
        self, room_id: str, readings: Sequence[Reading], start: int, written: Written
    ) -> None:
        """The newest events, oldest first, from position ``start`` up; state events count."""
        position = start
        for reading in readings:
            if self._write(room_id, reading, position, written):
                position += 1
            if reading.event.state_key is not None and not reading.event.malformed:
                self.write_state(room_id, [reading.event], written)

    def write_older(
        self, room_id: str, readings: Sequence[Reading], start: int, written: Written
    ) -> int:
        """History, newest first, from position ``start`` down; returns the next free position.

        The state events among it are shown, but the room's state is newer than they are.
        """
        position = start
        for reading in readings:
            if self._write(room_id, reading, position, written):
                position -= 1
        return position

    def write_again(self, retried: Iterable[tuple[StoredEvent, Outcome]]) -> dict[str, list[str]]:
        """Keep what became readable; the event ids by room."""
        changed: dict[str, list[str]] = {}
        for stored, outcome in retried:
            clear, status, trust = _verdict(outcome)
            if (status, trust) == (stored.status, stored.trust):
                continue
            keep = partial(self._vault.events.set_clear, stored.event_id, clear, status, trust)
            if not self._guarded(keep):
                self._vault.events.set_clear(stored.event_id, None, "malformed")
            changed.setdefault(stored.room_id, []).append(stored.event_id)
        return changed

    def _guarded(self, write: Callable[[], None]) -> bool:
        """Write all of it or nothing; False when what it is about made that impossible."""
        try:
            with self._vault.transaction():
                write()
        except (NotStorable, *_HOSTILE) as error:
            log.debug("an event could not be kept: %s", type(error).__name__)
            return False
        return True

    def _open(self, room_id: str, event: Event) -> Outcome | None:
        if event.malformed or event.type != ENCRYPTED or event.state_key is not None:
            return None
        if event.redacted_by is not None:
            return None
        return self._machine.decrypt(room_id, event.raw)

    def _write(self, room_id: str, reading: Reading, position: int, written: Written) -> bool:
        """Keep one event at ``position``; True if that position is now taken."""
        event = reading.event
        known = self._vault.events.get(event.event_id) is not None
        keep = partial(self._keep, room_id, reading, position, written)
        if event.malformed or not self._guarded(keep):
            self._keep_malformed(room_id, event, position)
            written.malformed += 1
        if known:
            return False
        written.new.append(event.event_id)
        return True

    def _keep(self, room_id: str, reading: Reading, position: int, written: Written) -> None:
        event = reading.event
        self._vault.events.upsert(self._stored(room_id, reading, position))
        if event.redacted_by is not None:
            self._vault.events.redact(room_id, event.event_id, event.redacted_by or None)
        elif self._is_taken_along(room_id, event):
            self._vault.events.redact(room_id, event.event_id)
        if event.type == REDACTION and event.state_key is None:
            self._redact(room_id, event, written)

    def _stored(self, room_id: str, reading: Reading, position: int) -> StoredEvent:
        event, outcome = reading.event, reading.outcome
        transaction_id = event.transaction_id
        session_id = None if outcome is None else outcome.session_id
        if isinstance(outcome, Decrypted):
            transaction_id = outcome.transaction_id or transaction_id
        clear, status, trust = (None, "ok", None) if outcome is None else _verdict(outcome)
        return StoredEvent(
            room_id=room_id,
            event_id=event.event_id,
            position=position,
            sender=event.sender,
            type=event.type,
            origin_ts=event.origin_ts,
            raw=event.raw,
            clear=clear,
            status=status,
            session_id=session_id,
            transaction_id=transaction_id if event.sender == self._user_id else None,
            trust=trust,
        )

    def _keep_malformed(self, room_id: str, event: Event, position: int) -> None:
        """A row that stands for what could not be read: what it held is not kept."""
        self._vault.events.upsert(
            StoredEvent(
                room_id=room_id,
                event_id=event.event_id,
                position=position,
                sender=event.sender,
                type=event.type,
                origin_ts=event.origin_ts,
                raw={"event_id": event.event_id},
                status="malformed",
            )
        )

    def _set_state(self, room_id: str, event: Event, written: Written) -> None:
        if event.malformed or event.state_key is None:
            raise ValueError("not a state event")
        content = self._with_last_name(room_id, event) if event.type == MEMBER else event.content
        self._keep_state(
            room_id, event.type, event.state_key, content, event.sender, event.event_id
        )
        if event.takes_messages_along:
            self._redact_all_of(room_id, event, written)
        if event.type == MEMBER and self._makes_direct(event):
            self._vault.rooms.set_direct(room_id, True)

    def _makes_direct(self, event: Event) -> bool:
        """A flag of the invitation, for both sides of it (client-server API, "Direct Messaging").

        Anybody can write it into a membership of their own: it is then nothing about our room.
        """
        content = event.content
        asked = content.get("membership") == "invite" and content.get("is_direct") is True
        return asked and self._user_id in (event.sender, event.state_key)

    def _keep_state(
        self,
        room_id: str,
        event_type: str,
        state_key: str,
        content: Json,
        sender: str | None,
        event_id: str | None = None,
    ) -> None:
        """Raises `ValueError` for a membership that is none: who may read hangs on it."""
        if event_type == MEMBER and content.get("membership") not in MEMBERSHIPS:
            raise ValueError("not a membership")
        self._vault.rooms.set_state(
            room_id, event_type, state_key, content, sender=sender, event_id=event_id
        )

    def _with_last_name(self, room_id: str, event: Event) -> Json:
        """A member's content; of someone who left or was banned with the name they had.

        Servers leave the name out then, and what someone said would no longer be theirs. Also of
        those who redacted their own: nobody may shed the name by which moderators act on them.
        """
        content = event.content
        gone = content.get("membership") in ("leave", "ban")
        if not (gone or event.redacted_by == event.state_key) or "displayname" in content:
            return content
        unsigned = event.raw.get("unsigned")
        previous = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
        known = self._vault.rooms.state(room_id, MEMBER, event.state_key or "")
        before = known or (previous if isinstance(previous, dict) else {})
        name = before.get("displayname")
        return content if name is None else {**content, "displayname": name}

    def _redact(self, room_id: str, event: Event, written: Written) -> None:
        create = self._vault.rooms.state(room_id, "m.room.create") or {}
        target = event.redacts(create.get("room_version", "1"))
        if target is None:
            return
        known = self._vault.events.get(target) is not None
        if self._vault.events.redact(room_id, target, event.sender) and known:
            written.changed.append(target)

    def _redact_all_of(self, room_id: str, event: Event, written: Written) -> None:
        """MSC4293, honoured here because servers that do not know it only pass the flag on."""
        if event.state_key is None or not room_power(self._vault.rooms, room_id).may(
            event.sender, "redact"
        ):
            return
        for stored in self._vault.events.of_sender(room_id, event.state_key, _ALL):
            if "state_key" not in stored.raw and stored.type != REDACTION:
                self._vault.events.redact(room_id, stored.event_id, event.sender)
                written.changed.append(stored.event_id)

    def _is_taken_along(self, room_id: str, event: Event) -> bool:
        """Whether the sender was banned with their messages: older ones may still arrive."""
        if event.state_key is not None or event.type == REDACTION:
            return False
        member = self._vault.rooms.state_event(room_id, MEMBER, event.sender)
        return (
            member is not None
            and member.sender is not None
            and events.takes_messages_along(event.sender, member.sender, member.content)
            and room_power(self._vault.rooms, room_id).may(member.sender, "redact")
        )


def _verdict(outcome: Outcome) -> tuple[Json | None, EventStatus, str | None]:
    """What the vault keeps: the clear event, its status, and how far to trust it or why not."""
    match outcome:
        case Decrypted():
            return {"type": outcome.type, "content": outcome.content}, "ok", outcome.trust.value
        case Undecryptable():
            return None, "undecryptable", outcome.reason.value
        case Unattributable():
            return None, "unattributable", outcome.reason.value
