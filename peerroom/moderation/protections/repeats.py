"""The same text again and again, by one account or by several that take turns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Annotated

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.reading import gist, is_long
from peerroom.moderation.seen import Seen


class Repeats(Settings, frozen=True):
    """A longer text that comes ``times`` times from one person within ``minutes`` is held, all of
    it; so is one that ``people`` say in turns, or a very long one that each says once. Whoever said
    it first may have been copied: theirs stays, and only who says it now is held. Edits of one's
    own message are no repetition."""

    times: Annotated[int, Meta(ge=2, le=50, description=N_("times one person may not say it"))] = 4
    people: Annotated[int, Meta(ge=2, le=50, description=N_("people who may not say the same"))] = 3
    minutes: Annotated[int, Meta(ge=1, le=60, description=N_("within how many minutes"))] = 10


def arm(settings: Repeats) -> Judge:
    """Compares what texts say, not how they are spaced, cased or dotted."""
    span = timedelta(minutes=settings.minutes)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind == "edit" or (said := gist(seen)) is None:
            return
        same = [
            before
            for before in islice(room.window.same(said, seen.at - span), _FAR)
            if before.kind != "edit" and before.sender not in room.exempt
        ]
        theirs = [before.event_id for before in same if before.sender == seen.sender]
        own = 1 + len(theirs)
        several = len({seen.sender, *(b.sender for b in same)}) >= settings.people
        several = several and same[-1].sender != seen.sender
        in_turns = own > 1 and len(same) >= settings.times
        if own >= settings.times or (several and (in_turns or is_long(seen))):
            held = (seen.event_id, *theirs)
            yield Finding(REPEATS.name, "hold", "repeated", seen.room_id, seen.sender, held[:_FAR])

    return judge


_FAR = 50
REPEATS = Protection("repeats", N_("Holds a text that is sent again and again."), Repeats, arm)
