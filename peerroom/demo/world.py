"""The demo's world: a homeserver, the moderator bot, one encrypted room, simulated people.

Everything lives in one private folder and in memory. `World.close` ends all of it and removes the
folder; so does the death of this process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from pathlib import Path
from random import Random
from typing import Final

from peerroom.clock import Clock
from peerroom.demo.caretaker import Caretaker
from peerroom.demo.conversation import Conversation, Speak
from peerroom.demo.desk import Desk
from peerroom.demo.errands import Errands, marked
from peerroom.demo.member import Member, enter
from peerroom.demo.moderator import BOT, RECOVERY, Moderator
from peerroom.demo.talk import Talk
from peerroom.host.homeserver import Homeserver, Progress
from peerroom.i18n import language
from peerroom.moderation.state import Role
from peerroom.pseudonym.epochs import Policy
from peerroom.store.vault import Vault

SIMULATED_MEMBERS: Final = 3


class World:
    """Built up step by step, in the order of the methods; torn down by `close`."""

    server: Homeserver
    moderator: Moderator

    def __init__(self, folder: Path, *, clock: Clock, random: Random) -> None:
        self.folder = folder
        self.members: list[Member] = []
        self._simulated: set[str] = set()
        self._caretaker: Caretaker | None = None
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

    async def start_moderator(self, policy: Policy | None = None) -> None:
        """Start the bot, which makes the room; names change in it by ``policy``, or stay."""
        self.moderator = await Moderator.start(
            self.server, policy=policy, clock=self._clock, random=self._random
        )
        self._close.push_async_callback(self.moderator.stop)

    async def bring_members(self) -> None:
        """Let the simulated members come in by invite links, as anyone does."""
        for _number in range(SIMULATED_MEMBERS):  # at once is no faster: Synapse has one thread
            self.members.append(await self.enter(Vault.ephemeral()))

    async def bring_keeper(self) -> None:
        """Let a simulated moderator come in; `talk` has them answer whoever asks."""
        keeper = await self.enter(Vault.ephemeral(), "moderator")
        self._simulated |= keeper.accounts
        self._caretaker = Caretaker(await Desk.of(keeper), clock=self._clock, random=self._random)

    async def enter(self, vault: Vault, role: Role = "member") -> Member:
        """A new member, come in by a fresh invite link; the world ends it and closes ``vault``."""
        invite = await self.moderator.invite(role)
        await enter(invite, vault, clock=self._clock, random=self._random)
        return await self.come_back(vault)

    async def come_back(self, vault: Vault, room_id: str | None = None) -> Member:
        """The member whose account ``vault`` holds, connected again, in the circle's room or in
        the one where the circle was when they were last there."""
        member = await Member.come_back(
            vault, room_id or self.moderator.room_id, clock=self._clock, random=self._random
        )
        self._close.push_async_callback(member.stop)
        return member

    async def talk(self, *, errands: bool = False) -> None:
        """Wait for someone who is not simulated, then talk with them until cancelled; with
        ``errands`` members bring them, a moderator, something to look after now and then."""
        listener = self.members[0]
        conversation = Conversation(
            Talk.load(language()),
            [_voice(member) for member in self.members],
            clock=self._clock,
            random=self._random,
        )
        await listener.until_someone_besides(self._at_home)
        with listener.listening(conversation.hear, ignoring=self._at_home):
            async with asyncio.TaskGroup() as tasks:
                if self._caretaker is not None:
                    tasks.create_task(self._caretaker.run())
                if errands:
                    brought = Errands(self.members, clock=self._clock, random=self._random)
                    tasks.create_task(brought.run())
                await conversation.run()

    def _at_home(self) -> Collection[str]:
        """The user ids that the bot and the simulated members have, had, or are about to have."""
        for member in self.members:
            self._simulated |= member.accounts
        return self._simulated | {self.moderator.user_id}

    async def close(self) -> None:
        """End every process and connection, the newest first."""
        await self._close.aclose()


def _voice(member: Member) -> Speak:
    """How a simulated member speaks. The others go on without whoever was muted or removed."""

    async def speak(text: str) -> None:
        if not member.is_silenced():
            await member.say_when_possible(marked(text))

    return speak
