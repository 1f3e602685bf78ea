"""``kill -9`` of a member's client at every moment of a change of names.

Each moment is died at once; the next life goes on from there. Whatever happens, the change ends as
if nothing had: one new account, one seat, the old one retired, and the talk goes on.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.agents import BEFORE, WINDOW, Scene
from support.circle import CLOCK, RANDOM
from support.faults import FaultyServer
from support.rotating_client import Life

from peerroom.client.joining import join
from peerroom.client.rotation import points
from peerroom.host.homeserver import Homeserver
from peerroom.matrix import commit_points
from peerroom.pseudonym.wallet import Stage
from peerroom.store.vault import Vault
from peerroom.wire.records import RECORD, Admitted, SignedRecord, decode_record

TESTS = Path(__file__).parent.parent
DAY = timedelta(hours=25)


@dataclass
class Mortal:
    """Someone whose client is killed again and again."""

    folder: Path
    life: Life
    road: FaultyServer
    changed: Callable[[], None]
    wallets: list[dict[str, Any]] = field(default_factory=list)
    died_at: list[str] = field(default_factory=list)
    at_work: bool = False
    read: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    _work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            await self._one()

    async def _one(self) -> None:
        self.life = replace(self.life, survived=list(self.died_at))
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "support.rotating_client",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(self.life.line())
        async for line in self.process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "at":
                self.at_work = True
            elif word == "moment":
                self.at_work = False
                self.died_at.append(rest)
            elif word == "wallets":
                self.wallets = json.loads(rest)
            elif word == "read":
                self.read.append(rest)
            self.changed()
        code = await self.process.wait()
        assert code == -signal.SIGKILL, code

    def move_clock(self, apart: timedelta) -> None:
        """For this life and those that follow."""
        self.life = replace(self.life, apart=apart.total_seconds())
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.write(f"{apart.total_seconds()}\n".encode())

    def at(self, epoch: int, *stages: Stage) -> dict[str, Any] | None:
        """The wallet of an epoch, if it is at one of these."""
        self.check()
        found = (wallet for wallet in self.wallets if wallet["epoch"] == epoch)
        return next((wallet for wallet in found if wallet["stage"] in stages), None)

    def has_shown(self) -> bool:
        """Whether its visit is over."""
        return bool((self.at(1, Stage.REDEEM_SENT) or {}).get("sent"))

    def has_come_to_something(self, deaths: int) -> bool:
        """Whether its visit is over, or it died more often than that instead."""
        return self.has_shown() or len(self.died_at) > deaths

    def check(self) -> None:
        """Raise what went wrong in one of its lives."""
        if self._work is not None and self._work.done():
            self._work.result()

    async def stop(self) -> None:
        if self._work is None or self.process is None:
            return
        work, self._work = self._work, None
        work.cancel()
        await asyncio.wait([work])
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if not work.cancelled():
            work.result()


@dataclass
class World:
    scene: Scene
    mortal: Mortal
    key: bytes

    def go(self, moment: datetime) -> None:
        self.scene.go(moment)
        self.mortal.move_clock(self.scene.clock.now() - CLOCK.now())

    async def until_at(self, epoch: int, *stages: Stage) -> dict[str, Any]:
        return await self.scene.until(partial(self.mortal.at, epoch, *stages), 120)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as found:
        yield found


async def begin(
    server: Homeserver, stack: AsyncExitStack, folder: Path, moments: tuple[str, ...]
) -> World:
    scene = await Scene.open(server, stack)
    await scene.person()
    await scene.person()
    road = FaultyServer(upstream=server.base_url)
    await stack.enter_async_context(road)
    with Vault.create(folder, "a few words") as vault:
        invite = replace(await scene.circle.invite(), homeserver=road.url)
        async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
            pass
        key = vault.data_key
    life = Life(str(folder), base64.b64encode(key).decode(), 0.0, moments)
    mortal = Mortal(folder, life, road, scene.look_again)
    stack.push_async_callback(mortal.stop)
    return World(scene, mortal, key)


async def one_change(world: World) -> None:
    scene, mortal = world.scene, world.mortal
    heron, otter = scene.people
    mortal.start()
    idle = await world.until_at(1, Stage.IDLE)
    await scene.all_at(Stage.IDLE)
    mine = datetime.fromtimestamp(idle["request_at"], UTC)
    world.go(max(mine, *(person.wallet.plan.request_at for person in scene.people)))
    await world.until_at(1, Stage.REQUESTED)
    await scene.all_at(Stage.REQUESTED)
    await scene.until(lambda: len(scene.office.requests) == 3)

    world.go(scene.times.begins(0))
    await scene.cut_off(heron, otter)
    await scene.until(lambda: (mortal.at(1, Stage.SIGNED) or {}).get("ready"), 120)
    await scene.visit(heron, otter)
    begin, _end = scene.times.visits(0)
    for moment in (mortal.at(1, Stage.SIGNED) or {})["visits"]:
        # Whoever dies in a visit goes on with it at a later moment that was drawn: on waking up the
        # old account comes as well.
        await scene.until(lambda: mortal.at_work, 120)
        deaths = len(mortal.died_at)
        world.go(max(begin, datetime.fromtimestamp(moment, UTC)) - BEFORE)
        await scene.until(partial(mortal.has_come_to_something, deaths), 120)
        if mortal.has_shown():
            break
    assert mortal.has_shown()
    await scene.until(lambda: len(scene.office.shown) == 3)

    world.go(scene.times.ends(0))
    world.go(await scene.until(lambda: scene.office.thaws))
    await scene.until(lambda: scene.told["AllJoined"])
    world.go(scene.clock.now() + WINDOW / 40)
    old = heron.room_id
    for person in (heron, otter):
        await scene.until(partial(person.is_in_new_room, old))
    await world.until_at(1, Stage.RETIRED)
    heron.say("who is there?")
    await scene.until(lambda: "who is there?" in mortal.read, 120)
    mortal.move_clock(scene.clock.now() - CLOCK.now() + DAY)  # the rest is its own business
    await scene.until(lambda: mortal.wallets and mortal.wallets[0]["epoch"] == 2, 120)
    await mortal.stop()


def check(world: World, since: datetime) -> None:
    """One new account with one seat; the old one is history; nothing else was ever made."""
    scene, mortal = world.scene, world.mortal
    heron = scene.people[0]
    records = [
        decode_record(SignedRecord.read(event.content).data)
        for event in heron.vault.rooms.state_events(heron.room_id, RECORD)
    ]
    [ledger] = [record.body for record in records if isinstance(record.body, Admitted)]
    assert (ledger.issued, ledger.count) == (3, 3)
    with Vault.open_with_key(mortal.folder, world.key) as vault:
        vault.check()
        first, second = vault.accounts.all(retired=True)
        assert first.retired is not None and not first.access_token and not first.crypto_key
        current = vault.accounts.current()
        assert current is not None and current.id == second.id
        assert scene.office.seats.keys() == {second.user_id} | {p.account for p in scene.people}
        assert vault.rooms.get(heron.room_id) is not None
        texts = [row for room in vault.rooms.all() for row in vault.outbox.of_room(room.room_id)]
        assert [row for row in texts if row.state in ("sending", "failed")] == []
    token = scene.circle.vault.accounts.all()[0].access_token
    query = "/_synapse/admin/v2/users?order_by=creation_ts&dir=b&limit=100&guests=false"
    users = scene.circle.server.api(token).call("GET", query)["users"]
    made = [one["name"] for one in users if one["creation_ts"] >= since.timestamp() * 1000]
    drawn = [name for name in made if name.startswith("@p")]
    assert len(drawn) == 6, drawn  # three by invite, three by a token
    assert [wallet["stop"] for wallet in mortal.wallets] == [None]


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_killed_after_everything_that_it_does(
    homeserver: Homeserver, tmp_path: Path, stack: AsyncExitStack
) -> None:
    """When the server has done something that is not kept yet: the worst moment."""
    since = CLOCK.now()
    world = await begin(homeserver, stack, tmp_path / "vault", ("step:done",))
    await one_change(world)
    check(world, since)
    assert len(world.mortal.died_at) >= 6, world.mortal.died_at


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["agent", "sync"])
async def test_killed_at_every_moment(
    homeserver: Homeserver, tmp_path: Path, stack: AsyncExitStack, kind: str
) -> None:
    since = CLOCK.now()
    moments: tuple[str, ...] = points.POINTS if kind == "agent" else commit_points.POINTS
    world = await begin(homeserver, stack, tmp_path / "vault", moments)
    await one_change(world)
    check(world, since)
    assert len(world.mortal.died_at) >= 25, world.mortal.died_at
