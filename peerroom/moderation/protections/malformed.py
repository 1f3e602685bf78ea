"""Events that break their schema, or are far larger than words are: they can hang programs that are
less careful than ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.seen import Seen


class Malformed(Settings, frozen=True):
    """Broken messages, and those above ``kilobytes``, are held."""

    kilobytes: Annotated[
        int, Meta(ge=8, le=64, description=N_("size of a message that is fine, in kilobytes"))
    ] = 40


def arm(settings: Malformed) -> Judge:
    """What people write in one go stays far below; an event has 64 KiB at most (Matrix spec,
    "Size limits")."""
    most = settings.kilobytes * 1024

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind == "malformed" or (seen.size > most and seen.kind in _SENT):
            yield Finding(
                MALFORMED.name, "hold", "malformed", seen.room_id, seen.sender, (seen.event_id,)
            )

    return judge


_SENT = frozenset({"text", "media", "edit", "reaction", "other"})
MALFORMED = Protection(
    "malformed", N_("Holds messages that programs cannot read, or huge ones."), Malformed, arm
)
