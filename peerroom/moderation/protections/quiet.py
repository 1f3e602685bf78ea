"""Quiet hours: the room is read-only for the night, says so, and opens again by itself.

Off unless a community wants it: nights are when people come. Whoever needs a voice in between is
shown where one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings, Watch
from peerroom.moderation.seen import Seen

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Quiet(Settings, frozen=True):
    """From ``closes`` to ``opens``, both times of day in ``zone``."""

    closes: Annotated[Clock, Meta(description=N_("when the room closes"))] = "01:00"
    opens: Annotated[Clock, Meta(description=N_("when it opens again"))] = "06:00"
    zone: Annotated[str, Meta(max_length=60, description=N_("time zone, such as Asia/Tokyo"))] = (
        "Asia/Tokyo"
    )
    closing: Annotated[str, Meta(max_length=1000, description=N_("what is said then"))] = ""
    opening: Annotated[
        str, Meta(max_length=1000, description=N_("what is said in the morning"))
    ] = ""

    def __post_init__(self) -> None:
        """Times lie apart, and the zone is one."""
        if self.closes == self.opens:
            raise ValueError(N_("The room would never be open. Give two different times."))
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(N_("There is no such time zone.")) from None


CLOSING = N_(
    "This room is quiet for {time}, and then opens by itself. You can read everything.\n"
    "If you need a voice now, press F1 on any screen, or type /help-now."
)
OPENING = N_("Good morning. The room is open again.")


def opens_at(settings: Quiet, now: datetime) -> datetime | None:
    """When the room opens again, if it is closed at ``now`` (aware), else None.

    Times that a change of clocks skips or repeats are taken as `zoneinfo` reads them.
    """
    zone = ZoneInfo(settings.zone)
    here = now.astimezone(zone)
    for day in (here.date() - timedelta(days=1), here.date()):
        begin = datetime.combine(day, time.fromisoformat(settings.closes), zone)
        end_day = day if settings.opens > settings.closes else day + timedelta(days=1)
        end = datetime.combine(end_day, time.fromisoformat(settings.opens), zone)
        if begin.timestamp() <= now.timestamp() < end.timestamp():
            return end
    return None


def arm(settings: Quiet) -> Judge:
    """Events say nothing about the hour; `watch` does."""
    return _nothing


def watch(settings: Quiet) -> Watch:
    """Locks the room when the hour has come."""

    def look(now: datetime, room: Room) -> Iterator[Finding]:
        until = opens_at(settings, now)
        if until is not None and not room.locked:
            yield Finding(
                QUIET.name,
                "lock",
                "quiet",
                room.room_id,
                lasts=until - now,
                says=settings.closing or CLOSING,
                says_after=settings.opening or OPENING,
            )

    return look


def _nothing(seen: Seen, room: Room) -> Iterator[Finding]:
    return iter(())


QUIET = Protection(
    "quiet", N_("Closes the room for the night."), Quiet, arm, mode="off", watch=watch
)
