"""The helplines that ship with the package: one small file a country, read when it is needed.

The files are written by ``tools/helplines.py`` from the research data and held to the rules of
``tools/check_helplines.py`` by a test. Nothing here knows today's date or touches a network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from io import FileIO
from typing import Any, Final, Literal, NamedTuple

Kind = Literal[
    "emergency",
    "crisis",
    "suicide",
    "mental_health",
    "general",
    "parent",
    "school",
    "child",
    "domestic_violence",
]
Audience = Literal["anyone", "parents", "children"]
Cost = Literal["free", "charged", "unknown"]
Tier = Literal["panic_screen", "directory"]

DATA: Final = f"{__file__.rpartition('/')[0]}/data"
"""The folder of the packaged files. (Neither pathlib nor importlib.resources: they cost 3 ms and
7 ms on the way to a number, and the package never runs from a zip.)"""


class Helpline(NamedTuple):
    """One number or service, with what is known about it and nothing else.

    `hours` and `cost` are as published; ``hours_sure`` and ``web_sure`` are False where no source
    was seen for the hours or the web address. `anonymous` and `unbilled` (not on the phone bill)
    are True where a source says so, else unknown. `doubtful`: a person should check it before a
    release. `names`, `regions`, `notes`: language -> text. `source_date` is the day, month or year
    of the newest page that names the line, `source_url` its address.
    """

    id: str
    country: str
    names: Mapping[str, str]
    kind: Kind
    tier: Tier
    audience: tuple[Audience, ...]
    confidence: Literal["high", "medium"]
    hours: str
    hours_sure: bool
    languages: tuple[str, ...]
    cost: Cost
    anonymous: bool
    unbilled: bool
    doubtful: bool
    phone: str | None
    dial: str | None
    menu: str | None
    sms: str | None
    chat_url: str | None
    url: str | None
    web_sure: bool
    other: tuple[str, ...]
    regions: Mapping[str, str]
    notes: Mapping[str, str]
    source_url: str | None
    source_date: str | None


class Country(NamedTuple):
    """A country of the list: ISO 3166-1 code, its name and its emergency numbers."""

    code: str
    name: str
    emergency: tuple[str, ...]


def compiled() -> date:
    """The day the packaged list was compiled."""
    return date.fromisoformat(read("about.json")["compiled"])


def countries(language: str = "en") -> tuple[Country, ...]:
    """Every country the list knows, sorted by its name in ``language`` (English or Japanese)."""
    language = language if language == "ja" else "en"
    found = [
        Country(code, entry[language], tuple(entry["emergency"]))
        for code, entry in read("index.json").items()
    ]
    return tuple(sorted(found, key=lambda country: country.name))


_EVERYDAY: Final = {"uk": "gb", "england": "gb", "usa": "us", "america": "us", "アメリカ": "us"}


def find_country(wanted: str) -> str | None:
    """The ISO code for a code or a name in English or Japanese, however cased; None if unknown."""
    wanted = wanted.strip().casefold()
    wanted = _EVERYDAY.get(wanted, wanted)
    if _country(wanted.upper()):
        return wanted.upper()
    known: dict[str, dict[str, str]] = read("index.json")
    for code, entry in known.items():
        if wanted in (entry["en"].casefold(), entry["ja"]):
            return code
    return None


def country_name(code: str, language: str) -> str | None:
    """What the list calls a country, in English or Japanese; None if it has nothing for it."""
    names: dict[str, str] = _country(code).get("names", {})
    return names.get("ja" if language == "ja" else "en")


def language_name(code: str, language: str) -> str:
    """What a language is called in English or Japanese; the code itself if the list has no name."""
    names: list[str] = read("languages.json").get(code, [code, code])
    return names[1 if language == "ja" else 0]


@cache
def load(country: str) -> tuple[Helpline, ...]:
    """The lines of a country (ISO 3166-1 code, upper case); empty if the list has none."""
    return tuple(_helpline(country, entry) for entry in _country(country).get("lines", ()))


@cache
def read(name: str) -> Any:
    """A packaged JSON file, by its path below `DATA`."""
    with FileIO(f"{DATA}/{name}") as file:
        return json.loads(file.read())


def _country(code: str) -> dict[str, Any]:
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        return {}
    try:
        found: dict[str, Any] = read(f"lines/{code}.json")
    except FileNotFoundError:
        return {}
    return found


def _helpline(country: str, entry: dict[str, Any]) -> Helpline:
    source = entry.get("source", {})
    return Helpline(
        id=entry["id"],
        country=country,
        names=entry["names"],
        kind=entry["kind"],
        tier=entry["tier"],
        audience=tuple(entry["audience"]),
        confidence=entry["confidence"],
        hours=entry["hours"],
        hours_sure=not entry.get("hours_unsure"),
        languages=tuple(entry.get("languages", ())),
        cost=entry.get("cost", "unknown"),
        anonymous=entry.get("anonymous", False),
        unbilled=entry.get("unbilled", False),
        doubtful=entry.get("doubtful", False),
        phone=entry.get("phone"),
        dial=entry.get("dial"),
        menu=entry.get("menu"),
        sms=entry.get("sms"),
        chat_url=entry.get("chat_url"),
        url=entry.get("url"),
        web_sure=entry.get("web_sure", False),
        other=tuple(entry.get("other", ())),
        regions=entry.get("regions", {}),
        notes=entry.get("notes", {}),
        source_url=source.get("url"),
        source_date=source.get("date"),
    )
