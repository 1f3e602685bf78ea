"""A rotating bot in a process of its own, to be ended: ``python -m support.rotating_bot FOLDER``.

The first line of standard input is a `Life` as JSON. The bot ends itself by SIGKILL at the first
moment (`peerroom.bot.epochs.points`) that is not in ``survived``, after it has said which it was.
Further lines are new distances of its clock from the machine's, in seconds.

It says, a line each: ``at work``; ``invite LINK``; ``told FACT``, which is not committed yet;
``kept EFFECT``; ``moment WHAT`` before its end.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

from support.clock import ShiftedClock
from support.vaults import CHEAP

from peerroom.bot.account import account_of
from peerroom.bot.epochs import points
from peerroom.bot.runtime import Bot
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.store.vault import Vault

WINDOW = timedelta(hours=1)
POLICY = Policy(rhythm=Every(2 * WINDOW), window=WINDOW, freeze=timedelta(0), floor=2)
PASSPHRASE = "words of the host"


@dataclass
class Life:
    """What one life of the bot is to be."""

    homeserver: str
    username: str
    password: str
    apart: float
    """Seconds of its clock from the machine's."""
    invites: int = 0
    mortal: bool = True
    moments: tuple[str, ...] = points.MOMENTS
    """At which it may end."""
    survived: list[str] = field(default_factory=list)

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def live(folder: Path, life: Life, lines: asyncio.StreamReader) -> None:
    clock = ShiftedClock(timedelta(seconds=life.apart))
    config = Config(
        bot=BotConfig(homeserver=life.homeserver, username=life.username, room="Kitchen table")
    )
    survived = set(life.survived)

    def reached(moment: points.Moment, key: str) -> None:
        name = f"{moment} {key}"
        if life.mortal and moment in life.moments and name not in survived:
            say(f"moment {name}")
            os.kill(os.getpid(), signal.SIGKILL)
        if moment in ("told", "kept"):
            say(name)

    vault = (
        Vault.open(folder, PASSPHRASE)
        if Vault.exists(folder)
        else Vault.create(folder, PASSPHRASE, cost=CHEAP)
    )
    chance = random.SystemRandom()
    account = await account_of(vault, config, life.password, clock=clock, random=chance)
    bot = await Bot.open(vault, account, config, clock=clock, random=chance, policy=POLICY)

    async def follow_clock() -> None:
        while line := await lines.readline():
            clock.set_apart(timedelta(seconds=float(line)))

    async def invite() -> None:
        await bot.ready()
        say("at work")
        for link in await bot.make_invites(life.invites) if life.invites else []:
            say(f"invite {link}")

    with points.watched(reached):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bot.run())
            tasks.create_task(follow_clock())
            tasks.create_task(invite())


async def main(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    life = Life(**json.loads(await lines.readline()))
    await live(folder, life, lines)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
