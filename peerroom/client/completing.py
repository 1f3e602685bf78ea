"""Completion of moderators' commands: what can come next, from the structs of the commands.

Each field of a command says what stands in it (`peerroom.wire.commands.Of`). So a new command is
completed without a word here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Final

from peerroom.i18n import N_, _
from peerroom.wire.commands import GROUPS, RANKS, READERS, WORDS, Command, usage
from peerroom.wire.commands.casework import OUTCOMES

_TIMES: Final = (
    ("30m", N_("30 minutes")),
    ("2h", N_("2 hours")),
    ("1d", N_("1 day")),
    ("1w", N_("1 week")),
)
_BY_WORD: Final = {word: READERS[word][0] for word in WORDS}
"""The first command of each word."""
_QUOTED: Final = ':："“「『'
"""A name with one of these in it has to stand in quotes."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to go on."""

    text: str
    """What to put in the place of the unfinished word, with what belongs behind it."""
    about: str = ""
    """A few words beside it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Candidates for the text from ``start`` on; ``hint`` says what is expected there."""

    start: int
    candidates: tuple[Candidate, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to name."""

    names: Sequence[str] = ()
    """Members, as they are shown."""
    cases: Mapping[int, str] = field(default_factory=dict)
    """Numbers of cases that are not closed, with their titles."""
    deeds: Mapping[int, str] = field(default_factory=dict)
    """What can be taken back."""
    protections: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names of protections, with those of their settings."""
    templates: Sequence[str] = ()
    rooms: Mapping[str, str] = field(default_factory=dict)
    """Room ids with titles."""


def complete(text: str, known: Known, *, most: int = 8) -> Completion:
    """What can come next after ``text``. Pure and total: for what is no command, nothing."""
    if text[:1] not in ("!", "！"):
        return Completion(len(text))
    start = 1 + len(text[1:]) - len(text[1:].lstrip())
    word, space, _rest = text[start:].partition(" ")
    if not space:
        found = [
            Candidate(kind.word + _after(_shown(kind), -1), _(kind.summary))
            for kind in _BY_WORD.values()
            if kind.word.startswith(_normal(word))
        ]
        return Completion(start, tuple(found[:most]))
    starts: dict[int, dict[str, Candidate]] = {}
    hints: dict[int, list[str]] = {}
    for kind in READERS.get(_normal(word), ()):
        place = _place(kind, text, start + len(word), known)
        if place is None:
            continue
        at, number = place
        here = starts.setdefault(at, {})
        for candidate in _candidates(kind, number, text[at:], known):
            here.setdefault(candidate.text, candidate)
        hints.setdefault(at, []).append(usage(kind))
    if not starts:
        return Completion(len(text))
    at = max(starts, key=lambda place: (bool(starts[place]), place))
    hint = " / ".join(dict.fromkeys(hints[at]))
    return Completion(at, tuple(starts[at].values())[:most], hint)


def _shown(kind: type[Command]) -> list[Field[object]]:
    return [item for item in fields(kind) if item.metadata]


def _place(kind: type[Command], text: str, at: int, known: Known) -> tuple[int, int] | None:
    """Where the unfinished field begins, and which it is; None if all are finished."""
    for number, item in enumerate(_shown(kind)):
        while text[at : at + 1] == " ":
            at += 1
        of = item.metadata["of"]
        rest = text[at:]
        if of == "text":
            return at, number
        end = _name_end(rest, known.names) if of == "name" else _word_end(rest, of)
        if end is None:
            return at, number
        at += end
    return None


def _word_end(rest: str, of: str) -> int | None:
    """How long the finished word is at the start of ``rest``, with its end; None if it is not
    finished."""
    ends = [rest.find(sign) for sign in ((" ", ".") if of == "protection" else (" ",))]
    found = [end for end in ends if end >= 0]
    return min(found) + 1 if found else None


def _name_end(rest: str, names: Sequence[str]) -> int | None:
    """The same for a name, which may be of several words: it ends at a colon or a quote, or is one
    that is known."""
    if rest[:1] in '"“「『' and rest[:1]:
        closing = {"“": "”", "「": "」", "『": "』"}.get(rest[0], rest[0])
        end = rest.find(closing, 1)
        return None if end < 0 else end + 1
    colon = min((end for sign in ":：" if (end := rest.find(sign)) > 0), default=-1)
    if colon > 0 and not rest.startswith("@"):
        return colon + 1
    folded = rest.casefold()
    for name in sorted(names, key=len, reverse=True):
        if folded.startswith(name.casefold() + " "):
            return len(name) + 1
    if rest.startswith("@") and " " in rest:
        return rest.index(" ") + 1
    return None


def _candidates(kind: type[Command], number: int, typed: str, known: Known) -> Iterator[Candidate]:
    items = _shown(kind)
    item, after = items[number], _after(items, number)
    wanted = _normal(typed)
    for text, about in _values(item, kind, known, items, number):
        if item.metadata["of"] == "name":
            spoken = typed.lstrip('"“「『@').casefold()
            words = [text.casefold(), *text.casefold().split()]
            if not any(word.startswith(spoken) for word in words):
                continue
            text = f'"{text}"' if any(sign in text for sign in _QUOTED) else text
        elif not text.casefold().startswith(wanted.removeprefix("#")):
            continue
        yield Candidate(text + after, about)


def _values(
    item: Field[object],
    kind: type[Command],
    known: Known,
    items: Sequence[Field[object]],
    number: int,
) -> Iterator[tuple[str, str]]:
    """What can stand in a field, and what it is."""
    shown = item.metadata["shown"]
    match item.metadata["of"]:
        case "case":
            yield from ((str(each), about) for each, about in known.cases.items())
        case "deed":
            yield from ((str(each), about) for each, about in known.deeds.items())
        case "name":
            yield from ((name, "") for name in known.names)
        case "protection":
            yield from ((name, "") for name in known.protections)
        case "template":
            yield from ((name, "") for name in known.templates)
        case "room":
            yield from known.rooms.items()
        case "rank":
            yield from ((rank, "") for rank in RANKS)
        case "time":
            yield from ((text, _(about)) for text, about in _TIMES)
        case "command":
            words = {each.word: _(each.summary) for each in _BY_WORD.values()}
            yield from (words | {group: _(title) for group, title in GROUPS.items()}).items()
        case "word" if "outcome" in shown:
            yield from ((outcome, "") for outcome in OUTCOMES)
        case "word" if shown.startswith("."):
            for settings in known.protections.values():
                yield from ((setting, "") for setting in settings)
        case "word":
            yield from ((word, "") for word in shown.split("|") if word.isascii())


def _after(items: Sequence[Field[object]], number: int) -> str:
    """What belongs behind a finished field (-1: the word itself), with which the next begins."""
    if number + 1 >= len(items):
        return ""
    of, following = items[number].metadata["of"] if number >= 0 else "", items[number + 1]
    if of == "protection" and following.metadata["shown"].startswith("."):
        return "."
    # A name may have several words: only a colon says where it ends before more text.
    return ": " if of == "name" and following.metadata["of"] in ("text", "template") else " "


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
