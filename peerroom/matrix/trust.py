"""How far a message's sender is proven, and the words for it. Pure: nothing here loads nio."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from peerroom.i18n import N_, _


class Trust(StrEnum):
    """What is known of the device that sent a message (spec: Cross-signing; MSC4153)."""

    SIGNED = "signed"
    """The device is signed by its owner, under the identity that was pinned on first use."""
    UNSIGNED = "unsigned"
    """The server says that the device is the sender's; its owner never confirmed it."""
    IDENTITY_CHANGED = "identity_changed"
    """The sender's identity is not the one that was pinned, and nobody has accepted the new one."""
    UNKNOWN = "unknown"
    """The sender's keys could not be asked for yet."""

    def sentence(self) -> str | None:
        """What to say beside the message, in the current language; None when all is well."""
        words = _SENTENCES[self]
        return _(words) if words else None


_SENTENCES: Final[dict[Trust, str]] = {
    Trust.SIGNED: "",
    Trust.UNSIGNED: N_("Sent from a device that its owner has not confirmed."),
    Trust.IDENTITY_CHANGED: N_(
        "This person's encryption identity has changed. "
        "Ask them in another way whether it was them."
    ),
    Trust.UNKNOWN: N_("The sender's device could not be checked yet."),
}
