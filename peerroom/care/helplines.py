"""The panic screen as a value: which lines stand where, now, for one person.

`screen` chooses by rules over the data, never by a list of names. Faces draw the result;
`peerroom.care.wording` has the words for what it says, `peerroom.care.render` the plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from peerroom.care.catalogue import (
    Audience,
    Cost,
    Country,
    Helpline,
    Tier,
    countries,
    load,
)
from peerroom.care.hours import Opening

__all__ = [
    "Country",
    "Gap",
    "Helpline",
    "OwnNumber",
    "PanicScreen",
    "Row",
    "Section",
    "SectionKind",
    "countries",
    "load",
    "screen",
]

SectionKind = Literal[
    "danger",
    "own",
    "main",
    "second",
    "parents",
    "child",
    "violence",
    "daytime",
    "charged",
    "more",
    "directory",
]

Gap = Literal[
    "country_unknown",  # nobody said where the reader is
    "country_without_data",  # said, but the list has nothing for it
    "emergency_only",  # no helpline is known there, only emergency numbers
    "no_main",  # no line sure enough for the first page
    "no_second",  # one line, and nothing to fall back on
    "other_languages_only",  # no line of the first page is known to answer in the reader's language
    "list_is_old",  # compiled more than a year ago
]


class OwnNumber(Protocol):
    """A number the family added (``panic.own_numbers`` in the settings)."""

    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def hours(self) -> str: ...
    @property
    def note(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the panic screen.

    `number` is the operator's own grouping, empty for a service reached online only; `dial` the
    digits for a ``tel:`` link or a QR code. `local_name` is what the line is called where it is,
    if that differs from `name`. `checked` is the day the list was compiled, None for a family's
    own numbers; `source_date` when the newest page naming the line was written.
    """

    id: str | None
    name: str
    local_name: str | None
    number: str
    dial: str
    menu: str | None
    opening: Opening
    cost: Cost
    audience: tuple[Audience, ...]
    anonymous: bool
    languages: tuple[str, ...]
    region: str | None
    sms: str | None
    chat_url: str | None
    url: str | None
    other: tuple[str, ...]
    note: str | None
    tier: Tier | None
    emergency: bool
    checked: date | None
    source_date: str | None

    @property
    def dimmed(self) -> bool:
        """Whether to draw it greyed: closed now. Never true of an emergency number."""
        return self.opening.state == "closed" and not self.emergency


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one heading. `also`: rows of earlier sections that serve here too."""

    kind: SectionKind
    rows: tuple[Row, ...]
    also: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class PanicScreen:
    """All a face needs to draw the panic screen, in order.

    `sections` is the first page, `more` the second. `elsewhere` holds every country with its
    emergency numbers when the reader's own is unknown or has no data. `now` is aware, in the
    reader's zone.
    """

    country: str | None
    country_name: str | None
    language: str
    now: datetime
    compiled: date
    sections: tuple[Section, ...]
    more: tuple[Section, ...]
    elsewhere: tuple[Country, ...]
    gaps: frozenset[Gap]

    @property
    def emergency(self) -> tuple[Row, ...]:
        """The numbers for danger to life, for the line that every page repeats."""
        return next((s.rows for s in self.sections if s.kind == "danger"), ())


def screen(
    country: str | None,
    language: str,
    now: datetime,
    own_numbers: Sequence[OwnNumber] = (),
) -> PanicScreen:
    """The panic screen for ``country`` (ISO 3166-1, None if unknown) at ``now``.

    ``now`` is aware and its zone is the reader's. Never raises for lack of data: what is missing
    is named in `PanicScreen.gaps`.
    """
    raise NotImplementedError
