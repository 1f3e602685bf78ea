"""Words and patterns of the room's own lists. A list with nothing in it finds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

import re2
from msgspec import Meta

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.patterns import Literals, Patterns, quiet
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.reading import Reading, kana, read, reading
from peerroom.moderation.seen import Seen
from peerroom.text.foreign import ForeignText

Entry = Annotated[str, Meta(min_length=1, max_length=200)]
"""A word; ``scam*`` also what goes on after it; ``/…/`` an RE2 pattern. Words are found however
they are disguised, patterns in the text as it is but for width and capitals."""
_Entries = tuple[Entry, ...]
WordVerb = Literal["remove", "hold", "flag"]


class Words(Settings, frozen=True):
    """Three lists; the strongest that finds something counts."""

    remove: Annotated[
        _Entries, Meta(max_length=5000, description=N_("words that are removed"))
    ] = ()
    hold: Annotated[
        _Entries, Meta(max_length=5000, description=N_("words that wait for a moderator"))
    ] = ()
    flag: Annotated[
        _Entries, Meta(max_length=5000, description=N_("words that moderators hear of"))
    ] = ()


class BadEntry(PeerRoomError):
    """An entry that no list can take. ``entry`` is given as one clean line."""


class EmptyEntry(BadEntry):
    """Folded, nothing is left of it."""

    what = N_("There is nothing in “{entry}” that could be found.")
    next_step = N_("Write at least one letter.")


class BrokenPattern(BadEntry):
    """RE2 cannot read it, or it is too large."""

    what = N_("I cannot read the pattern {entry}.")
    next_step = N_(
        "Check its brackets and what follows a backslash; without the slashes I look for the words "
        "as they are."
    )


class BoundlessPattern(BadEntry):
    """It would be found in every message."""

    what = N_("The pattern {entry} is in every message.")
    next_step = N_("Write something in it that has to be there.")


def check(entry: str) -> str:
    """The entry as a list keeps it. Raises `BadEntry`."""
    entry = entry.strip()
    shown = ForeignText(entry).line(_SHOWN)
    pattern = _pattern(entry)
    if pattern is None:
        if not _word(entry).strip("* "):
            raise EmptyEntry(entry=shown)
        return entry
    try:
        compiled = re2.compile(pattern, quiet())
    except (re2.error, UnicodeEncodeError) as error:
        raise BrokenPattern(entry=shown) from error
    if all(compiled.search(text) for text in _ANYTHING) or compiled.search(""):
        raise BoundlessPattern(entry=shown)
    return entry


class WordList:
    """A list, ready to search with. Raises `BadEntry` for an entry that cannot be read."""

    def __init__(self, entries: Iterable[str]) -> None:
        kept = [check(entry) for entry in entries]
        patterns = [(entry, pattern) for entry in kept if (pattern := _pattern(entry)) is not None]
        self._literals = Literals(
            (entry, _word(entry)) for entry in kept if _pattern(entry) is None
        )
        try:
            self._patterns = Patterns(patterns)
        except re2.error as error:
            raise BrokenPattern(entry=ForeignText(patterns[-1][0]).line(_SHOWN)) from error

    def found(self, text: Reading) -> tuple[str, ...]:
        """The entries that are in a text."""
        return self._literals.found(text.folded) + self._patterns.found(text.plain)


@dataclass(frozen=True, slots=True)
class Hit:
    """A kept message that a list would have found."""

    event_id: str
    sender: str
    at: datetime
    entries: tuple[str, ...]


def test(entries: Iterable[str], history: Iterable[Seen]) -> list[Hit]:
    """What a list would have found in the past, before it is armed. Raises `BadEntry`."""
    words = WordList(entries)
    return [
        Hit(seen.event_id, seen.sender, seen.at, found)
        for seen in history
        if seen.kind in _WRITTEN and (text := read(seen)) and (found := words.found(text))
    ]


def arm(settings: Words) -> Judge:
    """Compiles the lists. Raises `BadEntry`: `check` says so before an entry is kept."""
    lists: Sequence[tuple[WordVerb, WordList]] = [
        (verb, WordList(entries)) for verb, entries in _by_verb(settings) if entries
    ]

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if not lists or seen.kind not in _WRITTEN or (text := read(seen)) is None:
            return
        for verb, words in lists:
            if found := words.found(text):
                cues = tuple(ForeignText(entry).line(_SHOWN) for entry in found)
                yield Finding(
                    WORDS.name, verb, "words", seen.room_id, seen.sender, (seen.event_id,), cues
                )
                return

    return judge


def _by_verb(settings: Words) -> Sequence[tuple[WordVerb, _Entries]]:
    return ("remove", settings.remove), ("hold", settings.hold), ("flag", settings.flag)


def _pattern(entry: str) -> str | None:
    if len(entry) > 2 and entry[0] == entry[-1] == "/":
        return f"(?i){entry[1:-1]}"
    return None


def _word(entry: str) -> str:
    """Folded as texts are, but nothing in it joined or shortened."""
    return " ".join(kana(reading(entry).plain).split())


_WRITTEN: Final = frozenset({"text", "media", "edit"})
_SHOWN: Final = 40
_ANYTHING: Final = ("a", "あ", "1", "!", "学校")
WORDS = Protection("words", N_("Looks for the words on this room's lists."), Words, arm)
