"""Offers that harm people: a miracle cure for school refusal, a side job, a loan.

One cue never counts. A way off the platform has to come together with a lure: a price, a guarantee,
a deadline, a secret, a testimonial, an investment; or three lures with each other. What a free
school costs, who has a good counsellor, which group the class has: all of that is normal talk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.details import EMAIL, HANDLE, PHONE, details, links
from peerroom.moderation.findings import Finding
from peerroom.moderation.lures import APP, AWAY, CUES, LURES, OFFER, STRONG
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.reading import Reading, read
from peerroom.moderation.seen import Seen


class Scam(Settings, frozen=True):
    """Being asked to go elsewhere counts two points, a link or another app's name one; a lure that
    is rare in talk counts two, another one; having just come one. ``points`` of them are too many;
    where nothing leads elsewhere, so many lures are."""

    verb: Annotated[
        Literal["hold", "flag"], Meta(description=N_("hold it, or only tell moderators"))
    ] = "hold"
    points: Annotated[
        int, Meta(ge=3, le=8, description=N_("cues that make an offer; fewer find more"))
    ] = 3


def arm(settings: Scam) -> Judge:
    """Counts cues in what is written."""

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind not in _WRITTEN or (text := read(seen)) is None:
            return
        found = CUES.found(text.folded)
        if not (lures := LURES.intersection(found)):
            return
        way = _way(text, found)
        if not way and len(lures) < settings.points:
            return
        offers = OFFER in found and way > 0
        points = len(lures) + len(lures & STRONG) + way + offers + (seen.sender in room.newcomers)
        if points >= settings.points:
            yield Finding(
                SCAM.name, settings.verb, "scam", seen.room_id, seen.sender, (seen.event_id,), found
            )

    return judge


def _way(text: Reading, found: tuple[str, ...]) -> int:
    if AWAY in found or not _PRIVATE.isdisjoint(details(text)):
        return 2
    return int(APP in found or links(text))


_PRIVATE: Final = frozenset({PHONE, EMAIL, HANDLE})
_WRITTEN: Final = frozenset({"text", "media", "edit"})
SCAM = Protection("scam", N_("Holds offers that lead people elsewhere with a lure."), Scam, arm)
