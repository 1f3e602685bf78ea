"""Commands about cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from peerroom.i18n import N_
from peerroom.wire.cases import Outcome
from peerroom.wire.commands import reading
from peerroom.wire.commands.command import Command, Group, Rank, shown

OUTCOMES: Final[dict[Outcome, tuple[str, ...]]] = {
    "released": ("released", "release", "allowed", "put back", "戻した", "公開"),
    "removed": ("removed", "remove", "deleted", "削除", "消した"),
    "warned": ("warned", "warn", "told", "注意", "伝えた"),
    "muted": ("muted", "mute", "発言停止"),
    "sat out": ("sat out", "satout", "sitout", "sit out", "休み"),
    "banned": ("banned", "ban", "退出"),
    "helped": ("helped", "help", "助けた", "支援"),
    "nothing": ("nothing", "none", "ok", "なし", "問題なし"),
}
"""How moderators may type an outcome."""
_OUTCOME_OF: Final = {word: outcome for outcome, words in OUTCOMES.items() for word in words}


@dataclass(frozen=True, slots=True)
class Cases(Command):
    """The open cases; with ``closed`` those that were closed lately."""

    word: ClassVar[str] = "cases"
    summary: ClassVar[str] = N_("List the open cases.")
    group: ClassVar[Group] = "cases"
    least: ClassVar[Rank] = "watcher"

    which: str | None = field(default=None, metadata=shown("mine|closed", "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        which = reading.normal(arguments)
        return cls(which or None) if which in {"", "mine", "closed"} else None


@dataclass(frozen=True, slots=True)
class _OfCase(Command):
    """About one case; without its number, the one that can only be meant."""

    number: int | None = field(default=None, metadata=shown(N_("case"), "case"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number = reading.number(arguments)
        return cls(number) if number or not arguments else None


@dataclass(frozen=True, slots=True)
class ShowCase(_OfCase):
    """All of a case."""

    word: ClassVar[str] = "case"
    summary: ClassVar[str] = N_("Show a case.")
    group: ClassVar[Group] = "cases"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Claim(_OfCase):
    """Look after a case."""

    word: ClassVar[str] = "claim"
    also: ClassVar[tuple[str, ...]] = ("take",)
    summary: ClassVar[str] = N_("Look after a case.")
    group: ClassVar[Group] = "cases"


@dataclass(frozen=True, slots=True)
class Drop(_OfCase):
    """Give a case back."""

    word: ClassVar[str] = "drop"
    summary: ClassVar[str] = N_("Give a case back to the others.")
    group: ClassVar[Group] = "cases"


@dataclass(frozen=True, slots=True)
class Second(_OfCase):
    """Ask for a second opinion."""

    word: ClassVar[str] = "second"
    summary: ClassVar[str] = N_("Ask another moderator what they think.")
    group: ClassVar[Group] = "cases"


@dataclass(frozen=True, slots=True)
class Allow(_OfCase):
    """Put back what is held."""

    word: ClassVar[str] = "allow"
    summary: ClassVar[str] = N_("Put a held message back into the room.")
    group: ClassVar[Group] = "cases"


@dataclass(frozen=True, slots=True)
class AddNote(Command):
    """A note for the other moderators."""

    word: ClassVar[str] = "note"
    summary: ClassVar[str] = N_("Leave a note for the other moderators.")
    group: ClassVar[Group] = "cases"
    least: ClassVar[Rank] = "watcher"

    number: int = field(metadata=shown(N_("case"), "case"))
    text: str = field(metadata=shown(N_("text"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number, text = reading.numbered(arguments)
        return cls(number, text) if number and text else None


@dataclass(frozen=True, slots=True)
class _Opinion(Command):
    """What another moderator thinks."""

    number: int = field(metadata=shown(N_("case"), "case"))
    text: str = field(default="", metadata=shown(N_("why"), "text"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number, text = reading.numbered(arguments)
        return cls(number, text) if number else None


@dataclass(frozen=True, slots=True)
class Agree(_Opinion):
    """The second opinion is the same."""

    word: ClassVar[str] = "agree"
    summary: ClassVar[str] = N_("Second opinion: I would do the same.")
    group: ClassVar[Group] = "cases"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Disagree(_Opinion):
    """The second opinion is another."""

    word: ClassVar[str] = "disagree"
    summary: ClassVar[str] = N_("Second opinion: I see it differently.")
    group: ClassVar[Group] = "cases"
    least: ClassVar[Rank] = "watcher"


@dataclass(frozen=True, slots=True)
class Close(Command):
    """It is settled. Without an outcome, the one that follows from what was done."""

    word: ClassVar[str] = "close"
    summary: ClassVar[str] = N_("Close a case: helped, removed, warned, nothing …")
    group: ClassVar[Group] = "cases"

    number: int | None = field(default=None, metadata=shown(N_("case"), "case"))
    outcome: Outcome | None = field(default=None, metadata=shown(N_("outcome"), "word"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number, rest = reading.numbered(arguments)
        if not rest:
            return cls(number)
        outcome = _OUTCOME_OF.get(reading.normal(rest))
        return cls(number, outcome) if outcome else None


@dataclass(frozen=True, slots=True)
class AnswerCase(Command):
    """A private answer to whoever reported or asked: own words, or a template's name."""

    word: ClassVar[str] = "reply"
    summary: ClassVar[str] = N_("Answer whoever reported or asked, in private.")
    group: ClassVar[Group] = "cases"

    number: int = field(metadata=shown(N_("case"), "case"))
    text: str = field(default="", metadata=shown(N_("template or text"), "template"))

    @classmethod
    def read(cls, arguments: str) -> Self | None:
        number, text = reading.numbered(arguments)
        return cls(number, text) if number else None
