"""What the bot does. Actions are values; `peerroom.bot` carries them out.

A *ledger* action changes what the bot knows, and is carried out in the transaction that records
the decision; so is a *renewal*, which the registrar of names is told. A *request* goes to the
homeserver, through the outbox, in order, once. `Note` is the line of all this in the audit log,
with which it can be undone.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from peerroom.moderation.actions_base import Act
from peerroom.moderation.actions_ledger import (
    AddRoom,
    AwaitResident,
    Book,
    Count,
    DrawInvites,
    DropEvidence,
    DropRoom,
    EndSlow,
    KeepEvidence,
    MakeModerator,
    Mode,
    NoteAsker,
    NoteBan,
    NoteLock,
    NoteMoment,
    NoteMute,
    NoteSlow,
    NoteUnban,
    NoteUnlock,
    NoteUnmute,
    Remember,
    SetProtection,
    SetRole,
    SpendInvite,
    TakeStep,
    UnmakeModerator,
)
from peerroom.moderation.actions_registrar import ReleaseHold, ReplaceSeat, SetHold, SetRotating
from peerroom.moderation.actions_requests import (
    AnswerDoor,
    BanMember,
    EnterList,
    EnterRoom,
    FindList,
    GiveRole,
    InviteMember,
    LeaveList,
    LeaveRoom,
    MakeList,
    OpenList,
    PublishInvites,
    RedactMessage,
    RemoveMember,
    Repost,
    Say,
    SetAcl,
    SetRoomLevel,
    SetRule,
    SetVoice,
    TakeRole,
    TellMember,
    UnbanMember,
)
from peerroom.moderation.state import ModeratorRole

Known = (
    SpendInvite
    | AwaitResident
    | MakeModerator
    | UnmakeModerator
    | SetRole
    | NoteMute
    | NoteUnmute
    | NoteSlow
    | EndSlow
    | NoteBan
    | NoteUnban
    | NoteLock
    | NoteUnlock
    | AddRoom
    | DropRoom
    | SetProtection
    | TakeStep
    | NoteAsker
    | KeepEvidence
    | DropEvidence
    | NoteMoment
    | Remember
    | Count
    | DrawInvites
)
Renewal = SetHold | ReleaseHold | SetRotating | ReplaceSeat
"""What is for the registrar, where names rotate."""
Request = (
    Say
    | AnswerDoor
    | TellMember
    | Repost
    | InviteMember
    | RedactMessage
    | SetVoice
    | GiveRole
    | TakeRole
    | RemoveMember
    | BanMember
    | UnbanMember
    | SetRoomLevel
    | EnterRoom
    | LeaveRoom
    | SetAcl
    | SetRule
    | FindList
    | EnterList
    | LeaveList
    | MakeList
    | OpenList
    | PublishInvites
)
Inverse = Known | Renewal | Request
"""What can stand in the undo of a deed."""


class Note(Act, frozen=True):
    """One line of the audit log, and its number a deed's: the first `Note` of a decision gets
    `peerroom.moderation.state.State.next_deed`, the next one the number after that. Never the text
    of a message. ``reason`` is a moderator's own words, ``code`` a reason code of
    `peerroom.moderation.findings`; ``undo`` takes everything back, () where that cannot be."""

    by: str
    what: str
    about: str | None = None
    reason: str | None = None
    code: str | None = None
    rooms: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    undo: tuple[Inverse, ...] = ()
    undoes: int | None = None
    """The deed that this one takes back."""
    undone: int | None = None
    """The deed that took this one back; known only of what stands in the log."""
    case: int | None = None
    at: datetime | None = None
    """When it was done; known only of what stands in the log."""
    least: ModeratorRole = "moderator"
    """Who takes it back at least: whoever could have given the order."""


Ledger = Known | Note
Action = Ledger | Renewal | Request


def to_content(action: Act) -> dict[str, object]:
    """The JSON object that the outbox, or the audit log, keeps."""
    content = msgspec.to_builtins(action)
    assert isinstance(content, dict)
    return content


def from_content(content: object) -> Request:
    """The request in an outbox row; raises `msgspec.ValidationError` if it is none."""
    request: Request = msgspec.convert(content, Request)
    return request


def note_from(content: object) -> Note:
    """The line in the audit log; raises `msgspec.ValidationError` if it is none."""
    return msgspec.convert(content, Note)


__all__ = [
    "Act",
    "Action",
    "AddRoom",
    "AnswerDoor",
    "AwaitResident",
    "BanMember",
    "Book",
    "Count",
    "DrawInvites",
    "DropEvidence",
    "DropRoom",
    "EndSlow",
    "EnterList",
    "EnterRoom",
    "FindList",
    "GiveRole",
    "Inverse",
    "InviteMember",
    "KeepEvidence",
    "Known",
    "LeaveList",
    "LeaveRoom",
    "Ledger",
    "MakeList",
    "MakeModerator",
    "Mode",
    "Note",
    "NoteAsker",
    "NoteBan",
    "NoteLock",
    "NoteMoment",
    "NoteMute",
    "NoteSlow",
    "NoteUnban",
    "NoteUnlock",
    "NoteUnmute",
    "OpenList",
    "PublishInvites",
    "RedactMessage",
    "ReleaseHold",
    "Remember",
    "RemoveMember",
    "Renewal",
    "ReplaceSeat",
    "Repost",
    "Request",
    "Say",
    "SetAcl",
    "SetHold",
    "SetProtection",
    "SetRole",
    "SetRoomLevel",
    "SetRotating",
    "SetRule",
    "SetVoice",
    "SpendInvite",
    "TakeRole",
    "TakeStep",
    "TellMember",
    "UnbanMember",
    "UnmakeModerator",
    "from_content",
    "note_from",
    "to_content",
]
