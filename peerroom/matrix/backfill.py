"""History that no sync brought: what limited turns left out, and what is older than the oldest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from peerroom.matrix import commit_points, event
from peerroom.matrix.errors import Forbidden, MatrixError, NotFound
from peerroom.matrix.event import ENCRYPTED, Event
from peerroom.matrix.ingest import Ingest, Reading, Written
from peerroom.matrix.room_updates import RoomDelta
from peerroom.matrix.rooms import Page, Rooms
from peerroom.store.gaps import Gap

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

PAGE: Final = 100
"""Events asked for at once."""

PAGES_AT_A_TIME: Final = 5
"""Pages after which a long gap lets the next turn of sync go first."""


class Backfill:
    """Fetches history into the vault for one account, page by page, each page for good.

    Only of this account's own rooms: to ask for the history of an earlier name's room would tell
    the server who that was.
    """

    def __init__(
        self, vault: Vault, account: Account, rooms: Rooms, machine: Machine, ingest: Ingest
    ) -> None:
        self._vault = vault
        self._account_id = account.id
        self._rooms = rooms
        self._machine = machine
        self._ingest = ingest
        # Two fetches of the same stretch would hand out the same positions.
        self._one_at_a_time = asyncio.Lock()

    def waiting(self) -> bool:
        """Whether any room has a gap."""
        return any(self._gaps())

    async def fill_some(self, room_id: str | None = None) -> tuple[RoomDelta, ...]:
        """Fetch up to `PAGES_AT_A_TIME` pages of what limited turns left out, newest gap first.

        Raises `MatrixError` when not even the first page could be had.
        """
        deltas: list[RoomDelta] = []
        async with self._one_at_a_time:
            for _ in range(PAGES_AT_A_TIME):
                gaps = self._gaps(room_id)
                if not gaps:
                    break
                try:
                    deltas.append(await self._fill(gaps[0]))
                except MatrixError:
                    if not deltas:
                        raise
                    break  # what is stored must be told; the next call meets the error again
        return tuple(deltas)

    async def load_older(self, room_id: str, limit: int = 50) -> bool:
        """Fetch about ``limit`` events older than all that is stored of the room.

        False when the beginning is reached, or the room is another name's. Raises `MatrixError`.
        """
        async with self._one_at_a_time:
            for _ in range(PAGES_AT_A_TIME):
                room = self._vault.rooms.get(room_id)
                if room is None or room.account_id != self._account_id or room.prev_batch is None:
                    return False
                if await self._older(room_id, room.prev_batch, limit):
                    return True
        return True

    async def _older(self, room_id: str, token: str, limit: int) -> bool:
        """One page before the oldest event; True if it brought any. A page may be empty although
        there is more: the server counts events that we are not shown."""
        page = await self._rooms.messages(room_id, start=token, limit=limit)
        readings, written = await self._read(room_id, page)
        if self._vault.rooms.get(room_id) is None:
            return False  # forgotten meanwhile
        with self._vault.transaction():
            first = self._vault.events.first_position(room_id)
            self._ingest.write_older(room_id, readings, 0 if first is None else first - 1, written)
            self._vault.rooms.set_prev_batch(room_id, _next(token, page))
        commit_points.reach("backfill:committed")
        return bool(written.new)

    async def _fill(self, gap: Gap) -> RoomDelta:
        # Without retries: the loop of sync turns waits, and news must not wait behind old things.
        rooms = Rooms(self._rooms.session.without_retries())
        try:
            page = await rooms.messages(gap.room_id, start=gap.token, limit=PAGE)
        except (Forbidden, NotFound):
            self._vault.gaps.close(gap)
            return RoomDelta(gap.room_id)
        readings, written = await self._read(gap.room_id, page)
        if self._vault.rooms.get(gap.room_id) is None:
            return RoomDelta(gap.room_id)  # forgotten meanwhile
        inside, reached_the_known = self._inside(gap, readings)
        token = _next(gap.token, page)
        with self._vault.transaction():
            free = self._ingest.write_older(gap.room_id, inside, gap.newer - 1, written)
            left = self._vault.gaps.shrink(gap, free + 1, token or gap.token)
            if reached_the_known or token is None or left.free == 0:
                self._vault.gaps.close(left)
        commit_points.reach("backfill:committed")
        return RoomDelta(
            room_id=gap.room_id,
            new_events=tuple(reversed(written.new)),
            changed_events=tuple(written.changed),
        )

    def _inside(self, gap: Gap, readings: Sequence[Reading]) -> tuple[Sequence[Reading], bool]:
        """The readings that belong into ``gap``, and whether they end at what was known before it.

        A known event from above the gap does not end it: /messages goes by the room's graph and
        /sync by arrival (federation), so that the two can overlap.
        """
        for index, reading in enumerate(readings):
            known = self._vault.events.get(reading.event.event_id)
            if known is not None and known.room_id == gap.room_id and known.position <= gap.older:
                return readings[:index], True
        return readings[: gap.free], False

    async def _read(self, room_id: str, page: Page) -> tuple[list[Reading], Written]:
        """Decrypt a page, newest first, and commit what that taught the crypto store."""
        found, nameless = event.read_all(page.events)
        await self._learn(found)
        readings = self._ingest.read(room_id, found)
        self._machine.commit()
        commit_points.reach("backfill:crypto-committed")
        return readings, Written(malformed=nameless)

    async def _learn(self, found: Sequence[Event]) -> None:
        writers = {one.sender for one in found if one.type == ENCRYPTED and not one.malformed}
        try:
            await self._machine.learn(self._rooms.session.without_retries(), writers)
        except MatrixError as error:
            # As in sync: the events wait until their senders' keys can be asked for.
            log.debug("device keys could not be asked for: %s", type(error).__name__)

    def _gaps(self, room_id: str | None = None) -> list[Gap]:
        rooms = self._vault.rooms.all(self._account_id)
        ours = [room.room_id for room in rooms if room.membership == "join"]
        wanted = [one for one in ours if room_id in (None, one)]
        return [gap for one in wanted for gap in self._vault.gaps.of_room(one) if gap.token]


def _next(token: str, page: Page) -> str | None:
    """Where the history goes on; a server that repeats its token has nothing more to give."""
    return None if page.end == token else page.end
