"""A text as protections read it: once for each event, and through what hides words in it.

Whoever wants to get past a list writes full-width, between spaces, with invisible characters, in
look-alike letters, digits for letters. All of that is undone here, in one place, so that no
protection has to know of it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal

from peerroom.moderation.seen import Seen
from peerroom.text.cleaning import clean
from peerroom.text.confusable import latin

OFTEN: Final = 28
"""Cells of letters and digits from which on one person says a text once or twice, not often."""
LONG: Final = 60
"""Those from which on a text is nobody else's by chance: good wishes for the new year, and what one
says to those who mourn, have up to 56."""
_SAYING: Final = frozenset({"text", "media", "edit"})
CEILING: Final = 65_536
"""Characters read. An event has at most 65,536 bytes (client-server API, size limits)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Forms of one text, none of them for a screen."""

    shown: str
    """Compatibility forms made one (NFKC), nothing invisible in it, capitals kept."""
    plain: str
    """The same without capitals."""
    folded: str
    """`plain` with katakana as hiragana; where something in it is spelt oddly, lines of their own
    tell what it may spell (`fold`)."""


def read(seen: Seen) -> Reading | None:
    """The forms of an event's text; None where it has none, or what came was no text."""
    return None if seen.text is None or seen.text.malformed else reading(seen.text.raw())


@lru_cache(maxsize=8)
def reading(text: str) -> Reading:
    """The forms of a text. The last few are kept, as one protection after the other asks."""
    shown = clean(text[:CEILING])
    if not shown.isascii():
        shown = unicodedata.normalize("NFKC", shown.translate(_BADGES))[:CEILING]
    plain = shown.casefold()
    return Reading(shown, plain, fold(plain))


def gist(seen: Seen) -> str | None:
    """What a longer message says, however it is spaced and dotted: a digest, equal for texts that
    say the same. None for what is short: "thank you" is said by many, and often."""
    return _said(seen)[0]


def is_long(seen: Seen) -> bool:
    """Whether nobody else says the same by chance."""
    return _said(seen)[1] >= LONG


def _said(seen: Seen) -> tuple[str | None, int]:
    """The digest, and how many cells of letters and digits there are."""
    read_as = read(seen) if seen.kind in _SAYING else None
    if read_as is None or len(read_as.plain) < OFTEN / 2:
        return None, 0
    return _digest(read_as.folded)


@lru_cache(maxsize=8)
def _digest(folded: str) -> tuple[str | None, int]:
    letters = "".join(filter(str.isalnum, folded.partition("\n")[0]))
    cells = len(letters) + len(_NARROW.sub("", letters))
    return (sha256(letters.encode()).hexdigest() if cells >= OFTEN else None), cells


def kana(text: str) -> str:
    """Katakana as hiragana, small vowels as large ones: パパ and ぱぱ, しにたぃ and しにたい."""
    return text if text.isascii() else text.translate(_KANA)


def fold(plain: str) -> str:
    """The text in kana's one form. If that is another text, also on a line of its own: spaced
    letters joined, drawn-out ones shortened, look-alikes and digits as the letters they stand for.
    """
    base = kana(plain)
    joined = _RUNS.sub(r"\1", base)
    joined = _STRETCHED.sub(lambda row: row[0].replace(row[1], ""), joined)
    joined = _SPELT.sub(lambda word: _BETWEEN.sub("", word[0]), joined)
    if not joined.isascii():
        joined = _BETWEEN_CJK.sub("", joined)
    if "  " in base or "\t" in base:
        base = _SPACES.sub(" ", base)
    joined = _SPACES.sub(" ", joined)
    forms = {base: None}
    if _ODD.search(joined):
        forms[_WORD.sub(lambda word: _spelt(word[0], "i"), joined)] = None
        forms[_WORD.sub(lambda word: _spelt(word[0], "l"), joined)] = None
    else:
        forms[joined] = None
    return "\n".join(forms)


def _spelt(word: str, upright: Literal["i", "l"]) -> str:
    return latin(word.translate(_LEET), upright) if _ODD.search(word) else word


_KANA: Final = {
    **{code: code - 0x60 for code in range(0x30A1, 0x30F7)},
    **{ord(small): ord(large) for small, large in zip("ァィゥェォ", "あいうえお", strict=True)},
    **{ord(small): ord(large) for small, large in zip("ぁぃぅぇぉ", "あいうえお", strict=True)},
}
_BADGES: Final = {
    first + at: chr(ord("a") + at)
    for first in (0x1F150, 0x1F170, 0x1F1E6)  # letters on discs and tiles, and those of flags
    for at in range(26)
}
"""Pictures of letters that NFKC leaves alone."""
_LEET: Final = str.maketrans({"@": "a", "4": "a", "3": "e", "7": "t", "8": "b", "9": "g"})
"""Digits for letters, beside those that look alike anyway (0 o, 1 i or l, 5 s, 2 z)."""

_NARROW: Final = re.compile("[\x00-\x7f]+")
_CJK: Final = "\u3040-\u30ff\u3400-\u9fff々"
_MARKS: Final = r" \u3000._*・/|~\-+=,，、'’\"“”「」『』【】()\[\]{}<>☆★♪♡♥※○●◯◆◇■□▲△▼▽→⇒"
_LATIN: Final = "a-z\u00df-\u024f\u0250-\u02af\u0300-\u036f\u0370-\u052f\u1e00-\u1fff"
_SPACES: Final = re.compile(r"[ \t\u3000]+")
_RUNS: Final = re.compile(r"([^\s0-9])\1{2,}")
_BETWEEN_CJK: Final = re.compile(rf"(?<=[{_CJK}])[{_MARKS}]+(?=[{_CJK}])")
_STRETCHED: Final = re.compile(r"\S([^\w\s]|[ \u3000_])(?:\S\1){4,}\S?")
"""The same mark after each letter of a longer text; for English see `_SPELT`."""
_SPELT: Final = re.compile(
    rf"(?<![{_LATIN}0-9])[{_LATIN}0-9](?:(?:[{_MARKS}]| [{_MARKS}] )[{_LATIN}0-9@$!])+"
    rf"(?![{_LATIN}0-9])"
)
"""Single letters with a mark between them: "L I N E", "s.c.a.m"; two spaces part words."""
_BETWEEN: Final = re.compile(f"[{_MARKS}]+")
_ODD: Final = re.compile(
    "[\u00df-\u024f\u0250-\u02af\u0300-\u036f\u0370-\u052f\u1e00-\u1fff]"
    r"|[a-z][0-9@$!|]+[a-z]|[0-9@$|][a-z]{2}|[a-z]{2}[0-9@$|]"
)
_WORD: Final = re.compile(rf"[{_LATIN}0-9@$!|]{{2,}}")
