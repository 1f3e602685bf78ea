"""Commands about the bot itself: help, status, what was done, taking it back, saying yes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from peerroom.i18n import N_
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, Rank, shown

DIGITS: Final = "2346789"
LETTERS: Final = "acdefhjkmnpqrtuvwxy"
"""Signs that are not taken for one another, small or large, read or heard."""
CODE: Final = f"[{DIGITS}][{LETTERS}][{DIGITS}]"
"""What a preview asks to be repeated. No word looks like it, so that it needs no "!"."""
EVERYTHING: Final = "all"


@dataclass(frozen=True, slots=True)
class Help(Command):
    """List the commands, or explain one, or a group of them, or all."""

    word: ClassVar[str] = "help"
    summary: ClassVar[str] = N_("Show what you can type here.")
    group: ClassVar[Group] = "bot"
    least: ClassVar[Rank] = "watcher"

    command: str | None = field(default=None, metadata=shown(N_("command"), "command"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        word = reading.normal(arguments).removeprefix("!")
        return cls(word or None) if re.fullmatch("[a-z]{0,20}", word) else None


@dataclass(frozen=True, slots=True)
class Status(Command):
    """How the room, the outbox and the bot are doing."""

    word: ClassVar[str] = "status"
    summary: ClassVar[str] = N_("Show how the room and the bot are doing.")
    group: ClassVar[Group] = "bot"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Audit(Command):
    """What was done lately, or about somebody, or under a number, or of a kind."""

    word: ClassVar[str] = "audit"
    also: ClassVar[tuple[str, ...]] = ("log",)
    summary: ClassVar[str] = N_("Show what was done, by whom, and why.")
    group: ClassVar[Group] = "bot"
    least: ClassVar[Rank] = "watcher"

    about: str | None = field(default=None, metadata=shown(N_("name or number"), "name"))
    deed: int | None = None

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        if number := reading.number(arguments):
            return cls(deed=number)
        name, rest = reading.name(arguments)
        return cls(name or None) if not rest and bool(name) == bool(arguments) else None


@dataclass(frozen=True, slots=True)
class Undo(Command):
    """Take back what was done under a number."""

    word: ClassVar[str] = "undo"
    summary: ClassVar[str] = N_("Take back what was done, by its number.")
    group: ClassVar[Group] = "bot"

    deed: int = field(metadata=shown(N_("number"), "deed"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number = reading.number(arguments)
        return cls(number) if number else None


@dataclass(frozen=True, slots=True)
class Yes(Command):
    """Do what was shown before."""

    word: ClassVar[str] = "yes"
    summary: ClassVar[str] = N_("Do what I showed you before.")
    group: ClassVar[Group] = "bot"
    least: ClassVar[Rank] = "watcher"

    code: str = field(metadata=shown("7K2", "code"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        code = reading.normal(arguments)
        return cls(code) if re.fullmatch(CODE, code) else None
