"""Members of real rooms on a real homeserver: vault, connection and what they say and hear."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.accounts import MakeAccount, TestAccount
from support.vaults import CHEAP

from peerroom.clock import Clock, SystemClock
from peerroom.matrix.connection import Connection
from peerroom.matrix.session import Credentials, login
from peerroom.matrix.transport import Transport
from peerroom.store.accounts import Account
from peerroom.store.events import StoredEvent
from peerroom.store.outbox import OutboxRow
from peerroom.store.vault import Vault


class Hurried(SystemClock):
    """The machine's clock, for which every wait is over at once: back-off without the waiting."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class Member:
    """One account in a vault, connected."""

    vault: Vault
    account: Account
    connection: Connection
    clock: Clock = field(default_factory=SystemClock)

    @property
    def user_id(self) -> str:
        return self.account.user_id

    @property
    def device_id(self) -> str:
        return self.account.device_id

    @property
    def machine(self) -> Any:
        return self.connection.machine

    @property
    def session(self) -> Any:
        return self.connection.session

    async def turn(self, poll: float = 0) -> None:
        """One turn of sync."""
        await self.connection.sync_once(poll)

    def row(self, room_id: str, content: dict[str, Any] | str) -> OutboxRow:
        """A message in the outbox; a string stands for a text message."""
        if isinstance(content, str):
            content = {"msgtype": "m.text", "body": content}
        message = {"type": "m.room.message", "content": content}
        now = datetime.now(UTC)
        return self.vault.outbox.add(self.account.id, room_id, "message", message, now=now)

    async def say(self, room_id: str, text: str) -> str:
        """Send a text message; returns the event's id."""
        return await self.connection.deliver(self.row(room_id, text))

    def events(self, room_id: str) -> list[StoredEvent]:
        """What came encrypted, in order."""
        page = self.vault.events.page(room_id, limit=500)
        return [event for event in page if event.type == "m.room.encrypted"]

    def heard(self, room_id: str) -> list[str]:
        """The texts that could be read, in order."""
        return [
            event.clear["content"]["body"]
            for event in self.events(room_id)
            if event.status == "ok" and event.clear is not None
        ]

    def last(self, room_id: str) -> StoredEvent:
        """The newest encrypted event."""
        return self.events(room_id)[-1]

    async def close(self) -> None:
        await self.connection.close()
        self.vault.close()


class People:
    """Makes members and closes them in the end: ``alice = await people("alice")``."""

    def __init__(self, make_account: MakeAccount, stack: AsyncExitStack) -> None:
        self._make_account = make_account
        self._stack = stack

    async def __call__(
        self,
        name: str,
        *,
        server: str | None = None,
        folder: Path | None = None,
        account: TestAccount | None = None,
        clock: Clock | None = None,
        start: bool = True,
        in_clear: Collection[str] = (),
    ) -> Member:
        """A member with a new device; ``server`` is the URL to use instead of the account's."""
        account = account or self._make_account(name)
        device = await log_in(account)
        vault = Vault.create(folder, "a passphrase", cost=CHEAP) if folder else Vault.ephemeral()
        kept = vault.accounts.add(
            homeserver=server or account.homeserver,
            user_id=device.user_id,
            device_id=device.device_id,
            access_token=device.access_token,
            password=account.password,
        )
        member = await connect(vault, kept, clock, in_clear=in_clear)
        self._stack.push_async_callback(member.close)
        if start:
            await member.connection.start()
            await member.turn()
        return member


async def connect(
    vault: Vault,
    account: Account,
    clock: Clock | None = None,
    *,
    in_clear: Collection[str] = (),
) -> Member:
    """A member from an open vault, before its first request."""
    clock = clock or SystemClock()
    chance = random.Random(account.user_id)
    connection = await Connection.open(
        vault, account, proxy=None, clock=clock, random=chance, in_clear=in_clear
    )
    return Member(vault, account, connection, clock)


async def log_in(account: TestAccount) -> Credentials:
    """A new device of the account."""
    transport = Transport(account.homeserver, clock=SystemClock(), random=random.Random(1))
    try:
        return await login(transport, account.localpart, account.password)
    finally:
        await transport.close()


async def meet(host: Member, *guests: Member) -> str:
    """An encrypted room that everyone is in and knows of."""
    room_id = await host.connection.rooms.create_room(invite=[g.user_id for g in guests])
    for guest in guests:
        await guest.connection.rooms.join(room_id)
    for member in (host, *guests):
        await member.turn()
    return room_id


@asynccontextmanager
async def people_of(make_account: MakeAccount) -> AsyncIterator[People]:
    """`People` for the length of the block."""
    async with AsyncExitStack() as stack:
        yield People(make_account, stack)
