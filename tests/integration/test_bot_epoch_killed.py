"""``kill -9`` of the bot at every moment of a change of names, and of its signer in between.

Each moment is died at once; the next life must go on from there. Whatever happens, the epoch ends
as if nothing had: everyone in one new room, each seat once, one chain of records.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.rotating import Walker
from support.rotating_bot import PASSPHRASE, WINDOW, Life
from support.servers import bot_account, own_address

from peerroom.bot.epochs import points
from peerroom.bot.epochs.book import Book
from peerroom.bot.epochs.keyring import SEALING
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite
from peerroom.wire.records import Admitted, EpochOpened, Issued

TESTS = Path(__file__).parent.parent
PEOPLE = 3
PATIENCE = 300.0
"""Seconds: dozens of lives may end before something is done."""
_numbers = itertools.count(9000)


@dataclass
class Lives:
    """The bot's lives, one after another, until `stop`."""

    folder: Path
    life: Life
    died_at: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    invites: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _work: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._work = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            await self._one()

    async def _one(self) -> None:
        self.life = replace(
            self.life,
            survived=list(self.died_at),
            invites=PEOPLE - len(self.invites),
        )
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "support.rotating_bot", str(self.folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(self.life.line())
        last = ""
        async for line in self.process.stdout:
            last = line.decode().strip()
            self._hear(last)
        code = await self.process.wait()
        assert code == -signal.SIGKILL, code
        if last.startswith("moment "):
            self.died_at.append(last.removeprefix("moment "))

    def _hear(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "told":
            self.told[rest] += 1
        if word == "kept" or rest.startswith("kept "):
            self.told[f"kept {rest.removeprefix('kept ')}"] += 1
        if word == "invite":
            self.invites.append(rest)
        self._news.set()

    async def until(self, what: str, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while (len(self.invites) if what == "invite" else self.told[what]) < times:
                await self._look()

    async def _look(self) -> None:
        """Wait for news of the bot; raise what went wrong in one of its lives."""
        assert self._work is not None
        self._news.clear()
        heard = asyncio.ensure_future(self._news.wait())
        await asyncio.wait({heard, self._work}, return_when=asyncio.FIRST_COMPLETED)
        heard.cancel()
        if self._work.done():
            self._work.result()

    def move_clock(self, apart: timedelta) -> None:
        """For this life and those that follow."""
        seconds = apart.total_seconds()
        self.life = replace(self.life, apart=seconds)
        assert self.process is not None and self.process.stdin is not None
        if not self.process.stdin.is_closing():
            self.process.stdin.write(f"{seconds}\n".encode())

    async def stop(self) -> None:
        assert self._work is not None and self.process is not None
        self._work.cancel()
        await asyncio.wait([self._work])
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if not self._work.cancelled():
            self._work.result()

    def office(self) -> Office:
        """What the bot knows, while it is not running."""
        with Vault.open(self.folder, PASSPHRASE) as vault:
            office = Book(vault).read()
            assert office is not None
            return office


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as found:
        yield found


async def one_epoch(
    lives: Lives, server: Homeserver, stack: AsyncExitStack
) -> tuple[list[Walker], list[Walker]]:
    """The old and the new accounts of everyone, all of them in their room."""
    lives.start()
    stack.push_async_callback(lives.stop)
    await lives.until("invite", PEOPLE)

    async def road() -> str:
        return (await stack.enter_async_context(own_address(server, next(_numbers)))).url

    old = []
    for link in lives.invites[:PEOPLE]:
        walker = await Walker.come(replace(Invite.parse(link), homeserver=await road()))
        stack.push_async_callback(walker.close)
        walker.patience = PATIENCE
        await walker.ask()
        old.append(walker)
    await lives.until("Asked", PEOPLE)
    lives.move_clock(-WINDOW / 2)
    new = [await walker.redeem(await road()) for walker in old]
    for walker in new:
        stack.push_async_callback(walker.close)
        walker.patience = PATIENCE
    await lives.until("Shown", PEOPLE)
    lives.move_clock(WINDOW * 0.51)
    for walker in new:
        await walker.arrive()
    await new[0].sees(EpochOpened, epoch=2)
    await lives.until("kept seat:2", 1)
    return old, new


def check(old: Sequence[Walker], new: Sequence[Walker], lives: Lives) -> None:
    """One new room, one chain, everyone in it once."""
    [room] = {walker.room_id for walker in new}
    [ledger] = [r for r in new[0].records() if isinstance(r.body, Admitted)]
    assert isinstance(ledger.body, Admitted)
    assert (ledger.body.issued, ledger.body.count) == (PEOPLE, PEOPLE)
    chain = new[0].chain()
    assert chain.epoch is not None and chain.epoch.epoch == 2
    assert [r.sequence for r in old[0].records()] == list(range(1, chain.sequence + 1))
    assert len([r for r in old[0].records() if isinstance(r.body, Issued)]) == 1
    members = new[0].vault.rooms.members(room)
    assert members.keys() == {walker.user_id for walker in new} | {new[0].bot}
    office = lives.office()
    assert office.room_id == room
    assert office.seats.keys() == {walker.user_id for walker in new}
    assert office.move is None


def lives_of(
    server: Homeserver, folder: Path, moments: Sequence[str], *, mortal: bool = True
) -> Lives:
    account = bot_account(server)
    name = account.user_id[1:].partition(":")[0]
    apart = (-WINDOW * 1.5).total_seconds()
    life = Life(server.base_url, name, account.password, apart, PEOPLE, mortal, tuple(moments))
    return Lives(folder / "bot", life)


async def rooms_of_the_bot(server: Homeserver, lives: Lives) -> int:
    """How many rooms the bot is in that it made itself: a crash must not make one more."""
    with Vault.open(lives.folder, PASSPHRASE) as vault:
        [account] = vault.accounts.all()
        assert set(vault.records.items(SEALING)) <= {"2", "3", "4"}  # that of epoch 1 is gone
    api = server.api(account.access_token)
    joined = await asyncio.to_thread(api.call, "GET", "/_matrix/client/v3/joined_rooms")
    return len(joined["joined_rooms"]) - PEOPLE  # each has a room of two with the bot


@pytest.mark.timeout(600)
async def test_killed_after_everything_that_it_does(
    circle_homeserver: Homeserver, tmp_path: Path, stack: AsyncExitStack
) -> None:
    """After the server or the signer has done something, before that is kept: the worst moment."""
    lives = lives_of(circle_homeserver, tmp_path, ("done", "shown"))
    old, new = await one_epoch(lives, circle_homeserver, stack)
    await lives.stop()
    check(old, new, lives)
    assert await rooms_of_the_bot(circle_homeserver, lives) == 3
    assert len(lives.died_at) >= 20, lives.died_at


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_killed_at_every_moment(
    circle_homeserver: Homeserver, tmp_path: Path, stack: AsyncExitStack
) -> None:
    lives = lives_of(circle_homeserver, tmp_path, points.MOMENTS)
    old, new = await one_epoch(lives, circle_homeserver, stack)
    await lives.stop()
    check(old, new, lives)
    assert await rooms_of_the_bot(circle_homeserver, lives) == 3
    assert len(lives.died_at) >= 70, lives.died_at
