"""Commands about messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self
from urllib.parse import unquote

from peerroom.i18n import N_
from peerroom.wire.address import is_event_id, is_room_id
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, shown

MOST_REDACTIONS: Final = 500


@dataclass(frozen=True, slots=True)
class RedactEvent(Command):
    """Remove one message, given by event id or permalink (then with its room)."""

    word: ClassVar[str] = "remove"
    also: ClassVar[tuple[str, ...]] = ("redact",)
    summary: ClassVar[str] = N_("Remove one message, by its link.")
    group: ClassVar[Group] = "messages"

    event_id: str = field(metadata=shown(N_("link"), "link"))
    room_id: str | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        if is_event_id(arguments):
            return cls(arguments)
        # Appendices, "matrix.to navigation": https://matrix.to/#/<room id>/<event id>?via=…
        link = re.fullmatch(r"https://matrix\.to/#/([^/?\s]+)/([^/?\s]+)(?:\?\S*)?", arguments)
        if link is None:
            return None
        room_id, event_id = unquote(link[1]), unquote(link[2])
        return cls(event_id, room_id) if is_room_id(room_id) and is_event_id(event_id) else None


@dataclass(frozen=True, slots=True)
class RedactLast(Command):
    """Remove the newest ``count`` messages of a member, 1 to `MOST_REDACTIONS`."""

    word: ClassVar[str] = "remove"
    also: ClassVar[tuple[str, ...]] = ("redact",)
    summary: ClassVar[str] = N_("Remove someone's newest messages.")
    group: ClassVar[Group] = "messages"

    name: str = field(metadata=shown(N_("name"), "name"))
    count: int = field(metadata=shown("1–500", "number"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        name, rest = reading.name(arguments, r"\d+")
        count = reading.count(rest, MOST_REDACTIONS)
        return cls(name, count) if name and count else None


@dataclass(frozen=True, slots=True)
class RedactCase(Command):
    """Remove the messages that a case is about."""

    word: ClassVar[str] = "remove"
    also: ClassVar[tuple[str, ...]] = ("redact",)
    summary: ClassVar[str] = N_("Remove what a case is about.")
    group: ClassVar[Group] = "messages"

    number: int = field(metadata=shown(N_("case"), "case"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number = reading.number(arguments)
        return cls(number) if number else None
