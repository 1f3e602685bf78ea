"""Coming and going, or changing names, again and again: it fills everyone's screen."""

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


class Churn(Settings, frozen=True):
    """More than ``changes`` of one's own membership or name in ``minutes`` are told to moderators;
    a weak line looks the same, so nothing else is done."""

    changes: Annotated[int, Meta(ge=3, le=100, description=N_("changes that are fine"))] = 6
    minutes: Annotated[int, Meta(ge=1, le=60, description=N_("within how many minutes"))] = 10


def arm(settings: Churn) -> Judge:
    """Tells once when the number is passed, not at every change after."""
    span = timedelta(minutes=settings.minutes)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if not _changes(seen):
            return
        before = filter(_changes, room.window.of(seen.sender, seen.at - span))
        if sum(1 for _ in islice(before, settings.changes + 1)) == settings.changes:
            yield Finding(CHURN.name, "flag", "churn", seen.room_id, seen.sender, (seen.event_id,))

    return judge


def _changes(seen: Seen) -> bool:
    return seen.kind == "member" and seen.target == seen.sender


CHURN = Protection("churn", N_("Tells you of someone who comes and goes all the time."), Churn, arm)
