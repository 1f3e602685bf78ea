"""The worker that empties the outbox: in order for each room, again and again until it is out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, Final

from peerroom.client.connecting import Link
from peerroom.client.outgoing import Outgoing, may_go
from peerroom.client.roster import is_changing, may_write
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.backoff import SYNC
from peerroom.matrix.errors import Forbidden, MatrixError, ServerUnreachable
from peerroom.store.errors import VaultError

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

_AT_MOST: Final = 300.0
"""Seconds between two tries, however long the server asks us to stay away."""


class Mistaken(PeerRoomError):
    """Sending one row brought out something that nobody had thought of."""

    what = N_("This could not be sent because of a mistake in PeerRoom.")
    next_step = N_("Send it again, or take it back.")


class Muted(PeerRoomError):
    """The right to write in this room is taken away: by a moderator, or for a moment by the bot."""

    what = N_("You cannot write here for now.")
    next_step = N_("You can read; what you wrote is kept.")


class NamesChanging(PeerRoomError):
    """The room is closed for writing, to everybody, until everyone has another name."""

    what = N_("The room is changing names.")
    next_step = N_("Reading goes on; writing waits a few minutes.")


class Sender:
    """Takes one account's rows to the server.

    ``changed`` hears of each row that went or failed for good, and then of the error.
    """

    def __init__(
        self,
        vault: Vault,
        account_id: int,
        outgoing: Outgoing,
        link: Link,
        *,
        clock: Clock,
        random: Random,
        changed: Callable[[OutboxRow, PeerRoomError | None], None],
    ) -> None:
        self._vault = vault
        self._account_id = account_id
        self._outgoing = outgoing
        self._link = link
        self._clock = clock
        self._random = random
        self._changed = changed
        self._wake = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then is queued again by `Outbox.recover`."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                for row in self._vault.outbox.ready(self._account_id):
                    if may_go(row) and row.order_key not in self._under_way:
                        task = tasks.create_task(self._send_all(row))
                        self._under_way[row.order_key] = task
                await self._wake.wait()

    async def _send_all(self, row: OutboxRow) -> None:
        try:
            await self._send(row)
        finally:
            del self._under_way[row.order_key]
            self.wake()

    async def _send(self, row: OutboxRow) -> None:
        failures = 0
        while True:
            connection = await self._link.fresh()
            try:
                pause = await self._attempt(connection, row, failures + 1)
            except VaultError:
                # Nothing was lost: the server knows the row by its transaction id.
                pause = self._clock.sleep(SYNC.longest)
            if pause is None:
                return
            failures += 1
            await pause

    async def _attempt(
        self, connection: Connection, row: OutboxRow, number: int
    ) -> Awaitable[None] | None:
        """One try; returns None when the row is settled, else what to wait for until the next."""
        if self._vault.outbox.get(row.id) is None:
            return None  # taken back or deleted while it waited
        self._vault.outbox.mark_sending(row.id, self._clock.now())
        try:
            event_id = await connection.deliver(row)
        except PeerRoomError as error:
            if not isinstance(error, MatrixError) or error.reach is None:
                refused = isinstance(error, MatrixError) and error.event_refused
                self._fail(row, self._in_words(row, error), refused)
                return None
            if self._vault.outbox.get(row.id) is not None:
                self._vault.outbox.requeue(row.id)
            wait = SYNC.wait(number, error, self._random)
            seconds = _AT_MOST if wait is None else wait
            if isinstance(error, ServerUnreachable):
                return self._link.pause_until_back(seconds)
            # A server that asked for time gets it, even while it answers other requests.
            return self._clock.sleep(seconds)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up other rows
            log.debug("a row could not be sent: %s", type(error).__name__)
            self._fail(row, Mistaken())
            return None
        self._outgoing.sent(row, event_id)
        self._changed(row, None)
        return None

    def _in_words(self, row: OutboxRow, error: PeerRoomError) -> PeerRoomError:
        """``error``, or what stands behind it as far as we have heard of the room."""
        # Asked after the server was: it may have heard of an end of the muting before we do.
        if row.kind != "message" or not isinstance(error, Forbidden):
            return error
        own = self._vault.accounts.get(self._account_id).user_id
        if may_write(self._vault, row.room_id, own):
            return error
        return NamesChanging() if is_changing(self._vault, row.room_id) else Muted()

    def _fail(self, row: OutboxRow, error: PeerRoomError, refused: bool = False) -> None:
        if self._vault.outbox.get(row.id) is not None:
            self._vault.outbox.mark_failed(row.id, error.sentence(), refused=refused)
        self._changed(row, error)
