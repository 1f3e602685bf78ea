"""Commands about the moderators themselves: who may what, who is here, what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Self

from peerroom.i18n import N_
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import RANKS, Command, Group, Rank, shown

LANGUAGES: Final[tuple[Literal["en", "ja"], ...]] = ("en", "ja")
_ON: Final = frozenset({"on", "start", "オン", "開始"})
_OFF: Final = frozenset({"off", "end", "オフ", "終了"})


@dataclass(frozen=True, slots=True)
class SetRank(Command):
    """What somebody among the moderators may do."""

    word: ClassVar[str] = "role"
    also: ClassVar[tuple[str, ...]] = ("roles",)
    summary: ClassVar[str] = N_("Let a moderator watch, act, or lead.")
    group: ClassVar[Group] = "team"
    least: ClassVar[Rank] = "lead"

    name: str = field(metadata=shown(N_("name"), "name"))
    rank: Rank = field(metadata=shown("watcher|moderator|lead", "rank"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        name, rest = reading.name(arguments, "|".join(RANKS))
        for rank in RANKS:
            if name and reading.normal(rest) == rank:
                return cls(name, rank)
        return None


@dataclass(frozen=True, slots=True)
class Shift(Command):
    """Here from now on, or gone."""

    word: ClassVar[str] = "shift"
    summary: ClassVar[str] = N_("Say that you are here, or that you go.")
    group: ClassVar[Group] = "team"
    least: ClassVar[Rank] = "watcher"

    on: bool = field(default=True, metadata=shown("on|off", "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        word = reading.normal(arguments)
        return cls(word in _ON) if word in _ON or word in _OFF else None


@dataclass(frozen=True, slots=True)
class Rota(Command):
    """Who is here, and who was."""

    word: ClassVar[str] = "rota"
    summary: ClassVar[str] = N_("Show who is here.")
    group: ClassVar[Group] = "team"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Digest(Command):
    """What happened since one was last here."""

    word: ClassVar[str] = "digest"
    summary: ClassVar[str] = N_("Show what happened since you were last here.")
    group: ClassVar[Group] = "team"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Templates(Command):
    """The texts that moderators send."""

    word: ClassVar[str] = "templates"
    summary: ClassVar[str] = N_("List the texts for private words.")
    group: ClassVar[Group] = "team"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Template(Command):
    """One text: shown, or written anew; ``text`` "default" brings back the one that came along."""

    word: ClassVar[str] = "template"
    summary: ClassVar[str] = N_("Show a text for private words, or write it anew.")
    group: ClassVar[Group] = "team"

    template: str = field(metadata=shown(N_("template"), "template"))
    language: Literal["en", "ja"] | None = field(default=None, metadata=shown("en|ja", "word"))
    text: str = field(default="", metadata=shown(N_("text"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        word, rest = reading.first(arguments)
        name = reading.normal(word)
        if not re.fullmatch(r"[a-z][a-z-]{0,31}", name):
            return None
        tongue, text = reading.first(rest)
        for language in LANGUAGES:
            if reading.normal(tongue).rstrip(":") == language:
                return cls(name, language, text.strip())
        return None if rest else cls(name)
