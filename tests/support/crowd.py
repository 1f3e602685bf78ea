"""Many members of one room, whose messages are timed from hand to eye.

Members' programs run on machines of their own, and the server serves every one of them: here all of
them send and take what comes, and one of them decrypts it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from support.circle import CLOCK, RANDOM
from support.members import Member, connect

from peerroom.client.joining import join
from peerroom.matrix.sync_filter import FILTER
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite

WITHIN = 120.0
POLL = 30.0


@dataclass
class Ear:
    """One member that hears."""

    member: Member
    room_id: str
    heard: dict[str, float] = field(default_factory=dict)
    """When each message could be read."""
    gone: set[str] = field(default_factory=set)
    """What was removed."""
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Until cancelled."""
        events = self.member.vault.events
        while True:
            batch = await self.member.connection.sync_once(POLL)
            now = time.perf_counter()
            for delta in batch.rooms:
                if delta.room_id != self.room_id:
                    continue
                assert not delta.limited
                for event_id in {*delta.new_events, *delta.changed_events}:
                    event = events.get(event_id)
                    if event is not None and event.status == "redacted":
                        self.gone.add(event_id)
                    elif event is not None and event.clear is not None:
                        self.heard.setdefault(event_id, now)
            self._more.set()

    async def hears(self, event_ids: Collection[str]) -> None:
        """Wait until all of these could be read, or are removed."""
        async with asyncio.timeout(WITHIN):
            while not all(one in self.heard or one in self.gone for one in event_ids):
                await self._wait()

    async def misses(self, event_ids: Iterable[str]) -> None:
        """Wait until all of these are removed."""
        async with asyncio.timeout(WITHIN):
            while not self.gone.issuperset(event_ids):
                await self._wait()

    async def _wait(self) -> None:
        self._more.clear()
        await self._more.wait()


@dataclass
class Crowd:
    """The members; the first one hears."""

    people: Sequence[Member]
    ear: Ear

    @classmethod
    async def come(cls, invites: Sequence[Invite], stack: AsyncExitStack) -> Self:
        """Let everyone in, one after another, and have everybody know everyone."""
        people = [await _enter(invite, stack) for invite in invites]
        first = people[0]
        rooms = first.vault.rooms.all()
        room_id = next(room.room_id for room in rooms if not room.is_direct)
        crowd = cls(people, Ear(first, room_id))
        for member in people:
            await member.turn()
        listening = [crowd.ear.listen(), *map(_take, people[1:])]
        stack.push_async_callback(_end, [asyncio.create_task(one) for one in listening])
        # Room keys go to everyone with somebody's first message.
        await crowd.say([f"Good evening from number {number}" for number in range(len(people))])
        return crowd

    async def say(self, texts: Sequence[str]) -> dict[str, float]:
        """Everyone says their share of ``texts``, each one after the other, all at once, until all
        were heard; when each was given away, by event id."""
        sent: dict[str, float] = {}

        async def one_after_another(number: int, member: Member) -> None:
            for text in texts[number :: len(self.people)]:
                begun = time.perf_counter()
                sent[await member.say(self.ear.room_id, text)] = begun

        shares = (one_after_another(*one) for one in enumerate(self.people))
        await asyncio.gather(*shares)
        await self.ear.hears(sent)
        return sent

    async def at_once(self, texts: Sequence[str]) -> list[float]:
        """Seconds from hand to eye for each text, all said at once."""
        sent = await self.say(texts)
        return [self.ear.heard[one] - begun for one, begun in sent.items()]

    async def in_turn(self, texts: Sequence[str]) -> list[float]:
        """The same, each only when the one before was heard."""
        return [seconds for text in texts for seconds in await self.at_once([text])]


async def _enter(invite: Invite, stack: AsyncExitStack) -> Member:
    vault = Vault.ephemeral()
    async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
        pass
    account = vault.accounts.current()
    assert account is not None
    member = await connect(vault, account)
    stack.push_async_callback(member.close)
    await member.connection.start()
    await member.turn()
    return member


async def _take(member: Member) -> None:
    """Take what comes from the server and put it away, until cancelled."""
    query = {
        "filter": json.dumps(FILTER),
        "set_presence": "offline",
        "timeout": str(int(POLL * 1000)),
        "since": member.vault.accounts.get(member.account.id).next_batch or "",
    }
    while True:
        answer = await member.session.get("/sync", query=query, within=2 * POLL, retry=False)
        query["since"] = answer["next_batch"]


async def _end(work: Sequence[asyncio.Task[None]]) -> None:
    for task in work:
        task.cancel()
    for ended in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
