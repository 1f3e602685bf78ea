"""JSON from the network, read without ever failing on what a stranger put inside it.

One event can make strict parsers refuse the whole answer it came in: a lone surrogate, a number
out of range, a thousand nested lists. The fast parser goes first; where it gives up, a slower one
replaces just the part that cannot be.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final

import msgspec

DEEPEST: Final = 100
"""Nesting beyond which a value is replaced by null; honest sync answers stay below 20."""

# A string, also one that never ends, or a bracket. Possessive: what was matched is never tried in
# another way again, or one message with thousands of escapes would keep everybody busy for seconds.
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class NotJson(ValueError):
    """The bytes are not JSON at all."""


def parse(data: bytes) -> object:
    """The JSON value in ``data``. Raises `NotJson` and nothing else."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _parse_with_repairs(data)


def _parse_with_repairs(data: bytes) -> object:
    text = _prune(data.decode("utf-8", "replace"))
    try:
        value = json.loads(
            text, parse_constant=lambda _: None, parse_float=_finite, parse_int=_bounded
        )
    except (ValueError, RecursionError) as error:
        raise NotJson from error
    return _without_lone_surrogates(value)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _bounded(digits: str) -> int | None:
    # Canonical JSON stops at 2**53; Python itself refuses to read more than 4,300 digits.
    return int(digits) if len(digits) <= 19 else None


def _prune(text: str) -> str:
    """``text`` with every value nested deeper than `DEEPEST` replaced by null."""
    kept: list[str] = []
    level, copied = 0, 0
    for match in _TOKEN.finditer(text):
        bracket = match.group()
        if bracket in "[{":
            level += 1
            if level == DEEPEST + 1:
                kept.append(text[copied : match.start()] + "null")
        elif bracket in "]}":
            if level == DEEPEST + 1:
                copied = match.end()
            level -= 1
    return "".join(kept) + text[copied:] if kept else text


def _without_lone_surrogates(value: object) -> object:
    # Depth is bounded by `_prune`, so plain recursion is safe here.
    match value:
        case str():
            return _LONE_SURROGATE.sub("\ufffd", value)
        case list():
            return [_without_lone_surrogates(item) for item in value]
        case dict():
            return {
                _LONE_SURROGATE.sub("\ufffd", key): _without_lone_surrogates(item)
                for key, item in value.items()
            }
        case _:
            return value
