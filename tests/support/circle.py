"""A real room on a real server, kept by the real bot, and people who come in by invite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any, Self, TypeVar

from support.patience import PATIENCE
from support.servers import bot_account

from peerroom.bot.account import account_of
from peerroom.bot.runtime import Bot
from peerroom.client.joining import join
from peerroom.client.session import Client
from peerroom.client.views import MessageView
from peerroom.clock import Clock, SystemClock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config, Privacy
from peerroom.host.homeserver import Homeserver
from peerroom.moderation.actions import SetProtection
from peerroom.moderation.protection import Mode
from peerroom.moderation.protections import PROTECTIONS
from peerroom.pseudonym.epochs import Policy
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite

CLOCK = SystemClock()
RANDOM = SystemRandom()

T = TypeVar("T")


async def until(client: Client, look: Callable[[], T | None], within: float = PATIENCE) -> T:
    """The first true thing that ``look`` finds, looking again whenever ``client`` changes."""
    changed = asyncio.Event()
    unsubscribe = client.subscribe(lambda _change: changed.set())
    try:
        async with asyncio.timeout(within):
            while not (found := look()):
                changed.clear()
                await changed.wait()
            return found
    finally:
        unsubscribe()


@dataclass
class Guest:
    """Someone with a vault and a running client."""

    vault: Vault
    client: Client
    room_id: str

    def say(self, text: str) -> str:
        return self.client.send(self.room_id, text)

    def messages(self, limit: int = 50) -> list[MessageView]:
        return [m for m in self.client.timeline(self.room_id).page(limit=limit) if m.kind == "text"]

    def bodies(self, limit: int = 50) -> list[str]:
        return [message.body for message in self.messages(limit)]

    async def sees(self, body: str) -> MessageView:
        return await until(
            self.client, lambda: next((m for m in self.messages() if m.body == body), None)
        )

    async def online(self) -> None:
        await until(self.client, lambda: self.client.connection.kind == "online")

    async def stop(self) -> None:
        await self.client.stop()
        self.vault.close()


@dataclass
class Circle:
    """The bot and its room."""

    server: Homeserver
    vault: Vault = field(default_factory=Vault.ephemeral)
    policy: Policy | None = None
    """When names change; None where they stay."""
    clock: Clock = CLOCK
    guests: list[Guest] = field(default_factory=list)
    bot: Bot = field(init=False)
    _config: Config = field(init=False)
    _work: asyncio.Task[None] = field(init=False)

    @classmethod
    async def start(
        cls,
        server: Homeserver,
        *,
        seats: int = 50,
        moderators: tuple[str, ...] = (),
        policy: Policy | None = None,
        clock: Clock = CLOCK,
        homeserver: str | None = None,
    ) -> Self:
        """With a ``policy`` (`Every` for short epochs) names rotate, and the first epoch is open
        when this returns. ``homeserver`` is the bot's own way to the server."""
        circle = cls(server, policy=policy, clock=clock)
        account = await asyncio.to_thread(bot_account, server)
        config = Config(
            bot=BotConfig(
                homeserver=homeserver or server.base_url,
                username=account.user_id[1:].partition(":")[0],
                room="Kitchen table",
                seats=seats,
                moderators=moderators,
            )
        )
        await account_of(circle.vault, config, account.password, clock=CLOCK, random=RANDOM)
        circle._config = config
        await circle.resume()
        return circle

    async def pause(self) -> None:
        """The bot goes away; its vault stays."""
        self._work.cancel()
        await asyncio.wait([self._work])
        await self.bot.close()
        if not self._work.cancelled():
            self._work.result()

    async def resume(self) -> None:
        """The bot comes (back), and is at work when this returns."""
        stored = self.vault.accounts.all()[0]
        self.bot = await Bot.open(
            self.vault, stored, self._config, clock=self.clock, random=RANDOM, policy=self.policy
        )
        self._work = asyncio.create_task(self.bot.run())
        ready = asyncio.create_task(self.bot.ready())
        await asyncio.wait([self._work, ready], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._work.done():
            self._work.result()

    @property
    def room_id(self) -> str:
        return self.bot.circle.circle

    @property
    def bot_id(self) -> str:
        return self.vault.accounts.all()[0].user_id

    def protect(self, name: str, mode: Mode, **settings: Any) -> None:
        """Have the bot watch for something in this way from now on."""
        change = SetProtection(name, None, mode, settings or None)
        self.bot.ledger.apply(change, self.clock.now())

    def watch_nothing(self) -> None:
        """For tests that write more, or worse, than people do, and are not about protections."""
        for name in PROTECTIONS:
            self.protect(name, "off")

    async def invite(self) -> Invite:
        [link] = await self.bot.make_invites(1)
        return Invite.parse(link)

    async def admit(self, vault: Vault) -> None:
        """Let a new account of ``vault`` in."""
        async for _step in join(await self.invite(), vault, clock=CLOCK, random=RANDOM):
            pass

    async def guest(
        self, folder: Path | None = None, *, homeserver: str | None = None, clock: Clock = CLOCK
    ) -> Guest:
        """Someone new in the room, connected. ``homeserver`` is another way to the same server."""
        vault = Vault.ephemeral() if folder is None else Vault.create(folder, "a few words")
        await self.admit(vault)
        return await self.run(vault, homeserver=homeserver, clock=clock)

    async def run(
        self, vault: Vault, *, homeserver: str | None = None, clock: Clock = CLOCK
    ) -> Guest:
        """A client for the account in ``vault``, started and up to date."""
        account = vault.accounts.current()
        assert account is not None
        if homeserver is not None:
            from dataclasses import replace

            account = replace(account, homeserver=homeserver)
        config = Config(privacy=Privacy())
        client = Client(vault, account, config=config, clock=clock, random=RANDOM)
        guest = Guest(vault, client, self.room_id)
        self.guests.append(guest)
        await client.start()
        await until(client, lambda: client.room(self.room_id))
        await guest.online()
        return guest

    async def stop(self) -> None:
        for guest in self.guests:
            with suppress(asyncio.CancelledError):
                await guest.stop()
        await self.pause()
        self.vault.close()
