"""One account, connected: all that the client and the bot need of `matrix`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Final, Self

from peerroom.clock import Clock
from peerroom.matrix import backoff
from peerroom.matrix.admin import Admin
from peerroom.matrix.backfill import Backfill
from peerroom.matrix.crypto import Machine
from peerroom.matrix.delivery import Delivery
from peerroom.matrix.errors import (
    AccountClosed,
    LoggedOut,
    MatrixError,
    RateLimited,
    ServerFault,
    ServerUnreachable,
)
from peerroom.matrix.identity import Identity
from peerroom.matrix.ingest import Ingest
from peerroom.matrix.keyshare import KeyShare
from peerroom.matrix.rooms import Rooms
from peerroom.matrix.session import Credentials, Session, login
from peerroom.matrix.sync import SyncBatch, Syncer
from peerroom.matrix.transport import PATIENT, OnState, Timeouts, Transport
from peerroom.matrix.waiting import Waiting

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

OnBatch = Callable[[SyncBatch], Awaitable[None]]


class Connection:
    """Transport, session, Olm machine, sync and delivery of one account of an open vault."""

    def __init__(
        self,
        vault: Vault,
        account: Account,
        transport: Transport,
        machine: Machine,
        *,
        waiting: Waiting,
        clock: Clock,
        random: Random,
    ) -> None:
        """Put the parts together; use `open`."""
        credentials = Credentials(account.user_id, account.device_id, account.access_token)
        ingest = Ingest(vault, machine, account.user_id)
        self.session: Final = Session(transport, credentials)
        self.rooms: Final = Rooms(self.session)
        self.admin: Final = Admin(self.session)
        self.machine: Final = machine
        self.identity: Final = Identity(vault, account, machine, self.session)
        self.keyshare: Final = KeyShare(machine, vault, self.session, clock=clock)
        self._delivery = Delivery(vault, account, machine, self.keyshare, self.session, clock=clock)
        self.waiting: Final = waiting
        """To-device events in the clear; none unless `open` was told to take some."""
        self._syncer = Syncer(vault, account, self.session, machine, ingest, waiting)
        self._backfill = Backfill(vault, account, self.rooms, machine, ingest)
        self._vault = vault
        self._account_id = account.id
        self._password = account.password
        self._transport = transport
        self._clock = clock
        self._random = random

    @classmethod
    async def open(
        cls,
        vault: Vault,
        account: Account,
        *,
        proxy: str | None,
        clock: Clock,
        random: Random,
        in_clear: Collection[str] = (),
        on_state: OnState | None = None,
        timeouts: Timeouts = PATIENT,
    ) -> Self:
        """Build everything from the vault, without a request.

        The account's token is used as it is: a restart never logs in again. ``in_clear`` names
        the types of to-device events that are kept in `waiting` although they come in the clear;
        a client needs none. ``on_state`` hears at once when the server goes away and when it is
        back. Raises `BadAddress`, `InsecureAddress`, `BadProxy`, `OnionNeedsProxy`, and what
        `Machine.open` raises.
        """
        transport = Transport(
            account.homeserver,
            proxy=proxy,
            circuit=account.circuit,
            clock=clock,
            random=random,
            timeouts=timeouts,
            on_state=on_state,
        )
        machine = Machine.open(vault, account, clock=clock, in_clear=in_clear)
        waiting = Waiting(vault, clock)
        return cls(vault, account, transport, machine, waiting=waiting, clock=clock, random=random)

    async def start(self) -> None:
        """Upload keys, make sure of the cross-signing identity, and have the filter made.

        Everything here can be repeated. Raises `MatrixError`, `OwnIdentityUnknown`,
        `OwnDeviceUnknown`.
        """
        await self.machine.upload_keys(self.session)
        await self.identity.establish()
        await self._syncer.prepare()

    async def sync_once(self, poll: float | None = None) -> SyncBatch:
        """One turn of sync (see `Syncer.once`); errors are raised, nothing is retried.

        ``poll`` in seconds; 0 does not wait for news, None waits as long as `Timeouts.poll`.
        """
        return await self._syncer.once(self._transport.timeouts.poll if poll is None else poll)

    async def sync_forever(self, on_batch: OnBatch) -> None:
        """Sync until cancelled, with back-off while the server is away, filling gaps in between.

        ``on_batch`` is called after every turn, also one that brought nothing. The first turn,
        and the first after a failure, do not wait for news: they tell at once how things stand.
        Raises only what no waiting can mend: `LoggedOut`, `AccountClosed`, a store's error.
        """
        long_poll = self._transport.timeouts.poll
        failures, poll, gaps = 0, 0.0, False
        while True:
            try:
                batch = await (self._fill() if gaps else self._syncer.once(poll))
            except MatrixError as error:
                if not await self._mendable(error):
                    raise
                failures += 1
                # A gap that cannot be filled now must not make the polls short.
                poll, gaps = long_poll if gaps else 0.0, False
                await self._clock.sleep(self._pause(failures, error))
            else:
                gaps = self._backfill.waiting() and not gaps
                failures, poll = 0, 0.0 if self._backfill.waiting() else long_poll
                await on_batch(batch)

    async def _fill(self) -> SyncBatch:
        return SyncBatch(rooms=await self._backfill.fill_some(), filled=True)

    async def _mendable(self, error: MatrixError) -> bool:
        """Whether trying again can help; takes a new token where only the token has expired."""
        match error:
            case LoggedOut(soft=True) if self._password is not None:
                with suppress(ServerUnreachable, ServerFault, RateLimited):
                    await self._log_in_again(self._password)
                return True  # if not now, then after the next turn, which says the same
            case LoggedOut() | AccountClosed():
                return False
            case _:
                return True

    async def _log_in_again(self, password: str) -> None:
        """For the same device: its keys are still those that the server knows (soft logout)."""
        device = self.session.device_id
        fresh = await login(self._transport, self.session.user_id, password, device_id=device)
        self._vault.accounts.update_token(self._account_id, fresh.access_token)
        self.session.credentials = fresh

    def _pause(self, failures: int, error: MatrixError) -> float:
        wait = backoff.SYNC.wait(failures, error, self._random)
        return backoff.SYNC.patience if wait is None else wait

    async def deliver(self, row: OutboxRow) -> str:
        """Send one row of the outbox; returns the event id. May be repeated after any failure."""
        return await self._delivery.deliver(row)

    async def send_to_device(
        self,
        event_type: str,
        user_id: str,
        device_id: str,
        content: Mapping[str, object],
        transaction_id: str,
    ) -> None:
        """Send one to-device event in the clear (see `Session.send_to_device`)."""
        await self.session.send_to_device(event_type, user_id, device_id, content, transaction_id)

    async def load_older(self, room_id: str, limit: int = 50) -> bool:
        """Fetch one more page of history into the vault; False when there is no more."""
        return await self._backfill.load_older(room_id, limit)

    async def fill_gaps(self, room_id: str | None = None) -> bool:
        """Fetch some of what limited syncs left out; True when something was stored."""
        return bool(await self._backfill.fill_some(room_id))

    def keep_to_this_line(self) -> None:
        """Never connect anew (`Transport.keep_to_this_connection`)."""
        self._transport.keep_to_this_connection()

    async def close(self) -> None:
        """Close the connections and the crypto store; the session stays valid on the server."""
        await self._transport.close()
        self.machine.close()
