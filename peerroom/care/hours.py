"""Opening hours: the small grammar helplines are written in, and what it means at a moment.

``24/7`` · ``varies`` · ``unknown`` · ``closed`` · or rules with one time zone at the end::

    Mon-Fri 09:00-12:00,13:00-16:30; Sat 10:00-14:00; Dec 29-Jan 3 off; PH off Asia/Tokyo

A rule names week days (``Mon-Fri``, ``Tue,Thu``), days of the month (``10``) or, with ``off``,
dates without service. ``24:00`` may stand as an end; an end before its start is on the next day.
``PH off`` means closed on public holidays: no calendar of them is shipped, so it is told, not
computed. The ``off`` rules follow the opening_hours specification of OpenStreetMap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal, NamedTuple

State = Literal["open", "closed", "unknown"]

HORIZON: Final = timedelta(days=14)
"""How far ahead the next opening is looked for; New Year's closures last less."""

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_OFF: Final = re.compile(r"([A-Z][a-z]{2}) (\d{1,2})(?:-([A-Z][a-z]{2}) (\d{1,2}))? off")
_RANGE: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_DAY_MINUTES: Final = 24 * 60


class BadHours(ValueError):
    """Hours that do not follow the grammar; the message says which part."""


class Opening(NamedTuple):
    """What a line's hours mean at one moment.

    ``until``: when it closes, if open and not around the clock; ``opens``: when it opens next, if
    closed and that is within `HORIZON`. Both are aware, in the line's own zone. ``holidays_off``:
    closed on public holidays, which `state` does not know. ``published``: the hours as written.
    """

    state: State
    around_the_clock: bool = False
    until: datetime | None = None
    opens: datetime | None = None
    holidays_off: bool = False
    published: str = ""


class _Rule(NamedTuple):
    """On `weekdays` (Monday is 0) or `month_days`, open in `ranges` (minutes after midnight)."""

    weekdays: frozenset[int]
    month_days: frozenset[int]
    ranges: tuple[tuple[int, int], ...]

    def covers(self, day: date) -> bool:
        return day.weekday() in self.weekdays or day.day in self.month_days


class Schedule(NamedTuple):
    """Parsed hours. `closures`: first and last (month, day) of dates without service."""

    rules: tuple[_Rule, ...]
    closures: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    holidays_off: bool
    zone: tzinfo

    def _is_off(self, day: date) -> bool:
        when = (day.month, day.day)
        return any(
            first <= when <= last if first <= last else when >= first or when <= last
            for first, last in self.closures
        )

    def spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Start and end in UTC of every opening that starts from ``first`` to ``last``, sorted."""
        found = []
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if not self._is_off(day):
                for rule in self.rules:
                    if rule.covers(day):
                        found += [(self._at(day, a), self._at(day, b)) for a, b in rule.ranges]
        merged: list[tuple[datetime, datetime]] = []
        for start, end in sorted(found):
            if end <= start:  # a range that the clock skips when summer time begins
                continue
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        yield from merged

    def _at(self, day: date, minutes: int) -> datetime:
        day += timedelta(days=minutes // _DAY_MINUTES)
        hour, minute = divmod(minutes % _DAY_MINUTES, 60)
        # In UTC, because datetimes of one zone compare by wall clock, which DST moves.
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(
            UTC
        )


def parse(hours: str, zone: tzinfo | None = None) -> Schedule | State | Literal["24/7"]:
    """``hours`` as a schedule, or as one of the words that need none; raises `BadHours`.

    ``zone`` is used where the rules name none (a family's own numbers).
    """
    match hours.strip():
        case "24/7":
            return "24/7"
        case "closed":
            return "closed"
        case "varies" | "unknown" | "":
            return "unknown"
        case text:
            return _schedule(text, zone)


def opening(hours: str, now: datetime, zone: tzinfo | None = None) -> Opening:
    """What ``hours`` mean at ``now`` (aware); total: hours that cannot be read are ``unknown``."""
    try:
        parsed = parse(hours, zone)
    except BadHours:
        return Opening("unknown", published=hours)
    if isinstance(parsed, Schedule):
        return _opening(parsed, now, hours)
    if parsed == "24/7":
        return Opening("open", around_the_clock=True, published=hours)
    return Opening(parsed, published=hours)


def _opening(schedule: Schedule, now: datetime, published: str) -> Opening:
    today = now.astimezone(schedule.zone).date()
    moment = now.astimezone(UTC)
    # From the day before yesterday: an opening may run past midnight.
    spans = schedule.spans(today - timedelta(days=2), today + HORIZON)
    for start, end in spans:
        if start <= moment < end:
            until = end.astimezone(schedule.zone) if end - moment < HORIZON else None
            return Opening(
                "open",
                around_the_clock=until is None,
                until=until,
                holidays_off=schedule.holidays_off,
                published=published,
            )
        if start > moment:
            return Opening(
                "closed",
                opens=start.astimezone(schedule.zone),
                holidays_off=schedule.holidays_off,
                published=published,
            )
    return Opening("closed", holidays_off=schedule.holidays_off, published=published)


def _schedule(text: str, zone: tzinfo | None) -> Schedule:
    body, _, last = text.rpartition(" ")
    if "/" in last or last == "UTC":
        text, zone = body, _zone(last)
    if zone is None:
        raise BadHours(f"no time zone in {text!r}")
    rules: list[_Rule] = []
    closures: list[tuple[tuple[int, int], tuple[int, int]]] = []
    holidays_off = False
    for part in (part.strip() for part in text.split(";")):
        if part == "PH off":
            holidays_off = True
        elif part.endswith(" off"):
            closures.append(_closure(part))
        else:
            rules.append(_rule(part))
    if not rules:
        raise BadHours(f"no opening in {text!r}")
    return Schedule(tuple(rules), tuple(closures), holidays_off, zone)


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # only lines that close need it: 3 ms on the way to a voice

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadHours(f"no time zone {name!r}") from error


def _rule(part: str) -> _Rule:
    days, _, times = part.partition(" ")
    weekdays: set[int] = set()
    month_days: set[int] = set()
    for item in days.split(","):
        if item.isdecimal() and 1 <= int(item) <= 31:
            month_days.add(int(item))
        else:
            first, _, last = item.partition("-")
            start, end = _index(_DAYS, first), _index(_DAYS, last or first)
            weekdays.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    ranges = tuple(_range(item.strip()) for item in times.split(","))
    return _Rule(frozenset(weekdays), frozenset(month_days), ranges)


def _range(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise BadHours(f"not a range of times: {text!r}")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or start >= _DAY_MINUTES or end > _DAY_MINUTES or start == end:
        raise BadHours(f"no such times: {text!r}")
    return start, end if end > start else end + _DAY_MINUTES


def _closure(part: str) -> tuple[tuple[int, int], tuple[int, int]]:
    match = _OFF.fullmatch(part)
    if match is None:
        raise BadHours(f"not a closure: {part!r}")
    month, day, end_month, end_day = match.groups()
    first = (_index(_MONTHS, month) + 1, int(day))
    last = (_index(_MONTHS, end_month) + 1, int(end_day)) if end_month else first
    return first, last


def _index(names: tuple[str, ...], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise BadHours(f"not a day or month: {name!r}") from None
