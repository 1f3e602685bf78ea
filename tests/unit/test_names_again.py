"""Names had stopped, a moderator has said that all is well: they change again, or stop again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from support import stopped
from support.clock import FrozenClock
from support.patience import PATIENCE
from support.scribe import START
from support.vaults import ROOM, furnish

from peerroom.client import wallets
from peerroom.client.rotation.agent import Agent
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.config import Config
from peerroom.pseudonym.record_errors import RecordForged
from peerroom.pseudonym.wallet import wake
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.store.vault import Vault

WHY = RecordForged().sentence()


class Offline(Client):
    """A client that may connect, and has no workers."""

    def work(self) -> None:
        """Nothing runs."""


@dataclass
class Scene:
    vault: Vault
    client: Offline
    clock: FrozenClock
    said: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    def hear(self, change: Change) -> None:
        self.changes.append(change.kind)
        if change.text:
            self.said.append(change.text)

    @property
    def wallet(self) -> Wallet:
        ((_number, wallet),) = wallets.every(self.vault)
        return wallet

    def attended(self) -> Agent:
        """An agent for the client, which does not run yet."""
        given = {"clock": self.clock, "random": random.Random(7)}
        self.client.agent = Agent(self.client, self.vault, config=Config(), **given)
        return self.client.agent

    async def settle(self) -> None:
        """Until the agent has nothing left to do."""
        assert self.client.agent is not None
        async with asyncio.timeout(PATIENCE):
            await self.client.agent.settled.wait()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    with Vault.ephemeral() as vault:
        account, clock, chance = furnish(vault), FrozenClock(START), random.Random(7)
        stopped.stop(vault, account, ROOM)
        client = Offline(vault, account, config=Config(), clock=clock, random=chance)
        scene = Scene(vault, client, clock)
        client.subscribe(scene.hear)
        yield scene


Run = Callable[[], Awaitable[None]]


@pytest.fixture
async def run(scene: Scene) -> AsyncIterator[Run]:
    """Let the agent run, until it is settled."""
    running: list[asyncio.Future[None]] = []

    async def begin() -> None:
        agent = scene.attended()
        running.append(asyncio.ensure_future(agent.run()))
        await scene.settle()

    yield begin
    for task in running:
        task.cancel()
        await asyncio.wait([task])


async def test_without_an_agent_nothing_happens(scene: Scene) -> None:
    before = scene.wallet
    assert not scene.client.change_names_again()
    assert scene.wallet == before


async def test_names_change_again(scene: Scene, run: Run) -> None:
    await run()
    stopped.mend(scene.vault, ROOM)
    view = scene.client.pseudonym(ROOM)
    assert (view.kind, view.problem, view.may_resume) == ("stopped", WHY, True)
    assert scene.client.change_names_again()
    assert scene.client.pseudonym(ROOM).kind != "stopped"
    assert "pseudonym" in scene.changes
    await scene.settle()
    wallet = scene.wallet
    assert wallet.stop is None and Notice.STOPPED not in wallet.told
    assert wake(wallet, START) == wallet.plan.request_at  # it will ask for a name
    assert scene.said == []


async def test_what_has_not_stopped_is_left_alone(scene: Scene, run: Run) -> None:
    await run()
    stopped.mend(scene.vault, ROOM)
    assert scene.client.change_names_again()
    before = scene.wallet
    assert not scene.client.change_names_again()
    assert scene.wallet == before


async def test_proof_that_is_still_there_stops_them_again_once(scene: Scene, run: Run) -> None:
    await run()
    for times in (1, 2):
        assert scene.client.change_names_again()
        # At once: nothing can be done for the wallet between.
        assert scene.client.pseudonym(ROOM).problem == WHY
        await scene.settle()
        assert scene.wallet.stop == "RecordForged"
        assert scene.said == [WHY] * times
    # And nothing goes round: the next turn comes with the clock, and finds nothing new.
    assert scene.client.agent is not None
    changes = len(scene.changes)
    await scene.clock.someone_sleeps()
    scene.client.agent.settled.clear()
    scene.clock.advance(3600)
    await scene.settle()
    assert scene.said == [WHY] * 2 and len(scene.changes) == changes


async def test_a_wallet_that_cannot_be_read_does_not_go_on(scene: Scene) -> None:
    scene.vault.records.replace("rotation.wallet", "1.1", "bm90IGEgd2FsbGV0")
    await asyncio.wait_for(scene.attended().run(), 5)
    view = scene.client.pseudonym(ROOM)
    assert view.kind == "stopped" and not view.may_resume
    assert not scene.client.change_names_again()
