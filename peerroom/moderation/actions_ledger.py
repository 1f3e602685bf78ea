"""Actions that change what the bot knows, in the transaction that keeps the decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from peerroom.moderation import protection
from peerroom.moderation.actions_base import Act
from peerroom.moderation.state import ModeratorRole, Role
from peerroom.wire.cases import Step

Book = Literal[
    "template", "shift", "rota", "digest", "preview", "list", "choice", "spared", "asked", "untold"
]
"""Small things that are kept by key, with a shape that only their own part of the house knows."""
Mode = Literal[protection.Mode, "default"]
"""``default``: as the protection itself has it."""


class SpendInvite(Act, frozen=True):
    """The invite is used, by this account."""

    digest: str
    user_id: str


class AwaitResident(Act, frozen=True):
    """The account is asked in, by its address and without a link, and will keep its name."""

    user_id: str


class MakeModerator(Act, frozen=True):
    """The account may give commands from now on."""

    user_id: str


class UnmakeModerator(Act, frozen=True):
    """The account may give commands no longer."""

    user_id: str


class SetRole(Act, frozen=True):
    """What somebody among the moderators may do."""

    user_id: str
    role: ModeratorRole


class NoteMute(Act, frozen=True):
    """Muted until then; None means until unmuted. Where names rotate, it is honoured there too."""

    user_id: str
    until: datetime | None = None


class NoteUnmute(Act, frozen=True):
    """No longer muted, and nobody is sat out by it any more."""

    user_id: str


class NoteSlow(Act, frozen=True):
    """A short pause in one room; the change of names knows nothing of it."""

    room_id: str
    user_id: str
    until: datetime


class EndSlow(Act, frozen=True):
    """The pause is over."""

    room_id: str
    user_id: str


class NoteBan(Act, frozen=True):
    """Banned, until then or for good: no invite lets this account in."""

    user_id: str
    until: datetime | None = None


class NoteUnban(Act, frozen=True):
    """No longer banned."""

    user_id: str


class NoteLock(Act, frozen=True):
    """Only moderators write in the room, until then or until unlocked. ``before`` is the level that
    one needed to write before; ``says_after`` is said when it opens by itself; ``least`` may
    open it before that."""

    room_id: str
    until: datetime | None = None
    before: int = 0
    says_after: str = ""
    least: ModeratorRole = "moderator"


class NoteUnlock(Act, frozen=True):
    """The room is open again."""

    room_id: str


class AddRoom(Act, frozen=True):
    """The bot looks after this room too, and enters it when invited."""

    room_id: str


class DropRoom(Act, frozen=True):
    """The bot looks after this room no longer."""

    room_id: str


class SetProtection(Act, frozen=True):
    """How a protection stands: everywhere, or in one room. What is None stays as it is;
    ``settings`` replaces all of its settings there, {} by its defaults."""

    name: str
    room_id: str | None = None
    mode: Mode | None = None
    settings: dict[str, Any] | None = None


class TakeStep(Act, frozen=True):
    """A case goes on: the step is kept, and said in the management room in words that every client
    shows. Words and HTML are made when it is kept."""

    step: Step


class NoteAsker(Act, frozen=True):
    """Who a case came from, and the direct room in which to answer. Never in the case itself."""

    case: int
    user_id: str
    room_id: str


class KeepEvidence(Act, frozen=True):
    """Copy what these events say from the timeline, before they are removed, until ``until``."""

    room_id: str
    event_ids: tuple[str, ...]
    until: datetime
    deed: int | None = None
    case: int | None = None


class DropEvidence(Act, frozen=True):
    """Forget what was kept of these events, at once and for good."""

    event_ids: tuple[str, ...]


class NoteMoment(Act, frozen=True):
    """Something was done or said just now that is not to be repeated for a while; see
    `peerroom.moderation.state.State.moments`."""

    key: str
    until: datetime


class Remember(Act, frozen=True):
    """Keep ``value`` (any JSON) under ``key``; None forgets it."""

    book: Book
    key: str
    value: Any = None


class Count(Act, frozen=True):
    """Something was ignored; how often is shown by ``status``."""

    what: str


class DrawInvites(Act, frozen=True):
    """Draw the secrets of ``count`` invites; publishing them follows as a request."""

    count: int
    role: Role = "member"
