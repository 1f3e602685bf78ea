"""Someone in the demo's room: an invite link, a vault and the same headless client as anyone's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, TypeVar

from peerroom.client.joining import join
from peerroom.client.session import Client
from peerroom.client.views import Change, MemberView, MessageView
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.demo.waiting import until
from peerroom.i18n import _
from peerroom.wire.invite import Invite

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

T = TypeVar("T")


async def enter(invite: str, vault: Vault, *, clock: Clock, random: Random) -> None:
    """Come in by an invite link, with a new account kept in ``vault``, and disconnect."""

    async for _step in join(Invite.parse(invite), vault, clock=clock, random=random):
        pass


class Member:
    """A client that is connected and in the circle's room, whichever that is by now."""

    def __init__(self, client: Client, vault: Vault, room_id: str) -> None:
        self.client = client
        self.vault = vault
        self.room_id = room_id
        self._connected = True
        client.subscribe(self._follow)

    @classmethod
    async def come_back(cls, vault: Vault, room_id: str, *, clock: Clock, random: Random) -> Member:
        """Connect with the account that ``vault`` holds, which is or was let into a room."""
        account = vault.accounts.current()
        assert account is not None
        client = Client(vault, account, config=Config(), clock=clock, random=random)
        await client.start()
        try:
            await until(client, lambda: client.room(room_id), _("The room did not appear."))
        except BaseException:
            await client.stop()
            raise
        return cls(client, vault, room_id)

    @property
    def account(self) -> Account:
        """The one that is used now."""
        return self.client.account

    @property
    def accounts(self) -> set[str]:
        """The user ids that this person has had and has, and the one of the next name."""
        return {account.user_id for account in self.vault.accounts.all()}

    @property
    def name(self) -> str:
        """What this person is called now, in the language of the demo."""
        return self.client.pseudonym(self.room_id).name

    def _follow(self, change: Change) -> None:
        if change.kind == "moved" and change.room_id is not None:
            self.room_id = change.room_id

    def say(self, text: str) -> str:
        """Send ``text`` to the room; returns the message's key."""
        return self.client.send(self.room_id, text)

    async def say_when_possible(self, text: str) -> None:
        """`say`, but not while names change: then wait, however long, for the new room."""
        await self.when(self._may_write)
        self.say(text)

    def is_silenced(self) -> bool:
        """Whether a moderator took the voice or the place, and not a change of names."""
        room = self.client.room(self.room_id)
        return room is not None and not room.changing and not (room.joined and room.may_write)

    def _may_write(self) -> bool:
        room = self.client.room(self.room_id)
        return room is not None and room.joined and room.may_write and not room.changing

    def messages(self) -> list[MessageView]:
        """The newest messages of the room, oldest first."""
        return self.client.timeline(self.room_id).page()

    async def sees(self, body: str) -> MessageView:
        """The message with exactly this text, once it is here and readable."""
        return await until(
            self.client,
            lambda: next((m for m in self.messages() if m.body == body), None),
            _("A message did not arrive."),
        )

    async def hears(self, words: str) -> None:
        """Wait until the bot has said exactly this in the room of two with it."""

        def said() -> bool:
            rooms = (room.room_id for room in self.client.rooms() if room.direct)
            return any(m.body == words for r in rooms for m in self.client.timeline(r).page())

        await until(self.client, said, _("A private word did not arrive."))

    async def until_someone_besides(self, known: Callable[[], Collection[str]]) -> None:
        """Wait, however long, until a person who is not among ``known`` user ids has joined."""

        def is_here() -> bool:
            at_home = known()
            return any(person.user_id not in at_home for person in self._people())

        await self.when(is_here)

    def _people(self) -> list[MemberView]:
        return self.client.members(self.room_id)

    async def when(self, look: Callable[[], T | None]) -> T:
        """The first true thing that ``look`` finds, however long that takes."""
        changed = asyncio.Event()
        unsubscribe = self.client.subscribe(lambda _change: changed.set())
        try:
            while not (found := look()):
                changed.clear()
                await changed.wait()
            return found
        finally:
            unsubscribe()

    @contextmanager
    def listening(
        self, heard: Callable[[], None], *, ignoring: Callable[[], Collection[str]]
    ) -> Iterator[None]:
        """Call ``heard`` for every new message of a person who is not among ``ignoring``."""
        known = {message.key for message in self.messages()}

        def look(_change: Change) -> None:
            for message in self.messages():
                if message.key in known:
                    continue
                known.add(message.key)
                if message.sender_id not in ignoring() and message.kind == "text":
                    heard()

        unsubscribe = self.client.subscribe(look)
        try:
            yield
        finally:
            unsubscribe()

    async def disconnect(self) -> None:
        """As if the computer was switched off; the vault stays open. Once."""
        if self._connected:
            self._connected = False
            await self.client.stop()

    async def stop(self) -> None:
        """Disconnect and close the vault; the account stays. A second time does nothing."""
        await self.disconnect()
        self.vault.close()
