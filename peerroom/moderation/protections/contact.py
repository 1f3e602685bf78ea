"""Contact details and places, whoever's they are: held, so that a moderator looks before they stand
in the room for good. Nobody can take back an address that fifty people have read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.details import details
from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.reading import read
from peerroom.moderation.seen import Seen


class Contact(Settings, frozen=True):
    """``verb``: what happens to a phone number, an e-mail or street address, a name on another
    service, a school with class or person. ``allowed``: digits of numbers that anybody may give."""

    verb: Annotated[
        Literal["hold", "flag"], Meta(description=N_("hold it, or only tell moderators"))
    ] = "hold"
    allowed: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[0-9]{3,15}$")], ...],
        Meta(max_length=500, description=N_("phone numbers that may stand here, digits only")),
    ] = ()


def arm(settings: Contact) -> Judge:
    """Helplines' numbers and those that are free to call are nobody's own."""
    allowed = frozenset(settings.allowed)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind not in _WRITTEN or (text := read(seen)) is None:
            return
        if cues := tuple(details(text, allowed | room.helplines)):
            yield Finding(
                CONTACT.name,
                settings.verb,
                "contact",
                seen.room_id,
                seen.sender,
                (seen.event_id,),
                cues,
            )

    return judge


_WRITTEN: Final = frozenset({"text", "media", "edit"})
CONTACT = Protection(
    "contact", N_("Holds phone numbers, addresses and names on other services."), Contact, arm
)
