"""Commands about the room, and about which rooms there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final, Literal, Self

from peerroom.i18n import N_
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, Rank, shown

EVERYWHERE: Final = frozenset({"all", "everywhere", "全部"})
ROOM: Final = frozenset({"room", "部屋"})
OFF: Final = frozenset({"off", "end", "stop", "オフ", "終わり"})


@dataclass(frozen=True, slots=True)
class Lock(Command):
    """Nobody but moderators writes, for a time or (None) until it is opened again."""

    word: ClassVar[str] = "lock"
    summary: ClassVar[str] = N_("Close the room to writing for a while; it opens by itself.")
    group: ClassVar[Group] = "room"

    duration: timedelta | None = field(default=None, metadata=shown(N_("time"), "time"))
    everywhere: bool = field(default=False, metadata=shown("all", "word"))

    @property
    def needs(self) -> Rank:
        """Every room is for leads."""
        return "lead" if self.everywhere else self.least

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        rest, everywhere = _everywhere(arguments)
        duration = reading.duration(rest)
        return cls(duration, everywhere) if duration or not rest else None


@dataclass(frozen=True, slots=True)
class Unlock(Command):
    """Everyone writes again."""

    word: ClassVar[str] = "unlock"
    also: ClassVar[tuple[str, ...]] = ("open",)
    summary: ClassVar[str] = N_("Open the room again.")
    group: ClassVar[Group] = "room"

    everywhere: bool = field(default=False, metadata=shown("all", "word"))

    @property
    def needs(self) -> Rank:
        """Every room is for leads."""
        return "lead" if self.everywhere else self.least

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        rest, everywhere = _everywhere(arguments)
        return None if rest else cls(everywhere)


@dataclass(frozen=True, slots=True)
class SlowRoom(Command):
    """Everyone writes a little slower, or as usual again."""

    word: ClassVar[str] = "slow"
    summary: ClassVar[str] = N_("Let everyone write a little slower, or as usual again.")
    group: ClassVar[Group] = "room"

    room: str = field(metadata=shown("room", "word"))
    off: bool = field(default=False, metadata=shown("off", "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        first, rest = reading.first(reading.normal(arguments))
        if first not in ROOM or rest not in {"", "on", *OFF}:
            return None
        return cls("room", rest in OFF)


@dataclass(frozen=True, slots=True)
class Rooms(Command):
    """The rooms that the bot looks after, or one more, or one less."""

    word: ClassVar[str] = "rooms"
    also: ClassVar[tuple[str, ...]] = ("room",)
    summary: ClassVar[str] = N_("List the rooms I look after; add or drop one.")
    group: ClassVar[Group] = "room"
    least: ClassVar[Rank] = "lead"

    what: Literal["add", "drop"] | None = field(default=None, metadata=shown("add|drop", "word"))
    room_id: str | None = field(default=None, metadata=shown(N_("room"), "room"))
    via: tuple[str, ...] = ()

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        if not arguments:
            return cls()
        what, rest = reading.first(arguments)
        room_id, via = reading.room(rest)
        if room_id is None:
            return None
        match reading.normal(what):
            case "add":
                return cls("add", room_id, via)
            case "drop" | "remove":
                return cls("drop", room_id)
            case _:
                return None


def _everywhere(arguments: str) -> tuple[str, bool]:
    """The arguments without "all", and whether it was there."""
    words = arguments.split()
    rest = [word for word in words if reading.normal(word) not in EVERYWHERE]
    return " ".join(rest), len(rest) < len(words)
