"""The panic screen as a value: which lines stand where, now, for one person.

`screen` chooses by rules over the data (`peerroom.care.selection`), never by a list of names.
Faces draw the result; `peerroom.care.wording` has the words for what it says,
`peerroom.care.render` the plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol

from peerroom.care import catalogue
from peerroom.care.catalogue import Audience, Cost, Country, Helpline, Tier, countries, load
from peerroom.care.hours import Opening, opening
from peerroom.care.selection import Candidate, SectionKind, arrange

__all__ = [
    "Country",
    "Gap",
    "Helpline",
    "OwnNumber",
    "PanicScreen",
    "Place",
    "Row",
    "Section",
    "SectionKind",
    "countries",
    "load",
    "screen",
]

OLD: Final = timedelta(days=365)
"""From this age on the list says of itself that it is old, and promises no open line."""

FIRST_PAGE: Final[tuple[SectionKind, ...]] = (
    "danger",
    "main",
    "second",
    "own",
    "parents",
    "child",
    "violence",
    "daytime",
    "charged",
)
SECOND_PAGE: Final[tuple[SectionKind, ...]] = ("more", "directory")

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


class Row(NamedTuple):
    """One line of the panic screen.

    `number` is the operator's own grouping, empty for a service reached online only; `dial` the
    digits for a ``tel:`` link or a QR code; `menu` the digit to press when it answers.
    `local_name` is what the line is called where it is, if that differs from `name`. `checked` is
    the day the list was compiled, None for a family's own numbers; `source_date` when the newest
    page naming the line was written (a day, a month or a year).
    """

    id: str | None
    name: str
    number: str
    dial: str
    opening: Opening
    emergency: bool = False
    tier: Tier | None = None
    local_name: str | None = None
    menu: str | None = None
    cost: Cost = "unknown"
    audience: tuple[Audience, ...] = ()
    anonymous: bool = False
    unbilled: bool = False
    languages: tuple[str, ...] = ()
    region: str | None = None
    sms: str | None = None
    chat_url: str | None = None
    url: str | None = None
    web_sure: bool = False
    other: tuple[str, ...] = ()
    note: str | None = None
    checked: date | None = None
    source_date: str | None = None

    @property
    def dimmed(self) -> bool:
        """Whether to draw it greyed: closed now. Never true of an emergency number."""
        return self.opening.state == "closed" and not self.emergency


class Section(NamedTuple):
    """Rows under one heading. `also`: rows of other sections that serve here too."""

    kind: SectionKind
    rows: tuple[Row, ...]
    also: tuple[Row, ...] = ()


class Place(NamedTuple):
    """A country and its emergency numbers, for a reader whose own is not known.

    `likely`: a line there answers in the reader's language.
    """

    code: str
    name: str
    emergency: tuple[Row, ...]
    likely: bool


class PanicScreen(NamedTuple):
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
    elsewhere: tuple[Place, ...]
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
    compiled = catalogue.compiled()
    old = now.date() - compiled > OLD
    lines = load(country) if country else ()
    arranged = arrange((Candidate(line, _opening(line, now, old)) for line in lines), language)
    rows: dict[SectionKind, tuple[Row, ...]] = {
        kind: tuple(_row(candidate, language, compiled) for candidate in candidates)
        for kind, candidates in arranged.items()
    }
    if own_numbers:
        rows["own"] = tuple(_own(own, now) for own in own_numbers)
    return PanicScreen(
        country=country,
        country_name=catalogue.country_name(country, language) if country else None,
        language=language,
        now=now,
        compiled=compiled,
        sections=_first_page(rows, lines),
        more=tuple(Section(kind, rows[kind]) for kind in SECOND_PAGE if kind in rows),
        elsewhere=() if lines else _elsewhere(language, now, compiled),
        gaps=frozenset(_gaps(country, rows, language, old)),
    )


def _opening(line: Helpline, now: datetime, old: bool) -> Opening:
    if line.kind != "emergency" and (old or not line.hours_sure):
        return Opening("unknown", published=line.hours)
    return opening(line.hours, now)


def _row(candidate: Candidate, language: str, compiled: date) -> Row:
    line = candidate.line
    name = line.names.get(language) or line.names["en"]
    local = None if language in line.languages else _local_name(line)
    emergency = line.kind == "emergency"
    return Row(
        id=line.id,
        name=name,
        local_name=None if emergency or local == name else local,
        number=line.phone or "",
        dial=line.dial or "",
        menu=line.menu,
        opening=candidate.opening,
        cost=line.cost,
        audience=line.audience,
        anonymous=line.anonymous,
        unbilled=line.unbilled,
        languages=line.languages,
        region=_in(line.regions, language),
        sms=line.sms,
        chat_url=line.chat_url,
        url=line.url,
        web_sure=line.web_sure,
        other=line.other,
        note=_in(line.notes, language),
        tier=line.tier,
        emergency=emergency,
        checked=compiled,
        source_date=line.source_date,
    )


def _local_name(line: Helpline) -> str | None:
    """What the line is called in the language it answers in first, however that is written."""
    spoken = line.languages[0].partition("-")[0] if line.languages else "en"
    return next(
        (name for code, name in line.names.items() if code.partition("-")[0] == spoken), None
    )


def _in(texts: Mapping[str, str], language: str) -> str | None:
    return texts.get(language) or texts.get("en")


def _own(own: OwnNumber, now: datetime) -> Row:
    return Row(
        id=None,
        name=own.name,
        number=own.number,
        dial="".join(char for char in own.number if char in "0123456789#*+"),
        opening=opening(own.hours, now, now.tzinfo),
        note=own.note or None,
    )


def _first_page(
    rows: dict[SectionKind, tuple[Row, ...]], lines: Iterable[Helpline]
) -> tuple[Section, ...]:
    also: dict[SectionKind, tuple[Row, ...]] = {}
    if "parents" not in rows:
        also["parents"] = _serving(rows, "parents", ("main", "second", "child"))
    if all(row.dimmed for row in rows.get("child", ())):
        also["child"] = _serving(rows, "children", ("main", "second", "parents"))
    if any(line.kind == "domestic_violence" for line in lines):
        rows.setdefault("violence", ())
    return tuple(
        Section(kind, rows.get(kind, ()), also.get(kind, ()))
        for kind in FIRST_PAGE
        if kind in rows or also.get(kind)
    )


def _serving(
    rows: dict[SectionKind, tuple[Row, ...]], who: Audience, where: Iterable[SectionKind]
) -> tuple[Row, ...]:
    """Rows of other sections that serve ``who`` and are not closed."""
    return tuple(
        row
        for kind in where
        for row in rows.get(kind, ())
        if who in row.audience and not row.dimmed
    )


def _gaps(
    country: str | None, rows: dict[SectionKind, tuple[Row, ...]], language: str, old: bool
) -> Iterable[Gap]:
    lines = [row for kind in FIRST_PAGE[1:] if kind != "own" for row in rows.get(kind, ())]
    if country is None:
        yield "country_unknown"
    elif "danger" not in rows and not lines:
        yield "country_without_data"
    elif "main" not in rows:
        yield "no_main" if "directory" in rows or lines else "emergency_only"
    else:
        open_to_adults = [r for r in lines if not r.dimmed and r.audience != ("children",)]
        if len(open_to_adults) < 2:
            yield "no_second"
        if not any(language in row.languages for row in lines):
            yield "other_languages_only"
    if old:
        yield "list_is_old"


def _elsewhere(language: str, now: datetime, compiled: date) -> tuple[Place, ...]:
    return tuple(_place(country, language, now, compiled) for country in countries(language))


def _place(country: Country, language: str, now: datetime, compiled: date) -> Place:
    lines = load(country.code)
    return Place(
        code=country.code,
        name=country.name,
        emergency=tuple(
            _row(Candidate(line, opening(line.hours, now)), language, compiled)
            for line in lines
            if line.kind == "emergency"
        ),
        likely=any(language in line.languages for line in lines),
    )
