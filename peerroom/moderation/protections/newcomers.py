"""Links, pictures and contact details of whoever has just come wait until a moderator has looked.
What they write otherwise is nobody's business here: someone's first words may cost them most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Final

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.details import LINK, details, links
from peerroom.moderation.findings import Finding
from peerroom.moderation.lures import AWAY, CUES
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.reading import Reading, read
from peerroom.moderation.seen import Seen


class Newcomers(Settings, frozen=True):
    """For ``hours`` after joining. Links to public bodies, and to hosts in ``allowed``, may stand;
    to ask people to another place is a contact detail, too."""

    hours: Annotated[int, Meta(ge=1, le=720, description=N_("hours for which someone is new"))] = 72
    links: Annotated[bool, Meta(description=N_("hold links"))] = True
    media: Annotated[bool, Meta(description=N_("hold pictures and files"))] = True
    contacts: Annotated[bool, Meta(description=N_("hold contact details"))] = True
    allowed: Annotated[
        tuple[Annotated[str, Meta(min_length=3, max_length=253, pattern=r"^[a-z0-9.-]+$")], ...],
        Meta(max_length=500, description=N_("sites that anybody may link to")),
    ] = ()


def arm(settings: Newcomers) -> Judge:
    """Once for all messages of those who are new."""
    new = timedelta(hours=settings.hours)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        joined = room.newcomers.get(seen.sender)
        if joined is None or seen.at - joined >= new or seen.kind not in _WRITTEN:
            return
        if cues := tuple(_cues(seen, read(seen), room)):
            yield Finding(
                NEWCOMERS.name,
                "hold",
                "newcomer",
                seen.room_id,
                seen.sender,
                (seen.event_id,),
                cues,
            )

    def _cues(seen: Seen, text: Reading | None, room: Room) -> Iterator[str]:
        if settings.media and seen.kind == "media":
            yield MEDIA
        if text is None:
            return
        if settings.links and links(text, settings.allowed):
            yield LINK
        if settings.contacts:
            yield from details(text, room.helplines, services=True)
            if AWAY in CUES.found(text.folded):
                yield AWAY

    return judge


MEDIA: Final = N_("picture or file")
_WRITTEN: Final = frozenset({"text", "media", "edit"})
NEWCOMERS = Protection(
    "newcomers",
    N_("Holds links, pictures and contact details of people who have just come."),
    Newcomers,
    arm,
)
