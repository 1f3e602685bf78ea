"""Slow mode. Ten short messages in a minute are what distress looks like: somebody who writes fast
gets a moment's pause and a kind word, never a mute, never a ban."""

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


class Pace(Settings, frozen=True):
    """More than ``messages`` in ``seconds`` by one person lead to a pause of ``pause``."""

    messages: Annotated[int, Meta(ge=3, le=200, description=N_("messages that are fine"))] = 20
    seconds: Annotated[int, Meta(ge=5, le=600, description=N_("within how many seconds"))] = 60
    pause: Annotated[int, Meta(ge=5, le=600, description=N_("seconds of pause"))] = 30


def arm(settings: Pace) -> Judge:
    """Counts what one person wrote in the last seconds."""
    span, pause = timedelta(seconds=settings.seconds), timedelta(seconds=settings.pause)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind not in _WRITTEN:
            return
        recent = room.window.of(seen.sender, seen.at - span)
        written = islice(
            (before for before in recent if before.kind in _WRITTEN), settings.messages
        )
        if sum(1 for _ in written) == settings.messages:
            yield Finding(
                PACE.name, "slow", "pace", seen.room_id, seen.sender, (seen.event_id,), lasts=pause
            )

    return judge


_WRITTEN = frozenset({"text", "media", "edit", "unreadable"})
PACE = Protection("pace", N_("Gives whoever writes very fast a short pause."), Pace, arm)
