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

from peerroom.client import epoch_rooms, wallets
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.invitations import remember_bot
from peerroom.client.moving import follower
from peerroom.client.rotation.agent import Agent
from peerroom.client.rotation.learning import Learned
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.pseudonym.wallet_errors import WalletDamaged
from peerroom.pseudonym.wallet_facts import Fact, Started
from peerroom.store.drafts import Draft
from peerroom.store.errors import DiskFull
from peerroom.store.rooms import StoredRoom
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
    monkeypatch.setattr(scene.agent._presence, "align", _nothing)
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


async def test_what_was_begun_in_one_circle_is_no_draft_in_another(scene: Scene) -> None:
    vault, now = scene.vault, scene.clock.now()
    account = vault.accounts.all()[0]
    rooms = {"!next:example.org": "@bot:example.org", "!other:example.org": "@else:example.org"}
    vault.rooms.set_state(ROOM, "m.room.create", "", {}, sender="@bot:example.org")
    vault.drafts.set(ROOM, Draft("for these people"))
    for number, (room_id, bot) in enumerate(rooms.items(), 1):
        vault.rooms.put(StoredRoom(room_id, account.id, encrypted=True))
        vault.rooms.set_state(room_id, "m.room.create", "", {}, sender=bot)
        remember_bot(vault, bot)
        opened = now + timedelta(days=number)
        epoch_rooms.keep(vault, room_id, EpochRoom(epoch=2, opened=opened, until=opened))
    epoch_rooms.keep(vault, ROOM, EpochRoom(epoch=1, opened=now, until=now))
    scene.agent._follow()
    assert follower(vault, ROOM) == "!next:example.org"
    assert follower(vault, "!next:example.org") is None
    assert vault.drafts.get("!next:example.org") == Draft("for these people")
    assert vault.drafts.get("!other:example.org") is None


async def _nothing(_wallets: object) -> None:
    return None


async def test_what_is_said_once_waits_for_a_face(scene: Scene) -> None:
    assert not scene.client.heard
    unsubscribe = scene.client.subscribe(lambda _change: None)
    assert scene.client.heard
    unsubscribe()
    assert not scene.client.heard
    scene.client.watch(lambda _change: None)  # a companion is no face
    assert not scene.client.heard
