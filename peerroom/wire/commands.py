"""What moderators type in the management room, and what it means.

A command is one line that starts with "!" (or "！", as a Japanese input method writes it). A name
of several words needs nothing special; where more text follows it, it ends at a colon or stands
in quotes. A user id, or its matrix.to link, is one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from typing import ClassVar, Final, TypeVar
from urllib.parse import unquote

from peerroom.i18n import N_, _
from peerroom.text.foreign import ForeignText
from peerroom.wire.address import is_event_id, is_room_id, is_user_id

MOST_INVITES: Final = 20
MOST_REDACTIONS: Final = 500
MOST_HOURS: Final = 72

T = TypeVar("T")

_LINE: Final = 1_000
"""Characters of a command that are read; a reason has room in it."""


def _shown(words: str) -> dict[str, str]:
    """How a field is shown in a command's use; a field without is not shown."""
    return {"shown": words}


@dataclass(frozen=True, slots=True)
class Help:
    """List the commands, or explain one."""

    word: ClassVar[str] = "help"
    summary: ClassVar[str] = N_("Show what you can type here.")

    command: str | None = field(default=None, metadata=_shown(N_("command")))


@dataclass(frozen=True, slots=True)
class MakeInvites:
    """``count`` new one-use invite links, 1 to `MOST_INVITES`."""

    word: ClassVar[str] = "invite"
    summary: ClassVar[str] = N_("Make invite links; each works once.")

    count: int = field(default=1, metadata=_shown("1–20"))


@dataclass(frozen=True, slots=True)
class RedactEvent:
    """Remove one message, given by event id or permalink (then with its room)."""

    word: ClassVar[str] = "redact"
    summary: ClassVar[str] = N_("Remove one message, by its link.")

    event_id: str = field(metadata=_shown(N_("link")))
    room_id: str | None = None


@dataclass(frozen=True, slots=True)
class RedactLast:
    """Remove the newest ``count`` messages of a member, 1 to `MOST_REDACTIONS`."""

    word: ClassVar[str] = "redact"
    summary: ClassVar[str] = N_("Remove someone's newest messages.")

    name: str = field(metadata=_shown(N_("name")))
    count: int = field(metadata=_shown("1–500"))


@dataclass(frozen=True, slots=True)
class Mute:
    """Take away a member's voice; ``duration`` None means until it is lifted."""

    word: ClassVar[str] = "mute"
    summary: ClassVar[str] = N_("Let someone read but not write, for a while (30m, 2h, 3d, 1w).")

    name: str = field(metadata=_shown(N_("name")))
    duration: timedelta | None = field(default=None, metadata=_shown(N_("time")))


@dataclass(frozen=True, slots=True)
class Ban:
    """Remove a member for good. The reason is for the audit log and the moderators only."""

    word: ClassVar[str] = "ban"
    summary: ClassVar[str] = N_("Remove someone for good.")

    name: str = field(metadata=_shown(N_("name")))
    reason: str | None = field(default=None, metadata=_shown(N_(": reason")))


@dataclass(frozen=True, slots=True)
class Unban:
    """Let a member come back, or speak again."""

    word: ClassVar[str] = "unban"
    summary: ClassVar[str] = N_("Lift a ban or a mute.")

    name: str = field(metadata=_shown(N_("name")))


@dataclass(frozen=True, slots=True)
class Status:
    """How the room, the outbox and the bot are doing."""

    word: ClassVar[str] = "status"
    summary: ClassVar[str] = N_("Show how the room and the bot are doing.")


