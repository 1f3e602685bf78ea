"""The helplines that ship with the package: one small file a country, read when it is needed.

The files are written by ``tools/helplines.py`` from the research data and held to the rules of
``tools/check_helplines.py`` by a test. Nothing here knows today's date or touches a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Helpline:
    """One number or service, with what is known about it and nothing else.

    `cost` and `hours` are as published; ``hours_sure`` is False where they were only remembered.
    `anonymous` is True where a source says so, else unknown. `names`, `regions`, `notes`:
    language -> text. `source_date` is the day, month or year of the newest page that names it.
    """

    id: str
    country: str
    names: Mapping[str, str]
    kind: Kind
    audience: tuple[Audience, ...]
    phone: str | None
    dial: str | None
    menu: str | None
    sms: str | None
    chat_url: str | None
    url: str | None
    other: tuple[str, ...]
    hours: str
    hours_sure: bool
    languages: tuple[str, ...]
    cost: Cost
    anonymous: bool
    regions: Mapping[str, str]
    tier: Tier
    confidence: Literal["high", "medium"]
    doubtful: bool
    notes: Mapping[str, str]
    source_url: str | None
    source_date: str | None


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the list: ISO 3166-1 code, its name and its emergency numbers."""

    code: str
    name: str
    emergency: tuple[str, ...]


def compiled() -> date:
    """The day the packaged list was compiled."""
    raise NotImplementedError


def countries(language: str = "en") -> tuple[Country, ...]:
    """Every country the list knows, sorted by its name in ``language``."""
    raise NotImplementedError


def find_country(wanted: str) -> str | None:
    """The ISO code for a code or a name in English or Japanese, however cased; None if unknown."""
    raise NotImplementedError


def load(country: str) -> tuple[Helpline, ...]:
    """The lines of a country (ISO 3166-1 code); empty if the list has none."""
    raise NotImplementedError
