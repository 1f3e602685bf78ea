"""A bot as ``peerroom bot run`` keeps it, in this process, on a vault that is on the disk."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from support.bot_process import BotHome
from support.circle import RANDOM
from support.patience import PATIENCE

from peerroom.bot.keeper import Ended, Home, Keeper, Stage
from peerroom.bot.runtime import Bot
from peerroom.bot.safe import AGAIN, Choice
from peerroom.clock import SystemClock
from peerroom.config import load
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault


class BrisklyAgain(SystemClock):
    """The machine's clock, but the pause after a crash is none."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0.0 if seconds == AGAIN else seconds)


@dataclass
class KeptBot:
    """Starts, stops and looks at one keeper after the other on the same vault."""

    home: BotHome
    label: str = ""
    keeper: Keeper = field(init=False)
    _work: asyncio.Task[None] = field(init=False)

    @classmethod
    def make(cls, folder: Path, server: Homeserver, label: str = "") -> Self:
        return cls(BotHome.make(folder, server), label)

    @property
    def folder(self) -> Path:
        return self.home.data / "bot"

    def place(self, *recover: Choice) -> Home:
        return Home(
            settings=lambda: load(self.home.folder / "config.toml"),
            folder=lambda _config: self.folder,
            passphrase=lambda _config: self.home.passphrase,
            password=lambda _config: self.home.password,
            label=self.label,
            recover=recover,
        )

    def start(self, *recover: Choice) -> None:
        self.keeper = Keeper(self.place(*recover), clock=BrisklyAgain(), random=RANDOM)
        self._work = asyncio.create_task(self.keeper.run())

    async def reaches(self, stage: Stage) -> None:
        """Wait until the keeper is there; an end before that is raised."""
        there = asyncio.create_task(self.keeper.reach(stage))
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([there, self._work], return_when=asyncio.FIRST_COMPLETED)
        there.cancel()
        if stage != "ended" and self._work.done():
            self._work.result()

    async def ends(self) -> Ended:
        """How it ended by itself."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self._work])
        error = self._work.exception()
        assert isinstance(error, Ended), error
        return error

    async def stop(self) -> None:
        self._work.cancel()
        await asyncio.wait([self._work])

    @property
    def bot(self) -> Bot:
        assert self.keeper._bot is not None
        return self.keeper._bot

    def vault(self) -> Vault:
        """The vault, while no bot runs."""
        return Vault.open(self.folder, self.home.passphrase)
