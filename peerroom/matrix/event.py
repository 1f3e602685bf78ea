"""One event as a server hands it over, read without trusting any field of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from peerroom.matrix.rooms import REDACT_EVENTS
from peerroom.matrix.transport import Json

ENCRYPTED: Final = "m.room.encrypted"
MEMBER: Final = "m.room.member"
REDACTION: Final = "m.room.redaction"

_LONGEST_ID: Final = 255  # spec: "Size limits"


@dataclass(frozen=True, slots=True)
class Event:
    """An event whose outer fields have the types of the specification.

    A ``malformed`` one has only its id for certain; the rest is empty where it was not as it
    should be. What ``content`` holds is anybody's guess in either case.
    """

    event_id: str
    sender: str
    type: str
    origin_ts: int
    content: Json
    state_key: str | None
    raw: Json
    malformed: bool = False

    @property
    def transaction_id(self) -> str | None:
        """The id under which this device sent it; servers show it to nobody else."""
        return _text(_mapping(self.raw.get("unsigned")).get("transaction_id"))

    @property
    def redacted_by(self) -> str | None:
        """Who redacted the event, "" if nobody says, None if it is not redacted."""
        because = _mapping(self.raw.get("unsigned")).get("redacted_because")
        return None if because is None else _text(_mapping(because).get("sender")) or ""

    def redacts(self, room_version: object) -> str | None:
        """The event that this redaction is about.

        Up to room version 10 only the outer field is checked by servers, from 11 on only the one
        in the content: the other one may name any event.
        """
        old = isinstance(room_version, str) and room_version in _OUTER_REDACTS
        return _text((self.raw if old else self.content).get("redacts"))

    @property
    def takes_messages_along(self) -> bool:
        """Whether this ban or kick says that the user's messages go too (MSC4293)."""
        return (
            self.type == MEMBER
            and self.state_key is not None
            and takes_messages_along(self.state_key, self.sender, self.content)
        )


_OUTER_REDACTS: Final = frozenset(str(version) for version in range(1, 11))


def takes_messages_along(user_id: str, sender: str | None, member: Mapping[str, object]) -> bool:
    """The same for a membership that is stored as state."""
    removed = member.get("membership") == "ban" or (
        member.get("membership") == "leave" and sender != user_id
    )
    return removed and any(member.get(flag) is True for flag in REDACT_EVENTS)


def read(raw: object) -> Event | None:
    """``raw`` as an event; None when it has not even an id to remember it by."""
    if not isinstance(raw, dict):
        return None
    event_id = raw.get("event_id")
    if not isinstance(event_id, str) or not 1 < len(event_id) <= _LONGEST_ID:
        return None
    sender, event_type = _text(raw.get("sender")), _text(raw.get("type"))
    content, moment = raw.get("content"), raw.get("origin_server_ts")
    state_key = raw.get("state_key")
    sound = (
        is_user_id(sender)
        and bool(event_type)
        and isinstance(content, dict)
        and isinstance(moment, int)
        and (state_key is None or isinstance(state_key, str))
    )
    return Event(
        event_id=event_id,
        sender=sender if sender and is_user_id(sender) else "",
        type=event_type or "",
        origin_ts=moment if isinstance(moment, int) else 0,
        content=content if isinstance(content, dict) else {},
        state_key=state_key if isinstance(state_key, str) else None,
        raw=raw,
        malformed=not sound,
    )


def read_all(raws: Iterable[object]) -> tuple[list[Event], int]:
    """The events among ``raws``, and how many were none."""
    found = [read(raw) for raw in raws]
    events = [event for event in found if event is not None]
    return events, len(found) - len(events)


def is_user_id(text: str | None) -> bool:
    """Whether ``text`` has the shape of a user id (spec: "User identifiers"; loosely)."""
    return text is not None and text[:1] == "@" and ":" in text and len(text) <= _LONGEST_ID


def is_room_id(text: str) -> bool:
    """Whether ``text`` has the shape of a room id (version 12 ids name no server)."""
    return text[:1] == "!" and 1 < len(text) <= _LONGEST_ID


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= _LONGEST_ID else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
