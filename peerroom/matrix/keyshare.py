"""Who gets a room's key: every device that its owner has signed, and no other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peerroom.clock import Clock
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.vault import Vault

DeviceId = tuple[str, str]
"""A user id and a device id."""


@dataclass(frozen=True, slots=True)
class ShareReport:
    """How the current room key of a room stands, device by device."""

    sent: frozenset[DeviceId] = frozenset()
    """The server has taken the key for them."""
    withheld: frozenset[DeviceId] = frozenset()
    """Not signed by their owner, or the owner's identity changed: told so, given no key."""
    no_key: frozenset[DeviceId] = frozenset()
    """Signed, but without any key to reach them by; tried again later."""
    changed: frozenset[str] = frozenset()
    """Users whose identity changed and was not accepted."""


class KeyShare:
    """The outgoing Megolm session of each room. A new one at each start: none is ever written."""

    def __init__(self, machine: Machine, vault: Vault, session: Session, *, clock: Clock) -> None:
        raise NotImplementedError

    async def ensure_shared(self, room_id: str, members: Collection[str]) -> ShareReport:
        """See that every signed device of ``members`` holds the room's current key.

        ``members`` are all users who may read now (the whole membership, not a lazy part). Cheap
        when nothing changed: no request, no query. A new session is started when one is due by
        age or count (``m.room.encryption``), when somebody left, when a device is gone or no
        longer signed, and when a device that could not be reached can be. Raises `MatrixError`
        when a share did not reach the server: then no message may go, and the next call repeats
        the same share under the same transaction id.
        """
        raise NotImplementedError
