"""``kill -9`` of the bot in the middle of its work: every command is carried out exactly once."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from aiohttp import web
from support.bot_process import BotHome, come_in, desk_of
from support.circle import Guest, until
from support.faults import FaultyServer
from support.plain_process import Process

from peerroom.host.homeserver import Homeserver

WRITES: Final = (
    "/send/",
    "/sendToDevice/",
    "/state/",
    "/redact/",
    "/unban",
    "/invite",
    "/registration_tokens",
)
"""What a command leads to; the rest of a bot's requests only ask."""


@dataclass
class Blow:
    """At which request the bot is killed, and at which moment of it."""

    countdown: int
    moment: Literal["before", "after", "later"]
    """The server has not seen it; it has, and its answer is lost; or a little after the answer."""
    paths: tuple[str, ...]
    delay: float = 0.0
    """Seconds after the answer."""


@dataclass
class DeadlyRoad(FaultyServer):
    """The bot's only way to its server, on which it is killed."""

    victim: Process | None = None
    blow: Blow | None = None
    struck_dead: list[str] = field(default_factory=list)

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        blow = self._due(request)
        if blow is None:
            return await super()._answer(request, body)
        if blow.moment == "before":
            self._kill(request)
            return self._cut(request)
        answer = await super()._answer(request, body)
        if blow.moment == "after":
            self._kill(request)
        else:
            asyncio.get_running_loop().call_later(blow.delay, self._kill, request)
        return answer

    def _due(self, request: web.Request) -> Blow | None:
        blow = self.blow
        asks_for_news = request.path.endswith("/sync")
        if blow is None or asks_for_news or not any(path in request.path for path in blow.paths):
            return None
        blow.countdown -= 1
        if blow.countdown:
            return None
        self.blow = None
        return blow

    def _kill(self, request: web.Request) -> None:
        assert self.victim is not None
        with suppress(ProcessLookupError):
            self.victim.process.kill()
        self.struck_dead.append(f"{request.method} {request.path}")


Waiting = Coroutine[Any, Any, Any]


@pytest.fixture
async def road(homeserver: Homeserver) -> AsyncIterator[DeadlyRoad]:
    async with DeadlyRoad(upstream=homeserver.base_url) as server:
        yield server


@dataclass
class Play:
    """A bot, a moderator at the desk, and two members to whom things happen."""

    home: BotHome
    road: DeadlyRoad
    moderator: Guest
    desk: Guest
    otter: Guest
    fox: Guest
    bursts: int = 0
    _before: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """From here on it counts."""
        self._before = self.seen()

    async def burst(self) -> None:
        """Ten commands at once."""
        first, second = f"first of {self.bursts}", f"second of {self.bursts}"
        self.otter.say(first)
        self.otter.say(second)
        one, two = [(await self.moderator.sees(text)).event_id for text in (first, second)]
        otter, fox = self.otter.client.user_id, self.fox.client.user_id
        for command in (
            "!status",
            f"!redact {one}",
            f"!mute {otter} 2h",
            "!invite",
            f"!redact {two}",
            f"!ban {fox}: selling courses",
            f"!unban {otter}",
            "!help",
            f"!unban {fox}",
            "!status",
        ):
            self.desk.say(command)
        self.bursts += 1

    def seen(self) -> Counter[str]:
        """What the moderator sees of the bot's work, by what it is."""
        counted: Counter[str] = Counter()
        for body in self.answers():
            counted[f"said: {_gist(body)}"] += 1
        vault, fox = self.moderator.vault, self.fox.client.user_id
        for event in vault.events.page(self.moderator.room_id, limit=10_000):
            content: dict[str, Any] = event.raw.get("content", {})
            match event.type:
                case "m.room.redaction":
                    counted["redaction"] += 1
                case "m.room.power_levels":
                    counted["voice"] += 1
                case "m.room.member" if event.raw.get("state_key") == fox:
                    counted[f"fox: {content.get('membership')}"] += 1
        return counted

    def wanted(self) -> Counter[str]:
        """What there should be after all bursts, each command carried out once."""
        once = {
            "said: status": 2, "said: removed": 2, "said: muted": 1, "said: link": 1,
            "said: banned": 1, "said: unmuted": 1, "said: help": 1, "said: unbanned": 1,
            "redaction": 2, "voice": 2, "fox: ban": 1, "fox: leave": 1,
        }  # fmt: skip
        return Counter({what: times * self.bursts for what, times in once.items()})

    def answers(self) -> list[str]:
        page = self.desk.client.timeline(self.desk.room_id).page(limit=10_000)
        return [view.body for view in page if view.kind == "notice"]

    def all_done(self) -> bool:
        return self.seen() >= self._before + self.wanted()

    async def finished(self) -> None:
        """Wait until every command was carried out at least once."""
        await until(self.moderator.client, self.all_done)

    async def check(self) -> None:
        """Nothing is missing, nothing is doubled, nothing is left to do."""
        await self.finished()
        asked = 0
        # What is said in private comes after what is done, and may still be on its way.
        while not asked or ("Waiting to be done: 0." not in self.answers()[-1] and asked < 10):
            asked += 1
            statuses = self.seen()["said: status"] + 1
            self.desk.say("!status")
            await until(self.desk.client, partial(self._has_answered, statuses))
        assert "Waiting to be done: 0. Failed: 0." in self.answers()[-1]
        assert self.seen() - self._before == self.wanted() + Counter({"said: status": asked})

    def _has_answered(self, statuses: int) -> bool:
        return self.seen()["said: status"] >= statuses


