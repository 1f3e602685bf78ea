"""The moderator bot of the demo: the real one, on an account that was made for it."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from peerroom.bot.account import account_of
from peerroom.bot.epochs.queueing import REFUSED
from peerroom.bot.runtime import Bot
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.i18n import _
from peerroom.moderation.state import Role
from peerroom.pseudonym.epochs import Policy
from peerroom.pseudonym.registrar_effects import Refusal
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault

BOT: Final = "moderator"
RECOVERY: Final = "recovery"
"""Their names on the server, which must know them before they are there (see `World`)."""


class Moderator:
    """A bot at work. Its vault is in memory; it and its rooms go with the server."""

    def __init__(
        self, vault: Vault, account: Account, config: Config, *, clock: Clock, random: Random
    ) -> None:
        self._vault = vault
        self._account = account
        self._config = config
        self._clock = clock
        self._random = random
        self._bot: Bot | None = None
        self._work: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls, server: Homeserver, *, policy: Policy | None = None, clock: Clock, random: Random
    ) -> Moderator:
        """Start a bot on ``server`` and return once it is at work in its room, where names change
        by ``policy`` or stay."""
        account = await asyncio.to_thread(
            server.register, BOT, display_name=_("Moderator bot"), admin=True
        )
        recovery = await asyncio.to_thread(server.register, RECOVERY)
        config = Config(
            bot=BotConfig(
                homeserver=server.base_url,
                username=BOT,
                room=_("Kitchen table (demo)"),
                recovery=recovery.user_id,
            )
        )
        vault = Vault.ephemeral()
        stored = await account_of(vault, config, account.password, clock=clock, random=random)
        moderator = cls(vault, stored, config, clock=clock, random=random)
        try:
            await moderator.begin(policy)
        except BaseException:
            await moderator.stop()
            raise
        return moderator

    async def begin(self, policy: Policy | None) -> None:
        """Be at work in a circle where names change by ``policy``; what was begun goes on."""
        await self.pause()
        self._bot = await Bot.open(
            self._vault,
            self._account,
            self._config,
            clock=self._clock,
            random=self._random,
            policy=policy,
        )
        self._work = asyncio.create_task(self._bot.run())
        ready = asyncio.create_task(self._bot.ready())
        await asyncio.wait([ready, self._work], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._work.done():
            self._work.result()

    @property
    def user_id(self) -> str:
        return self._account.user_id

    @property
    def room_id(self) -> str:
        """The encrypted room that members come into, and talk in now."""
        return self._at_work.circle.circle

    @property
    def desk(self) -> str:
        """The encrypted room in which the bot takes commands."""
        return self._at_work.circle.management

    @property
    def office(self) -> Office:
        """What the bot knows of seats, requests and tokens; only where names change."""
        epochs = self._at_work.epochs
        assert epochs is not None
        return epochs.office

    def refused(self, why: Refusal) -> int:
        """How often the bot did not accept what somebody showed it."""
        return self._at_work.ledger.counts().get(f"{REFUSED}{why}", 0)

    async def invite(self, role: Role = "member") -> str:
        """A new one-use invite link."""
        [link] = await self._at_work.make_invites(1, role)
        return link

    async def idle(self) -> None:
        """Wait until everything that was decided is carried out."""
        await self._at_work.idle()

    async def stop(self) -> None:
        """End it; its rooms stay."""
        await self.pause()
        self._vault.close()

    async def pause(self) -> None:
        """End it, at whatever moment; `begin` goes on."""
        bot, work = self._bot, self._work
        self._bot = self._work = None
        if work is not None:
            work.cancel()
            await asyncio.wait([work])
        if bot is not None:
            await bot.close()
        if work is not None and not work.cancelled():
            work.result()  # it ended before it was told to: say why

    @property
    def _at_work(self) -> Bot:
        assert self._bot is not None
        return self._bot
