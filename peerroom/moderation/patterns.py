"""Many words, or many patterns, looked for in one pass over a text.

Patterns are RE2's: its time grows with the text and never explodes, whatever a moderator wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import ahocorasick
import re2

if TYPE_CHECKING:  # the compiled class takes no type in brackets
    _Automaton = ahocorasick.Automaton[Sequence["_Form"]]

_MEMORY: Final = 16 << 20
"""Bytes that one set of patterns may take at most."""
_LATIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class _Form(NamedTuple):
    name: str
    length: int
    starts: bool
    """A letter right before it makes it another word."""
    ends: bool


class Literals:
    """Words with what to call each of them; folded already (`reading.kana`, no capitals).

    A word of Latin letters is found only where it stands by itself ("ass" is not in "class"); a
    star at its start or end lifts that. Words of other scripts are found anywhere.
    """

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        forms: dict[str, list[_Form]] = defaultdict(list)
        for name, word in words:
            bare = word.strip("*")
            if bare:
                starts = not word.startswith("*") and bare[0] in _LATIN
                ends = not word.endswith("*") and bare[-1] in _LATIN
                forms[bare].append(_Form(name, len(bare), starts, ends))
        self._automaton: _Automaton | None = None
        if forms:  # an empty automaton cannot be asked
            self._automaton = ahocorasick.Automaton()
            for text, known in forms.items():
                self._automaton.add_word(text, known)
            self._automaton.make_automaton()

    def found(self, folded: str, most: int = 8) -> tuple[str, ...]:
        """Names of the words that are in a folded text, each once, at most ``most``."""
        if self._automaton is None:
            return ()
        names: dict[str, None] = {}
        for last, forms in self._automaton.iter(folded):
            for name, length, starts, ends in forms:
                first, after = last - length + 1, last + 1
                if starts and first and folded[first - 1] in _LATIN:
                    continue
                if ends and after < len(folded) and folded[after] in _LATIN:
                    continue
                names[name] = None
            if len(names) >= most:
                break
        return tuple(names)[:most]


class Patterns:
    """RE2 patterns with what to call each of them. Raises `re2.error` for a pattern that RE2
    cannot read, or if all of them together are too large."""

    def __init__(self, patterns: Iterable[tuple[str, str]]) -> None:
        self._names: list[str] = []
        options = quiet()
        options.max_mem = _MEMORY
        self._set = re2.Set.SearchSet(options)
        for name, pattern in patterns:
            self._set.Add(pattern)
            self._names.append(name)
        self._set.Compile()
        self._last: tuple[str | None, tuple[str, ...]] = (None, ())
        """Several protections may ask for the same text, one after the other."""

    def found(self, text: str) -> tuple[str, ...]:
        """Names of the patterns that are somewhere in a text (no lone surrogates in it), each once,
        in the order in which they were given."""
        if not self._names:
            return ()
        if text != self._last[0]:
            hits = sorted(self._set.Match(text) or ())
            self._last = text, tuple(dict.fromkeys(self._names[hit] for hit in hits))
        return self._last[1]


def quiet() -> re2.Options:
    """Options with which RE2 writes nothing to standard error, where patterns would show."""
    options = re2.Options()
    options.log_errors = False
    return options
