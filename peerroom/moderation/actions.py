"""What the bot does: values that survive a restart, because they are what the outbox keeps.

A *ledger* action changes only what the bot knows and is carried out in the transaction that
records the decision; so is a *renewal*, which the registrar of names is told. A *request* goes to
the homeserver, through the outbox, in order, once.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from peerroom.moderation.state import Role
from peerroom.wire.door import Result


class _Action(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Encodes as one JSON object whose ``type`` is the class name."""


class SpendInvite(_Action, frozen=True):
    """The invite is used, by this account."""

    digest: str
    user_id: str


class AwaitResident(_Action, frozen=True):
    """The account is asked in, by its address and without a link, and will keep its name."""

    user_id: str


class MakeModerator(_Action, frozen=True):
    """The account may give commands from now on."""

    user_id: str


class UnmakeModerator(_Action, frozen=True):
    """The account may give commands no longer."""

    user_id: str


class NoteMute(_Action, frozen=True):
    """Muted until then; None means until unmuted."""

    user_id: str
    until: datetime | None = None


class NoteUnmute(_Action, frozen=True):
    """No longer muted."""

    user_id: str


class NoteBan(_Action, frozen=True):
    """Banned: no invite lets this account in."""

    user_id: str


class NoteUnban(_Action, frozen=True):
    """No longer banned."""

    user_id: str


class Note(_Action, frozen=True):
    """One line of the audit log. Never the text of a message."""

    by: str
    what: str
    about: str | None = None
    reason: str | None = None


class Count(_Action, frozen=True):
    """Something was ignored; how often is shown by ``status``."""

    what: str


class DrawInvites(_Action, frozen=True):
    """Draw the secrets of ``count`` invites; publishing them follows as a request."""

    count: int
    role: Role = "member"


class SetHold(_Action, frozen=True):
    """Names do not change before ``until``, as far as the host's patience goes."""

    until: datetime


class ReleaseHold(_Action, frozen=True):
    """Nothing holds the change of names any more."""


class SetRotating(_Action, frozen=True):
    """Whether a member's name and account change with everyone's."""

    user_id: str
    rotates: bool


class ReplaceSeat(_Action, frozen=True):
    """The seat of an account whose laptop was lost goes to a new invite, unless it objects."""

    user_id: str
    by: str


class Say(_Action, frozen=True):
    """A message of the bot, encrypted."""

    room_id: str
    text: str


class AnswerDoor(_Action, frozen=True):
    """The answer to a knock, encrypted, in the direct room it came from."""

    room_id: str
    result: Result
    circle: str | None = None
    via: tuple[str, ...] = ()


class InviteMember(_Action, frozen=True):
    """Let an account into a room."""

    room_id: str
    user_id: str


class RedactMessage(_Action, frozen=True):
    """Remove one message."""

    room_id: str
    event_id: str


class SetVoice(_Action, frozen=True):
    """Whether a member may write (``m.room.power_levels``: -1 is below every level)."""

    room_id: str
    user_id: str
    may_write: bool


class GiveRole(_Action, frozen=True):
    """Make a member a moderator in the room's power levels, so that any client shows it."""

    room_id: str
    user_id: str


class TakeRole(_Action, frozen=True):
    """No longer a moderator in the room's power levels."""

    room_id: str
    user_id: str


class RemoveMember(_Action, frozen=True):
    """Remove an account from a room; it may be invited again."""

    room_id: str
    user_id: str


class BanMember(_Action, frozen=True):
    """Remove an account for good. No reason goes out: it would stand in room state, in clear."""

    room_id: str
    user_id: str


class UnbanMember(_Action, frozen=True):
    """Lift a ban."""

    room_id: str
    user_id: str


class PublishInvites(_Action, frozen=True):
    """Have the server accept the registration tokens of these invites, then show the links."""

    room_id: str
    invites: tuple[str, ...]


Ledger = (
    SpendInvite
    | AwaitResident
    | MakeModerator
    | UnmakeModerator
    | NoteMute
    | NoteUnmute
    | NoteBan
    | NoteUnban
    | Note
    | Count
    | DrawInvites
)
Renewal = SetHold | ReleaseHold | SetRotating | ReplaceSeat
"""What is for the registrar, where names rotate."""
Request = (
    Say
    | AnswerDoor
    | InviteMember
    | RedactMessage
    | SetVoice
    | GiveRole
    | TakeRole
    | RemoveMember
    | BanMember
    | UnbanMember
    | PublishInvites
)
Action = Ledger | Renewal | Request


def to_content(action: Request) -> dict[str, object]:
    """The JSON object that the outbox keeps."""
    content = msgspec.to_builtins(action)
    assert isinstance(content, dict)
    return content


def from_content(content: object) -> Request:
    """The request in an outbox row; raises `msgspec.ValidationError` if it is none."""
    request: Request = msgspec.convert(content, Request)
    return request
