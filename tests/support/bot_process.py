"""``peerroom bot`` as a host runs it: settings, secrets in files, a process of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from support.accounts import TestAccount
from support.circle import CLOCK, RANDOM, Guest, until
from support.members import connect, log_in
from support.patience import PATIENCE
from support.plain_process import Process
from support.servers import bot_account

from peerroom.bot.ledger import Ledger
from peerroom.client.joining import join
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.moderation.actions import SetProtection
from peerroom.moderation.protections import PROTECTIONS
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite

ROOM = "Kitchen table"


@dataclass(frozen=True)
class BotHome:
    """What a host has prepared for one bot."""

    folder: Path
    """Settings and data; nothing in it may be readable but the settings."""
    user_id: str
    password: str = field(repr=False)
    passphrase: str = field(repr=False)
    secrets: Path
    """The two files that hold the secrets, outside of ``folder``."""

    @classmethod
    def make(
        cls,
        folder: Path,
        server: Homeserver,
        *,
        homeserver: str | None = None,
        admin: bool = True,
        moderators: Sequence[str] = (),
    ) -> Self:
        """A new account for a bot on ``server``; ``homeserver`` is another way to it."""
        account = bot_account(server, admin=admin)
        home = cls(
            folder / "home",
            account.user_id,
            account.password,
            "words of the host",
            folder / "secrets",
        )
        home.folder.mkdir(mode=0o700, parents=True)
        home.secrets.mkdir(mode=0o700)
        (home.secrets / "password").write_text(home.password)
        (home.secrets / "passphrase").write_text(home.passphrase)
        settings = {
            "homeserver": homeserver or server.base_url,
            "username": account.user_id[1:].partition(":")[0],
            "room": ROOM,
            "moderators": list(moderators),
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        (home.folder / "config.toml").write_text("\n".join(["[bot]", *lines, ""]))
        return home

    @property
    def data(self) -> Path:
        """Where the bot keeps its vault."""
        return self.folder / "data"

    async def start(self, *words: str, errors: Path | None = None) -> Process:
        """``peerroom bot words``."""
        environ = {
            "PEERROOM_BOT_PASSWORD_FILE": str(self.secrets / "password"),
            "PEERROOM_BOT_PASSPHRASE_FILE": str(self.secrets / "passphrase"),
        }
        return await Process.start(
            "bot", *words, data=self.data, environ=environ, errors=errors, umask=0
        )

    def watch_nothing(self) -> None:
        """For tests that write worse than people do: no protection, from the next start on. Call
        after `invites`, which makes the vault."""
        with self.vault() as vault:
            ledger = Ledger(vault, invite_days=7)
            for name in PROTECTIONS:
                ledger.apply(SetProtection(name, None, "off", None), CLOCK.now())

    async def invites(self, count: int = 1, *, moderator: bool = False) -> list[Invite]:
        """Links made by ``peerroom bot invite``, while the bot is not running."""
        process = await self.start(
            "invite", "--count", str(count), *(["--moderator"] if moderator else [])
        )
        assert await process.ends() == 0, process.said
        links = [line for line in process.said if line.startswith("peerroom:join/")]
        return [Invite.parse(link) for link in links]

    async def at_work(self) -> Process:
        """The bot, running."""
        process = await self.start("run")
        await process.hears("at work")
        return process

    def vault(self) -> Vault:
        """The bot's vault, while no bot runs."""
        return Vault.open(self.data / "bot", self.passphrase)


async def come_in(invite: Invite, vault: Vault | None = None) -> Guest:
    """Someone let in by ``invite``, with a running client in this process."""
    vault = vault or Vault.ephemeral()
    async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
        pass
    return await _connected(vault)


async def arrive(account: TestAccount) -> Guest:
    """Someone whom the bot's settings name, in by its two invitations, with a running client."""
    vault = Vault.ephemeral()
    device = await log_in(account)
    kept = vault.accounts.add(
        homeserver=account.homeserver,
        user_id=device.user_id,
        device_id=device.device_id,
        access_token=device.access_token,
        password=account.password,
    )
    member = await connect(vault, kept)
    await member.connection.start()
    async with asyncio.timeout(PATIENCE):
        while len(rooms := vault.rooms.all()) < 2:
            await member.turn(poll=5)
    for room in rooms:
        await member.connection.rooms.join(room.room_id)
    await member.connection.close()
    return await _connected(vault)


async def _connected(vault: Vault) -> Guest:
    account = vault.accounts.current()
    assert account is not None
    client = Client(vault, account, config=Config(), clock=CLOCK, random=RANDOM)
    await client.start()
    room = await until(
        client, lambda: next((r for r in client.rooms() if r.joined and r.title == ROOM), None)
    )
    guest = Guest(vault, client, room.room_id)
    await guest.online()
    return guest


async def desk_of(moderator: Guest) -> Guest:
    """The same person, in the moderators' room."""
    client = moderator.client

    def found() -> str | None:
        titles = {room.title: room.room_id for room in client.rooms() if room.joined}
        return titles.get(f"{ROOM} moderators")

    return Guest(moderator.vault, client, await until(client, found))
