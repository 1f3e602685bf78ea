"""A circle whose members' own agents change their names, on a clock that the test moves on.

Bot, clients and test share one clock, which begins at the server's time; windows are an hour long,
as far as they know. So nothing depends on how fast a machine is, and no time passes in which
nothing happens.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self, TypeVar

from support.circle import CLOCK, RANDOM, Circle, Guest
from support.clock import Awake, ShiftedClock
from support.faults import Edit, FaultyServer
from support.patience import PATIENCE

from peerroom.bot.epochs import points as bot_points
from peerroom.client import wallets
from peerroom.client.joining import join
from peerroom.client.rotation import points
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy, Times
from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.wallet import Stage, Wallet, wake
from peerroom.store.vault import Vault

WINDOW = timedelta(hours=1)
FREEZE = timedelta(minutes=1)
POLICY = Policy(
    rhythm=Every(2 * WINDOW + FREEZE),
    window=WINDOW,
    freeze=FREEZE,
    floor=2,
    hold=timedelta(hours=20),
)
BEFORE = timedelta(seconds=3)
"""Machines wake up so long before a moment that they drew: no visit is the first thing they do."""

T = TypeVar("T")


@dataclass(repr=False)
class Person(Guest):
    """Someone whose client looks after their names."""

    road: FaultyServer
    """Their own way to the server."""
    notices: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        found = [(wallet, wallet.stop) for _, wallet in wallets.every(self.vault)]
        return f"<{found} {self.client.connection.kind}>"

    @property
    def account(self) -> str:
        return self.client.account.user_id

    @property
    def wallet(self) -> Wallet:
        """The newest wallet of the account that is used."""
        return wallets.of(self.vault, self.client.account.id)[-1]

    def wallet_of(self, epoch: int) -> Wallet | None:
        """The wallet of an epoch, if it is still kept."""
        found = [wallet for _, wallet in wallets.every(self.vault) if wallet.epoch == epoch]
        return found[-1] if found else None

    def hears(self, change: Change) -> None:
        if change.kind == "notice" and change.text:
            self.notices.append(change.text)

    def is_in_new_room(self, old: str) -> bool:
        """Whether the view has gone on from the room ``old``; then that is their room."""
        new = [r for r in self.client.rooms() if r.joined and not r.direct and not r.former]
        here = next((room for room in new if room.room_id != old and not room.changing), None)
        if here is None or self.client.pseudonym(here.room_id).kind in ("between", "fixed"):
            return False
        self.room_id = here.room_id
        return True


@dataclass
class Scene:
    """The circle and those in it."""

    circle: Circle
    clock: ShiftedClock
    stack: AsyncExitStack
    theirs: Clock
    """The clients' clock."""
    people: list[Person] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    """How often the registrar was told what."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(
        cls,
        server: Homeserver,
        stack: AsyncExitStack,
        *,
        awake: bool = False,
        policy: Policy = POLICY,
    ) -> Self:
        """In the first hour of an epoch. When time is moved on, clients sleep, or are ``awake``."""
        clock = ShiftedClock()

        def in_our_time(path: str, answer: Any) -> Any:
            """The server knows when an account was made, by its own clock."""
            if "/_synapse/admin/" in path and "creation_ts" in answer:
                answer["creation_ts"] += round((clock.now() - CLOCK.now()).total_seconds())
            return answer

        road = FaultyServer(upstream=server.base_url, edit=in_our_time)
        await stack.enter_async_context(road)
        circle = await Circle.start(server, policy=policy, clock=clock, homeserver=road.url)
        stack.push_async_callback(circle.stop)
        scene = cls(circle, clock, stack, Awake(clock) if awake else clock)
        stack.enter_context(bot_points.watched(scene._of_bot))
        stack.enter_context(points.watched(scene._of_client))
        return scene

    def _of_bot(self, moment: bot_points.Moment, key: str) -> None:
        if moment == "told":
            self.told[key] += 1
        self._news.set()

    def _of_client(self, _point: points.Point, _about: str) -> None:
        self._news.set()

    def look_again(self) -> None:
        """Something happened that nobody here would hear of."""
        self._news.set()

    async def until(self, look: Callable[[], T | None], within: float = PATIENCE) -> T:
        """The first true thing that ``look`` finds, looking whenever anything happens."""
        try:
            async with asyncio.timeout(within):
                while not (found := look()):
                    self._news.clear()
                    for person in self.people:
                        if person.client.broken:
                            await person.client.stop()  # raises why
                    await self._news.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"{self.office.stage}, {self.told}, {self.people}") from None

    async def in_time(self, look: Callable[[], T | None]) -> T:
        """The first true thing that ``look`` finds, on machines that are awake. Until then it is,
        one after another, each moment for which somebody's client waits."""
        async with asyncio.timeout(PATIENCE):
            while not (found := look()):
                now = self.clock.now()
                every = [one for person in self.people for _, one in wallets.every(person.vault)]
                turns = [person.client.agent.next_turn() for person in self.people]
                self.go(min(at for one in every if (at := wake(one, now)) is not None))
                await asyncio.gather(*turns)
                for agent in (person.client.agent for person in self.people):
                    while agent.unfinished and not look():
                        await agent.next_turn()
            return found

    @property
    def office(self) -> Office:
        epochs = self.circle.bot.epochs
        assert epochs is not None
        return epochs.office

    @property
    def times(self) -> Times:
        return self.office.times()

    # who is there --------------------------------------------------------------------------------

    async def person(self, edit: Edit | None = None) -> Person:
        """Someone new, by a way of their own on which ``edit`` may change what the server says."""
        road = FaultyServer(upstream=self.circle.server.base_url, edit=edit)
        await self.stack.enter_async_context(road)
        invite = replace(await self.circle.invite(), homeserver=road.url)
        vault = Vault.ephemeral()
        async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
            pass
        person = Person(vault, self._client(vault), self.circle.room_id, road)
        self.people.append(person)
        self.stack.push_async_callback(self._end, person)
        await self.wake(person)
        return person

    async def wake(self, person: Person) -> None:
        """Start the client of somebody who is new, or was away."""
        person.client.subscribe(person.hears)
        person.client.subscribe(lambda _change: self._news.set())
        await person.client.start()

    async def away(self, person: Person) -> None:
        """Somebody's machine is off; their vault stays."""
        await person.client.stop()
        person.client = self._client(person.vault)

    def _client(self, vault: Vault) -> Client:
        account = vault.accounts.current()
        assert account is not None
        return Client(vault, account, config=Config(), clock=self.theirs, random=RANDOM)

    async def _end(self, person: Person) -> None:
        await person.stop()

    # what happens --------------------------------------------------------------------------------

    def go(self, moment: datetime) -> None:
        self.clock.go_to(moment)

    async def all_at(self, stage: Stage, *people: Person) -> None:
        """Wait until the wallets of these are at ``stage``."""
        await self.until(
            lambda: all(wallet_at(person, stage) for person in people or self.people) or None
        )

    async def ask(self, *people: Person) -> None:
        """The time of requests passes."""
        await self.all_at(Stage.IDLE, *people)
        self.go(max(person.wallet.plan.request_at for person in people))
        await self.all_at(Stage.REQUESTED, *people)
        await self.until(lambda: self.told["Asked"] >= len(people))

    async def cut_off(self, *people: Person, round_: int = 0) -> None:
        """The cut-off of a round; these have their tokens and may use them."""
        self.go(self.times.begins(round_))
        await self.until(lambda: all(ready(person, round_) for person in people) or None)

    async def visit(self, *people: Person, round_: int = 0) -> None:
        """These make their new accounts, each at their own time."""
        before = self.told["Shown"]
        slots = {id(person): person.wallet.plan.visits[round_][0] for person in people}
        for person in sorted(people, key=lambda person: slots[id(person)]):
            turn = person.client.agent.next_turn()
            self.go(slots[id(person)] - BEFORE)
            await turn
            self.go(slots[id(person)])
            await self.until(partial(has_shown, person))
        await self.until(lambda: self.told["Shown"] >= before + len(people))

    async def freeze(self, round_: int = 0) -> datetime:
        """The window ends, and nobody can write until the switch; returns when that is."""
        self.go(self.times.ends(round_))
        return await self.until(lambda: self.office.thaws)

    async def switch(self, round_: int = 0) -> None:
        """The window ends, the room is frozen, and everyone is in the next one."""
        thaws = self.office.thaws or await self.freeze(round_)
        before = self.told["AllJoined"]
        self.go(thaws)
        await self.until(lambda: self.told["AllJoined"] > before)
        if self.theirs is self.clock:
            # Whoever wakes up now comes at once, and no old account does.
            self.go(self.clock.now() + WINDOW / 40)


def wallet_at(person: Person, stage: Stage) -> bool:
    found = wallets.of(person.vault, person.client.account.id)
    return bool(found) and found[-1].stage is stage


def has_shown(person: Person) -> bool:
    return person.wallet.stage is Stage.REDEEM_SENT and person.wallet.sent


def ready(person: Person, round_: int) -> bool:
    wallet = person.wallet
    return wallet.stage is Stage.SIGNED and wallet.round == round_ and wallet.ready
