"""What members and the bot say to each other in their encrypted direct room.

A member reports, asks, appeals; the bot answers, and says why something was done. None of it is in
the circle's room, and none of it ever travels in clear.

What a member says is an event of a type of its own. What the bot says stands in an ordinary message
under `TELL`: any program shows the words, PeerRoom's own says it in the reader's language. Nobody
is told which that is: what is not one person's own words travels in every language there is.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from peerroom.wire.cases import EventId, Line, Long, Milliseconds, RoomId, Short
from peerroom.wire.content import BadContent

ASK: Final = "org.peerroom.member.ask"
"""From the member: an `Ask`."""
TELL: Final = "org.peerroom.member.tell"
"""From the bot: a `Tell`, under this key of an ``m.room.message``."""


Text = Long | Annotated[dict[Annotated[str, Meta(max_length=8)], Long], Meta(max_length=8)]
"""Somebody's own words as they are, or the same in several languages (ISO 639-1)."""


class _Said(msgspec.Struct, frozen=True, tag=True, kw_only=True, omit_defaults=True):
    """Encodes with ``type``, the class name."""

    v: Literal[1] = 1


class Report(_Said, frozen=True, kw_only=True):
    """Messages that moderators should look at, with what stood around them as the reporter's
    program shows it. ``why`` is the reporter's own word, and may be empty."""

    room_id: RoomId
    event_ids: Annotated[tuple[EventId, ...], Meta(min_length=1, max_length=50)]
    lines: Annotated[tuple[Line, ...], Meta(max_length=41)] = ()
    why: Long = ""


class AskModerator(_Said, frozen=True, kw_only=True):
    """A private word to the moderators; ``help`` says that it is about oneself and now."""

    text: Long = ""
    help: bool = False


class Appeal(_Said, frozen=True, kw_only=True):
    """Please look again at what was done; ``deed`` is the number from `Explained`."""

    deed: Annotated[int, Meta(ge=1)]
    text: Long = ""


class Received(_Said, frozen=True, kw_only=True):
    """It has reached the moderators; ``about`` is the event id of what was said."""

    about: EventId


class Explained(_Said, frozen=True, kw_only=True):
    """Something was done about the reader's own messages or voice, and why."""

    deed: Annotated[int, Meta(ge=1)]
    what: Short
    """``removed``, ``held``, ``slowed``, ``muted``, ``sat out``, ``kicked``, ``banned``,
    ``put back``."""
    reason: Short
    text: Text
    event_ids: Annotated[tuple[EventId, ...], Meta(max_length=50)] = ()
    until: Milliseconds | None = None


class Reply(_Said, frozen=True, kw_only=True):
    """A moderator's answer, by the bot: nobody's name is on it."""

    text: Text


Ask = Report | AskModerator | Appeal
"""In an event of type `ASK`, from the member."""
Tell = Received | Explained | Reply
"""Under `TELL`, from the bot."""


def in_language(text: Text, language: str) -> str:
    """The words for a reader of ``language``; in English, or whatever there is, if not in it."""
    if isinstance(text, str):
        return text
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def content(said: Ask | Tell) -> dict[str, Any]:
    """The content of an `ASK`, or what stands under `TELL`."""
    built = msgspec.to_builtins(said)
    assert isinstance(built, dict)
    return built


def read_ask(value: object) -> Ask:
    """What a member said; raises `peerroom.wire.content.BadContent`, and nothing else."""
    try:
        ask: Ask = msgspec.convert(value, Ask)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadContent from None
    return ask


def read_tell(value: object) -> Tell:
    """What the bot said; raises `peerroom.wire.content.BadContent`, and nothing else."""
    try:
        tell: Tell = msgspec.convert(value, Tell)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadContent from None
    return tell