@dataclass(frozen=True, slots=True)
class Names:
    """How the next change of names stands."""

    word: ClassVar[str] = "names"
    summary: ClassVar[str] = N_("Show how the next change of names stands.")


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the change of names off while a report is looked into; None: as long as is allowed."""

    word: ClassVar[str] = "hold"
    summary: ClassVar[str] = N_("Put the change of names off, while you look into a report.")

    hours: int | None = field(default=None, metadata=_shown(N_("hours")))


@dataclass(frozen=True, slots=True)
class Release:
    """Let the change of names go on."""

    word: ClassVar[str] = "release"
    summary: ClassVar[str] = N_("Let the change of names go on.")


@dataclass(frozen=True, slots=True)
class Resident:
    """A member keeps name and account from now on, for everyone to see; who is none yet, and is
    given by user id, is invited as one who does."""

    word: ClassVar[str] = "resident"
    summary: ClassVar[str] = N_("Let someone keep their name when names change.")

    name: str = field(metadata=_shown(N_("name")))


@dataclass(frozen=True, slots=True)
class Rotating:
    """A resident's name changes again with everyone's."""

    word: ClassVar[str] = "rotating"
    summary: ClassVar[str] = N_("Let someone's name change with everyone's again.")

    name: str = field(metadata=_shown(N_("name")))


@dataclass(frozen=True, slots=True)
class Replace:
    """A lost laptop: the seat goes to a new invite, unless the account objects in 48 hours."""

    word: ClassVar[str] = "replace"
    summary: ClassVar[str] = N_("Give a seat to a new invite, because the laptop was lost.")

    name: str = field(metadata=_shown(N_("name")))


Command = (
    Help
    | MakeInvites
    | RedactEvent
    | RedactLast
    | Mute
    | Ban
    | Unban
    | Status
    | Names
    | Hold
    | Release
    | Resident
    | Rotating
    | Replace
)

COMMANDS: Final[tuple[type[Command], ...]] = (
    Help,
    MakeInvites,
    RedactEvent,
    RedactLast,
    Mute,
    Ban,
    Unban,
    Status,
    Names,
    Hold,
    Release,
    Resident,
    Rotating,
    Replace,
)
WORDS: Final = tuple(dict.fromkeys(kind.word for kind in COMMANDS))


@dataclass(frozen=True, slots=True)
class CommandError:
    """A line that starts like a command and is none; `suggestion` is what to type instead."""

    text: str
    suggestion: str

    def sentence(self) -> str:
        """What was not understood and what to type, in the current language."""
        return _("I did not understand “{text}”. Try: {suggestion}").format(
            text=self.text, suggestion=self.suggestion
        )


def parse(text: ForeignText) -> Command | CommandError | None:
    """The command in ``text``; None if it is ordinary talk. Never raises.

    `name` fields are cleaned to one line: a display name, or a user id (then it starts with "@").
    """
    line = text.line(_LINE)
    start = re.match(r"[!！]\s*([^\s!！]+)\s*", line)
    word = _normal(start[1]) if start else ""
    if start is None or not (word.isascii() and word.isalpha()):
        return None
    arguments = line[start.end() :].strip()
    for read in _READERS.get(word, ()):
        if command := read(arguments):
            return command
    shown = ForeignText(line).line(80)
    if word in _READERS:
        return CommandError(shown, _use(word))
    for likely in get_close_matches(word, WORDS, n=1):
        if any(read(arguments) for read in _READERS[likely]):
            return CommandError(shown, f"!{likely} {arguments}".strip())
        return CommandError(shown, _use(likely))
    return CommandError(shown, f"!{Help.word}")


def help_text(command: str | None = None) -> str:
    """One line for each command, or for the one named, in the current language."""
    return "\n".join(
        f"{_usage(kind)} – {_(kind.summary)}"
        for kind in COMMANDS
        if command not in WORDS or kind.word == command
    )


def _usage(kind: type[Command]) -> str:
    """What to type, made from the fields: what may be left out stands in brackets."""
    words = [f"!{kind.word}"]
    for item in fields(kind):
        if item.metadata:
            shown = item.metadata["shown"]
            words.append(_(shown) if item.default is MISSING else f"[{_(shown)}]")
    return " ".join(words)


def _use(word: str) -> str:
    return " / ".join(_usage(kind) for kind in COMMANDS if kind.word == word)


def _normal(text: str) -> str:
    """Full-width letters and digits, as an input method leaves them, as ASCII."""
    return unicodedata.normalize("NFKC", text).casefold()


# Readers: the arguments of a command, or None if they are not such.


def _read_help(arguments: str) -> Help | None:
    word = _normal(arguments).removeprefix("!")
    return Help(word or None) if word in {"", *WORDS} else None


def _read_invite(arguments: str) -> MakeInvites | None:
    count = _count(arguments or "1", MOST_INVITES)
    return MakeInvites(count) if count else None


def _read_redact_event(arguments: str) -> RedactEvent | None:
    if is_event_id(arguments):
        return RedactEvent(arguments)
    # Appendices, "matrix.to navigation": https://matrix.to/#/<room id>/<event id>?via=…
    link = re.fullmatch(r"https://matrix\.to/#/([^/?\s]+)/([^/?\s]+)(?:\?\S*)?", arguments)
    if link is None:
        return None
    room_id, event_id = unquote(link[1]), unquote(link[2])
    return RedactEvent(event_id, room_id) if is_room_id(room_id) and is_event_id(event_id) else None


def _read_redact_last(arguments: str) -> RedactLast | None:
    name, rest = _name(arguments, r"\d+")
    count = _count(rest, MOST_REDACTIONS)
    return RedactLast(name, count) if name and count else None


def _read_mute(arguments: str) -> Mute | None:
    name, rest = _name(arguments, rf"(?:for\s+)?{_DURATION}")
    duration = _duration(rest)
    return Mute(name, duration) if name and (duration or not rest) else None


def _read_ban(arguments: str) -> Ban | None:
    name, rest = _name(arguments)
    return Ban(name, rest or None) if name else None


def _read_hold(arguments: str) -> Hold | None:
    if not arguments:
        return Hold()
    hours = _count(re.sub(r"\s*(?:h|hours?|時間)$", "", _normal(arguments)), MOST_HOURS)
    return Hold(hours) if hours else None


def _alone(kind: type[T]) -> Callable[[str], T | None]:
    """Reads a command after which nothing comes."""
    return lambda arguments: None if arguments else kind()


def _named(kind: Callable[[str], T]) -> Callable[[str], T | None]:
    """Reads a command after which a name comes and nothing else."""

    def read(arguments: str) -> T | None:
        name, rest = _name(arguments)
        return kind(name) if name and not rest else None

    return read


_READERS: Final[dict[str, tuple[Callable[[str], Command | None], ...]]] = {
    Help.word: (_read_help,),
    MakeInvites.word: (_read_invite,),
    RedactEvent.word: (_read_redact_event, _read_redact_last),
    Mute.word: (_read_mute,),
    Ban.word: (_read_ban,),
    Unban.word: (_named(Unban),),
    Status.word: (_alone(Status),),
    Names.word: (_alone(Names),),
    Hold.word: (_read_hold,),
    Release.word: (_alone(Release),),
    Resident.word: (_named(Resident),),
    Rotating.word: (_named(Rotating),),
    Replace.word: (_named(Replace),),
}

_QUOTES: Final = {'"': '"', "“": "”", "「": "」", "『": "』"}
_UNITS: Final = {
    "minutes": ("m", "min", "minute", "minutes", "分", "分間"),
    "hours": ("h", "hour", "hours", "時間"),
    "days": ("d", "day", "days", "日", "日間"),
    "weeks": ("w", "week", "weeks", "週", "週間"),
}
_UNIT_OF: Final = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}
_DURATION: Final = rf"\d{{1,4}}\s*(?:{'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})"


def _count(text: str, most: int) -> int | None:
    digits = _normal(text)
    if not re.fullmatch("[0-9]{1,4}", digits):
        return None
    return int(digits) if 1 <= int(digits) <= most else None


def _duration(text: str) -> timedelta | None:
    """``30m``, ``for 2 hours``, ``3日``: 1 to 9,999 of a unit."""
    match = re.fullmatch(r"(?:for\s+)?([0-9]{1,4})\s*(\D+)", _normal(text))
    if match is None or match[2] not in _UNIT_OF:
        return None
    return timedelta(**{_UNIT_OF[match[2]]: int(match[1])}) or None


def _name(arguments: str, tail: str | None = None) -> tuple[str, str]:
    """The name at the start, and the text after it.

    ``tail`` is a pattern of what may follow a name with nothing but a space between them.
    """
    arguments = re.sub(
        r"^https://matrix\.to/#/(?=@|%40)(\S+)", lambda link: unquote(link[1]), arguments
    )
    quote = _QUOTES.get(arguments[:1])
    if quote and quote in arguments[1:]:
        name, _quote, rest = arguments[1:].partition(quote)
        return name.strip(), rest.lstrip(":： ")
    word = arguments.split(maxsplit=1)[0].rstrip(":：") if arguments else ""
    if is_user_id(word):
        return word, arguments[len(word) :].lstrip(":： ")
    parts = re.split("[:：]", arguments.removeprefix("@"), maxsplit=1)
    if len(parts) == 2:
        return parts[0].strip(), parts[1].strip()
    if tail and (match := re.fullmatch(rf"(.*?\S)\s+({tail})", parts[0], re.IGNORECASE)):
        return match[1], match[2]
    return parts[0].strip(), ""
