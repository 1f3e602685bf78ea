"""Many people coming at once: the room is locked for a while and opens again by itself. Nobody is
removed for having come at a bad moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Annotated

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.seen import Seen


class Raid(Settings, frozen=True):
    """``joins`` accounts within ``seconds``, or ``voices`` new accounts that write within them,
    lock the room for ``minutes``."""

    joins: Annotated[int, Meta(ge=3, le=500, description=N_("people coming that are too many"))] = (
        10
    )
    voices: Annotated[
        int, Meta(ge=3, le=500, description=N_("new people writing that are too many"))
    ] = 6
    seconds: Annotated[int, Meta(ge=10, le=3600, description=N_("within how many seconds"))] = 120
    minutes: Annotated[int, Meta(ge=1, le=1440, description=N_("minutes the room is locked"))] = 15


def arm(settings: Raid) -> Judge:
    """Counts accounts, not events: one person who comes three times is one."""
    span, locked = timedelta(seconds=settings.seconds), timedelta(minutes=settings.minutes)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if room.locked or seen.sender in room.seated:
            return
        since = seen.at - span
        if seen.kind == "member" and _comes(seen):
            most, past, counts = settings.joins, room.window.kind("member", since), _comes
        elif seen.kind in _WRITTEN and seen.sender in room.newcomers:
            most, past, counts = settings.voices, room.window.since(since), _speaks
        else:
            return
        people = {seen.sender}
        # A flood may be long; with more events than this in the time, the first ones have told.
        for before in islice(past, _FAR):
            who = before.sender
            if not counts(before) or who in people:
                continue
            if who in room.seated or who in room.exempt or who in room.banned:
                continue
            if counts is _speaks and who not in room.newcomers:
                continue
            people.add(who)
            if len(people) >= most:
                yield Finding(RAID.name, "lock", "raid", seen.room_id, lasts=locked)
                return

    return judge


def _comes(seen: Seen) -> bool:
    return seen.membership == "join" and seen.was != "join"


def _speaks(seen: Seen) -> bool:
    return seen.kind in _WRITTEN


_FAR = 500
_WRITTEN = frozenset({"text", "media", "unreadable"})
RAID = Protection("raid", N_("Locks the room for a while when many come at once."), Raid, arm)
