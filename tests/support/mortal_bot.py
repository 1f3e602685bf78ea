"""A bot that lives many times and is ended anywhere: ``python -m support.mortal_bot FOLDER``.

Each line of standard input is a `Life` as JSON. It is lived by a fork, so that a crash costs only
itself: what a bot is made of was loaded before. Whoever started this may end a life by its number,
too (`support.bot_lives`). It says, a line each:

``born PID``
    a life begins
``invite LINK``
    one of those that the life was to make
``moment WHAT``
    it ends itself here
``done FIGURES``
    nothing is left to do, and it ends itself: how much it went through, by kind, as JSON
``ended SIGNAL``
    it is over; the number is free for the next life only after that one was asked for
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Final, Literal, TypeVarTuple

import sqlcipher3
from support.vaults import CHEAP

from peerroom.bot import making, points, reader
from peerroom.bot.account import account_of
from peerroom.bot.runtime import Bot
from peerroom.clock import SystemClock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.matrix import commit_points
from peerroom.moderation import actions as act
from peerroom.moderation import measures, untold
from peerroom.moderation.protections import PROTECTIONS
from peerroom.store.database import Database
from peerroom.store.vault import Vault

PASSPHRASE: Final = "words of the host"

_Arguments = TypeVarTuple("_Arguments")

Unit = Literal[
    "moment",  # of `peerroom.bot.points` and `peerroom.matrix.commit_points`
    "statement",  # of SQL: also in the middle of a transaction
    "step",  # of the event loop: whatever was awaited, and whatever is next
]


@dataclass(frozen=True)
class Life:
    """What one life of the bot is to be."""

    homeserver: str
    username: str
    password: str = field(repr=False)
    invites: int = 0
    moderators: int = 0
    watches: Sequence[str] | None = None
    """The only protections that are on; None for as it is with nobody saying anything."""
    reads: Sequence[str] = ()
    """Events without which nothing is done."""
    survived: Sequence[str] | None = None
    """It ends at the first named moment that is not among these; None for at no new one."""
    ends: tuple[Unit, int] | None = None
    """It ends when it has gone through so many of these."""

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Way:
    """What a life goes through, counted, to its end."""

    def __init__(self, life: Life) -> None:
        self._survived = life.survived
        self._end = tuple(life.ends or ())  # from JSON it comes as a list
        self._gone: Counter[Unit] = Counter()
        self.news = asyncio.Event()

    def passes(self, unit: Unit) -> None:
        self._gone[unit] += 1
        if self._end == (unit, self._gone[unit]):
            die()

    def reaches(self, moment: str, what: str = "") -> None:
        self.news.set()
        name = f"{moment} {what}".strip()
        if self._survived is not None and name not in self._survived:
            say(f"moment {name}")
            die()
        self.passes("moment")

    def is_over(self) -> None:
        say(f"done {json.dumps(self._gone)}")
        die()


class CountedLoop(asyncio.SelectorEventLoop):
    """An event loop whose steps are counted."""

    def __init__(self, way: Way) -> None:
        self._way = way
        super().__init__()

    def call_soon(
        self,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        self._way.passes("step")
        return super().call_soon(callback, *args, context=context)


def count_statements(way: Way) -> None:
    """Each statement of the vault is counted before it is run."""
    run = Database._execute

    def counted(self: Database, sql: str, parameters: Sequence[object]) -> sqlcipher3.Cursor:
        way.passes("statement")
        return run(self, sql, parameters)

    Database._execute = counted


def is_judged(vault: Vault, event_id: str) -> bool:
    """Whether the bot has decided on an event."""
    event = vault.events.get(event_id)
    if event is None or event.status == "undecryptable":
        return False
    cursor = vault.records.get(reader.CURSORS, event.room_id)
    return cursor is not None and event.position <= cursor


async def live(folder: Path, life: Life, way: Way) -> None:
    # Without whoever asked for this life nobody would end it.
    asyncio.get_running_loop().add_reader(sys.stdin, die)
    clock, chance = SystemClock(), SystemRandom()
    bot_config = BotConfig(homeserver=life.homeserver, username=life.username, room="Kitchen table")
    config = Config(bot=bot_config)
    vault = (
        Vault.open(folder, PASSPHRASE)
        if Vault.exists(folder)
        else Vault.create(folder, PASSPHRASE, cost=CHEAP)
    )
    account = await account_of(vault, config, life.password, clock=clock, random=chance)
    bot = await Bot.open(vault, account, config, clock=clock, random=chance)
    if life.watches is not None:
        for name in PROTECTIONS.keys() - set(life.watches):
            bot.ledger.apply(act.SetProtection(name, None, "off"), clock.now())

    async def work() -> None:
        await bot.ready()
        for role, count in (("moderator", life.moderators), ("member", life.invites)):
            for link in await bot.make_invites(count, role) if count else []:  # type: ignore[arg-type]
                say(f"invite {link}")
        while not all(is_judged(vault, event_id) for event_id in life.reads):
            way.news.clear()
            await way.news.wait()
        await bot.idle()
        way.is_over()

    with points.watched(way.reaches), commit_points.watched(way.reaches):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bot.run())
            tasks.create_task(work())


def be_born(folder: Path, life: Life) -> None:
    way = Way(life)
    count_statements(way)
    # `!sweep` waits for a word; here every ban takes along what was said (MSC4293).
    ban = measures.ban
    measures.ban = lambda *told, **named: ban(*told, **named | {"redact": True})
    # A server beside us makes a room sooner than that: who waits longer is killed for nothing.
    making.UNDER_WAY = timedelta(seconds=10)
    # And nothing waits to be explained with what comes soon after it: how often somebody is told
    # something is not to depend on how long an evening takes.
    untold.AGAIN = timedelta(microseconds=1)
    with asyncio.Runner(loop_factory=partial(CountedLoop, way)) as runner:
        runner.run(live(folder, life, way))


def main(folder: Path) -> None:
    child: int | None = None
    for line in sys.stdin.buffer:
        if child is not None:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            be_born(folder, Life(**json.loads(line)))
            return
        say(f"born {child}")
        end = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert end is not None
        say(f"ended {end.si_status}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
