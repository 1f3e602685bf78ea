"""Commands about what the bot watches for: protections, word lists, policy lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Self

from peerroom.i18n import N_
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, Rank, shown

Mode = Literal["on", "trial", "off"]
_MODES: Final[dict[str, Mode]] = {
    "on": "on",
    "オン": "on",
    "trial": "trial",
    "test": "trial",
    "試し": "trial",
    "off": "off",
    "オフ": "off",
}
_NAME: Final = r"[a-z][a-z0-9_-]{0,31}"


@dataclass(frozen=True, slots=True)
class Protect(Command):
    """What the bot watches for; with a name how it does, with a mode from now on so."""

    word: ClassVar[str] = "protect"
    also: ClassVar[tuple[str, ...]] = ("protections",)
    summary: ClassVar[str] = N_("Show what I watch for, or switch it on, off, or to trial.")
    group: ClassVar[Group] = "watch"
    least: ClassVar[Rank] = "watcher"

    protection: str | None = field(default=None, metadata=shown(N_("protection"), "protection"))
    mode: Mode | None = field(default=None, metadata=shown("on|trial|off", "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        name, rest = reading.first(reading.normal(arguments))
        if not rest:
            return cls(name or None) if not name or re.fullmatch(_NAME, name) else None
        mode = _MODES.get(rest.strip())
        return cls(name, mode) if mode and re.fullmatch(_NAME, name) else None


@dataclass(frozen=True, slots=True)
class SetField(Command):
    """One setting of a protection; the value is read by the protection's own struct."""

    word: ClassVar[str] = "set"
    summary: ClassVar[str] = N_("Change how a protection works: pace.messages 30")
    group: ClassVar[Group] = "watch"
    least: ClassVar[Rank] = "lead"

    protection: str = field(metadata=shown(N_("protection"), "protection"))
    setting: str = field(metadata=shown(N_(".setting"), "word"))
    value: str = field(metadata=shown(N_("value"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        match = re.fullmatch(
            rf"({_NAME})\s*[.．]\s*({_NAME})\s*[ =＝:：]\s*(\S.*)", arguments, re.IGNORECASE
        )
        if match is None:
            return None
        return cls(reading.normal(match[1]), reading.normal(match[2]), match[3].strip())


@dataclass(frozen=True, slots=True)
class Try(Command):
    """What a protection would have done over the last day."""

    word: ClassVar[str] = "try"
    summary: ClassVar[str] = N_("Show what a protection would have done over the last day.")
    group: ClassVar[Group] = "watch"

    protection: str = field(metadata=shown(N_("protection"), "protection"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        name = reading.normal(arguments)
        return cls(name) if re.fullmatch(_NAME, name) else None


@dataclass(frozen=True, slots=True)
class Words(Command):
    """The room's word list: one word or pattern in, out, or tried."""

    word: ClassVar[str] = "words"
    summary: ClassVar[str] = N_("Words that I watch for: add, remove, list, or test one first.")
    group: ClassVar[Group] = "watch"

    what: Literal["add", "remove", "list", "test"] = field(
        default="list", metadata=shown("add|remove|list|test", "word")
    )
    text: str = field(default="", metadata=shown(N_("word or /pattern/"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, rest = reading.first(arguments)
        text = rest.strip()
        match reading.normal(what):
            case "" | "list" if not text:
                return cls()
            case "add" if text:
                return cls("add", text)
            case "remove" if text:
                return cls("remove", text)
            case "test":
                return cls("test", text)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Lists(Command):
    """Policy lists that the rooms follow: what there are, which to follow from now on, and the one
    in which the moderators publish their own rules."""

    word: ClassVar[str] = "list"
    also: ClassVar[tuple[str, ...]] = ("lists",)
    summary: ClassVar[str] = N_("Shared lists of people and servers to keep out.")
    group: ClassVar[Group] = "watch"
    least: ClassVar[Rank] = "lead"

    what: Literal["subscribe", "unsubscribe", "own"] | None = field(
        default=None, metadata=shown("subscribe|unsubscribe|own", "word")
    )
    room_id: str | None = field(default=None, metadata=shown(N_("room"), "room"))
    via: tuple[str, ...] = ()

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, rest = reading.first(arguments)
        if not rest:
            return cls() if reading.normal(what) in {"", "rules"} else None
        room_id, via = reading.room(rest)
        if room_id is None:
            return None
        match reading.normal(what):
            case "subscribe" | "follow":
                return cls("subscribe", room_id, via)
            case "unsubscribe" | "unfollow":
                return cls("unsubscribe", room_id)
            case "own":
                return cls("own", room_id, via)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class PublishRule(Command):
    """A rule in the moderators' own policy list, or out of it again."""

    word: ClassVar[str] = "list"
    also: ClassVar[tuple[str, ...]] = ("lists",)
    summary: ClassVar[str] = N_("Put someone or a server on our own list, or take them off.")
    group: ClassVar[Group] = "watch"
    least: ClassVar[Rank] = "lead"

    what: Literal["publish", "retract"] = field(metadata=shown("publish|retract", "word"))
    entity: str = field(metadata=shown(N_("address or server"), "name"))
    reason: str = field(default="", metadata=shown(N_(": reason"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        what, rest = reading.first(arguments)
        entity, reason = reading.first(rest)
        entity, reason = entity.rstrip(":："), reason.lstrip(":： ").strip()
        if not entity or len(entity) > 255:
            return None
        match reading.normal(what):
            case "publish":
                return cls("publish", entity, reason)
            case "retract" if not reason:
                return cls("retract", entity)
            case _:
                return None
