"""A client whose link is up, without a server: turns of sync come when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from support.conversation import Conversation
from support.patience import PATIENCE

from peerroom.client.session import Client
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.matrix.sync import SyncBatch


@asynccontextmanager
async def linked_client(talk: Conversation, connection: Any, clock: Clock) -> AsyncIterator[Client]:
    """A started client for the account of ``talk`` that speaks to ``connection``."""
    client = Client(talk.vault, talk.account, config=Config(), clock=clock, random=Random(1))
    link = client.link

    async def up() -> None:
        link._connection = connection
        await turn(client)
        await asyncio.Event().wait()

    link.run = up
    await client.start()
    try:
        yield client
    finally:
        client._workers.crash = None  # a test that broke a worker has looked at it
        await client.stop()


async def turn(client: Client, batch: SyncBatch | None = None) -> None:
    """A turn of sync that went well; without ``batch`` it brought nothing."""
    await client.link._take(batch or SyncBatch())


async def once(client: Client, look: Callable[[], bool]) -> None:
    """Wait until ``look`` finds what it looks for, looking whenever the client changed."""
    changed = asyncio.Event()
    stop = client.subscribe(lambda _change: changed.set())
    async with asyncio.timeout(PATIENCE):
        while not look():
            changed.clear()
            await changed.wait()
    stop()
