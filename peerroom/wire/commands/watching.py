"""Commands about what the bot watches for: protections and word lists."""

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

    @property
    def needs(self) -> Rank:
        """Everybody may look."""
        return "lead" if self.mode else self.least

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

    @property
    def needs(self) -> Rank:
        """Everybody may look."""
        return "lead" if self.what in ("add", "remove") else self.least

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
