"""One turn of /sync: device lists, to-device, state, timeline, in an order no crash can hurt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from peerroom.matrix import commit_points, event, sync_body, sync_filter
from peerroom.matrix.errors import AnswerTooLarge, MatrixError, Refused
from peerroom.matrix.ingest import Ingest
from peerroom.matrix.room_updates import Invitation, RoomDelta, RoomUpdates
from peerroom.matrix.session import Session
from peerroom.matrix.sync_body import SyncBody
from peerroom.matrix.sync_filter import SyncFilter
from peerroom.matrix.waiting import Waiting

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.matrix.outcome import DecryptedToDevice, ToDeviceResult
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

__all__ = ["Invitation", "RoomDelta", "SyncBatch", "Syncer"]

_ABOUT_THE_FILTER: Final = frozenset({"M_INVALID_PARAM", "M_NOT_FOUND", "M_UNKNOWN"})

_REFUSED_FOR_GOOD: Final = 3
"""Turns in a row that the server has refused, after which it is asked as if for the first time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SyncBatch:
    """What one turn of /sync brought; already in the vault when this exists."""

    rooms: tuple[RoomDelta, ...] = ()
    invites: tuple[Invitation, ...] = ()
    left: tuple[str, ...] = ()
    """Rooms that we are no longer in: left, removed or banned (`StoredRoom.membership`)."""
    to_device: tuple[DecryptedToDevice, ...] = ()
    malformed: int = 0
    """How many events had not even an id; those that had one stand in the timeline."""
    filled: bool = False
    """No turn of its own: what came before, and fills a gap."""


class Syncer:
    """Turns of /sync for one account."""

    def __init__(
        self,
        vault: Vault,
        account: Account,
        session: Session,
        machine: Machine,
        ingest: Ingest,
        waiting: Waiting,
    ) -> None:
        self._vault = vault
        self._account_id = account.id
        self._session = session
        self._machine = machine
        self._ingest = ingest
        self._waiting = waiting
        self._rooms = RoomUpdates(vault, account, ingest)
        self._filter = SyncFilter(vault, account, session)
        self._turn = asyncio.Lock()
        self._refused = 0

    async def prepare(self) -> None:
        """Have the filter made, so that the first turn needs no other request before it."""
        await self._filter.id()

    async def once(self, poll: float) -> SyncBatch:
        """One long poll of ``poll`` seconds at most, then everything it brought, stored.

        The crypto store is committed first, then the rows and the sync token in one transaction
        of the vault: after a crash anywhere the same turn simply comes again.
        Raises `MatrixError` when there was no usable answer, and nothing was stored.
        """
        async with self._turn:
            body = sync_body.read(await self._ask(poll))
            commit_points.reach("sync:answered")
            return await self._take(body)

    async def _ask(self, poll: float) -> dict[str, object]:
        query = {
            "filter": await self._filter.id(),
            "set_presence": "offline",
            "timeout": str(int(poll * 1000)),
        }
        since = self._vault.accounts.get(self._account_id).next_batch
        if since is not None:
            query["since"] = since
        within = poll + self._session.transport.timeouts.poll_margin
        try:
            answer = await self._get(query, within)
        except Refused as error:
            self._start_over(error)
            raise
        self._refused = 0
        return answer

    async def _get(self, query: dict[str, str], within: float) -> dict[str, object]:
        try:
            return await self._session.get("/sync", query=query, within=within, retry=False)
        except AnswerTooLarge:
            # Strangers can fill rooms with long messages; that must not be the last we read.
            narrow = query | {"filter": sync_filter.NARROW}
            return await self._session.get("/sync", query=narrow, within=within, retry=False)

    def _start_over(self, error: Refused) -> None:
        """A server that was restored or moved may have lost the filter, or even the token.

        Without a token everything is sent anew; what is stored already is known again.
        """
        if error.errcode in _ABOUT_THE_FILTER:
            self._filter.forget()
        self._refused += 1
        if self._refused >= _REFUSED_FOR_GOOD:
            self._refused = 0
            self._vault.accounts.set_next_batch(self._account_id, None)
            # Nobody will tell what has changed since.
            self._machine.devices.mark_all_outdated()

    async def _take(self, body: SyncBody) -> SyncBatch:
        machine = self._machine
        machine.device_lists(body.changed, body.left)
        came = machine.handle_to_device(body.to_device)
        parts = [*body.joined, *body.parted]
        found = {part.room_id: event.read_all(part.timeline) for part in parts}
        await self._learn(found, came)
        readings = {room: self._ingest.read(room, events) for room, (events, _) in found.items()}
        sessions = machine.new_sessions
        retried = self._ingest.read_again(sessions | came.withheld)
        machine.commit()
        commit_points.reach("sync:crypto-committed")
        with self._vault.transaction():
            deltas = self._rooms.write(body, readings, self._ingest.write_again(retried))
            invites = self._rooms.write_invites(body.invited)
            self._waiting.keep(came.clear)
            self._vault.accounts.set_next_batch(self._account_id, body.next_batch)
            commit_points.reach("sync:vault-written")
        commit_points.reach("sync:committed")
        machine.settle(sessions)
        await self._top_up_keys(body)
        return SyncBatch(
            rooms=deltas,
            invites=invites,
            left=tuple(part.room_id for part in body.parted),
            to_device=came.other,
            malformed=sum(nameless for _, nameless in found.values()),
        )

    async def _learn(
        self, found: Mapping[str, tuple[list[event.Event], int]], came: ToDeviceResult
    ) -> None:
        """Ask for the keys of those who wrote, so that it is known whose messages these are."""
        writers = {
            one.sender
            for events, _ in found.values()
            for one in events
            if one.type == event.ENCRYPTED and not one.malformed
        }
        try:
            await self._machine.learn(self._session.without_retries(), writers | came.stale_users)
        except MatrixError as error:
            # The events are kept as not readable yet and tried again; the transport has already
            # told whoever listens that the server is away.
            log.debug("device keys could not be asked for: %s", type(error).__name__)

    async def _top_up_keys(self, body: SyncBody) -> None:
        try:
            session = self._session.without_retries()
            await self._machine.upload_keys(session, body.one_time_keys, body.unused_fallback)
            await self._machine.mend(session)
        except MatrixError as error:
            # What came is stored and must be told; the next turn brings the counts again.
            log.debug("keys could not be topped up: %s", type(error).__name__)
