"""What happened, as the bot is told: plain values that `decide` judges.

A fact says how the event arrived, because that decides what it may do: a command counts only if it
was encrypted and its sender's device is signed by its owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peerroom.moderation.seen import Seen
from peerroom.text.foreign import ForeignText
from peerroom.wire.cases import Line
from peerroom.wire.member import Ask


@dataclass(frozen=True, slots=True)
class Said:
    """A text message in a room that the bot reads. `at` is the server's time of it."""

    event_id: str
    room_id: str
    sender: str
    text: ForeignText
    at: datetime
    encrypted: bool
    signed: bool
    """The sender's device carries its owner's cross-signature, and no identity changed."""
    read_at: datetime
    """When the bot could read it: later than `at` after an outage, or when its key came late."""


@dataclass(frozen=True, slots=True)
class Knocked:
    """Someone said an invite's secret (see `secret_digest`) in an encrypted direct room."""

    event_id: str
    room_id: str
    sender: str
    digest: str
    at: datetime
    signed: bool
    own_identity: bool
    """The identity that the server shows for the sender is the one that the sender named."""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went by."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What the bot's own decrypted copy holds of reported messages."""

    about: str
    """Who wrote the first of them."""
    event_ids: tuple[str, ...]
    """Those that it has."""
    lines: tuple[Line, ...]
    """They, and what stood around them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A member says something to the moderators in their direct room with the bot. `at` is our own
    clock's time; `found` is there for a report of messages that the bot could read."""

    event_id: str
    room_id: str
    sender: str
    ask: Ask
    at: datetime
    signed: bool
    found: Found | None = None


Fact = Said | Seen | Asked | Knocked | Ticked
