"""Telephone numbers in a text, however they are spaced, and what only looks like one.

Dates, prices, postcodes, scores and countdowns have as many digits; so the length, the first digits
and the grouping all have to fit a number as it is dialled in Japan, Britain or North America, or
abroad with a plus.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import re2

from peerroom.moderation.patterns import quiet

_DIGIT: Final = {
    **{str(digit): str(digit) for digit in range(10)},
    **{kanji: str(digit) for digit, kanji in enumerate("〇一二三四五六七八九")},
    "零": "0",
    "o": "0",
}
_D: Final = "[0-9〇零一二三四五六七八九o]"
_GAP: Final = r"[-\s().・ー‐–—−_*]{0,3}".replace(r"\s", " ")
LIKELY: Final = rf"[0-9〇零o](?:{_GAP}{_D}){{8}}"
"""RE2: in every text that has a number in it, but for `_CALL`; on `Reading.plain`."""
SHORT: Final = (
    r"(?:call|text|phone|ring|number|cell|mobile|tel|whatsapp)\W{1,3}(?:[a-z]+\W+){0,4}"
    r"([2-9][0-9]{2}[-. ][0-9]{4})\b"
)
"""A local number, which counts only after a word like "call"."""
_NUMBER: Final = re2.compile(rf"\+?\(?{_D}(?:{_GAP}{_D}){{8,14}}", quiet())
_SHORT: Final = re2.compile(SHORT, quiet())
_TOLL_FREE: Final = ("0120", "0800", "0570", "0808", "116", "800", "888", "877", "866")
_NORTH_AMERICA: Final = ([3, 3, 4], [1, 3, 3, 4])
_ENOUGH: Final = 6


def phones(plain: str) -> Iterator[str]:
    """Digits of every number, as dialled inland in Japan (+81 90 … is 090 …)."""
    for match in _NUMBER.finditer(plain):
        before, after = plain[: match.start()][-1:], plain[match.end() : match.end() + 1]
        if after.isdigit() or before.isdigit() or before in _MONEY:
            continue
        if (digits := _dialled(match.group())) is not None:
            yield digits
    for match in _SHORT.finditer(plain):
        yield "".join(mark for mark in match.group(1) if mark in _DIGIT)


def toll_free(digits: str) -> bool:
    """Whether whoever is called pays: a line of a service, never of a private person."""
    return digits.startswith(_TOLL_FREE)


def _dialled(written: str) -> str | None:
    digits = "".join(_DIGIT.get(mark, "") for mark in written)
    figures = sum(mark in "0123456789" for mark in written)
    if figures < _ENOUGH and ("o" in written or figures or len(set(digits)) < _KANJI_KINDS):
        return None
    if len(set(digits)) == 1:
        return None
    if written.startswith("+"):
        return f"0{digits[2:].removeprefix('0')}" if digits.startswith("81") else digits
    groups = [
        len(list(run)) for inside, run in itertools.groupby(written, _DIGIT.__contains__) if inside
    ]
    if digits[0] == "0":
        fits = len(digits) in (10, 11) and (
            len(groups) == 1 or max(groups) > 2 or (max(groups) == 1 and digits[2] == "0")
        )
        return digits if fits else None
    return digits[-10:] if groups in _NORTH_AMERICA else None


_MONEY: Final = frozenset("¥$€£#/")
_KANJI_KINDS: Final = 3
"""Different kanji for digits at least: 〇〇〇 stands for a name left out."""
