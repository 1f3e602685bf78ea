"""Evenings and mornings that give a bot much to do, and what people see of what it did."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from support.circle import Guest
from support.patience import PATIENCE

from peerroom.client.bot_words import word_of
from peerroom.client.explained import told
from peerroom.host.api import ServerApi
from peerroom.matrix.connection import Connection
from peerroom.matrix.rooms import REDACT_EVENTS
from peerroom.store.events import StoredEvent
from peerroom.wire import cases, member

HELD: Final = "call me on 07700 900123"
EVENING: Final = Counter({
    "ben's voice: -1": 1, "ben's voice: None": 1,
    "anna: ban with her words": 1, "anna: leave": 1, "room with anna": 1,
    "anna is told: banned": 1, "carl is told: held": 1,
    "ben is told: removed": 1, "ben is told: muted": 1,
    "case: Opened": 1, "case: Shown": 1, "case: Done": 1,
    "answer": 6,
})  # fmt: skip
"""What an evening leads to, beside the messages that are removed."""
MORNING: Final = Counter({
    "said in the room": 1, "carl is told: put back": 1, "case: Done": 1, "case: Closed": 1,
})  # fmt: skip
"""What letting stay leads to."""

Marks = Mapping[tuple[str, str], int]


@dataclass
class Company:
    """A moderator, and members to whom things happen. Anna is put out every evening."""

    bot: str
    as_bot: ServerApi = field(repr=False)
    moderator: Guest
    desk: Guest
    anna: Guest
    ben: Guest
    carl: Guest
    evenings: int = 0
    wanted: Counter[str] = field(default_factory=Counter)
    """What was there before the first evening, and all that came of the evenings."""
    _begun: tuple[Marks, Counter[str]] = field(default_factory=lambda: ({}, Counter()))

    def __post_init__(self) -> None:
        self.wanted = self.seen()

    @property
    def guests(self) -> tuple[Guest, ...]:
        return self.moderator, self.anna, self.ben, self.carl

    # what happens ---------------------------------------------------------------------------------

    async def evening(self) -> list[str]:
        """While the bot is away: somebody leaves a number, and a moderator gives commands. The
        events on which it has to decide."""
        self.evenings += 1
        anna, ben = self.anna.client.user_id, self.ben.client.user_id
        await self._anna_comes(back=self.evenings > 1)
        said = [(self.ben, "ordinary words"), (self.anna, "more of them"), (self.carl, HELD)]
        events = []
        for who, text in said:
            who.say(f"{self.evenings}: {text}")
            seen = await self.moderator.sees(f"{self.evenings}: {text}")
            events.append(str(seen.event_id))
        commands = [f"!remove {events[0]}", f"!mute {ben} 2h", f"!unban {ben}", "!invite"]
        commands += [f"!ban {anna}", f"!unban {anna}"]
        removed = Counter(f"removed: {event_id}" for event_id in events)
        return events + await self._commanded(commands, EVENING + removed)

    async def morning(self) -> list[str]:
        """The bot is away again: what was held may stay. It is a scene of its own, because a case
        that is closed and one that is opened may be decided on in any order."""
        return await self._commanded([f"!allow {self.evenings}"], MORNING)

    async def _commanded(self, commands: Iterable[str], wanted: Counter[str]) -> list[str]:
        self._begun = self._marks(), wanted
        self.wanted += wanted
        return [await self._arrives(self.desk, command) for command in commands]

    async def _anna_comes(self, *, back: bool) -> None:
        """Out of the room that she has with the bot, so that it has to make another; and back into
        everybody's."""
        rooms = (await connection(self.anna)).rooms
        for room in self.anna.vault.rooms.all():
            if room.is_direct and room.membership == "join":
                await rooms.leave(room.room_id)
        if not back:
            return
        here, anna = self.anna.room_id, self.anna.client.user_id
        path = f"/_matrix/client/v3/rooms/{here}/invite"
        await asyncio.to_thread(self.as_bot.call, "POST", path, {"user_id": anna})
        await rooms.join(here)

        def all_know() -> bool:
            states = (one.vault.rooms.state(here, "m.room.member", anna) for one in self.guests)
            return all(state is not None and state["membership"] == "join" for state in states)

        assert await self.until(all_know)

    async def _arrives(self, guest: Guest, text: str) -> str:
        """Say something; its event, as our own sync brings it."""
        key, vault, room = guest.say(text), guest.vault, guest.room_id

        def found() -> Iterator[str]:
            newest = vault.events.page(room, limit=50)
            return (event.event_id for event in newest if event.transaction_id == key)

        assert await self.until(lambda: any(found()))
        return next(found())

    # what is seen ---------------------------------------------------------------------------------

    def seen(self, since: Marks | None = None) -> Counter[str]:
        """What the bot did, by what it is: as the moderator sees it, and who is told something."""
        since = since or {}
        counted: Counter[str] = Counter()
        anna, ben = self.anna.client.user_id, self.ben.client.user_id
        for event in self._from_bot(self.moderator, since=since):
            content: dict[str, Any] = event.raw.get("content", {})
            match event.type:
                case "m.room.redaction":
                    counted[f"removed: {content.get('redacts')}"] += 1
                case "m.room.power_levels":
                    counted[f"ben's voice: {content['users'].get(ben)}"] += 1
                case "m.room.member" if event.raw["state_key"] == anna:
                    along = " with her words" if all(map(content.get, REDACT_EVENTS)) else ""
                    if content["membership"] != "invite":  # by ourselves
                        counted[f"anna: {content['membership']}{along}"] += 1
                case "m.room.encrypted" if self._words(event):
                    counted["said in the room"] += 1
        for event in self._from_bot(self.desk, since=since):
            step = (word_of(event, self.bot) or {}).get(cases.FIELD)
            if isinstance(step, dict):
                counted[f"case: {step['type']}"] += 1
            elif self._words(event):
                counted["answer"] += 1
        for guest, name in ((self.anna, "anna"), (self.ben, "ben"), (self.carl, "carl")):
            for room in guest.vault.rooms.all():
                counted[f"room with {name}"] += (guest.client.user_id, room.room_id) not in since
                for event in self._from_bot(guest, room.room_id, since=since):
                    said = told(event, self.bot)
                    if isinstance(said, member.Explained):
                        counted[f"{name} is told: {said.what}"] += 1
        return +counted

    def _from_bot(
        self, guest: Guest, room_id: str | None = None, since: Marks | None = None
    ) -> Iterator[StoredEvent]:
        room_id = room_id or guest.room_id
        after = (since or {}).get((guest.client.user_id, room_id), -(2**62))
        for event in guest.vault.events.page(room_id, after=after, limit=1_000_000):
            if event.sender == self.bot:
                yield event

    def _words(self, event: StoredEvent) -> str:
        return str((word_of(event, self.bot) or {}).get("body", ""))

    def _marks(self) -> Marks:
        return {
            (guest.client.user_id, room.room_id): guest.vault.events.latest_position(room.room_id)
            or 0
            for guest in self.guests
            for room in guest.vault.rooms.all()
        }

    async def until(self, look: Callable[[], bool]) -> bool:
        """Wait until ``look`` is true, looking again whenever anybody hears of something; False if
        that is never. Anna goes where she is asked to."""
        news = asyncio.Event()
        stops = [guest.client.subscribe(lambda _change: news.set()) for guest in self.guests]
        try:
            async with asyncio.timeout(PATIENCE):
                while not look():
                    await news.wait()
                    news.clear()
                    await self._anna_goes()
        except TimeoutError:
            return False
        finally:
            for stop in stops:
                stop()
        return True

    async def _anna_goes(self) -> None:
        for room in self.anna.vault.rooms.all():
            if room.membership == "invite" and room.encrypted:
                await (await connection(self.anna)).rooms.join(room.room_id)

    async def what_is_missing(self) -> Counter[str]:
        """Of this scene, after everybody had the time to hear of it."""
        since, wanted = self._begun
        await self.until(lambda: not wanted - self.seen(since))
        return wanted - self.seen(since)

    def what_is_doubled(self) -> Counter[str]:
        """What came more often than it should have, in this scene."""
        since, wanted = self._begun
        return self.seen(since) - wanted

    def what_was_lost(self) -> Counter[str]:
        """Of everything, as far as anybody has heard."""
        return self.wanted - self.seen()

    def what_was_doubled(self) -> Counter[str]:
        """The same of what came more often than it should have."""
        return self.seen() - self.wanted

    async def hear_everything(self) -> None:
        """Until now: whatever the server had for them before their own word is here with it."""
        for guest in self.guests:
            rooms = [room for room in guest.vault.rooms.all() if room.membership == "join"]
            await self._arrives(Guest(guest.vault, guest.client, rooms[-1].room_id), "good night")


async def connection(guest: Guest) -> Connection:
    """What somebody has to their server."""
    return await guest.client._acting.link.fresh()