def _gist(body: str) -> str:
    gists = {
        "seats": "status",
        "is being removed": "removed",
        "can read but not write for 2 hours": "muted",
        "peerroom:join/": "link",
        "cannot come back": "banned",
        "can write again": "unmuted",
        "`!help ban`": "help",
        "The ban of": "unbanned",
    }
    return next((gist for words, gist in gists.items() if words in body), body)


@pytest.fixture
async def play(homeserver: Homeserver, road: DeadlyRoad, tmp_path: Path) -> AsyncIterator[Play]:
    home = await asyncio.to_thread(BotHome.make, tmp_path, homeserver, homeserver=road.url)
    await killed(home, road, Blow(1, "after", ("/createRoom",)))
    await killed(home, road, Blow(1, "after", ("/createRoom",)))
    [first] = await home.invites(moderator=True)
    others = await home.invites(2)
    bot = await home.at_work()
    moderator, otter, fox = await asyncio.gather(*(come_in(one) for one in (first, *others)))
    play = Play(home, road, moderator, await desk_of(moderator), otter, fox)
    bot.process.kill()
    await bot.ends()
    yield play
    for guest in (moderator, otter, fox):
        await guest.stop()


async def killed(home: BotHome, road: DeadlyRoad, blow: Blow, over: Waiting | None = None) -> None:
    """One life of the bot, ended by ``blow``, or when ``over`` returns before that."""
    road.blow = blow
    road.victim = await home.start("run")
    end = asyncio.ensure_future(road.victim.ends())
    waiting = {end} if over is None else {end, asyncio.ensure_future(over)}
    await asyncio.wait(waiting, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    for other in waiting - {end}:
        other.cancel()
    if not end.done():
        road.victim.process.kill()
    assert await end == -signal.SIGKILL, road.victim.said


def drawn(chance: random.Random) -> Blow:
    """Mostly in the middle of what commands lead to, sometimes anywhere, also while starting."""
    moment: Literal["before", "after", "later"] = chance.choice(("before", "after", "later"))
    delay = chance.uniform(0, 0.03)
    if chance.random() < 0.75:
        return Blow(chance.randint(1, 6), moment, WRITES, delay)
    return Blow(chance.randint(1, 15), moment, ("/",), delay)


async def killed_at_random(play: Play, kills: int, chance: random.Random) -> None:
    play.begin()
    await play.burst()
    before = len(play.road.struck_dead)
    while len(play.road.struck_dead) < before + kills:
        if play.all_done():
            await play.burst()
        await killed(play.home, play.road, drawn(chance), play.finished())
    bot = await play.home.at_work()
    await play.check()
    bot.process.terminate()
    assert await bot.ends() == 0, bot.said


async def test_killed_at_random_moments_every_command_is_carried_out_once(
    play: Play, homeserver: Homeserver
) -> None:
    await killed_at_random(play, 5, random.Random(20260304))
    with play.home.vault() as vault:
        vault.check()
        account = vault.accounts.current()
    assert account is not None
    joined = homeserver.api(account.access_token).call("GET", "/_matrix/client/v3/joined_rooms")
    doors = 3
    assert len(joined["joined_rooms"]) == 2 + doors
    assert len(play.road.paths("/login")) == 1


@pytest.mark.soak
async def test_killed_at_many_random_moments(play: Play) -> None:
    await killed_at_random(play, 100, random.Random(11))
