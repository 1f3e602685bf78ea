"""What the bot knows when it decides: one frozen picture, put together by the runtime."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["member", "moderator"]


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
