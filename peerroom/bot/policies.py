"""The policy lists that the rooms follow: read from the server, kept in the vault, made ready.

Which lists those are stands in the ledger. What they say is state of their rooms: changes come with
every sync, and a whole list is read when it is new, after a gap, and once at every start. Until
then what was read before counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from peerroom.bot.ledger import BOOKS
from peerroom.clock import Clock
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import MatrixError
from peerroom.matrix.event import Event
from peerroom.matrix.state_pages import pages
from peerroom.matrix.sync import SyncBatch
from peerroom.moderation.lists import BOOK
from peerroom.moderation.policies import MOST_RULES, Policies
from peerroom.store.vault import Vault
from peerroom.wire import policy
from peerroom.wire.policy import Rule

log = logging.getLogger("peerroom.bot")

SHARE: Final = 20
"""A long list that changes again and again is made ready anew in at most one part in so many of the
time: until then it says what it said."""
AT_ONCE: Final = 0.05
"""Seconds: a list that is ready sooner than that is never waited for."""
AGAIN: Final = 60.0
"""Seconds until a list that could not be read is tried again."""
_TOGETHER: Final = 200
"""Rules that are written at a time, so that nothing waits for a long list."""


class PolicyLists:
    """Reads lists, and answers what they say together."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._ready: dict[str, Policies] = {}
        self._stale: set[str] = set()
        """Lists that say something else now than what is ready."""
        self._earliest: dict[str, float] = {}
        """When each may be made anew."""
        self._together: tuple[tuple[Policies, ...], Policies] = ((), Policies())
        self._read: set[str] = set()
        """Lists that were read from the server since the start, and of which nothing is missing."""
        self._again: dict[str, float] = {}
        """When lists that could not be read are tried again."""
        self._wake = asyncio.Event()

    def followed(self) -> tuple[str, ...]:
        """The rooms of the lists."""
        return tuple(self._vault.records.items(f"{BOOKS}.{BOOK}"))

    # what they say -------------------------------------------------------------------------------

    def policies(self) -> Policies:
        """What all lists say."""
        followed = self.followed()
        for gone in self._ready.keys() - set(followed):
            del self._ready[gone]
        parts = tuple(self.of(room) for room in followed)
        if parts != self._together[0]:
            self._together = (parts, Policies(parts=parts))
        return self._together[1]

    def of(self, room_id: str) -> Policies:
        """What one list says."""
        known = self._ready.get(room_id)
        begun = self._clock.monotonic()
        waits = room_id not in self._stale or self._earliest.get(room_id, begun) > begun
        if known is not None and waits:
            return known
        self._stale.discard(room_id)
        ready = self._ready[room_id] = Policies(self._rules(room_id))
        took = self._clock.monotonic() - begun
        self._earliest[room_id] = begun + (took * SHARE if took > AT_ONCE else 0.0)
        return ready

    def _rules(self, room_id: str) -> Iterator[Rule]:
        left = MOST_RULES
        for event_type in policy.TYPES:
            for _key, content in self._vault.rooms.pieces(room_id, event_type):
                # The key is not asked for again, and would be a third of what a list weighs.
                rule = policy.read(event_type, "", content)
                if rule is not None and left:
                    left -= 1
                    yield rule

    # what changes --------------------------------------------------------------------------------

    def hear(self, batch: SyncBatch) -> bool:
        """Look at what a turn of sync brought; whether a list says something else now."""
        followed = set(self.followed())
        self._read &= followed
        changed = False
        for delta in batch.rooms:
            if delta.room_id not in followed:
                continue
            if delta.limited:
                self._read.discard(delta.room_id)
            if delta.state_changed or delta.changed_events:
                self._stale.add(delta.room_id)
                changed = True
        if followed - self._read:
            self._wake.set()
        return changed

    async def run(self, connection: Connection, changed: Callable[[], None]) -> None:
        """Read lists whole as often as that is called for, until cancelled; ``changed`` hears of
        each that says something else than before."""
        while True:
            self._wake.clear()
            left = False
            for room_id in self.followed():
                room = self._vault.rooms.get(room_id)
                if room_id in self._read or room is None or room.membership != "join":
                    continue
                if self._again.get(room_id, 0.0) > self._clock.monotonic():
                    left = True
                    continue
                try:
                    if await self._read_whole(connection, room_id):
                        self._stale.add(room_id)
                        changed()
                except MatrixError as error:
                    log.info("a policy list waits: %s", type(error).__name__)
                    self._again[room_id] = self._clock.monotonic() + AGAIN
                    left = True
            await self._wait(AGAIN if left else None)

    async def _wait(self, seconds: float | None) -> None:
        waits: set[asyncio.Future[object]] = {asyncio.ensure_future(self._wake.wait())}
        if seconds is not None:
            waits.add(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _read_whole(self, connection: Connection, room_id: str) -> bool:
        """Whether anything of it was new. Raises `MatrixError`."""
        self._read.add(room_id)  # a gap that comes meanwhile takes this back
        before = {kind: self._vault.rooms.state_ids(room_id, kind) for kind in policy.TYPES}
        new = False
        try:
            session = connection.session
            async for page in pages(session, room_id, policy.TYPES):
                news = [one for one in page if _id(before, one) != one.event_id]
                for start in range(0, len(news), _TOGETHER):
                    self._write(room_id, news[start : start + _TOGETHER], before)
                    await asyncio.sleep(0)
                new = new or bool(news)
        except MatrixError:
            self._read.discard(room_id)
            raise
        return new

    def _write(
        self,
        room_id: str,
        events: Collection[Event],
        before: Mapping[str, Mapping[str, str | None]],
    ) -> None:
        """Keep what is newer than what we have: not what a sync has replaced meanwhile."""
        rooms = self._vault.rooms
        if room_id not in self.followed():
            return  # left meanwhile
        with self._vault.transaction():
            for one in events:
                key = one.state_key or ""
                there = rooms.state_event(room_id, one.type, key)
                if (there and there.event_id) == _id(before, one):
                    rooms.set_state(
                        room_id,
                        one.type,
                        key,
                        dict(one.content),
                        sender=one.sender,
                        event_id=one.event_id,
                    )


def _id(before: Mapping[str, Mapping[str, str | None]], one: Event) -> str | None:
    return before[one.type].get(one.state_key or "")
