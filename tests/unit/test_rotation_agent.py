"""The agent where no server is needed: damaged wallets, a full disk, sleep, and nobody to tell."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from support.clock import FrozenClock
from support.vaults import ROOM, furnish

from peerroom.client import wallets
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.invitations import remember_bot
from peerroom.client.rotation.agent import Agent
from peerroom.client.rotation.learning import Learned
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.pseudonym.wallet_errors import WalletDamaged
from peerroom.pseudonym.wallet_facts import Fact, Started
from peerroom.store.errors import DiskFull
from peerroom.store.vault import Vault


class Offline(Client):
    """A client that may connect, and has no workers."""

    worked = 0

    def work(self) -> None:
        self.worked += 1


@dataclass
class Scene:
    vault: Vault
    client: Offline
    agent: Agent
    clock: FrozenClock
    said: list[str] = field(default_factory=list)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, chance = FrozenClock(), random.Random(7)
    with Vault.ephemeral() as vault:
        account = furnish(vault)
        client = Offline(vault, account, config=Config(), clock=clock, random=chance)
        agent = Agent(client, vault, config=Config(), clock=clock, random=chance)
        yield Scene(vault, client, agent, clock)


async def test_a_damaged_wallet_says_so_and_lets_one_talk(scene: Scene) -> None:
    scene.client.subscribe(lambda change: scene.said.append(change.text or ""))
    scene.vault.records.replace("rotation.wallet", "1.1", "bm90IGEgd2FsbGV0")
    await asyncio.wait_for(scene.agent.run(), 5)
    assert scene.client.worked == 1
    assert WalletDamaged().sentence() in scene.said
    assert wallets.any_kept(scene.vault)  # it may be a later version's: nothing is thrown away


async def test_a_full_disk_ends_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    again = asyncio.Event()

    async def turn() -> float:
        turns.append(1)
        if len(turns) == 1:
            raise DiskFull
        again.set()
        return 60.0

    monkeypatch.setattr(scene.agent, "_turn", turn)
    running = asyncio.ensure_future(scene.agent.run())
    try:
        await scene.clock.someone_sleeps()
        scene.clock.advance(30)
        await asyncio.wait_for(again.wait(), 5)
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_it_notices_that_the_machine_slept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Fact] = []

    def tell(_key: Any, fact: Fact) -> tuple[()]:
        told.append(fact)
        return ()

    monkeypatch.setattr(scene.agent, "tell", tell)
    monkeypatch.setattr(scene.agent, "_wallets", {(1, 1): None})
    monkeypatch.setattr(scene.agent, "_align", _nothing)
    for name in ("_begin", "_observe", "_learn", "_wanted", "_every"):
        monkeypatch.setattr(scene.agent, name, list)
    monkeypatch.setattr(scene.agent, "_watching", lambda: 5.0)
    scene.clock.advance(3600)  # awake all the time
    await scene.agent._turn()
    assert told == []
    fell_asleep = scene.clock.now()
    monkeypatch.setattr(scene.clock, "_start", scene.clock.now() + timedelta(hours=8))
    await scene.agent._turn()
    assert told == [Started(fell_asleep)]


async def test_no_ledger_says_who_the_bot_is(scene: Scene) -> None:
    """A bot that also keeps a circle could otherwise put itself in the place of another's."""
    bot, member = "@bot:example.org", "@somebody:example.org"
    remember_bot(scene.vault, bot)
    scene.vault.identities.pin(bot, "named by the invite")
    room = EpochRoom(epoch=2, opened=scene.clock.now(), until=scene.clock.now())
    masters = {bot: "of the ledger", member: "of the ledger"}
    scene.agent._keep_learned(ROOM, Learned(room, {}, masters), set())
    pinned = {user: scene.vault.identities.get(user) for user in (bot, member)}
    assert [one and one.master for one in pinned.values()] == [
        "named by the invite",
        "of the ledger",
    ]


async def _nothing() -> None:
    return None


async def test_what_is_said_once_waits_for_a_face(scene: Scene) -> None:
    assert not scene.client.heard
    unsubscribe = scene.client.subscribe(lambda _change: None)
    assert scene.client.heard
    unsubscribe()
    assert not scene.client.heard
    scene.client.watch(lambda _change: None)  # a companion is no face
    assert not scene.client.heard
