"""Keeps one circle's bot at work: opens its vault, runs it, and knows what to do when it ends.

What waiting can mend is tried again. For what it cannot, moderators are asked in their room; where
that cannot be reached, `Keeper.run` ends with `Ended`, which tells the host what can be done.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, Literal, NoReturn, TypeVar

from peerroom.bot import recovery, safe
from peerroom.bot.account import account_of
from peerroom.bot.backup_asked import Asked
from peerroom.bot.circle import NAMESPACE
from peerroom.bot.figures import Figures, figures
from peerroom.bot.ledger import Ledger
from peerroom.bot.runtime import Bot
from peerroom.bot.safe import Choice, Trouble
from peerroom.bot.safe_room import SafeRoom
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.store import keys
from peerroom.store.accounts import Account
from peerroom.store.errors import VaultBusy
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")

LABEL: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("circle", default="")
"""Which of several circles this task works for, for its lines in the log."""

T = TypeVar("T")
Stage = Literal["starting", "working", "again", "safe", "ended"]


class BotAlreadyRuns(PeerRoomError):
    """Another process has the bot's vault open."""

    what = N_("The bot is already running.")
    next_step = N_("Stop it first; invites it also makes by `!invite` in the moderators' room.")


class Ended(Exception):
    """Nothing more can be done without the host. Fields: what is wrong and what can be done."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Home:
    """Where a circle's bot lives. Settings and secrets are asked for when they are needed."""

    settings: Callable[[], Config] = field(repr=False)
    folder: Callable[[Config], Path] = field(repr=False)
    """Of its vault."""
    passphrase: Callable[[Config], str] = field(repr=False)
    password: Callable[[Config], str | None] = field(repr=False)
    label: str = ""
    """Which of several circles; the host's own word, never the room's name."""
    recover: tuple[Choice, ...] = ()
    """What the host chose on the command line; carried out once."""


class Keeper:
    """One circle, from the opening of its vault to the end."""

    def __init__(self, home: Home, *, clock: Clock, random: Random) -> None:
        self.home: Final = home
        self._clock = clock
        self._random = random
        self._key: bytes | None = None
        self._recover = home.recover
        self._vault: Vault | None = None
        self._bot: Bot | None = None
        self.stage: Stage = "starting"
        self._turned = asyncio.Event()
        self.trouble: Trouble | None = None
        """What is wrong, while something is."""

    async def run(self) -> None:
        """Work until cancelled. Raises `Ended`, `BotAlreadyRuns`."""
        LABEL.set(self.home.label)
        try:
            while True:
                await self._live_again()
        finally:
            self._turn("ended", self.trouble)

    async def _live_again(self) -> None:
        try:
            await self._live()
        except BotAlreadyRuns:
            raise
        except PeerRoomError as error:  # of the settings, or of the vault itself
            trouble = safe.diagnose(error, (), self._clock.now())
            if trouble.again is None:
                self._give_up(trouble)
            await self._pause(trouble, trouble.again)

    async def reach(self, stage: Stage) -> None:
        """Wait until it is at this stage."""
        while self.stage != stage:
            self._turned.clear()
            await self._turned.wait()

    def _turn(self, stage: Stage, trouble: Trouble | None) -> None:
        self.stage, self.trouble = stage, trouble
        self._turned.set()

    def figures(self) -> Figures | None:
        """How it is doing, in numbers; None while its vault is closed."""
        if self._vault is None or self._bot is None:
            return None
        return figures(self._vault, self._bot.ledger, self._bot.pulse, self._clock)

    async def _live(self) -> NoReturn:
        """One opening of the vault, for as long as it can be used."""
        config = self.home.settings()
        with self._opened(config) as vault, Asked(vault):
            ledger = Ledger(vault, invite_days=config.bot.invite_days)
            for choice in self._recover:
                recovery.recover(vault, ledger, choice, "host", self._clock.now())
            self._recover = ()
            while True:
                error = await self._worked(vault, config)
                trouble = self._diagnosed(vault, error)
                if trouble.again is not None:
                    await self._pause(trouble, trouble.again)
                    continue
                account = vault.accounts.current()
                known = vault.records.get(NAMESPACE, "management") is not None
                if not trouble.in_room or account is None or not known:
                    self._give_up(trouble)
                await self._ask(vault, config, account, trouble)

    @contextmanager
    def _opened(self, config: Config) -> Iterator[Vault]:
        folder = self.home.folder(config)
        if self._key is None:
            passphrase = self.home.passphrase(config)
            if not Vault.exists(folder):
                Vault.create(folder, passphrase).close()
            self._key = keys.unlock(folder, passphrase)
        try:
            vault = Vault.open_with_key(folder, self._key)
        except VaultBusy as error:
            raise BotAlreadyRuns from error
        with vault:
            self._vault = vault
            try:
                yield vault
            finally:
                self._vault = None

    async def _worked(self, vault: Vault, config: Config) -> BaseException:
        """Run the bot until it ends by an error, and return that. Passes on being cancelled."""
        self._turn("starting", self.trouble)
        error = (await _ended(self._work(vault, config))).exception()
        assert error is not None
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise error
        return error

    async def _work(self, vault: Vault, config: Config) -> NoReturn:
        clock, random = self._clock, self._random
        password = self.home.password(config)
        account = await account_of(vault, config, password, clock=clock, random=random)
        bot = await Bot.open(vault, account, config, clock=clock, random=random)
        ready = asyncio.ensure_future(self._told_ready(bot))
        self._bot = bot
        try:
            await bot.run()
        finally:
            self._bot = None
            ready.cancel()
            await bot.close()
        raise AssertionError("the bot runs until it is cancelled")

    async def _told_ready(self, bot: Bot) -> None:
        await bot.ready()
        self._turn("working", None)

    def _diagnosed(self, vault: Vault, error: BaseException) -> Trouble:
        now = self._clock.now()
        crashes = []
        if safe.is_crash(error):
            log.error("the bot stopped: %s at %s", type(error).__name__, place_of(error))
            try:
                crashes = recovery.note_crash(vault, now)
            except PeerRoomError as worse:
                return safe.diagnose(worse, (), now)
        else:
            log.error("the bot stopped: %s", type(error).__name__)
        return safe.diagnose(error, crashes, now)

    async def _pause(self, trouble: Trouble, seconds: float) -> None:
        self._turn("again", trouble)
        log.warning("trying again in %.0f seconds", seconds)
        await self._clock.sleep(seconds)

    async def _ask(self, vault: Vault, config: Config, account: Account, trouble: Trouble) -> None:
        """Safe mode in the moderators' room. Raises `Ended` where that cannot be reached."""
        self._turn("safe", trouble)
        room = SafeRoom(vault, account, config, trouble, clock=self._clock, random=self._random)
        asked = await _ended(room.ask())
        if (error := asked.exception()) is not None:
            kind, place = type(error).__name__, place_of(error)
            log.error("the moderators cannot be asked: %s at %s", kind, place)
            self._give_up(trouble)
        choice, by = asked.result()
        log.warning("going on: %s", choice)
        ledger = Ledger(vault, invite_days=config.bot.invite_days)
        recovery.recover(vault, ledger, choice, by, self._clock.now())

    def _give_up(self, trouble: Trouble) -> NoReturn:
        self.trouble = trouble
        raise Ended(trouble)


async def _ended(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """The task of ``work`` once it has ended, in whatever way. To be cancelled cancels it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise
    return task


def place_of(error: BaseException) -> str:
    """File and line where it was raised: no value, so nothing of what was said."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "?"
    last = frames[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
