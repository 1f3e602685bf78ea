"""Someone in the demo's room: an invite link, a vault and the same headless client as anyone's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote

from peerroom.client.joining import join
from peerroom.client.session import Client
from peerroom.client.views import Change, MessageView
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.demo.waiting import until
from peerroom.host.api import ServerApi
from peerroom.i18n import _
from peerroom.wire.invite import Invite

if TYPE_CHECKING:
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


async def enter(invite: str, vault: Vault, *, clock: Clock, random: Random) -> None:
    """Come in by an invite link, with a new account kept in ``vault``, and disconnect."""

    async for _step in join(Invite.parse(invite), vault, clock=clock, random=random):
        pass


class Member:
    """A client that is connected and in the room."""

    def __init__(self, client: Client, vault: Vault, account: Account, room_id: str) -> None:
        self.client = client
        self.account = account
        self.room_id = room_id
        self._vault: Vault | None = vault

    @classmethod
    async def enter(cls, invite: str, vault: Vault, *, clock: Clock, random: Random) -> Member:
        """Come in by an invite link, with a new account kept in ``vault``."""
        await enter(invite, vault, clock=clock, random=random)
        return await cls.come_back(vault, clock=clock, random=random)

    @classmethod
    async def come_back(cls, vault: Vault, *, clock: Clock, random: Random) -> Member:
        """Connect with the account that ``vault`` holds."""
        account = vault.accounts.current()
        assert account is not None
        client = Client(vault, account, config=Config(), clock=clock, random=random)
        await client.start()
        try:
            room = await until(
                client,
                lambda: next((room for room in client.rooms() if not room.direct), None),
                _("The room did not appear."),
            )
        except BaseException:
            await client.stop()
            raise
        return cls(client, vault, account, room.room_id)

    def say(self, text: str) -> str:
        """Send ``text`` to the room; returns the message's key."""
        return self.client.send(self.room_id, text)

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

    def rename(self, name: str) -> None:
        """Show ``name`` to everyone from now on."""
        user = quote(self.account.user_id, safe="")
        ServerApi(self.account.homeserver, self.account.access_token).call(
            "PUT", f"/_matrix/client/v3/profile/{user}/displayname", {"displayname": name}
        )

    async def until_someone_besides(self, known: Collection[str]) -> None:
        """Wait, however long, until a person who is not among ``known`` user ids has joined."""
        arrived = asyncio.Event()

        def look(_change: Change | None = None) -> None:
            people = self.client.members(self.room_id)
            if any(person.user_id not in known for person in people):
                arrived.set()

        unsubscribe = self.client.subscribe(look)
        try:
            look()
            await arrived.wait()
        finally:
            unsubscribe()

    @contextmanager
    def listening(self, heard: Callable[[], None], *, ignoring: Collection[str]) -> Iterator[None]:
        """Call ``heard`` for every new message of a person who is not among ``ignoring``."""
        known = {message.key for message in self.messages()}

        def look(_change: Change) -> None:
            for message in self.messages():
                if message.key in known:
                    continue
                known.add(message.key)
                if message.sender_id not in ignoring and message.kind == "text":
                    heard()

        unsubscribe = self.client.subscribe(look)
        try:
            yield
        finally:
            unsubscribe()

    async def stop(self) -> None:
        """Disconnect and close the vault; the account stays. A second time does nothing."""
        vault, self._vault = self._vault, None
        if vault is not None:
            await self.client.stop()
            vault.close()
