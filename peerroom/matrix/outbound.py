"""The Megolm session that we write with in one room, until it is due for a new one.

It lives in memory alone and is started anew with the process: a ratchet that a crash set back
would encrypt two messages under one key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from vodozemac import GroupSession

from peerroom.matrix.padding import padded

ALGORITHM: Final = "m.megolm.v1.aes-sha2"
MARKER: Final = "org.peerroom.transaction"
"""Key inside the encrypted content that holds the sender's transaction id.

A server forgets transaction ids (Synapse: after 24 hours); by this an own event is still known
again, so that a message that waited longer is not sent twice."""
_WEEK: Final = 7 * 24 * 3600.0
_HOUR: Final = 3600.0
_MESSAGES: Final = 100

Holder = tuple[str, str, str]
"""User id, device id and Curve25519 key: a device id alone may come back with other keys."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a session is used up (spec: m.room.encryption; its defaults are the upper bounds)."""

    messages: int = _MESSAGES
    seconds: float = _WEEK

    @classmethod
    def of(cls, encryption: Mapping[str, object] | None) -> Rotation:
        """From the room's ``m.room.encryption`` content, whatever is in it.

        Nobody can stretch a session beyond the defaults, nor have a new one made more often than
        hourly by age.
        """
        content = encryption or {}
        messages, age = content.get("rotation_period_msgs"), content.get("rotation_period_ms")
        return cls(
            max(1, min(messages, _MESSAGES)) if _is_number(messages) else _MESSAGES,
            max(_HOUR, min(age, _WEEK * 1000) / 1000) if _is_number(age) else _WEEK,
        )


@dataclass(slots=True)
class Outbound:
    """One outgoing session and who holds its key."""

    room_id: str
    started: float
    """Seconds of the monotonic clock."""
    session: GroupSession = field(default_factory=GroupSession, repr=False)
    holders: set[Holder] = field(default_factory=set)
    """Devices for which the server has taken the key, at any time."""
    ready: bool = False
    """Every device that may read has it, or cannot be reached: messages may go."""

    @property
    def session_id(self) -> str:
        """The session's public name."""
        return self.session.session_id

    def used_up(self, rotation: Rotation, now: float) -> bool:
        """Whether a new session is due by count or age."""
        return (
            self.session.message_index >= rotation.messages
            or now - self.started >= rotation.seconds
        )

    def room_key(self) -> dict[str, object]:
        """The content of ``m.room_key``: reads every message from the next one on."""
        return {
            "algorithm": ALGORITHM,
            "room_id": self.room_id,
            "session_id": self.session_id,
            "session_key": self.session.session_key.to_base64(),
        }

    def encrypt(self, event_type: str, content: Mapping[str, object]) -> str:
        """The ciphertext of one event, of one of few lengths.

        Raises `TooLarge`; `ValueError` or `TypeError` for what is no JSON.
        """
        return self.session.encrypt(padded(event_type, content, self.room_id)).to_base64()


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
