"""How values from strangers are written into SQLite without losing or refusing any of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from peerroom.store.errors import NotStorable

DEEPEST: Final = 64
"""Nesting of JSON that is stored. Events of real clients stay below ten; a value nested deeper
than Python's own stack could be written once and never be read again."""

LARGEST: Final = 2**53 - 1
"""The Matrix specification's largest integer (appendix "Canonical JSON")."""


def json_in(value: object) -> bytes:
    """``value`` as JSON in UTF-8; lone surrogates survive (as WTF-8).

    Raises:
        NotStorable: NaN, infinity, an unknown type, an integer of more digits than Python
            prints, or deeper nesting than `DEEPEST`.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        raise NotStorable from error
    if text.count("{") + text.count("[") > DEEPEST and _depth(value) > DEEPEST:
        raise NotStorable
    return text.encode("utf-8", "surrogatepass")


def json_out(stored: bytes) -> Any:
    """The value that `json_in` wrote."""
    return json.loads(stored.decode("utf-8", "surrogatepass"))


def text_in(text: str) -> str | bytes:
    """``text`` as SQLite takes it: text where it is Unicode, else a blob that sorts apart."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def text_out(stored: str | bytes) -> str:
    """The string that `text_in` wrote."""
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


def maybe_text_out(stored: str | bytes | None) -> str | None:
    """`text_out`, of a column that may be empty."""
    return None if stored is None else text_out(stored)


def whole(number: object) -> int:
    """``number`` within the range of the Matrix specification; 0 for what is no integer."""
    if isinstance(number, bool) or not isinstance(number, int):
        return 0
    return max(-LARGEST, min(LARGEST, number))


def time_in(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def time_out(stored: int) -> datetime:
    """The moment, aware, in UTC."""
    return datetime.fromtimestamp(stored / 1000, UTC)


def _depth(value: object) -> int:
    level: list[object] = [value]
    depth = 0
    while level:
        level = [child for item in level for child in _children(item)]
        depth += 1
    return depth - 1


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
