"""The agent: it looks after the wallets of one vault for as long as it runs.

A turn: tell every wallet what the vault has learned, store it, then do what it wants done. The
order is what makes a crash harmless: first stored, then done, and whatever was not done is wanted
again after the next start. All of it runs beside a `peerroom.client.session.Client`, whose account
it changes when names change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, Final, Literal

from peerroom.client import epoch_rooms, wallets
from peerroom.client.invitations import bots
from peerroom.client.moving import follower
from peerroom.client.rotation.beginning import Beginner
from peerroom.client.rotation.doing import ERRANDS, Doer
from peerroom.client.rotation.hours import PACE, Whose
from peerroom.client.rotation.learning import Learned, lacking, learn
from peerroom.client.rotation.observing import Observer
from peerroom.client.rotation.places import bot_of, circle_rooms
from peerroom.client.rotation.points import reach
from peerroom.client.rotation.presence import Presence
from peerroom.client.rotation.visiting import Errands
from peerroom.client.views import Change
from peerroom.matrix.backoff import SYNC
from peerroom.pseudonym.wallet import Stage, Wallet, advance, steps, succeed, wake
from peerroom.pseudonym.wallet_errors import WalletDamaged
from peerroom.pseudonym.wallet_facts import Cleared, Fact, Started, Ticked
from peerroom.pseudonym.wallet_steps import Step
from peerroom.store.errors import DiskFailed, VaultNotWritable

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.config import Config
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

IDLE: Final = timedelta(minutes=5)
"""The longest wait between two turns: a machine that slept has missed its timer."""
WATCH: Final = 5.0
"""Seconds between two looks at the clock while a token is shown and the switch is to come: a
machine that slept over it is to notice before its old account has said much."""
SLEPT: Final = timedelta(minutes=1)
"""A wall clock that is ahead of the other by so much since the last look: the machine slept."""
Key = tuple[int, int]
"""Number of the account that began a wallet, and its epoch."""


class Agent:
    """Runs beside ``client``."""

    def __init__(
        self,
        client: Client,
        vault: Vault,
        *,
        config: Config,
        clock: Clock,
        random: Random,
    ) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self._random = random
        self._wake = asyncio.Event()
        self._wallets: dict[Key, Wallet] = {}
        self._observers: dict[Key, Observer] = {}
        self._news: set[str] = set()
        """Rooms of which something has come since they were last looked at."""
        self._learned: set[str] = set()
        """Rooms of which everything is known that their records say."""
        self._whole: set[str] = set()
        """Rooms that have every page of theirs."""
        self._looked = clock.now(), clock.monotonic()
        self._noted: datetime | None = None
        self._beginner = Beginner(client, vault, clock=clock, random=random)
        proxy = config.privacy.proxy
        errands = Errands(self, vault, proxy=proxy, clock=clock, random=random)
        self._doer = Doer(self, client, vault, errands, clock=clock, random=random)
        self._presence = Presence(client, vault, errands, clock=clock)
        self.settled = asyncio.Event()
        """Set when a turn found nothing left to do for now."""
        self._turned = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. The client's account connects when the wallets let it."""
        unsubscribe = self._client.watch(self._changed)
        try:
            try:
                self._read()
            except WalletDamaged as error:
                # Nothing can be done about names any more; talking goes on.
                self._client.work()
                self._client.tell(Change("notice", None, error.sentence()))
                return
            self._started(wallets.ran_until(self._vault))
            while True:
                self._wake.clear()
                try:
                    again = await self._turn()
                except (DiskFailed, VaultNotWritable) as error:
                    # What could not be stored was not done, either; it is wanted again.
                    log.info("the names wait: %s", type(error).__name__)
                    again = SYNC.longest
                if again is None:
                    continue
                self.settled.set()
                self._turned.set()
                self._turned = asyncio.Event()
                await self._wait(again)
        finally:
            unsubscribe()
            await self._doer.stop()

    def _started(self, ran_until: datetime | None) -> None:
        pace = timedelta() if self._client.whose is None else PACE
        for key in list(self._wallets):
            self.tell(key, Started(ran_until, pace))

    def _changed(self, change: Change) -> None:
        if change.kind in ("rooms", "timeline", "outbox", "connection", "moved"):
            if change.room_id is not None:
                self._news.add(change.room_id)
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

    def _look(self) -> None:
        """At the clock. If only the wall clock went on since the last time, the machine slept."""
        before, ticks = self._looked
        self._looked = now, went_on = self._clock.now(), self._clock.monotonic()
        if now - before - timedelta(seconds=went_on - ticks) > SLEPT:
            self._started(before)
        if self._noted is None or now - self._noted >= SLEPT:
            self._noted = now
            wallets.keep_ran(self._vault, now)

    # --- a turn -----------------------------------------------------------------------------------

    async def _turn(self) -> float | None:
        """One turn; seconds to the next if nothing happens, None for at once."""
        before = dict(self._wallets)
        self._look()
        await self._presence.align([wallet for _key, wallet in self._every()])
        self._begin()
        self._observe()
        wanted = self._wanted()
        await self._presence.align([wallet for _key, wallet in self._every()])
        delay = await self._doer.do(wanted)
        await self._doer.follow_invitations()
        self._learn()
        await self._complete()
        if any(before.get(key) is not wallet for key, wallet in self._wallets.items()):
            return None
        now = self._clock.now()
        moments = [at for _key, wallet in self._every() if (at := wake(wallet, now)) is not None]
        until = min([*moments, now + IDLE]) - now
        return max(0.0, min(until.total_seconds(), delay, self._watching()))

    def _watching(self) -> float:
        shown = any(wallet.stage is Stage.REDEEM_SENT for wallet in self._wallets.values())
        return WATCH if shown else IDLE.total_seconds()

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
        news, self._news = self._news, set()
        self._learned -= news
        self._whole -= news
        for key, wallet in self._every():
            observer = self._observers.setdefault(key, Observer(self._vault))
            for fact in observer.facts(wallet, accounts, news):
                self.tell(key, fact)
            self.tell(key, Ticked())

    def tell(self, key: Key, fact: Fact) -> tuple[Step, ...]:
        """Tell one wallet something; what it wants now. It is stored when this returns."""
        before = self._wallets.get(key)
        if before is None:
            return ()
        now = self._clock.now()
        after, todo = advance(before, fact, now=now, random=self._random)
        changed = {key: after} if after != before else {}
        if (following := succeed(after, now=now, random=self._random)) is not None:
            changed[key], new = following
            account = self._account(new.account.user_id)
            assert account is not None, "a wallet is of an account of this vault"
            changed[account.id, new.epoch] = new
        if changed:
            self._keep(changed)
        if after.stop != before.stop:
            self._client.tell(Change("pseudonym"))
        return todo

    def _keep(self, changed: dict[Key, Wallet]) -> None:
        """Store these wallets, all or none; those that are over go."""
        with self._vault.transaction():
            for key, wallet in changed.items():
                if wallet.over:
                    wallets.forget(self._vault, *key)
                else:
                    wallets.keep(self._vault, key[0], wallet)
        for key, wallet in changed.items():
            if wallet.over:
                self._wallets.pop(key, None)
                self._observers.pop(key, None)
            else:
                self._wallets[key] = wallet
        reach("wallet:kept")

    def clear(self, user_id: str) -> bool:
        """Whoever has this account has talked with a moderator: let its stopped wallets go on.

        They see their rooms' records and messages once more before anything is done, so that what
        is still wrong with those stops them again; and so does what is wrong with a ledger, unless
        the person was told just that. False if none had stopped.
        """
        every = [(key, wallet) for key, wallet in self._every() if wallet.concerns(user_id)]
        stopped = [key for key, wallet in every if wallet.stop is not None]
        for key in stopped:
            self._observers.pop(key, None)
            self.tell(key, Cleared())
        if stopped:
            self._observe()
            self.settled.clear()
            self._wake.set()
        return bool(stopped)

    def next_turn(self) -> Coroutine[Any, Any, Literal[True]]:
        """Wait until one more turn has found nothing left to do for now."""
        # Not a coroutine function: a turn that ends before anybody waits is not to be missed.
        return self._turned.wait()

    def take_turn(self) -> None:
        """Something that was under way has ended."""
        self.settled.clear()
        self._wake.set()

    def done(self, key: Key, step: Step, fact: Fact) -> None:
        """A step has been carried out, and this came of it."""
        reach("step:done", type(step).__name__)
        log.info("%s is done for change %d", type(step).__name__, key[1])
        self.tell(key, fact)

    def look_at(self, room_id: str) -> None:
        """Something of this room has come by another way than sync."""
        self._news.add(room_id)
        self._wake.set()

    @property
    def unfinished(self) -> bool:
        """Whether something was wanted in the last turn and could not be done (yet)."""
        return self._doer.unfinished

    def looks_after(self, user_id: str) -> bool:
        """Whether there is a wallet for this account."""
        return any(wallet.concerns(user_id) for wallet in self._wallets.values())

    def steps_of(self, key: Key) -> tuple[Step, ...]:
        """What one wallet wants now."""
        wallet = self._wallets.get(key)
        return () if wallet is None else steps(wallet, self._clock.now())

    def wallet(self, key: Key) -> Wallet | None:
        """The wallet as it is stored now."""
        return self._wallets.get(key)

    def _wanted(self) -> list[tuple[Key, Step]]:
        now = self._clock.now()
        every = [(key, step) for key, wallet in self._every() for step in steps(wallet, now)]
        return [(key, step) for key, step in every if self._may_do(step)]

    def _may_do(self, step: Step) -> bool:
        """Whether it is the hour of whoever does this."""
        of_new = isinstance(step, ERRANDS)
        match self._client.whose:
            case Whose.USED:
                return not of_new
            case Whose.COMING:
                return of_new or self._client.working
            case None:
                return True

    def _account(self, user_id: str) -> Account | None:
        return next((a for a in self._vault.accounts.all() if a.user_id == user_id), None)

    # --- what faces see ---------------------------------------------------------------------------

    def _learn(self) -> None:
        """Note what was verified of the rooms we are in; follow the circle into its newest one."""
        chains = {
            user_id: wallet.chain.at_opening() if wallet.handed_on else wallet.chain
            for _key, wallet in self._every()
            for account in (wallet.account, wallet.new_account)
            if account is not None and (user_id := account.user_id)
        }
        own = {account.user_id for account in self._vault.accounts.all(retired=True)}
        for account in self._vault.accounts.all():
            if (chain := chains.get(account.user_id)) is None:
                continue
            for room in circle_rooms(self._vault, account.id):
                epoch_rooms.keep_head(self._vault, room.room_id, chain.sequence, chain.head)
                if room.room_id in self._learned:
                    continue
                learned = learn(self._vault, room.room_id, chain)
                if learned is None:
                    continue
                self._keep_learned(room.room_id, learned, own)
                self._learned.add(room.room_id)
        self._follow()

    async def _complete(self) -> None:
        """Have the present account ask for what its rooms should have and have not."""
        here = self._client.account
        wallets = [wallet for _key, wallet in self._every() if wallet.concerns(here.user_id)]
        if not wallets:
            return
        for room in circle_rooms(self._vault, here.id):
            if room.room_id in self._whole:
                continue
            pages = lacking(self._vault, room.room_id, wallets[-1].chain)
            if pages:
                await self._doer.complete(room.room_id, pages)
            else:
                self._whole.add(room.room_id)

    def _keep_learned(self, room_id: str, learned: Learned, own: set[str]) -> None:
        """In one transaction: who is shown under which name has the keys that go with it."""
        if epoch_rooms.of(self._vault, room_id) == learned.room:
            return
        # Who keeps the records is known by an invite: no ledger says otherwise, of whatever circle.
        known = own.union(bots(self._vault))
        masters = {user: key for user, key in learned.masters.items() if user not in known}
        with self._vault.transaction():
            for user_id, master in masters.items():
                self._vault.identities.pin_from_ledger(user_id, master)
            epoch_rooms.keep_names(self._vault, learned.names)
            epoch_rooms.keep(self._vault, room_id, learned.room)
        if (connection := self._client.link.connection) is not None:
            connection.identity.expect_many(masters)
        self._client.tell(Change("pseudonym", room_id))

    def _follow(self) -> None:
        """The view goes to the newest room of the account that is used now, in the same circle."""
        here = self._client.account.id
        circles: dict[str | None, list[tuple[datetime, str, int]]] = {}
        for room in sorted(self._known_rooms(), key=lambda entry: entry[0]):
            circles.setdefault(bot_of(self._vault, room[1]), []).append(room)
        for rooms in circles.values():
            for (_, old, _who), (_epoch, new, account) in pairwise(rooms):
                if account == here and follower(self._vault, old) != new:
                    self._client.arrive(old, new)

    def _known_rooms(self) -> Iterator[tuple[datetime, str, int]]:
        for room in self._vault.rooms.all():
            known = epoch_rooms.of(self._vault, room.room_id)
            if known is not None:
                yield known.opened, room.room_id, room.account_id
