"""nio's store in SQLCipher: one file a pseudonym, a random name, mode 0600, its own key."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class CryptoStoreDamaged(PeerRoomError):
    """The file with this account's encryption keys cannot be opened with its key."""

    what = N_("The file with this account's encryption keys is damaged.")
    next_step = N_("Nothing was changed. Put a copy of it back, or join with a new invite.")
