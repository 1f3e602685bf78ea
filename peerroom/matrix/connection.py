"""One account, connected: all that the client and the bot need of `matrix`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, Self

from peerroom.clock import Clock
from peerroom.matrix.admin import Admin
from peerroom.matrix.rooms import Rooms
from peerroom.matrix.session import Session
from peerroom.matrix.sync import SyncBatch
from peerroom.matrix.transport import PATIENT, OnState, Timeouts

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.accounts import Account
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault


class Connection:
    """Transport, session, Olm machine, sync and delivery of one account of an open vault.

    ``rooms``, ``admin``, ``session`` and ``machine`` are public parts; the account's token and
    device are written back to the vault when they change.
    """

    rooms: Rooms
    admin: Admin
    session: Session
    machine: Machine

    @classmethod
    async def open(
        cls,
        vault: Vault,
        account: Account,
        *,
        proxy: str | None,
        clock: Clock,
        random: Random,
        on_state: OnState | None = None,
        timeouts: Timeouts = PATIENT,
    ) -> Self:
        """Build everything from the vault, without a request.

        The account's token is used as it is: a restart never logs in again. ``on_state`` hears at
        once when the server goes away and when it is back.
        """
        raise NotImplementedError

    async def start(self) -> None:
        """Upload keys, make sure of the cross-signing identity, and have the filter made.

        Everything here can be repeated. Raises `MatrixError`, `OwnIdentityUnknown`.
        """
        raise NotImplementedError

    async def sync_once(self, poll: float = 30.0) -> SyncBatch:
        """One turn of sync (see `Syncer.once`); errors are raised, nothing is retried."""
        raise NotImplementedError

    async def sync_forever(self, on_batch: Callable[[SyncBatch], Awaitable[None] | None]) -> None:
        """Sync until cancelled, with back-off while the server is away, filling gaps between turns.

        Raises only what no waiting can mend: `LoggedOut`, `AccountClosed`, a store's error.
        """
        raise NotImplementedError

    async def deliver(self, row: OutboxRow) -> str:
        """Send one row of the outbox; returns the event id. May be repeated after any failure."""
        raise NotImplementedError

    async def load_older(self, room_id: str, limit: int = 50) -> bool:
        """Fetch one more page of history into the vault; False when there is no more."""
        raise NotImplementedError

    async def fill_gaps(self, room_id: str | None = None) -> bool:
        """Fetch what limited syncs left out; True when something was stored."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the connections and the crypto store; the session stays valid on the server."""
        raise NotImplementedError
