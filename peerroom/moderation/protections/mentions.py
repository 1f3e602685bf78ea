"""Many people called at once. Each call rings somebody's phone, perhaps at night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.seen import Seen


class Mentions(Settings, frozen=True):
    """A message that calls more than ``people`` is held; so is one that brings what its sender
    called within ``seconds`` above ``storm``, and its sender is muted for ``minutes``."""

    people: Annotated[int, Meta(ge=2, le=100, description=N_("people one message may call"))] = 6
    storm: Annotated[
        int, Meta(ge=3, le=500, description=N_("calls by one person that are too many"))
    ] = 20
    seconds: Annotated[int, Meta(ge=10, le=600, description=N_("within how many seconds"))] = 120
    minutes: Annotated[int, Meta(ge=1, le=1440, description=N_("minutes without a voice"))] = 30


def called(seen: Seen) -> int:
    """How many people a message calls: by ``m.mentions``, or by user ids and links in its text, as
    older programs do; calling the whole room counts as many."""
    if seen.mentions_room:
        return WHOLE_ROOM
    if seen.text is None or seen.kind not in _WRITTEN:
        return len(seen.mentions)
    raw = seen.text.raw()
    ids = set(_USER_ID.findall(raw[:_READ])) if "@" in raw or "%40" in raw else set()
    return max(len(seen.mentions), len(ids))


def arm(settings: Mentions) -> Judge:
    """Looks at the one message first, then at what its sender called lately."""
    span, muted = timedelta(seconds=settings.seconds), timedelta(minutes=settings.minutes)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        now = called(seen)
        if not now:
            return
        total = now
        for before in room.window.of(seen.sender, seen.at - span):
            total += called(before)
            if total > settings.storm:
                break
        storm = total > settings.storm
        if storm or now > settings.people:
            yield Finding(
                MENTIONS.name, "hold", "mentions", seen.room_id, seen.sender, (seen.event_id,)
            )
        if storm:
            yield Finding(MENTIONS.name, "mute", "mentions", seen.room_id, seen.sender, lasts=muted)

    return judge


WHOLE_ROOM = 50
_READ = 20_000
"""Characters of a message that are searched."""
_USER_ID = re.compile(r"(?:@|%40)[A-Za-z0-9._=/+-]{1,200}:[A-Za-z0-9.:\[\]-]{1,200}")
_WRITTEN = frozenset({"text", "media", "edit"})
MENTIONS = Protection("mentions", N_("Holds messages that call very many people."), Mentions, arm)
