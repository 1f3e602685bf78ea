"""The agent: it looks after the wallets of one vault for as long as it runs.

A turn: tell every wallet what the vault has learned, store it, then do what it wants done. The
order is what makes a crash harmless: first stored, then done, and whatever was not done is wanted
again after the next start. All of it runs beside a `peerroom.client.session.Client`, whose account
it changes when names change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Final

from peerroom.client import epoch_rooms, wallets
from peerroom.client.moving import follower
from peerroom.client.rotation.beginning import Beginner
from peerroom.client.rotation.doing import Doer
from peerroom.client.rotation.learning import learn
from peerroom.client.rotation.observing import Observer
from peerroom.client.rotation.places import circle_rooms
from peerroom.client.rotation.points import reach
from peerroom.pseudonym.wallet import Stage, Wallet, advance, online, steps, succeed, wake
from peerroom.pseudonym.wallet_facts import Fact, Started, Ticked
from peerroom.pseudonym.wallet_steps import Step

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.client.views import Change
    from peerroom.clock import Clock
    from peerroom.config import Config
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

IDLE: Final = timedelta(minutes=5)
"""The longest wait between two turns: a machine that slept has missed its timer."""
Key = tuple[int, int]
"""Number of the account that began a wallet, and its epoch."""


class Agent:
    """Runs beside ``client``. ``speaks``: somebody is there to be told things."""

    def __init__(
        self,
        client: Client,
        vault: Vault,
        *,
        config: Config,
        clock: Clock,
        random: Random,
        speaks: bool = True,
    ) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self._random = random
        self._wake = asyncio.Event()
        self._wallets: dict[Key, Wallet] = {}
        self._observers: dict[Key, Observer] = {}
        self._beginner = Beginner(client, vault, clock=clock, random=random, speaks=speaks)
        self._doer = Doer(self, client, vault, config=config, clock=clock, random=random)
        self.speaks = speaks
        self.settled = asyncio.Event()
        """Set when a turn found nothing left to do for now."""

    async def run(self) -> None:
        """Until cancelled. The client's account connects when the wallets let it."""
        unsubscribe = self._client.watch(self._changed)
        try:
            self._read()
            for key in list(self._wallets):
                self.tell(key, Started())
            while True:
                self._wake.clear()
                again = await self._turn()
                if again is None:
                    continue
                self.settled.set()
                await self._wait(again)
        finally:
            unsubscribe()
            await self._doer.close()

    def _changed(self, change: Change) -> None:
        if change.kind in ("rooms", "timeline", "outbox", "connection", "moved"):
            self.settled.clear()
            self._wake.set()

    async def _wait(self, seconds: float) -> None:
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        called = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((timer, called), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            called.cancel()

    # --- a turn -----------------------------------------------------------------------------------

    async def _turn(self) -> float | None:
        """One turn; seconds to the next if nothing happens, None for at once."""
        before = dict(self._wallets)
        await self._align()
        self._begin()
        self._observe()
        wanted = self._wanted()
        await self._align()
        delay = await self._doer.do(wanted)
        await self._doer.follow_invitations()
        self._learn()
        if any(before.get(key) is not wallet for key, wallet in self._wallets.items()):
            return None
        now = self._clock.now()
        moments = [at for _key, wallet in self._every() if (at := wake(wallet, now)) is not None]
        until = min([*moments, now + IDLE]) - now
        return max(0.0, min(until.total_seconds(), delay))

    def _read(self) -> None:
        """Take the wallets from the vault; from then on this agent is the only one who writes."""
        self._wallets = {(number, w.epoch): w for number, w in wallets.every(self._vault)}

    def _every(self) -> list[tuple[Key, Wallet]]:
        """All wallets, of the oldest epoch first."""
        return sorted(self._wallets.items(), key=lambda entry: (entry[0][1], entry[0][0]))

    def _begin(self) -> None:
        if self._beginner.begin([wallet for _key, wallet in self._every()]):
            self._read()

    def _observe(self) -> None:
        accounts = self._vault.accounts.all()
        for key, wallet in self._every():
            observer = self._observers.setdefault(key, Observer(self._vault))
            for fact in observer.facts(wallet, accounts):
                self.tell(key, fact)
            self.tell(key, Ticked())

    def tell(self, key: Key, fact: Fact) -> tuple[Step, ...]:
        """Tell one wallet something; what it wants now. It is stored when this returns."""
        before = self._wallets.get(key)
        if before is None:
            return ()
        now = self._clock.now()
        after, todo = advance(before, fact, now=now, random=self._random)
        following = succeed(after, now=now, random=self._random)
        if following is None and after == before:
            return todo
        with self._vault.transaction():
            if following is not None:
                after, new = following
                account = self._account(new.account.user_id)
                assert account is not None, "a wallet is of an account of this vault"
                self._keep((account.id, new.epoch), new)
            self._keep(key, after)
        reach("wallet:kept")
        return todo

    def _keep(self, key: Key, wallet: Wallet) -> None:
        if wallet.over:
            wallets.forget(self._vault, *key)
            self._wallets.pop(key, None)
            self._observers.pop(key, None)
        else:
            wallets.keep(self._vault, key[0], wallet)
            self._wallets[key] = wallet

    def steps_of(self, key: Key) -> tuple[Step, ...]:
        """What one wallet wants now."""
        wallet = self._wallets.get(key)
        return () if wallet is None else steps(wallet, self._clock.now())

    def wallet(self, key: Key) -> Wallet | None:
        """The wallet as it is stored now."""
        return self._wallets.get(key)

    def _wanted(self) -> list[tuple[Key, Step]]:
        now = self._clock.now()
        return [(key, step) for key, wallet in self._every() for step in steps(wallet, now)]

    # --- which account is connected ---------------------------------------------------------------

    async def _align(self) -> None:
        """Let those accounts be connected that the wallets name, and no other."""
        present, lingering = self._accounts_online()
        if present is None:
            await self._client.rest()
        else:
            linger = self._client.account.user_id in lingering
            await self._client.move(present, linger=linger)
            self._client.work()
        if not lingering:
            await self._client.part()

    def _accounts_online(self) -> tuple[Account | None, frozenset[str]]:
        """Who the client is to be now (None: nobody connects), and who else stays connected."""
        here, now = self._client.account.user_id, self._clock.now()
        mine = [wallet for _key, wallet in self._every() if wallet.concerns(here)]
        if not mine:
            return self._client.account, frozenset()
        *before, newest = mine
        if newest.look:
            return None, frozenset()
        names = list(online(newest, now))
        for wallet in before:
            if wallet.stage is Stage.JOINED:  # its old account may still be about to leave
                names = [*online(wallet, now), *names]
        accounts = [account for name in names if (account := self._account(name)) is not None]
        if not accounts:
            return None, frozenset()
        present = accounts[-1]
        return present, frozenset(account.user_id for account in accounts) - {present.user_id}

    def _account(self, user_id: str) -> Account | None:
        return next((a for a in self._vault.accounts.all() if a.user_id == user_id), None)

    # --- what faces see ---------------------------------------------------------------------------

    def _learn(self) -> None:
        """Note what was verified of the rooms we are in; follow the circle into its newest one."""
        every = self._every()
        if not every:
            return
        chain = every[-1][1].chain
        for account in self._vault.accounts.all():
            for room in circle_rooms(self._vault, account.id):
                epoch_rooms.keep_head(self._vault, room.room_id, chain.sequence, chain.head)
                learned = learn(self._vault, room.room_id, chain)
                if learned is None or epoch_rooms.of(self._vault, room.room_id) == learned.room:
                    continue
                with self._vault.transaction():
                    epoch_rooms.keep_names(self._vault, learned.names)
                    epoch_rooms.keep(self._vault, room.room_id, learned.room)
                self._doer.pin(learned.masters)
        self._follow()

    def _follow(self) -> None:
        """The view goes to the newest room of the account that is used now."""
        here = self._client.account.id
        rooms = sorted(self._known_rooms(), key=lambda entry: entry[0])
        for (_, old, _who), (_epoch, new, account) in pairwise(rooms):
            if account == here and follower(self._vault, old) != new:
                self._client.arrive(old, new)

    def _known_rooms(self) -> Iterator[tuple[datetime, str, int]]:
        for room in self._vault.rooms.all():
            known = epoch_rooms.of(self._vault, room.room_id)
            if known is not None:
                yield known.opened, room.room_id, room.account_id
