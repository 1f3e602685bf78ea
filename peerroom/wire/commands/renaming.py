"""Commands about names that change."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from peerroom.i18n import N_
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, Rank, shown

MOST_HOURS: Final = 72


@dataclass(frozen=True, slots=True)
class Names(Command):
    """How the next change of names stands."""

    word: ClassVar[str] = "names"
    summary: ClassVar[str] = N_("Show how the next change of names stands.")
    group: ClassVar[Group] = "names"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Hold(Command):
    """Put the change of names off while a report is looked into; None: as long as is allowed."""

    word: ClassVar[str] = "hold"
    summary: ClassVar[str] = N_("Put the change of names off, while you look into a report.")
    group: ClassVar[Group] = "names"

    hours: int | None = field(default=None, metadata=shown(N_("hours"), "number"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        if not arguments:
            return cls()
        bare = re.sub(r"\s*(?:h|hours?|時間)$", "", reading.normal(arguments))
        hours = reading.count(bare, MOST_HOURS)
        return cls(hours) if hours else None


@dataclass(frozen=True, slots=True)
class Release(Command):
    """Let the change of names go on."""

    word: ClassVar[str] = "release"
    summary: ClassVar[str] = N_("Let the change of names go on.")
    group: ClassVar[Group] = "names"


@dataclass(frozen=True, slots=True)
class _OfSomeone(Command):
    """About one person."""

    name: str = field(metadata=shown(N_("name"), "name"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        name = reading.only_name(arguments)
        return cls(name) if name else None


@dataclass(frozen=True, slots=True)
class Resident(_OfSomeone):
    """A member keeps name and account from now on, for everyone to see; who is none yet, and is
    given by user id, is invited as one who does."""

    word: ClassVar[str] = "resident"
    summary: ClassVar[str] = N_("Let someone keep their name when names change.")
    group: ClassVar[Group] = "names"


@dataclass(frozen=True, slots=True)
class Rotating(_OfSomeone):
    """A resident's name changes again with everyone's."""

    word: ClassVar[str] = "rotating"
    summary: ClassVar[str] = N_("Let someone's name change with everyone's again.")
    group: ClassVar[Group] = "names"


@dataclass(frozen=True, slots=True)
class Replace(_OfSomeone):
    """A lost laptop: the seat goes to a new invite, unless the account objects in 48 hours."""

    word: ClassVar[str] = "replace"
    summary: ClassVar[str] = N_("Give a seat to a new invite, because the laptop was lost.")
    group: ClassVar[Group] = "names"
