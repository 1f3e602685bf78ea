"""The invite link: all that a newcomer needs to reach the bot's door, in one line.

    peerroom:join/<base64url of: version (1 byte), length of the body (2), body, CRC-32 (4)>

The body is a MessagePack array of the fields of `Invite`, in their order. The length tells a cut
off link from a mistyped one; the checksum notices every change of one character (six bits, and
CRC-32 notices every burst of up to 32). It is no signature: who can make a link can name any bot.

The link is a secret: who holds it may register and knock once. It names the bot's cross-signing
master key, so that a homeserver cannot put another bot in its place; and where names rotate, the
circle and its newest record, so that it cannot show an older story either. Links without that have
version 1, those with it version 2, whose body is longer by the fields of `Pinned`.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, field
from typing import Final

import msgspec

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.text.foreign import ForeignText
from peerroom.wire.address import is_homeserver, is_user_id

PREFIX: Final = "peerroom:join/"

_PLAIN: Final = 1
_ROTATING: Final = 2
_HEAD: Final = 3
_CHECKSUM: Final = 4
_TOKEN: Final = re.compile("[A-Za-z0-9._~-]{1,64}")
"""Client-server API, token-authenticated registration: the characters of a registration token."""

# What mail programs, chat programs and people add: line breaks, quoting, angle brackets.
_IGNORED: Final = re.compile("[\\s<>\u200b\u2060\ufeff]+")
_LETTERS: Final = re.compile("[A-Za-z0-9_-]*")

_Body = tuple[str, str, bytes, str, str, str | None]
_RotatingBody = tuple[str, str, bytes, str, str, str | None, bytes, int, bytes]


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


class InviteUnusable(BadInvite):
    """The link is whole, and names a server, a bot or a key that cannot be right."""

    what = N_("This invite does not lead to a room.")
    next_step = N_("Please ask the person who gave it to you for a new one.")


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where the records of a circle stood when the link was made (`peerroom.wire.records`).

    `lineage` is the circle (16 bytes), `sequence` and `head` number and hash (32 bytes) of its
    newest record: 0 and zeros before the first. Raises ValueError for other lengths.
    """

    lineage: bytes
    sequence: int = 0
    head: bytes = bytes(32)

    def __post_init__(self) -> None:
        if len(self.lineage) != 16 or len(self.head) != 32 or not 0 <= self.sequence < 1 << 32:
            raise ValueError("a lineage has 16 bytes, a head 32, and records are counted")


@dataclass(frozen=True, slots=True)
class Invite:
    """What the link says. Raises ValueError for values that no bot would send.

    `homeserver` is a base URL (https; http only on this machine or an onion service), `bot` a
    Matrix user id, `bot_identity` its public cross-signing master key (Ed25519, 32 bytes, unpadded
    base64). `registration_token` lets one account be made (client-server API, token-authenticated
    registration; up to 64 characters), `secret` is what is said at the door (up to 64 likewise).
    `room` is a hint of the room's name, cleaned to one line. `pinned` is None where names do not
    rotate. Token and secret are not in the repr.
    """

    homeserver: str
    bot: str
    bot_identity: str
    registration_token: str = field(repr=False)
    secret: str = field(repr=False)
    room: str | None = None
    pinned: Pinned | None = None

    def __post_init__(self) -> None:
        """Hold every field to its form, whoever made it; no message quotes a value."""
        if not is_homeserver(self.homeserver):
            raise ValueError("homeserver is not a base URL that PeerRoom talks to")
        if not is_user_id(self.bot):
            raise ValueError("bot is not a user id")
        if len(_key(self.bot_identity)) != 32:
            raise ValueError("bot_identity is not an Ed25519 public key")
        if not _TOKEN.fullmatch(self.registration_token) or not _TOKEN.fullmatch(self.secret):
            raise ValueError("registration_token and secret are 1 to 64 of A-Z a-z 0-9 . _ ~ -")
        if self.room is not None:
            object.__setattr__(self, "room", ForeignText(self.room).line(60) or None)

    def encode(self) -> str:
        """The link."""
        fields: tuple[object, ...] = (
            self.homeserver,
            self.bot,
            _key(self.bot_identity),
            self.registration_token,
            self.secret,
            self.room,
        )
        version, pinned = _PLAIN, self.pinned
        if pinned is not None:
            version, fields = _ROTATING, (*fields, pinned.lineage, pinned.sequence, pinned.head)
        body = msgspec.msgpack.encode(fields)
        data = bytes([version]) + len(body).to_bytes(2) + body
        data += zlib.crc32(data).to_bytes(_CHECKSUM)
        return PREFIX + base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Invite:
        """The invite in ``text``; white space, line breaks and angle brackets do not matter.

        Raises `BadInvite`: `InviteCutOff`, `InviteDamaged`, `InviteOtherVersion` and
        `InviteUnusable` say more.
        """
        link = _IGNORED.sub("", text)
        if link[: len(PREFIX)].casefold() != PREFIX:
            raise BadInvite
        version, body = _checked(link[len(PREFIX) :])
        try:
            pinned = None
            if version == _ROTATING:
                whole = msgspec.msgpack.decode(body, type=_RotatingBody)
                fields, pinned = whole[:6], Pinned(*whole[6:])
            else:
                fields = msgspec.msgpack.decode(body, type=_Body)
            homeserver, bot, identity, token, secret, room = fields
            return cls(homeserver, bot, _unpadded(identity), token, secret, room, pinned)
        except (msgspec.MsgspecError, ValueError):
            raise InviteUnusable from None  # the cause may quote what the link says


def _checked(letters: str) -> tuple[int, bytes]:
    """The version, one of ours, and the body of a whole, undamaged link."""
    if not _LETTERS.fullmatch(letters):
        raise InviteDamaged
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]  # a cut may leave six odd bits
    data = base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4))
    end = _HEAD + int.from_bytes(data[1:_HEAD]) + _CHECKSUM
    if len(data) < max(end, _HEAD + _CHECKSUM):
        raise InviteCutOff
    # The last letter carries bits that no byte uses: only one spelling of them is right.
    canonical = base64.urlsafe_b64encode(data).rstrip(b"=").decode() == letters
    checksum = zlib.crc32(data[:-_CHECKSUM]).to_bytes(_CHECKSUM)
    if not canonical or len(data) != end or data[-_CHECKSUM:] != checksum:
        raise InviteDamaged
    if data[0] not in (_PLAIN, _ROTATING):
        raise InviteOtherVersion
    return data[0], data[_HEAD:-_CHECKSUM]


def _key(text: str) -> bytes:
    """The bytes of unpadded standard base64 (appendices, "Unpadded Base64"); none if it is not."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""
    return data if _unpadded(data) == text else b""


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()
