"""What the bot knows when it decides: one frozen picture, put together by the runtime."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from peerroom.moderation.cases import Case
from peerroom.moderation.followed import Followed
from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Mode, Room
from peerroom.moderation.seen import Seen
from peerroom.wire.cases import Line
from peerroom.wire.commands import Rank

if TYPE_CHECKING:
    from peerroom.moderation.actions import Note

Role = Literal["member", "moderator", "resident"]
"""What an invite makes of who uses it. A resident's has no link: it was used when it was made."""
ModeratorRole = Rank
"""A watcher reads cases, notes and flags; a moderator acts; a lead also sets things up."""


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
    used_at: datetime | None = None

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
    unencrypted: int = 0
    """Messages that came in clear into an encrypted room: nobody's, and not judged."""
    withholding: int = 0
    """Members of whom something of the last day cannot be read: their devices withhold keys."""


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
    length: timedelta = timedelta(weeks=1)
    """From one change of names to the next, as a rule."""
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
class Lock:
    """A room in which only moderators write: until when, and what stood there before."""

    until: datetime | None = None
    before: int = 0
    says_after: str = ""
    least: Rank = "moderator"
    """Who opens it before its time at least."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast this server lets the bot remove things."""

    burst: int = 10
    """Requests that go out at once."""
    per_second: float = 0.2
    """What is above that."""
    exempt: bool = False
    """The server's administrator has lifted them for the bot."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the vault keeps of an event that was removed: for a while, and nowhere else."""

    event_id: str
    room_id: str
    sender: str
    text: str
    """As it was received: for `ForeignText`, never for a screen as it is."""
    at: datetime
    until: datetime
    deed: int | None = None
    case: int | None = None
    removable: bool = True
    """Whether it can be put back as a message: media and the like cannot."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who a case came from, and where to answer."""

    user_id: str
    room_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a protection stands where it differs from its own defaults."""

    mode: Mode | None = None
    settings: Mapping[str, Any] | None = None


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
    """In the circle's room, or of a name of a former epoch in the room of then."""
    welcome: Mapping[str, str]
    """What a newcomer reads first, by language; English is always there."""
    health: Health
    can_invite: bool = True
    """False where the server does not let the bot make registration tokens."""
    pending_joins: frozenset[str] = field(default_factory=frozenset)
    """Let in by an invite and not in the room yet: their seats are taken too."""
    rotation: Rotation | None = None
    """None in a circle whose names stay."""
    roles: Mapping[str, ModeratorRole] = field(default_factory=dict)
    """What each of `moderators` may do."""
    protected: tuple[str, ...] = ()
    """The rooms that the bot looks after; the circle's comes first."""
    everywhere: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Message ids by member and protected room, the newest first; read when asked for."""
    rooms: Mapping[str, Room] = field(default_factory=dict)
    """What protections look at, by protected room."""
    guards: Mapping[str, Guard] = field(default_factory=dict)
    standings: Mapping[tuple[str, str | None], Standing] = field(default_factory=dict)
    """By name of the protection and room; None is everywhere."""
    slowed: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """Until when somebody pauses, by room and user id."""
    bans_end: Mapping[str, datetime] = field(default_factory=dict)
    """Of bans that end by themselves."""
    locks: Mapping[str, Lock] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    """The power level that one needs to write, by protected room."""
    next_deed: int = 1
    """The number that the next `Note` gets."""
    deeds: Mapping[int, Note] = field(default_factory=dict)
    """The audit log by number, read when asked for."""
    next_case: int = 1
    cases: Mapping[int, Case] = field(default_factory=dict)
    """Open cases, and those closed lately."""
    askers: Mapping[int, Sequence[Asker]] = field(default_factory=dict)
    """By case; several may have reported the same."""
    evidence: Mapping[str, Kept] = field(default_factory=dict)
    """What was removed and is still kept, by event id; read when asked for."""
    evidence_days: int = 30
    held: Mapping[int, Sequence[Kept]] = field(default_factory=dict)
    """The same by case; read when asked for."""
    authors: Mapping[str, str] = field(default_factory=dict)
    """Who said something, by event id; read when asked for."""
    written: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """In which room a message stands and who wrote it, by event id; read when asked for."""
    context: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    """A message with what stood around it, by event id; read when asked for."""
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Who is in each protected room."""
    past: Mapping[str, Sequence[Seen]] = field(default_factory=dict)
    """The last day of each protected room, oldest first; read when asked for."""
    expired: Sequence[str] = ()
    """Event ids of evidence that is to be forgotten; read when asked for."""
    shown: Mapping[tuple[int, int], Sequence[str]] = field(default_factory=dict)
    """The bot's own messages that show evidence, in whatever room: event ids by case and step."""
    removed: Mapping[str, bool] = field(default_factory=dict)
    """Whether an event was removed, or is about to be; read when asked for."""
    moments: Mapping[str, datetime] = field(default_factory=dict)
    """What is not to be repeated before then; see `peerroom.moderation.actions.NoteMoment`."""
    books: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What `Remember` keeps, by book and key."""
    lists: Mapping[str, Followed] = field(default_factory=dict)
    """The policy lists that the rooms follow, by their room; read when asked for."""
    acls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The servers that are kept out of each protected room in which others can take part."""
    limits: Limits = Limits()
    people: Mapping[str, str] = field(default_factory=dict)
    """Names shown in any protected room, by user id; also of those who left."""
