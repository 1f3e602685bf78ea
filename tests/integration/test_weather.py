"""Bad weather between a client and its server: said in time, waited out, and made up for.

The clients are ``peerroom chat --plain`` in processes of their own, with the real timeouts;
somebody else in the room, on a dry line, sees what arrives.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from pathlib import Path
from random import Random
from typing import Final, Literal, Self

import pytest
from support.bot_process import BotHome, come_in, desk_of
from support.circle import CLOCK, RANDOM, Circle, Guest, until
from support.faults import Fault, FaultyServer
from support.impatient import ImpatientClock
from support.plain_process import Process

from peerroom.bot.account import account_of
from peerroom.bot.runtime import Bot
from peerroom.client.joining import join
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.matrix import connection
from peerroom.matrix.transport import PATIENT, TRIES, OnState, Timeouts
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault

Weather = Fault | Literal["refused"]

AT_ONCE: Final = 10.0
"""Seconds within which a server that fails is said."""
HALF_OPEN: Final = 45.0
"""Seconds within which a server that only keeps silent is said."""
WRITTEN: Final = 5
HASTE: Final = 10
"""How much shorter the timeouts are in the test of a silent server that does not take 45 s."""


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def otter(circle: Circle) -> Guest:
    """Someone whose line is good."""
    return await circle.guest()


async def strike(sky: FaultyServer, weather: Weather) -> None:
    if weather == "refused":
        await sky.refuse()
    else:
        sky.fail(weather)


async def clear(sky: FaultyServer, weather: Weather) -> None:
    """Good weather, but for answers to the first messages that get lost on their way back."""
    sky.heal()
    sky.fail("reset after", path="/send/", times=2)
    if weather == "refused":
        await sky.listen()


async def home_behind(circle: Circle, sky: FaultyServer, folder: Path) -> bytes:
    """A vault with an account in the room that knows the server only through ``sky``; its key."""
    invite = replace(await circle.invite(), homeserver=sky.url)
    with Vault.create(folder, "a few words") as vault:
        async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
            pass
        return vault.data_key


async def sit_out(
    weather: Weather,
    within: float,
    circle: Circle,
    otter: Guest,
    folder: Path,
    together: asyncio.Barrier,
) -> float:
    """One client through one storm, from its worst moment on; seconds until it was said.

    ``together`` keeps it in step with others: talk of one would end the polls of the rest early.
    """
    async with FaultyServer(upstream=circle.server.base_url) as sky:
        key = await home_behind(circle, sky, folder / "data")
        process = await Process.start("chat", "--plain", data=folder / "data", key=key)
        await process.hears("-- Connected.")
        # A poll has just begun, and is still answered.
        sky.seen.clear()
        if await together.wait() == 0:
            otter.say("it is getting dark")
        await process.hears("it is getting dark")
        await asyncio.wait_for(sky.asked(f"timeout={int(PATIENT.poll * 1000)}"), 20)
        began = time.monotonic()
        await strike(sky, weather)
        async with asyncio.timeout(within):
            await process.hears(lambda line: line.startswith("-- ") and "Connected" not in line)
        said_after = time.monotonic() - began
        await together.wait()

        sent = [f"{weather} {number}" for number in range(WRITTEN)]
        for text in sent:
            process.type(text)
        await process.hears("-- Kept. It is sent when the connection is back.")
        await clear(sky, weather)
        await process.hears("-- Connected.")
        await otter.sees(sent[-1])
        process.type("/quit")
        assert await process.ends() == 0, process.said
    # The goodbye of another one behind it: nothing of this one is still under way.
    otter.say(f"{weather} is over")
    await otter.sees(f"{weather} is over")
    heard = [body for body in otter.bodies(500) if body in sent]
    assert heard == sent
    return said_after


@pytest.mark.soak
async def test_a_server_that_fails_is_said_within_ten_seconds(
    circle: Circle, otter: Guest, tmp_path: Path
) -> None:
    storms: tuple[Weather, ...] = ("refused", "reset", "500", "429")
    together = asyncio.Barrier(len(storms))
    for weather in storms:
        (tmp_path / weather).mkdir()
    said_after = await asyncio.gather(
        *(sit_out(storm, AT_ONCE, circle, otter, tmp_path / storm, together) for storm in storms)
    )
    assert max(said_after) < AT_ONCE


class Hasty(connection.Connection):
    """A connection whose every timeout is shorter, all by the same factor."""

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
        short = {field.name: getattr(timeouts, field.name) / HASTE for field in fields(timeouts)}
        return await super().open(
            vault,
            account,
            proxy=proxy,
            clock=clock,
            random=random,
            on_state=on_state,
            timeouts=Timeouts(**short),
        )


async def test_a_silent_server_is_said_and_made_up_for(
    circle: Circle, otter: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half open: connections stand, and nothing ever comes back on them."""
    monkeypatch.setattr(connection, "Connection", Hasty)
    async with FaultyServer(upstream=circle.server.base_url) as sky:
        heron = await circle.guest(homeserver=sky.url)
        await strike(sky, "silent")
        began = time.monotonic()
        await until(heron.client, lambda: heron.client.connection.kind == "offline", HALF_OPEN)
        assert time.monotonic() - began < HALF_OPEN / HASTE
        assert "server" in heron.client.connection.sentence
        sent = [f"into the silence {number}" for number in range(WRITTEN)]
        for text in sent:
            heron.say(text)
        await clear(sky, "silent")
        await otter.sees(sent[-1])
        await until(heron.client, lambda: not heron.client.unsent())
        assert heron.client.connection.kind == "online"
        assert otter.bodies() == sent


