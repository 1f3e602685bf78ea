"""Commands about people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final, Self

from peerroom.i18n import N_
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, shown

MOST_INVITES: Final = 20
MOST_EPOCHS: Final = 12


@dataclass(frozen=True, slots=True)
class MakeInvites(Command):
    """``count`` new one-use invite links, 1 to `MOST_INVITES`."""

    word: ClassVar[str] = "invite"
    summary: ClassVar[str] = N_("Make invite links; each works once.")
    group: ClassVar[Group] = "people"

    count: int = field(default=1, metadata=shown("1–20", "number"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        count = reading.count(arguments or "1", MOST_INVITES)
        return cls(count) if count else None


@dataclass(frozen=True, slots=True)
class Warn(Command):
    """A private word to somebody, by name or by the case that is about them: own words, or a
    template's name."""

    word: ClassVar[str] = "tell"
    also: ClassVar[tuple[str, ...]] = ("warn",)
    summary: ClassVar[str] = N_("Write to someone in private, by name or case.")
    group: ClassVar[Group] = "people"

    name: str | None = field(metadata=shown(N_("name or case"), "name"))
    text: str = field(default="", metadata=shown(N_(": template or text"), "template"))
    case: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        case, text = reading.cased(arguments, ".*")
        if case:
            return cls(None, text, case)
        name, text = reading.name(arguments)
        return cls(name, text) if name else None


@dataclass(frozen=True, slots=True)
class Slow(Command):
    """A short pause for one person."""

    word: ClassVar[str] = "slow"
    summary: ClassVar[str] = N_("Give someone a short pause, 5 minutes unless you say.")
    group: ClassVar[Group] = "people"

    name: str | None = field(metadata=shown(N_("name or case"), "name"))
    duration: timedelta | None = field(default=None, metadata=shown(N_("time"), "time"))
    case: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        read = _for_a_time(arguments)
        return cls(*read) if read else None


@dataclass(frozen=True, slots=True)
class Mute(Command):
    """Take away a member's voice; ``duration`` None means until it is lifted."""

    word: ClassVar[str] = "mute"
    summary: ClassVar[str] = N_("Let someone read but not write, for a while (30m, 2h, 3d, 1w).")
    group: ClassVar[Group] = "people"

    name: str | None = field(metadata=shown(N_("name or case"), "name"))
    duration: timedelta | None = field(default=None, metadata=shown(N_("time"), "time"))
    case: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        read = _for_a_time(arguments)
        return cls(*read) if read else None


@dataclass(frozen=True, slots=True)
class SitOut(Command):
    """Outside for the rest of this epoch, and ``epochs`` - 1 more."""

    word: ClassVar[str] = "sitout"
    summary: ClassVar[str] = N_("Let someone sit out until names change, or longer.")
    group: ClassVar[Group] = "people"

    name: str | None = field(metadata=shown(N_("name or case"), "name"))
    epochs: int = field(default=1, metadata=shown("1–12", "number"))
    case: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        case, rest = reading.cased(arguments, r"\d+")
        name, rest = (None, rest) if case else reading.name(arguments, r"\d+")
        epochs = reading.count(rest or "1", MOST_EPOCHS)
        return cls(name, epochs, case) if (name or case) and epochs else None


@dataclass(frozen=True, slots=True)
class Kick(Command):
    """Remove somebody from the room, who may be invited again."""

    word: ClassVar[str] = "kick"
    summary: ClassVar[str] = N_("Remove someone from the room; they may come back when asked.")
    group: ClassVar[Group] = "people"

    name: str | None = field(metadata=shown(N_("name or case"), "name"))
    case: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        case, rest = reading.cased(arguments)
        if case:
            return None if rest else cls(None, case)
        name = reading.only_name(arguments)
        return cls(name) if name else None


@dataclass(frozen=True, slots=True)
class Ban(Command):
    """Remove a member, for a time or for good. The reason is for the audit log and the moderators
    only."""

    word: ClassVar[str] = "ban"
    summary: ClassVar[str] = N_("Remove someone for good, or for a while.")
    group: ClassVar[Group] = "people"

    name: str | None = field(metadata=shown(N_("name or case"), "name"))
    duration: timedelta | None = field(default=None, metadata=shown(N_("time"), "time"))
    reason: str | None = field(default=None, metadata=shown(N_(": reason"), "text"))
    case: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        case, rest = reading.cased(arguments, rf"{reading.DURATION}(?:[\s:：].*)?")
        if case:
            duration, reason = reading.leading_duration(rest)
            return cls(None, duration, reason or None, case)
        name, duration, reason = reading.timed_name(arguments)
        return cls(name, duration, reason or None) if name else None


@dataclass(frozen=True, slots=True)
class Sweep(Ban):
    """The same, and everything they wrote goes with them."""

    word: ClassVar[str] = "sweep"
    also: ClassVar[tuple[str, ...]] = ("purge",)
    summary: ClassVar[str] = N_("Remove someone, with everything they wrote in every room.")


@dataclass(frozen=True, slots=True)
class Unban(Command):
    """Let a member come back, or speak again."""

    word: ClassVar[str] = "unban"
    also: ClassVar[tuple[str, ...]] = ("unmute",)
    summary: ClassVar[str] = N_("Lift a ban, a mute or a pause.")
    group: ClassVar[Group] = "people"

    name: str = field(metadata=shown(N_("name"), "name"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        name = reading.only_name(arguments)
        return cls(name) if name else None


def _for_a_time(arguments: str) -> tuple[str | None, timedelta | None, int | None] | None:
    """A name or the number of a case, and between them perhaps how long."""
    case, rest = reading.cased(arguments, reading.DURATION)
    name, rest = (None, rest) if case else reading.name(arguments, reading.DURATION)
    duration = reading.duration(rest)
    return (name, duration, case) if (name or case) and (duration or not rest) else None
