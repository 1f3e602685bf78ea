"""A bot in a process of its own that does one thing, to be ended at a moment of it:
``python -m support.mortal_bot FOLDER``.

The first line of standard input is a `Life` as JSON. The bot ends itself by SIGKILL at the first
moment (`peerroom.bot.points`) that is not in ``survived``, after it has said which it was, or after
``lasts`` seconds. It says, a line each: ``rooms CIRCLE DESK``; ``invite LINK``; ``at work``;
``moment WHAT`` before its end; ``done`` when nothing is left to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from support.vaults import CHEAP

from peerroom.bot import points
from peerroom.bot.account import account_of
from peerroom.bot.runtime import Bot
from peerroom.clock import SystemClock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.moderation import actions as act
from peerroom.moderation.protections import PROTECTIONS
from peerroom.store.vault import Vault

PASSPHRASE = "words of the host"


@dataclass
class Life:
    """What one life of the bot is to be."""

    homeserver: str
    username: str
    password: str
    invites: int = 0
    moderators: int = 0
    mortal: bool = True
    watches: bool = True
    """With protections; without, only what it is told is done."""
    survived: list[str] = field(default_factory=list)
    lasts: float | None = None
    """Seconds after which it is ended, wherever it is."""

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def live(folder: Path, life: Life, lines: asyncio.StreamReader) -> None:
    clock, chance = SystemClock(), random.SystemRandom()
    bot_config = BotConfig(homeserver=life.homeserver, username=life.username, room="Kitchen table")
    config = Config(bot=bot_config)
    survived = set(life.survived)

    def reached(moment: points.Moment, what: str) -> None:
        name = f"{moment} {what}"
        if life.mortal and name not in survived:
            say(f"moment {name}")
            die()

    vault = (
        Vault.open(folder, PASSPHRASE)
        if Vault.exists(folder)
        else Vault.create(folder, PASSPHRASE, cost=CHEAP)
    )
    account = await account_of(vault, config, life.password, clock=clock, random=chance)
    bot = await Bot.open(vault, account, config, clock=clock, random=chance)

    if not life.watches:
        for name in PROTECTIONS:
            bot.ledger.apply(act.SetProtection(name, None, "off"), clock.now())

    async def work() -> None:
        await bot.ready()
        say(f"rooms {bot.circle.circle} {bot.circle.management}")
        for role, count in (("moderator", life.moderators), ("member", life.invites)):
            for link in await bot.make_invites(count, role) if count else []:  # type: ignore[arg-type]
                say(f"invite {link}")
        if life.lasts is not None:
            asyncio.get_running_loop().call_later(life.lasts, die)
        say("at work")
        while await lines.readline():
            await bot.idle()
            say("done")

    with points.watched(reached):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bot.run())
            tasks.create_task(work())


async def main(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    life = Life(**json.loads(await lines.readline()))
    await live(folder, life, lines)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
