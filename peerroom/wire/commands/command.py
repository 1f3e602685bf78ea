"""What a command is: a frozen struct that says how it is typed, who may give it, what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self

from peerroom.i18n import N_

Rank = Literal["watcher", "moderator", "lead"]
RANKS: Final[tuple[Rank, ...]] = ("watcher", "moderator", "lead")
"""Each may do what those before it may."""
Group = Literal["cases", "messages", "people", "room", "watch", "team", "names", "bot"]
GROUPS: Final[dict[Group, str]] = {
    "cases": N_("Cases"),
    "messages": N_("Messages"),
    "people": N_("People"),
    "room": N_("Room"),
    "watch": N_("What I watch for"),
    "team": N_("Moderators"),
    "names": N_("Names that change"),
    "bot": N_("Me"),
}
"""In the order in which help shows them."""
Of = Literal[
    "case",
    "code",
    "command",
    "deed",
    "link",
    "name",
    "number",
    "protection",
    "rank",
    "room",
    "template",
    "text",
    "time",
    "word",
]
"""What stands in a field, so that a program can complete it."""


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands."""

    word: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    """Other words for the same; help does not show them."""
    summary: ClassVar[str]
    group: ClassVar[Group]
    least: ClassVar[Rank] = "moderator"
    """Who may give it at least, in its least form."""

    @property
    def needs(self) -> Rank:
        """Who may give this one at least, and take back what it did."""
        return self.least

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        """The command with these arguments, one cleaned line; None if they are not such."""
        return None if arguments else cls()


def shown(words: str, of: Of) -> dict[str, str]:
    """How a field is shown in a command's use; a field without is not shown."""
    return {"shown": words, "of": of}


def may(rank: Rank, least: Rank) -> bool:
    """Whether ``rank`` is enough where ``least`` is asked for."""
    return RANKS.index(rank) >= RANKS.index(least)
