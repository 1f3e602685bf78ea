"""What a new account does goes on beside everything else, one thing at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from support.clock import FrozenClock
from support.faults import FaultyServer
from support.patience import PATIENCE
from support.scribe import FREEZE, ME, START, Member, Scribe, account
from support.stopped import BOT, put
from support.vaults import ROOM

from peerroom.client import moving, wallets
from peerroom.client.invitations import remember_bot
from peerroom.client.pseudonym_words import sections
from peerroom.client.rotation.agent import Agent
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.pseudonym.wallet import Stage
from peerroom.pseudonym.wallet_facts import Nowhere, Started
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault


class Offline(Client):
    """A client that may connect, and has no workers."""

    works = False

    def work(self) -> None:
        self.works = True

    async def rest(self) -> None:
        self.works = False


@dataclass
class Scene:
    """One member's agent, whose server answers nothing but what a test lets it."""

    bot: Scribe
    member: Member
    vault: Vault
    server: FaultyServer
    clock: FrozenClock
    client: Offline
    agent: Agent
    answers: asyncio.Event
    """Until this is set, the server keeps everybody waiting; then it refuses."""

    @property
    def wallet(self) -> Wallet:
        [(_number, wallet)] = wallets.every(self.vault)
        return wallet

    @asynccontextmanager
    async def running(self, at: datetime) -> AsyncIterator[None]:
        """The agent runs from this moment on, as if it had all the time before."""
        wallets.keep(self.vault, self.vault.accounts.all()[0].id, self.member.wallet)
        wallets.keep_ran(self.vault, at)
        self.clock.advance((at - self.clock.now()).total_seconds())
        work = asyncio.ensure_future(self.agent.run())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.wait([work])
            assert work.cancelled() or work.result() is None

    async def becomes(self, stage: Stage) -> None:
        """Wait until the stored wallet is at ``stage``."""
        async with asyncio.timeout(PATIENCE):
            while self.wallet.stage is not stage:
                await self.agent.next_turn()

    def shows(self, number: int) -> None:
        """A sync brings a record."""
        put(self.vault, ROOM, str(number), self.bot.records[number])
        self.agent.look_at(ROOM)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    bot = Scribe()
    bot.open()
    member = Member(bot)
    clock, chance = FrozenClock(member.now), random.Random(7)
    answers = asyncio.Event()

    async def refuse(_request: web.Request) -> web.StreamResponse:
        await answers.wait()
        return web.json_response({"errcode": "M_FORBIDDEN"}, status=403)

    server = FaultyServer(script=refuse)
    async with server:
        with Vault.ephemeral() as vault:
            owner = vault.accounts.add(
                homeserver=server.url, user_id=ME.user_id, device_id="D", access_token="t"
            )
            vault.rooms.put(StoredRoom(ROOM, owner.id, encrypted=True))
            vault.rooms.set_state(ROOM, "m.room.create", "", {}, sender=BOT)
            remember_bot(vault, BOT)
            put(vault, ROOM, "1", bot.last)
            client = Offline(vault, owner, config=Config(), clock=clock, random=chance)
            agent = Agent(client, vault, config=Config(), clock=clock, random=chance)
            yield Scene(bot, member, vault, server, clock, client, agent, answers)
            answers.set()


async def test_a_visit_keeps_nothing_else_waiting(scene: Scene) -> None:
    """It can take minutes: what the circle publishes meanwhile is read all the same."""
    scene.member.be_signed()
    put(scene.vault, ROOM, "2", scene.bot.records[2])
    async with scene.running(scene.member.wallet.plan.visits[0][0]):
        async with asyncio.timeout(PATIENCE):
            await scene.server.asked("/register")
        scene.bot.void()
        scene.shows(3)
        await scene.becomes(Stage.REQUESTED)
        assert scene.wallet.round == 1
        assert len(scene.server.paths("/register")) == 1


async def test_what_was_made_for_nothing_is_forgotten_once_nobody_makes_it_any_more(
    scene: Scene,
) -> None:
    """Else the visit that still runs would make it anew."""
    scene.member.be_signed()
    put(scene.vault, ROOM, "2", scene.bot.records[2])
    async with scene.running(scene.member.wallet.plan.visits[0][0]):
        async with asyncio.timeout(PATIENCE):
            await scene.server.asked("/register")
        scene.bot.void()
        scene.shows(3)
        await scene.becomes(Stage.REQUESTED)
        assert scene.wallet.forget
        assert scene.agent.unfinished
        scene.answers.set()
        async with asyncio.timeout(PATIENCE):
            while scene.wallet.forget:
                await scene.agent.next_turn()


async def test_a_look_that_does_not_get_through_waits_for_the_next_drawn_moment(
    scene: Scene,
) -> None:
    """If it followed on the line's coming back, it would follow on the old account's."""
    scene.member.be_signed()
    seat = scene.member.visit()
    put(scene.vault, ROOM, "2", scene.bot.records[2])
    new = account(seat.user_id)
    scene.vault.accounts.add(
        homeserver=scene.server.url,
        user_id=new.user_id,
        device_id="NEW",
        access_token="n",
        current=False,
    )
    scene.server.fail("reset")
    plan = scene.member.wallet.plan
    first = scene.bot.begins(1) + FREEZE
    at = first + timedelta(seconds=plan.arrive_after + 1)
    async with scene.running(at):
        async with asyncio.timeout(PATIENCE):
            await scene.server.asked("/keys")
            while scene.wallet.looked_at is None:
                await scene.agent.next_turn()
        assert not scene.agent.steps_of((1, 1))


async def looked_in_vain(scene: Scene) -> Wallet:
    """The machine was turned on in a hold; the new account has just looked, and nobody has come."""
    scene.member.be_signed()
    scene.member.visit()
    woken = scene.bot.begins(1) + FREEZE + timedelta(hours=1)
    scene.member.tell(Started(), woken)
    scene.member.tell(Nowhere())
    wallets.keep(scene.vault, scene.client.account.id, scene.member.wallet)
    scene.clock.advance((woken - scene.clock.now()).total_seconds())
    return scene.member.wallet


def page(client: Client) -> str:
    view = client.pseudonym(ROOM)
    return " ".join(part.text for part in sections(view, START, None))


TOGETHER = "whoever runs the server can guess that both are yours"


async def test_with_nobody_there_the_old_account_waits_for_its_moment(scene: Scene) -> None:
    wallet = await looked_in_vain(scene)
    await scene.agent._presence.align([wallet])
    assert not scene.client.works
    assert wallet.rests_until is not None
    scene.clock.advance((wallet.rests_until - scene.clock.now()).total_seconds())
    await scene.agent._presence.align([wallet])
    assert scene.client.works
    assert TOGETHER not in page(scene.client)


async def test_whoever_opens_peerroom_is_connected_and_reads_what_it_costs(scene: Scene) -> None:
    wallet = await looked_in_vain(scene)
    scene.client.subscribe(lambda _change: None)
    await scene.agent._presence.align([wallet])
    assert scene.client.works
    assert TOGETHER in page(scene.client)
    number = scene.client.account.id
    assert [moving.seen_together(scene.vault, number, epoch) for epoch in (1, 2)] == [True, False]
    assert [moving.seen_together(scene.vault, 99, epoch) for epoch in (1, 2)] == [False, True]
