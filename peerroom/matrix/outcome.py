"""What comes out of an encrypted event: readable, not readable yet, or not from its sender.

Pure values without any nio type, so that every floor above may look at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from peerroom.i18n import N_, _
from peerroom.matrix.trust import Trust

RoomSession = tuple[str, str]
"""A room id and the id of a Megolm session in it."""


class Reason(StrEnum):
    """Why an event could not be shown. The value is stable: the vault may keep it."""

    NO_KEY = "no_key"
    """Its room key has not arrived. It may still come."""
    KEY_TOO_LATE = "key_too_late"
    """We hold the key only from a later message on: it was sent before we came."""
    SENDER_UNKNOWN = "sender_unknown"
    """The sender's devices could not be asked for yet."""
    WITHHELD_UNVERIFIED = "m.unverified"
    """The sender keeps the key from us: our device is not signed in their eyes."""
    WITHHELD_BLACKLISTED = "m.blacklisted"
    WITHHELD_UNAUTHORISED = "m.unauthorised"
    WITHHELD_UNAVAILABLE = "m.unavailable"
    WITHHELD_NO_OLM = "m.no_olm"
    """The sender found no one-time key of ours to send the room key with."""
    BROKEN = "broken"
    """Not a Megolm event, or its ciphertext does not hold."""
    REFUSED = "refused"
    """It decrypts to something that must not be encrypted: state, another encrypted event."""
    OTHER_ROOM = "other_room"
    """It was encrypted for another room and has been moved here."""
    REPLAYED = "replayed"
    """Its ciphertext already came as another event."""
    FORGED = "forged"
    """The room key belongs to a device of somebody other than the event's sender."""

    def sentence(self) -> str:
        """The reason in the current language."""
        return _(_SENTENCES[self])


_NOT_YET: Final = N_("The key for this message has not arrived yet.")
_SENTENCES: Final[dict[Reason, str]] = {
    Reason.NO_KEY: _NOT_YET,
    Reason.KEY_TOO_LATE: N_("This was sent before you could read along."),
    Reason.SENDER_UNKNOWN: N_("The sender's device could not be checked yet."),
    Reason.WITHHELD_UNVERIFIED: N_(
        "The sender's app gave no key to this device, because it does not see it as confirmed."
    ),
    Reason.WITHHELD_BLACKLISTED: N_("The sender's app was told to give no key to this device."),
    Reason.WITHHELD_UNAUTHORISED: N_("The sender's app says this message is not for you."),
    Reason.WITHHELD_UNAVAILABLE: N_("The sender's app does not have the key for this message."),
    Reason.WITHHELD_NO_OLM: N_("The sender's app could not reach this device with the key."),
    Reason.BROKEN: N_("This message is damaged."),
    Reason.REFUSED: N_("This message holds something that does not belong in one."),
    Reason.OTHER_ROOM: N_("This message was written for another room."),
    Reason.REPLAYED: N_("This repeats an earlier message and is not shown again."),
    Reason.FORGED: N_("It is not certain who wrote this, so it is not shown."),
}


@dataclass(frozen=True, slots=True)
class Decrypted:
    """An event that could be read, from a device of its sender."""

    type: str
    content: dict[str, object]
    """Foreign: any JSON object that msgspec takes; floats and unknown keys included."""
    trust: Trust
    session_id: str
    transaction_id: str | None = None
    """The sender's own marker inside the encrypted content (`delivery.MARKER`), if it is a string.
    It only means something on our own messages."""


@dataclass(frozen=True, slots=True)
class Undecryptable:
    """An event that cannot be read now. With a ``session_id`` it is worth another try when
    `ToDeviceResult.new_sessions` names that session."""

    reason: Reason
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unattributable:
    """An event that decrypts, but is not what it says it is: not its sender's, not of this room,
    or not new. Its content is not given out."""

    reason: Reason
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class DecryptedToDevice:
    """An Olm message other than a room key, from a device that its owner has signed."""

    type: str
    content: Mapping[str, object]
    sender: str
    device_id: str


@dataclass(frozen=True, slots=True)
class ClearToDevice:
    """A to-device event that was not encrypted, of a type that was asked for.

    The server says who sent it; anyone can send one.
    """

    type: str
    sender: str
    content: Mapping[str, object]
    """Has a canonical JSON of `peerroom.matrix.waiting.LARGEST` bytes at most."""


@dataclass(frozen=True, slots=True)
class ToDeviceResult:
    """What a batch of to-device events brought."""

    new_sessions: frozenset[RoomSession] = frozenset()
    """Sessions whose undecryptable events are worth another try, also from earlier batches that a
    crash cut short: they stay here until `Machine.settle` is called with them."""
    withheld: frozenset[RoomSession] = frozenset()
    """Sessions that a sender says we will not get."""
    other: tuple[DecryptedToDevice, ...] = ()
    clear: tuple[ClearToDevice, ...] = ()
    refused: int = 0
    """Events that were malformed, hostile or not for us."""
    stale_users: frozenset[str] = field(default_factory=frozenset)
    """Users whose keys should be asked for (`Machine.learn`) before decrypting."""
