"""Telephone numbers in a text, however they are spaced, and what only looks like one.

Dates, prices, postcodes, scores and countdowns have as many digits; so the length, the first digits
and the grouping all have to fit a number as it is dialled in Japan, Britain or North America, or
abroad with a plus.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator
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
_NUMBER: Final = re2.compile(rf"\+? ?\(?{_D}(?:{_GAP}{_D}){{8,200}}", quiet())
_SHORT: Final = re2.compile(SHORT, quiet())
_TOLL_FREE: Final = (
    "0120",
    "0800",
    "0570",
    "0808",
    "116",
    "800",
    "833",
    "844",
    "855",
    "866",
    "877",
    "888",
)
_NORTH_AMERICA: Final = ([3, 3, 4], [1, 3, 3, 4])
_ENOUGH: Final = 6


def phones(plain: str) -> Iterator[str]:
    """Digits of every number, as dialled inland in Japan and North America (+81 90 … is 090 …); of
    another country after a plus, as it is dialled from abroad."""
    for match in _NUMBER.finditer(plain):
        if plain[: match.start()][-1:] in _MONEY:
            continue
        yield from _dialled(match.group())
    for match in _SHORT.finditer(plain):
        yield "".join(mark for mark in match.group(1) if mark in _DIGIT)


def is_nobodys(digits: str, known: Container[str]) -> bool:
    """Whether a number, as `phones` gives it, is that of a service: one that is free to call, or
    one that is ``known`` (digits alone, as dialled inland or from abroad)."""
    return digits.startswith(_TOLL_FREE) or is_known(digits, known)


def is_known(digits: str, known: Container[str]) -> bool:
    """Whether it is one of the ``known``, however that is written."""
    forms = (
        (digits, digits[1:], f"0{digits[3:]}") if digits.startswith("+") else (digits, f"1{digits}")
    )
    return any(form in known for form in forms)


def _dialled(written: str) -> Iterator[str]:
    """Numbers in a row of digits and gaps: several may stand side by side."""
    runs = [
        "".join(run) for inside, run in itertools.groupby(written, _DIGIT.__contains__) if inside
    ]
    if written.startswith("+"):
        digits = _digits(runs)[:_LONGEST]
        if digits.startswith("81"):
            yield f"0{digits[2:].removeprefix('0')}"
        else:
            yield digits[1:] if digits[0] == "1" and len(digits) == _INLAND[-1] else f"+{digits}"
        return
    first = 0
    while first < len(runs):
        length = 0
        for last in range(first, len(runs)):
            length += len(runs[last])
            if length > _INLAND[-1]:
                break
            if length in _INLAND and (number := _number(runs[first : last + 1])) is not None:
                yield number
                first = last
                break
        first += 1


def _number(runs: list[str]) -> str | None:
    digits = _digits(runs)
    groups = [len(run) for run in runs]
    written = "".join(runs)
    figures = sum(mark.isdecimal() for mark in written)
    if len(set(digits)) == 1 or (
        figures < _ENOUGH and ("o" in written or figures or len(set(digits)) < _KANJI_KINDS)
    ):
        return None
    if digits[0] == "0":
        told_apart = len(groups) == 1 or max(groups) > 2
        return digits if told_apart or (max(groups) == 1 and digits[2] == "0") else None
    if groups in _NORTH_AMERICA and digits[-10] in "23456789" and digits[-7] in "23456789":
        return digits[-10:]
    return None


def _digits(runs: list[str]) -> str:
    return "".join(_DIGIT[mark] for run in runs for mark in run)


_INLAND: Final = (10, 11)
_LONGEST: Final = 15
"""Digits of a number at most (ITU-T E.164)."""
_MONEY: Final = frozenset("¥$€£#/")
_KANJI_KINDS: Final = 3
"""Different kanji for digits at least: 〇〇〇 stands for a name left out."""
