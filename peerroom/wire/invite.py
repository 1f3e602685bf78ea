"""The invite link: all that a newcomer needs to reach the bot's door, in one line.

    peerroom:join/<base64url of: version, length, body, checksum>

The link is a secret: who holds it may register and knock once. It names the bot's cross-signing
master key, so that a homeserver cannot put another bot in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_

PREFIX = "peerroom:join/"


class BadInvite(PeerRoomError):
    """The text is not an invite link that can be used."""

    what = N_("This is not a PeerRoom invite.")
    next_step = N_("An invite starts with “peerroom:join/”. Please copy the whole of it.")


class InviteCutOff(BadInvite):
    """The end of the link is missing."""

    what = N_("The end of this invite is missing.")
    next_step = N_("Please copy the whole of it; it may run over several lines.")


class InviteDamaged(BadInvite):
    """The checksum does not fit: a character was changed on the way."""

    what = N_("A character of this invite was changed on the way.")
    next_step = N_("Please copy it again rather than typing it, or ask for a new one.")


class InviteOtherVersion(BadInvite):
    """The link is whole, and of a format that this program does not know."""

    what = N_("This invite was made by another version of PeerRoom.")
    next_step = N_("Please update PeerRoom, or ask for an invite for your version.")


@dataclass(frozen=True, slots=True)
class Invite:
    """What the link says. Raises ValueError for values that no bot would send.

    `homeserver` is a base URL (https; http only on this machine or an onion service), `bot` a
    Matrix user id, `bot_identity` its public cross-signing master key (Ed25519, 32 bytes, unpadded
    base64). `registration_token` lets one account be made (client-server API, registration
    tokens), `secret` is what is said at the door. `room` is a hint of the room's name, cleaned to
    one line. Neither token nor secret appears in the repr.
    """

    homeserver: str
    bot: str
    bot_identity: str
    registration_token: str = field(repr=False)
    secret: str = field(repr=False)
    room: str | None = None

    def encode(self) -> str:
        """The link."""
        raise NotImplementedError

    @classmethod
    def parse(cls, text: str) -> Invite:
        """The invite in ``text``; white space, line breaks and angle brackets do not matter.

        Raises `BadInvite`: `InviteCutOff`, `InviteDamaged` and `InviteOtherVersion` say which.
        """
        raise NotImplementedError
