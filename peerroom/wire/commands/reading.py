"""Reading the arguments of a command, the way people type them."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Final
from urllib.parse import unquote

from peerroom.wire.address import is_room_id, is_server_name, is_user_id

_QUOTES: Final = {'"': '"', "“": "”", "「": "」", "『": "』"}
_UNITS: Final = {
    "minutes": ("m", "min", "minute", "minutes", "分", "分間"),
    "hours": ("h", "hour", "hours", "時間"),
    "days": ("d", "day", "days", "日", "日間"),
    "weeks": ("w", "week", "weeks", "週", "週間"),
}
_UNIT_OF: Final = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}
DURATION: Final = rf"(?:for\s+)?\d{{1,4}}\s*(?:{'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})"
"""A pattern of what `duration` reads."""


def normal(text: str) -> str:
    """Full-width letters and digits, as an input method leaves them, as ASCII; in small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def first(arguments: str) -> tuple[str, str]:
    """The first word, and the text after it. Any space parts words, also the wide one."""
    parts = arguments.split(maxsplit=1)
    return (parts[0] if parts else ""), (parts[1] if len(parts) > 1 else "")


def count(text: str, most: int) -> int | None:
    """A number from 1 to ``most``."""
    digits = normal(text)
    if not re.fullmatch("[0-9]{1,7}", digits):
        return None
    return int(digits) if 1 <= int(digits) <= most else None


def number(text: str) -> int | None:
    """The number of a case or a deed: ``4``, ``#4``, ``４``."""
    return count(normal(text).removeprefix("#"), 9_999_999)


def numbered(arguments: str) -> tuple[int | None, str]:
    """The number at the start, and the text after it."""
    word, rest = first(arguments)
    found = number(word.rstrip(":："))
    return found, (rest if found else arguments).strip()


def cased(arguments: str, more: str = "") -> tuple[int | None, str]:
    """The number of a case at the start, and the text after it. It is one where nothing follows, or
    a colon, or what matches ``more``: a name may begin with a number, too, and in quotes be one."""
    match = re.fullmatch(r"([#＃]?\d{1,7})(?:(?=[:：])|\s+|$)(.*)", arguments)
    case = number(match[1]) if match else None
    rest = match[2] if match else ""
    if case is None or not (rest[:1] in ":：" or re.fullmatch(more, rest, re.IGNORECASE)):
        return None, arguments
    return case, rest.lstrip(":： ")


def duration(text: str) -> timedelta | None:
    """``30m``, ``for 2 hours``, ``3日``: 1 to 9,999 of a unit."""
    match = re.fullmatch(r"(?:for\s+)?([0-9]{1,4})\s*(\D+)", normal(text))
    if match is None or match[2] not in _UNIT_OF:
        return None
    return timedelta(**{_UNIT_OF[match[2]]: int(match[1])}) or None


def leading_duration(text: str) -> tuple[timedelta | None, str]:
    """The duration at the start, if there is one, and the text after it."""
    match = re.match(rf"({DURATION})(?:\s*[:：]\s*|\s+|$)", text, re.IGNORECASE)
    found = duration(match[1]) if match else None
    return (found, text[match.end() :].strip()) if match and found else (None, text)


def name(arguments: str, tail: str | None = None) -> tuple[str, str]:
    """The name at the start, and the text after it.

    ``tail`` is a pattern of what may follow a name with nothing but a space between them.
    """
    arguments = re.sub(
        r"^https://matrix\.to/#/(?=@|%40)(\S+)", lambda link: unquote(link[1]), arguments
    )
    quote = _QUOTES.get(arguments[:1])
    if quote and quote in arguments[1:]:
        found, _quote, rest = arguments[1:].partition(quote)
        return found.strip(), rest.lstrip(":： ")
    word = arguments.split(maxsplit=1)[0].rstrip(":：") if arguments else ""
    if is_user_id(word):
        return word, arguments[len(word) :].lstrip(":： ")
    parts = re.split("[:：]", arguments.removeprefix("@"), maxsplit=1)
    if len(parts) == 2:
        return parts[0].strip(), parts[1].strip()
    if tail and (match := re.fullmatch(rf"(.*?\S)\s+({tail})", parts[0], re.IGNORECASE)):
        return match[1], match[2]
    return parts[0].strip(), ""


def only_name(arguments: str) -> str | None:
    """A name after which nothing comes."""
    found, rest = name(arguments)
    return found if found and not rest else None


def timed_name(arguments: str) -> tuple[str, timedelta | None, str]:
    """A name, perhaps how long, and the text after both: ``Heron``, ``Heron 3d: sold courses``,
    ``Heron: 3d``, ``@a:b.org 3d sold courses``."""
    found, rest = name(arguments, DURATION)
    time, rest = leading_duration(rest)
    if time is None and arguments[:1] not in _QUOTES and not is_user_id(found):
        match = re.fullmatch(rf"(.*?\S)\s+({DURATION})", found, re.IGNORECASE)
        if match and (time := duration(match[2])):
            found = match[1]
    return found, time, rest


def room(text: str) -> tuple[str | None, tuple[str, ...]]:
    """A room id, also out of its matrix.to link, and the servers by which it can be joined (at most
    three). None: it is not one."""
    # Appendices, "matrix.to navigation": https://matrix.to/#/<room id>?via=…&via=…
    link = re.fullmatch(r"https://matrix\.to/#/([^/?\s]+)(?:\?(\S*))?", text.strip())
    room_id = unquote(link[1]) if link else text.strip()
    if not is_room_id(room_id):
        return None, ()
    parts = (link[2] or "").split("&") if link else []
    via = (unquote(part.removeprefix("via=")) for part in parts if part.startswith("via="))
    return room_id, tuple(server for server in via if is_server_name(server))[:3]
