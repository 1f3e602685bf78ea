"""Staying in touch with the server, and saying in one sentence how that goes."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from peerroom.client.views import ConnectionKind, ConnectionState
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.matrix.backoff import SYNC
from peerroom.matrix.errors import MatrixError
from peerroom.store.errors import DiskFull

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.matrix.errors import Reach
    from peerroom.matrix.sync import SyncBatch
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

FRESH: Final = timedelta(seconds=45)
"""How old our view of rooms and devices may be when a message is encrypted: one long poll and its
margin. On an older view (after sleep or an outage) a message could go to people who have left."""


class Link:
    """Keeps one account in touch with its server for as long as `run` runs.

    ``on_state`` hears each new `ConnectionState`; ``on_batch`` each turn of sync, already stored.
    Both are called on the loop's thread. Everything that waiting can mend is waited for.
    """

    def __init__(
        self,
        vault: Vault,
        account: Account,
        *,
        proxy: str | None,
        clock: Clock,
        random: Random,
        on_state: Callable[[ConnectionState], None],
        on_batch: Callable[[SyncBatch], None],
    ) -> None:
        self._vault = vault
        self._account = account
        self._proxy = proxy
        self._clock = clock
        self._random = random
        self._on_state = on_state
        self._on_batch = on_batch
        self._connection: Connection | None = None
        self._synced_at: datetime | None = None
        self._turned = asyncio.Condition()
        self._back = asyncio.Event()
        self._lingers = False
        self._over = asyncio.Event()
        self._failures = 0
        self._failing = False
        self._broken = False
        self.state = ConnectionState("connecting", _("Connecting to the server."), clock.now())

    async def run(self) -> None:
        """Connect and sync until cancelled, or until the server has ended the session.

        Returns only when no waiting can help; `state` then says why.
        """
        # nio takes most of a second to import: never before the first painted frame, and never
        # on the thread that paints.
        module = await asyncio.to_thread(importlib.import_module, "peerroom.matrix.connection")
        while (pause := await self._connect(module.Connection)) is not None:
            await self._clock.sleep(pause)

    def linger(self) -> None:
        """The account is not used any more: listen for as long as this connection stands.

        To connect anew would be to come back together with the account that is used now, because
        what cuts one line often cuts the other. A line that is not up ends at once.
        """
        self._lingers = True
        if self._connection is None or self.state.kind != "online":
            self._over.set()
        else:
            self._connection.keep_to_this_line()

    async def fresh(self) -> Connection:
        """The connection, as soon as our view of the server is no older than `FRESH`."""
        async with self._turned:
            while self._connection is None or not self._is_fresh():
                await self._turned.wait()
            return self._connection

    @property
    def connection(self) -> Connection | None:
        """The connection if there is one now, however old its view is."""
        return self._connection

    async def pause_until_back(self, seconds: float) -> None:
        """Return after ``seconds``, or as soon as the server is heard of again."""
        self._back.clear()
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        back = asyncio.ensure_future(self._back.wait())
        try:
            await asyncio.wait((timer, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            back.cancel()

    async def _connect(self, kind: type[Connection]) -> float | None:
        """One life of the connection; returns how long to wait for the next, None for never."""
        try:
            self._synced_at = None
            self._failing = False
            self._connection = connection = await kind.open(
                self._vault,
                self._account,
                proxy=self._proxy,
                clock=self._clock,
                random=self._random,
                on_state=self._reach,
            )
            await connection.start()
            await self._unless_over(connection.sync_forever(self._take))
        except PeerRoomError as error:
            self._say_error(error)
            self._failures = 1 if self._synced_at else self._failures + 1
            return self._pause(error)
        finally:
            await self._close()
        return None if self._over.is_set() else 0.0

    async def _unless_over(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for ``work``, until it is over with this line; raises what ``work`` raises."""
        syncing, over = asyncio.ensure_future(work), asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait((syncing, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            syncing.cancel()
            await asyncio.wait([syncing])
        if not syncing.cancelled():
            syncing.result()

    async def _take(self, batch: SyncBatch) -> None:
        self._on_batch(batch)
        async with self._turned:
            self._synced_at = self._clock.now()
            self._turned.notify_all()
        if not self._failing:
            self.say("online", _("Connected."))

    def _is_fresh(self) -> bool:
        return self._synced_at is not None and self._clock.now() - self._synced_at < FRESH

    def _reach(self, reach: Reach, error: MatrixError | None) -> None:
        """What the transport heard: the first failure at once, the first answer after it.

        It says each only once: a turn of sync that came through must not talk over a failure of
        another request in it, or nobody would hear of the failures that follow.
        """
        self._failing = error is not None
        if error is not None:
            if self._lingers:
                self._over.set()
            self.say(reach, error.sentence())
            return
        self._back.set()
        if self._synced_at is None:
            self.say("connecting", _("Connecting to the server."))
        else:
            self.say("online", _("Connected."))

    def _say_error(self, error: PeerRoomError) -> None:
        reach: ConnectionKind = getattr(error, "reach", None) or "refused"
        self.say(reach, error.sentence())

    def say_broken(self, error: PeerRoomError) -> None:
        """Something without which this client is no use has ended: nothing talks over that."""
        self._say_error(error)
        self._broken = True

    def say(self, kind: ConnectionKind, sentence: str) -> None:
        """Make this the state, and tell if it is a new one."""
        if self._broken or (kind, sentence) == (self.state.kind, self.state.sentence):
            return
        since = self.state.since if kind == self.state.kind else self._clock.now()
        self.state = ConnectionState(kind, sentence, since)
        self._on_state(self.state)

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _pause(self, error: PeerRoomError) -> float | None:
        """Seconds to wait after ``error``, or None when no waiting helps."""
        if self._lingers:
            return None
        from peerroom.matrix.cryptostore import CryptoStoreUnwritable  # loads nio

        if isinstance(error, DiskFull | CryptoStoreUnwritable):
            return SYNC.longest
        if not isinstance(error, MatrixError) or error.reach in (None, "logged_out"):
            return None
        return SYNC.wait(self._failures, error, self._random) or SYNC.patience
