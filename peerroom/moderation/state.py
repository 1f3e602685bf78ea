"""What the bot knows when it decides: one frozen picture, put together by the runtime."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Role = Literal["member", "moderator", "resident"]
"""What an invite makes of who uses it. A resident's has no link: it was used when it was made."""


def secret_digest(secret: str) -> str:
    """What is kept of an invite's secret: its SHA-256 in hex. The secret has 128 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class InviteRecord:
    """One invite: until when it is good, and who used it."""

    digest: str
    expires: datetime
    role: Role = "member"
    used_by: str | None = None
    arrived: bool = False
    """Its user has been in the circle's room: it opens nothing any more."""

    def open_at(self, now: datetime) -> bool:
        """Whether it still lets someone in."""
        return self.used_by is None and now < self.expires


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot itself is doing, for ``status``."""

    since: datetime
    waiting: int = 0
    failed: int = 0
    unreadable: int = 0
    unjudged: int = 0
    """Events that a mistake in the bot kept it from judging."""


@dataclass(frozen=True, slots=True)
class Retired:
    """A name of a former epoch, and the room in which it was used."""

    name: str
    room_id: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """How the change of names stands: numbers of people, and nothing about who is who now.

    ``stage`` is the registrar's, or "moving" while people go into a new room. ``issued`` and
    ``redeemed`` are None while there is nothing to say, or nothing that may be said yet.
    """

    epoch: int
    stage: str
    switch: datetime | None
    """When names change, as planned now."""
    round: int = 1
    asked: int = 0
    issued: int | None = None
    redeemed: int | None = None
    carried: int = 0
    """Accounts inside that go on under their names unless they ask in time."""
    crowd: int = 0
    """Accounts inside whose names can change."""
    outside: int = 0
    """Those who wait outside, and tokens with which somebody may still come back."""
    held_until: datetime | None = None
    patience: timedelta = timedelta(0)
    """Longest that moderators can put it off, after the window."""
    refusals: int = 0
    """Requests and redemptions that were not in order, ever."""
    residents: frozenset[str] = frozenset()
    retired: Mapping[str, Retired] = field(default_factory=dict)
    """Accounts of former epochs that have no seat now."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Names of everyone who has a seat, also of those who are not in the room."""


@dataclass(frozen=True, slots=True)
class State:
    """The circle as it stands.

    `members` are those in the room now, `known` those who were and left, both by user id with the
    name shown; `desk` are those in the management room. `messages` are a member's message ids, the
    newest first.
    """

    bot: str
    circle: str
    management: str
    via: tuple[str, ...]
    desk: frozenset[str]
    moderators: frozenset[str]
    exempt: frozenset[str]
    """Accounts no command is ever turned against: the bot, the recovery owner, moderators."""
    members: Mapping[str, str]
    known: Mapping[str, str]
    seats: int
    invites: Mapping[str, InviteRecord]
    mutes: Mapping[str, datetime | None]
    banned: frozenset[str]
    messages: Mapping[str, Sequence[str]]
    welcome: Mapping[str, str]
    """What a newcomer reads first, by language; English is always there."""
    health: Health
    can_invite: bool = True
    """False where the server does not let the bot make registration tokens."""
    pending_joins: frozenset[str] = field(default_factory=frozenset)
    """Let in by an invite and not in the room yet: their seats are taken too."""
    rotation: Rotation | None = None
    """None in a circle whose names stay."""