async def test_a_failure_that_begins_in_the_middle_of_a_turn_is_said_too(
    circle: Circle, otter: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The news came, the keys of who wrote them did not, and nothing after that."""
    monkeypatch.setattr(connection, "Connection", Hasty)
    async with FaultyServer(upstream=circle.server.base_url) as sky:
        heron = await circle.guest(homeserver=sky.url)
        sky.fail("500", path="/keys/query")
        newcomer = await circle.guest()
        newcomer.say("good evening")
        await asyncio.wait_for(sky.struck(), AT_ONCE)
        sky.fail("500")
        await asyncio.wait_for(sky.struck(), AT_ONCE)
        await until(heron.client, lambda: heron.client.connection.kind == "waiting", AT_ONCE)
        heron.say("are you there?")
        sky.heal()
        await otter.sees("are you there?")
        await heron.sees("good evening")
        assert heron.client.connection.kind == "online"


async def test_the_bot_sits_it_out_and_answers_once(homeserver: Homeserver, tmp_path: Path) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as sky:
        home = await asyncio.to_thread(BotHome.make, tmp_path, homeserver, homeserver=sky.url)
        [invite] = await home.invites(moderator=True)
        bot = await home.at_work()
        moderator = await come_in(replace(invite, homeserver=homeserver.base_url))
        desk = await desk_of(moderator)

        def statuses() -> int:
            page = desk.client.timeline(desk.room_id).page(limit=100)
            return sum("seats" in view.body for view in page if view.kind == "notice")

        async def answered(times: int) -> None:
            await until(desk.client, lambda: statuses() == times)

        await strike(sky, "500")
        desk.say("!status")
        await asyncio.wait_for(sky.struck(), 20)
        await clear(sky, "500")
        await answered(1)
        await strike(sky, "refused")
        desk.say("!status")
        await until(desk.client, lambda: not desk.client.unsent())
        await clear(sky, "refused")
        await answered(2)
        bot.process.terminate()
        assert await bot.ends() == 0, bot.said
        assert len(bot.said) == 1, bot.said
        await moderator.stop()


async def test_the_bot_waits_for_a_server_that_comes_up_later(homeserver: Homeserver) -> None:
    """As after a power cut: everything starts at once, and the server is the slowest."""
    async with FaultyServer(upstream=homeserver.base_url) as sky:
        account = await asyncio.to_thread(homeserver.register, "early-bot", admin=True)
        config = Config(bot=BotConfig(homeserver=sky.url, username="early-bot"))
        clock = ImpatientClock(pace=0.01)
        with Vault.ephemeral() as vault:
            stored = await account_of(vault, config, account.password, clock=clock, random=RANDOM)
            await sky.refuse()
            bot = await Bot.open(vault, stored, config, clock=clock, random=RANDOM)
            work = asyncio.create_task(bot.run())
            ready = asyncio.create_task(bot.ready())
            await clock.slept_often(2 * TRIES)
            assert not work.done()
            await sky.listen()
            await asyncio.wait({work, ready}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            assert ready.done() and not work.done()
            work.cancel()
            await asyncio.wait({work})
            await bot.close()


@pytest.mark.soak
async def test_a_silent_server_is_said_within_45_seconds(
    circle: Circle, otter: Guest, tmp_path: Path
) -> None:
    alone = asyncio.Barrier(1)
    assert await sit_out("silent", HALF_OPEN, circle, otter, tmp_path, alone) < HALF_OPEN
