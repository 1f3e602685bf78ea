"""A connection in bad weather: said at once, in words, and over by itself when the sky clears."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from support.accounts import MakeAccount
from support.faults import Fault, FaultyServer
from support.impatient import ImpatientClock
from support.members import Member, People, meet, people_of
from support.patience import PATIENCE

from peerroom.host.homeserver import Homeserver
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import LoggedOut, MatrixError, Reach
from peerroom.matrix.sync import SyncBatch
from peerroom.matrix.transport import PATIENT, Timeouts

SHORT = Timeouts(connect=1.0, request=1.0, poll=1.0, poll_margin=0.5)


@dataclass
class Watch:
    """Keeps a member in sync, and notes what is said and what comes."""

    member: Member
    said: list[tuple[Reach, MatrixError | None]] = field(default_factory=list)
    batches: list[SyncBatch] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, reach: Reach, error: MatrixError | None) -> None:
        self.said.append((reach, error))
        self._news.set()

    async def take(self, batch: SyncBatch) -> None:
        self.batches.append(batch)
        self._news.set()

    async def until(self, true: Callable[[], bool], within: float) -> float:
        """Wait for ``true`` at the next news; returns how many seconds it took."""
        began = time.monotonic()
        async with asyncio.timeout(within):
            while not true():
                self._news.clear()
                await self._news.wait()
        return time.monotonic() - began

    def reached(self) -> Reach:
        return self.said[-1][0] if self.said else "offline"


@asynccontextmanager
async def watching(member: Member, timeouts: Timeouts, pace: float) -> AsyncIterator[Watch]:
    """The member's account on a fresh connection that syncs for the length of the block."""
    await member.connection.close()
    watch = Watch(member)
    member.connection = await Connection.open(
        member.vault,
        member.account,
        proxy=None,
        clock=ImpatientClock(pace),
        random=random.Random(7),
        on_state=watch.hear,
        timeouts=timeouts,
    )
    syncing = asyncio.create_task(member.connection.sync_forever(watch.take))
    try:
        await watch.until(lambda: len(watch.batches) > 0, within=PATIENCE)
        yield watch
    finally:
        syncing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await syncing


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


@pytest.fixture
async def between(homeserver: Homeserver) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(upstream=homeserver.base_url) as server:
        yield server


Weather = Fault | Literal["refused"]


async def strike(server: FaultyServer, fault: Weather) -> None:
    if fault == "refused":
        await server.refuse()
    else:
        server.fail(fault)


@pytest.mark.parametrize(
    ("fault", "reach"),
    [
        ("refused", "refused"),
        ("reset", "offline"),
        ("500", "waiting"),
        ("502 html", "waiting"),
        ("429", "waiting"),
        ("html", "waiting"),
        ("silent", "offline"),
    ],
)
async def test_bad_weather_is_said_and_passes(
    fault: Weather, reach: Reach, people: People, between: FaultyServer
) -> None:
    alice, bob = await people("alice"), await people("bob", server=between.url)
    room_id = await meet(alice, bob)
    async with watching(bob, SHORT, pace=0.02) as watch:
        assert watch.reached() == "online"
        await strike(between, fault)
        await watch.until(lambda: watch.reached() != "online", within=PATIENCE)
        # Refused connections begin with the one that stood being cut.
        await watch.until(lambda: watch.reached() == reach, within=PATIENCE)
        error = watch.said[-1][1]
        assert error is not None
        assert error.sentence().count(".") >= 2  # what happened, and what comes next
        sent = await alice.say(room_id, "are you there?")
        if fault == "refused":
            await between.listen()
        between.heal()
        await watch.until(lambda: bob.vault.events.get(sent) is not None, within=PATIENCE)
        assert watch.reached() == "online"
        assert bob.heard(room_id) == ["are you there?"]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "within"), [("refused", 10), ("reset", 10), ("500", 10), ("429", 10), ("silent", 45)]
)
async def test_with_the_real_timeouts_it_is_said_in_time(
    fault: Weather, within: float, people: People, between: FaultyServer
) -> None:
    """The worst moment: a poll has just begun, and is still answered."""
    bob = await people("bob", server=between.url)
    await meet(bob)
    async with watching(bob, PATIENT, pace=1.0) as watch:
        await asyncio.wait_for(between.asked("timeout=7000"), 10)
        await strike(between, fault)
        await watch.until(lambda: watch.reached() != "online", within=within)
        if fault == "refused":
            await between.listen()
        between.heal()
        await watch.until(lambda: watch.reached() == "online", within=PATIENCE)


async def test_an_ended_session_ends_the_loop(people: People, between: FaultyServer) -> None:
    bob = await people("bob", server=between.url)
    syncing = asyncio.create_task(bob.connection.sync_forever(_ignore))
    await bob.connection.session.logout()
    with pytest.raises(LoggedOut) as caught:
        await asyncio.wait_for(syncing, 60)
    assert caught.value.reach == "logged_out"
    assert not between.paths("/login")


async def test_an_expired_token_is_renewed_for_the_same_device(
    people: People, between: FaultyServer
) -> None:
    bob = await people("bob", server=between.url)
    before = bob.account.access_token
    between.fail("soft logout", path="/sync", times=1)
    done = asyncio.Event()

    async def take(batch: SyncBatch) -> None:
        done.set()

    syncing = asyncio.create_task(bob.connection.sync_forever(take))
    await asyncio.wait_for(done.wait(), 20)
    syncing.cancel()
    after = bob.vault.accounts.get(bob.account.id)
    assert after.access_token != before
    assert (await bob.connection.session.whoami()).device_id == bob.device_id


async def _ignore(batch: SyncBatch) -> None:
    del batch


async def test_a_restart_never_logs_in_again(people: People, between: FaultyServer) -> None:
    bob = await people("bob", server=between.url)
    await bob.connection.close()
    between.seen.clear()
    bob.connection = await Connection.open(
        bob.vault, bob.account, proxy=None, clock=bob.clock, random=random.Random(1)
    )
    await bob.connection.start()
    await bob.turn()
    assert between.paths("/sync")
    assert not between.paths("/login")
    assert not between.paths("/filter")
