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
