"""Cases, as moderators' programs hear of them: steps that only the bot says.

Each step travels inside an ordinary encrypted notice of the bot in the management room, under
`FIELD`: any client shows the words, PeerRoom's own shows the case. Moderators change a case by
commands; the bot answers with the step that came of it. So there is one order, the bot's.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from peerroom.wire.content import BadContent

FIELD: Final = "org.peerroom.case"
MOST_CLEARED: Final = 50
"""Steps that one `Cleared` names."""

Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=4_000)]
UserId = Annotated[str, Meta(max_length=255)]
EventId = Annotated[str, Meta(max_length=255)]
RoomId = Annotated[str, Meta(max_length=255)]
Milliseconds = Annotated[int, Meta(ge=0, le=253402300799000)]
"""Since 1970, by the bot's clock."""
Source = Literal["report", "flag", "hold", "request", "appeal"]
Outcome = Literal[
    "released", "removed", "warned", "muted", "sat out", "banned", "helped", "nothing"
]


class _Step(msgspec.Struct, frozen=True, tag=True, kw_only=True, omit_defaults=True):
    """Encodes with ``type``, the class name. ``case`` is its number and ``n`` that of the step in
    it, both counted from 1: whoever hears steps late or twice still puts them in order."""

    case: Annotated[int, Meta(ge=1)]
    n: Annotated[int, Meta(ge=1)]
    at: Milliseconds
    v: Literal[1] = 1


class Opened(_Step, frozen=True, kw_only=True):
    """A report, a flag, a hold, a request or an appeal came; ``reason`` is a reason code of
    `peerroom.moderation.findings`. Who reported is nobody's business but the bot's."""

    source: Source
    reason: Short
    room_id: RoomId | None = None
    about: UserId | None = None
    name: Short = ""
    """Shown name of ``about`` at that moment."""
    event_ids: Annotated[tuple[EventId, ...], Meta(max_length=50)] = ()
    cues: Annotated[tuple[Short, ...], Meta(max_length=20)] = ()
    urgent: bool = False
    """Somebody may not be well: look at this first."""
    deed: Annotated[int, Meta(ge=1)] | None = None
    """Of an appeal: the number of what is to be looked at again."""


class More(_Step, frozen=True, kw_only=True):
    """The same again, about the same person, while the case is open: no case of its own."""

    source: Source
    event_ids: Annotated[tuple[EventId, ...], Meta(max_length=50)] = ()
    cues: Annotated[tuple[Short, ...], Meta(max_length=20)] = ()
    urgent: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of the context; ``about`` marks those the case is about."""

    name: Short
    text: Long
    at: Milliseconds
    about: bool = False
    unsigned: bool = False
    """The device is not one that its owner confirmed: it may be somebody else's word."""


class Shown(_Step, frozen=True, kw_only=True):
    """The messages, with what stood before and after. It is an event of its own, so that it can be
    removed when evidence is no longer kept."""

    lines: Annotated[tuple[Line, ...], Meta(max_length=41)]
    unverified: bool = False
    """The lines are the reporter's copy; the bot has none of its own to compare."""


class Cleared(_Step, frozen=True, kw_only=True):
    """The messages are kept no longer; ``shown`` are the steps (`Shown`) that are gone."""

    shown: Annotated[tuple[int, ...], Meta(max_length=MOST_CLEARED)] = ()


class Reminded(_Step, frozen=True, kw_only=True):
    """Nobody looks after it yet, and somebody should."""


class Claimed(_Step, frozen=True, kw_only=True):
    """One moderator looks after it."""

    by: UserId


class LetGo(_Step, frozen=True, kw_only=True):
    """Nobody looks after it any more: given back, or ``lapsed`` because nothing happened."""

    by: UserId | None = None
    lapsed: bool = False


class Noted(_Step, frozen=True, kw_only=True):
    """A moderator's note for the others."""

    by: UserId
    text: Long


class AskedSecond(_Step, frozen=True, kw_only=True):
    """The moderator who has it asks for a second opinion."""

    by: UserId


class SecondOpinion(_Step, frozen=True, kw_only=True):
    """Another moderator's opinion."""

    by: UserId
    agrees: bool
    text: Long = ""


class Replied(_Step, frozen=True, kw_only=True):
    """The bot told somebody something in private: ``to`` the author, or whoever reported or
    asked."""

    by: UserId
    to: Literal["author", "reporter"]
    text: Long


class Done(_Step, frozen=True, kw_only=True):
    """Something was done in the course of the case; ``deed`` is its number in the audit log, with
    which it can be undone."""

    by: UserId
    what: Short
    deed: int


class Closed(_Step, frozen=True, kw_only=True):
    """It is settled."""

    by: UserId
    outcome: Outcome


class Reopened(_Step, frozen=True, kw_only=True):
    """It is not: something was undone, or somebody appealed."""

    by: UserId | None = None


Step = (
    Opened
    | More
    | Shown
    | Cleared
    | Reminded
    | Claimed
    | LetGo
    | Noted
    | AskedSecond
    | SecondOpinion
    | Replied
    | Done
    | Closed
    | Reopened
)


def content(step: Step) -> dict[str, Any]:
    """What stands under `FIELD`."""
    built = msgspec.to_builtins(step)
    assert isinstance(built, dict)
    return built


def read(value: object) -> Step:
    """The step in a notice; raises `peerroom.wire.content.BadContent`, and nothing else."""
    try:
        step: Step = msgspec.convert(value, Step)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadContent from None
    return step
