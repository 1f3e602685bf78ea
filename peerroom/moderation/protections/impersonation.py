"""A name that can be taken for a moderator's or the bot's: people in need trust those."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.seen import Seen
from peerroom.text.confusable import skeleton
from peerroom.text.reserved import is_reserved


class Impersonation(Settings, frozen=True):
    """``minutes`` without a voice for a name like a moderator's; ``words``: also tell of words that
    only moderators may carry ("admin", "運営")."""

    minutes: Annotated[int, Meta(ge=1, le=1440, description=N_("minutes without a voice"))] = 30
    words: Annotated[bool, Meta(description=N_("tell of reserved words, too"))] = True


def arm(settings: Impersonation) -> Judge:
    """A name that looks like theirs takes the voice for a while, in which a moderator can look; a
    reserved word alone is told: "Staff Sergeant's mum" may be nobody's disguise."""
    muted = timedelta(minutes=settings.minutes)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        comes = seen.membership == "join" and (seen.named or seen.was != "join")
        if seen.kind != "member" or seen.text is None or not comes:
            return
        name = seen.text.line(_NAME)
        about = (seen.room_id, seen.sender, (seen.event_id,))
        look = skeleton(name)
        if look and look in {_look(part) for user in room.moderators for part in _of(room, user)}:
            yield Finding(IMPERSONATION.name, "mute", "impersonation", *about, lasts=muted)
            yield Finding(IMPERSONATION.name, "flag", "impersonation", *about)
        elif settings.words and is_reserved(name):
            yield Finding(IMPERSONATION.name, "flag", "impersonation", *about)

    return judge


def _of(room: Room, user: str) -> Iterator[str]:
    """A moderator's name, and each half of a bilingual one."""
    shown = room.names.get(user, user)
    yield shown
    yield from (part for part in shown.split(" / ") if part != shown)


_look = lru_cache(maxsize=256)(skeleton)
"""Of moderators' names: they are asked for whenever somebody comes."""
_NAME = 200
IMPERSONATION = Protection(
    "impersonation",
    N_("Looks for names that can be taken for a moderator's."),
    Impersonation,
    arm,
)
