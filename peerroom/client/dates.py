"""Days and times in the words of the reader's language, on the reader's own clock."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Final

from peerroom.i18n import N_, _

_WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_MONTHS: Final = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_SHORT: Final = (
    N_("Jan"),
    N_("Feb"),
    N_("Mar"),
    N_("Apr"),
    N_("May"),
    N_("Jun"),
    N_("Jul"),
    N_("Aug"),
    N_("Sep"),
    N_("Oct"),
    N_("Nov"),
    N_("Dec"),
)


def local(when: datetime, zone: tzinfo | None) -> datetime:
    """``when`` (aware) in ``zone``; None means the zone of this machine."""
    return when.astimezone(zone)


def time_words(when: datetime) -> str:
    """Hour and minute of a local time, 24 hours: ``02:14``."""
    return f"{when.hour:02}:{when.minute:02}"


def day_words(day: date, today: date) -> str:
    """``day`` as one would say it on ``today``: Today, Yesterday, or the date."""
    distance = (today - day).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Yesterday")
    fields = {
        "weekday": _(_WEEKDAYS[day.weekday()]),
        "day": day.day,
        "month": _(_MONTHS[day.month - 1]),
        "year": day.year,
    }
    if day.year == today.year:
        return _("{weekday}, {day} {month}").format(**fields)
    return _("{weekday}, {day} {month} {year}").format(**fields)


def moment_words(when: datetime, now: datetime) -> str:
    """A coming moment, both local: ``05:00`` today, ``Sunday 05:00`` within a week, or with the
    date."""
    distance = (when.date() - now.date()).days
    time = time_words(when)
    if distance == 0:
        return time
    if 0 < distance < 7:
        return _("{weekday} {time}").format(weekday=_(_WEEKDAYS[when.weekday()]), time=time)
    return _("{day}, {time}").format(day=day_words(when.date(), now.date()), time=time)


def span_words(begin: datetime, end: datetime, today: date) -> str:
    """From a local day to another: ``8–15 Nov``, ``28 Oct – 4 Nov``, with the year if it is over;
    within one day with the times."""
    if begin.date() == end.date():
        words = _("{day} {month}, {from_time}–{to_time}")
    elif (begin.year, begin.month) == (end.year, end.month):
        words = _("{from_day}–{day} {month}")
    else:
        words = _("{from_day} {from_month} – {day} {month}")
    said = words.format(
        from_day=begin.day,
        from_month=_(_SHORT[begin.month - 1]),
        from_time=time_words(begin),
        day=end.day,
        month=_(_SHORT[end.month - 1]),
        to_time=time_words(end),
    )
    if end.year == today.year:
        return said
    return _("{days} {year}").format(days=said, year=end.year)
