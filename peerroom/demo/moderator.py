"""The moderator bot of the demo: the real one, on an account that was made for it."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from peerroom.bot.account import account_of
from peerroom.bot.runtime import Bot
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.i18n import _
from peerroom.store.vault import Vault

BOT: Final = "moderator"
RECOVERY: Final = "recovery"
"""Their names on the server, which must know them before they are there (see `World`)."""


class Moderator:
    """A bot at work. Its vault is in memory; it and its rooms go with the server."""

    def __init__(self, bot: Bot, vault: Vault, user_id: str) -> None:
        self._bot = bot
        self._vault = vault
        self._work = asyncio.create_task(bot.run())
        self.user_id = user_id

    @classmethod
    async def start(cls, server: Homeserver, *, clock: Clock, random: Random) -> Moderator:
        """Start a bot on ``server`` and return once it is at work in its room."""
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
        bot = await Bot.open(vault, stored, config, clock=clock, random=random)
        moderator = cls(bot, vault, account.user_id)
        try:
            await moderator._at_work()
        except BaseException:
            await moderator.stop()
            raise
        return moderator

    @property
    def room_id(self) -> str:
        """The encrypted room that members come into."""
        return self._bot.circle.circle

    async def invite(self) -> str:
        """A new one-use invite link."""
        [link] = await self._bot.make_invites(1)
        return link

    async def stop(self) -> None:
        """End it; its rooms stay."""
        self._work.cancel()
        await asyncio.wait([self._work])
        await self._bot.close()
        self._vault.close()
        if not self._work.cancelled():
            self._work.result()  # it ended before it was told to: say why

    async def _at_work(self) -> None:
        """Return once the bot is ready; raise what kept it from it."""
        ready = asyncio.create_task(self._bot.ready())
        await asyncio.wait([ready, self._work], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._work.done():
            self._work.result()
