"""A final ledger whose pages have not all come when one is in the next room already."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web
from support.clock import FrozenClock
from support.faults import FaultyServer
from support.paper_mint import RealMint
from support.patience import PATIENCE
from support.scribe import FREEZE, ME, Member, Scribe
from support.stopped import BOT, put
from support.token_keys import round_key
from support.vaults import ROOM

from peerroom.client import epoch_rooms, wallets
from peerroom.client.invitations import remember_bot
from peerroom.client.rotation.agent import Agent
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.matrix.connection import Connection
from peerroom.pseudonym.wallet import Stage
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire.records import PAGE, page_content, page_key

NEXT = "!next:example.org"
ISSUE, FINAL, OPENING = 2, 3, 4
"""Numbers of the records."""


class Linked(Client):
    """A client without workers: the new account's line is up whenever it may be."""

    line: Connection | None = None

    def work(self) -> None:
        if self.line is not None and self.line.session.user_id == self.account.user_id:
            self.link._connection = self.line
            self.link.say("online", "Connected.")


@dataclass
class Scene:
    """The new account is in the next room, whose final ledger lacks its page."""

    bot: Scribe
    vault: Vault
    server: FaultyServer
    clock: FrozenClock
    agent: Agent
    offered: dict[str, dict[str, object]]
    """What the server has if it is asked: the content of pages by state key."""

    @property
    def page(self) -> dict[str, object]:
        return page_content(self.bot.pages[FINAL][0])

    def wallet(self) -> Wallet:
        return next(wallet for _number, wallet in wallets.every(self.vault) if wallet.epoch == 1)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = asyncio.ensure_future(self.agent.run())
        try:
            async with asyncio.timeout(PATIENCE):
                yield
        finally:
            work.cancel()
            await asyncio.wait([work])
            assert work.cancelled() or work.result() is None

    async def turns(self, count: int = 3) -> None:
        for _ in range(count):
            turn = self.agent.next_turn()
            self.agent.take_turn()
            await turn


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    bot = Scribe(RealMint([round_key(0), round_key(1)]), floor=1)
    bot.open()
    member = Member(bot)
    member.be_signed()
    seat = member.visit()
    commit = bot.begins(1) + FREEZE
    bot.admit([seat])
    bot.open(at=commit)
    clock, chance = FrozenClock(commit), random.Random(7)
    offered: dict[str, dict[str, object]] = {}

    async def answer(request: web.Request) -> web.StreamResponse:
        content = offered.get(request.path.rpartition("/")[2])
        if content is None:
            return web.json_response({"errcode": "M_NOT_FOUND"}, status=404)
        return web.json_response(content)

    async with FaultyServer(script=answer) as server:
        with Vault.ephemeral() as vault:
            given = {"homeserver": server.url, "device_id": "DEVICE", "access_token": "t"}
            old = vault.accounts.add(user_id=ME.user_id, **given)
            new = vault.accounts.add(user_id=seat.user_id, **given)
            remember_bot(vault, BOT)
            for account, room_id, records in (
                (old, ROOM, (1, ISSUE)),
                (new, NEXT, (FINAL, OPENING)),
            ):
                vault.rooms.put(StoredRoom(room_id, account.id, encrypted=True))
                vault.rooms.set_state(room_id, "m.room.create", "", {}, sender=BOT)
                for number in records:
                    put(vault, room_id, str(number), bot.records[number])
            wallets.keep(vault, old.id, member.wallet)
            wallets.keep_ran(vault, commit)
            client = Linked(vault, new, config=Config(), clock=clock, random=chance)
            agent = Agent(client, vault, config=Config(), clock=clock, random=chance)
            line = await Connection.open(vault, new, proxy=None, clock=clock, random=chance)
            client.line = line
            yield Scene(bot, vault, server, clock, agent, offered)
            await line.close()


async def test_without_its_page_the_ledger_is_believed_in_nothing(scene: Scene) -> None:
    async with scene.running():
        await scene.turns()
    wallet = scene.wallet()
    assert (wallet.stage, wallet.stop) == (Stage.REDEEM_SENT, None)
    assert wallet.admitted is not None and not wallet.admission_read
    assert epoch_rooms.of(scene.vault, NEXT) is None
    assert [wallet.epoch for _n, wallet in wallets.every(scene.vault)] == [1]


async def test_the_new_account_asks_for_it_in_its_own_room(scene: Scene) -> None:
    scene.offered[page_key(FINAL, 0)] = scene.page
    async with scene.running():
        while scene.wallet().stage is not Stage.JOINED:
            await scene.agent.next_turn()
    assert scene.wallet().stop is None
    room = epoch_rooms.of(scene.vault, NEXT)
    assert room is not None and room.crowd == len(scene.bot.others) + 1
    [asked] = scene.server.paths("/state/")
    assert NEXT.encode().decode() in asked.replace("%21", "!").replace("%3A", ":")


async def test_it_may_be_known_from_the_old_room_even_if_that_was_closed(scene: Scene) -> None:
    scene.vault.rooms.set_state(ROOM, PAGE, page_key(FINAL, 0), scene.page)
    scene.vault.rooms.set_membership(ROOM, "leave")
    async with scene.running():
        while scene.wallet().stage is not Stage.JOINED:
            await scene.agent.next_turn()
    assert scene.wallet().stop is None
    assert epoch_rooms.of(scene.vault, NEXT) is not None


async def test_what_the_new_account_asks_for_does_not_tell_what_the_old_one_has_read(
    scene: Scene,
) -> None:
    """Else a server could keep a page from one old account, and later from all new ones: the one
    that asks would be its."""
    scene.vault.rooms.set_state(ROOM, PAGE, page_key(FINAL, 0), scene.page)
    async with scene.running():
        await scene.turns()
    assert len(scene.server.paths(f"{PAGE}/{page_key(FINAL, 0)}")) == 1


async def test_another_page_than_the_record_names_stops_it(scene: Scene) -> None:
    scene.offered[page_key(FINAL, 0)] = page_content(b"\x90")
    async with scene.running():
        await scene.turns()
    assert scene.wallet().stop == "PageAltered"
    assert epoch_rooms.of(scene.vault, NEXT) is None
