"""One turn of /sync: device lists, to-device, state, timeline, in an order no crash can hurt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peerroom.clock import Clock
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import DecryptedToDevice, Machine
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


@dataclass(frozen=True)
class RoomDelta:
    """What one turn changed in one room. Ids only: the contents are in the vault."""

    room_id: str
    new_events: tuple[str, ...] = ()
    """Timeline events that were not there before, in order."""
    changed_events: tuple[str, ...] = ()
    """Events that became readable, or were redacted."""
    state_changed: bool = False
    limited: bool = False
    """There is a gap before the new events; it is recorded, and filled by `Backfill`."""


@dataclass(frozen=True)
class Invitation:
    """Someone asks us into a room. ``sender`` may be anyone: an invitation is foreign."""

    room_id: str
    sender: str
    is_direct: bool
    encrypted: bool


@dataclass(frozen=True)
class SyncBatch:
    """What one turn of /sync brought; already in the vault when this exists."""

    rooms: tuple[RoomDelta, ...] = ()
    invites: tuple[Invitation, ...] = ()
    left: tuple[str, ...] = ()
    to_device: tuple[DecryptedToDevice, ...] = ()
    malformed: int = field(default=0)
    """How many events could not be read at all; each is counted, none stops the others."""


class Syncer:
    """Turns of /sync for one account."""

    def __init__(
        self, vault: Vault, account: Account, session: Session, machine: Machine, *, clock: Clock
    ) -> None:
        raise NotImplementedError

    async def once(self, poll: float = 30.0) -> SyncBatch:
        """One long poll of ``poll`` seconds at most, then everything it brought, stored.

        The crypto store is committed first, then the rows and the sync token in one transaction
        of the vault: after a crash anywhere the same turn simply comes again.
        Raises `MatrixError` when there was no usable answer, and nothing was stored.
        """
        raise NotImplementedError
