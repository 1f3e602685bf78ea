"""When the agent begins to work: as soon as there is a circle whose names change."""

from __future__ import annotations

import asyncio
import importlib
from random import Random
from typing import TYPE_CHECKING

from peerroom.client import wallets
from peerroom.client.views import Change

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.config import Config
    from peerroom.store.vault import Vault


async def look_after(
    client: Client, vault: Vault, *, config: Config, clock: Clock, random: Random
) -> None:
    """Wait until there is something to look after, then run the agent until cancelled.

    What the agent needs is loaded only then, and not on the thread that paints.
    """
    if not wallets.any_kept(vault):
        await _circle(client, vault)
    module = await asyncio.to_thread(importlib.import_module, "peerroom.client.rotation.agent")
    client.agent = agent = module.Agent(client, vault, config=config, clock=clock, random=random)
    client.tell(Change("pseudonym"))
    await agent.run()


async def _circle(client: Client, vault: Vault) -> None:
    """Return when the client's account is in a room with records."""
    changed = asyncio.Event()

    def look(change: Change) -> None:
        if change.kind in ("rooms", "connection"):
            changed.set()

    unsubscribe = client.watch(look)
    try:
        while True:
            changed.clear()
            # Only once there was news: what this loads has no place before the first picture.
            await changed.wait()
            from peerroom.client.rotation.places import circle_rooms

            if circle_rooms(vault, client.account.id):
                return
    finally:
        unsubscribe()
