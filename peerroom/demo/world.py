"""The demo's world: a homeserver, the moderator bot, one encrypted room, three simulated members.

Everything lives in one private folder and in memory. `World.close` ends all of it and removes the
folder; so does the death of this process.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from random import Random
from typing import Final

from peerroom.clock import Clock
from peerroom.demo.conversation import Conversation
from peerroom.demo.member import Member
from peerroom.demo.moderator import BOT, RECOVERY, Moderator
from peerroom.demo.talk import Talk
from peerroom.host.homeserver import Homeserver, Progress
from peerroom.i18n import _, language
from peerroom.pseudonym.names import draws
from peerroom.store.vault import Vault

SIMULATED_MEMBERS: Final = 3


class World:
    """Built up step by step, in the order of the methods; torn down by `close`."""

    server: Homeserver
    moderator: Moderator

    def __init__(self, folder: Path, *, clock: Clock, random: Random) -> None:
        self.folder = folder
        self.members: list[Member] = []
        self._clock = clock
        self._random = random
        self._close = contextlib.AsyncExitStack()

    async def start_server(self, on_progress: Progress | None = None) -> None:
        """Start the homeserver, without rate limits: everyone here is at home."""
        self.server = await asyncio.to_thread(
            Homeserver.start,
            self.folder / "server",
            limits="open",
            bots=[BOT],
            allowed=[RECOVERY],
            remove=self.folder,
            on_progress=on_progress,
        )
        self._close.callback(self.server.stop)

    async def start_moderator(self) -> None:
        """Start the bot, which makes the room."""
        self.moderator = await Moderator.start(self.server, clock=self._clock, random=self._random)
        self._close.push_async_callback(self.moderator.stop)

    async def bring_members(self) -> None:
        """Let the simulated members come in by invite links, as anyone does."""
        names = draws(b"PeerRoom demo")
        for _number in range(SIMULATED_MEMBERS):  # at once is no faster: Synapse has one thread
            shown = next(names).shown(language())
            member = await self.enter(Vault.ephemeral())
            member.rename(_("{name} (simulated)").format(name=shown))
            self.members.append(member)

    async def enter(self, vault: Vault) -> Member:
        """A new member, come in by a fresh invite link; the world ends it and closes ``vault``."""
        invite = await self.moderator.invite()
        return self._until_close(
            await Member.enter(invite, vault, clock=self._clock, random=self._random)
        )

    async def come_back(self, vault: Vault) -> Member:
        """The member whose account ``vault`` holds, connected again."""
        return self._until_close(
            await Member.come_back(vault, clock=self._clock, random=self._random)
        )

    async def talk(self) -> None:
        """Wait for someone who is not simulated, then talk with them until cancelled."""
        listener = self.members[0]
        at_home = {member.client.user_id for member in self.members} | {self.moderator.user_id}
        conversation = Conversation(
            Talk.load(language()),
            [member.say for member in self.members],
            clock=self._clock,
            random=self._random,
        )
        await listener.until_someone_besides(at_home)
        with listener.listening(conversation.hear, ignoring=at_home):
            await conversation.run()

    def _until_close(self, member: Member) -> Member:
        self._close.push_async_callback(member.stop)
        return member

    async def close(self) -> None:
        """End every process and connection, the newest first."""
        await self._close.aclose()
