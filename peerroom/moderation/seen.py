"""One event of a room as protections see it: small, already taken apart, total on hostile input."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from peerroom.text.foreign import ForeignText

Kind = Literal[
    "text",
    "media",
    "edit",
    "reaction",
    "member",
    "redaction",
    "state",
    "unreadable",
    "malformed",
    "other",
]
"""``text`` what people write (also notices and emotes), ``edit`` a replacement of an own message,
``unreadable`` what could not be decrypted yet, ``malformed`` what breaks the event's schema."""
Membership = Literal["join", "leave", "invite", "ban", "knock"]


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that a protection may judge. Nothing in it was checked but what its docs say."""

    event_id: str
    room_id: str
    sender: str
    at: datetime
    """The sender's server's time of it, but never later than when we read it, nor earlier than it
    can have come, where that is known. Protections count in it: what comes at once after an outage
    is no burst, and what another server's clock claims is no way past them."""
    kind: Kind
    text: ForeignText | None = None
    """Body of a text, an edit (the new one), a caption; the key of a reaction; of a member event
    the display name. None where there is none."""
    size: int = 0
    """Bytes of the event as it came."""
    mentions: tuple[str, ...] = ()
    """User ids of ``m.mentions`` (Matrix spec, "User and room mentions"), each once."""
    mentions_room: bool = False
    encrypted: bool = False
    signed: bool = False
    """The sending device carries its owner's cross-signature."""
    target: str | None = None
    """Of a member event the account it is about; of an edit, reaction or redaction the event."""
    membership: Membership | None = None
    was: Membership | None = None
    """The membership before, as the server says."""
    named: bool = False
    """Of a member event: the display name is another than before."""
    late: timedelta = timedelta(0)
    """How long after its time we could read it: after an outage, or when its key came late."""
