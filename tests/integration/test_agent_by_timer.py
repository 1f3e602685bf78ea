"""What a timer starts every hour gets all done, and the server never sees two names in one run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.agents import Person, Scene, has_shown
from support.circle import CLOCK, RANDOM
from support.faults import FaultyServer, Seen

from peerroom.client import wallets
from peerroom.client.joining import join
from peerroom.client.rotation import alone
from peerroom.client.rotation.hours import Whose, whose
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.pseudonym.wallet import Stage, Wallet
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault

HOUR = timedelta(hours=1)
WINDOW = 12 * HOUR
POLICY = Policy(
    rhythm=Every(100 * HOUR),
    window=WINDOW,
    freeze=HOUR / 2,
    floor=2,
    hold=20 * HOUR,
)
NEW = "somebody new"


@pytest.fixture
async def scene(homeserver: Homeserver) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield await Scene.open(homeserver, stack, awake=True, policy=POLICY)


@dataclass
class Timed:
    """Somebody whose agent a timer starts, each time for a moment."""

    scene: Scene
    folder: Path
    key: bytes
    road: FaultyServer
    next_run: datetime
    seen: list[tuple[Whose, set[str]]] = field(default_factory=list)
    """Of every run, whose hour it was and which accounts the server saw."""

    @classmethod
    async def come(cls, scene: Scene, folder: Path) -> Timed:
        road = FaultyServer(upstream=scene.circle.server.base_url)
        await scene.stack.enter_async_context(road)
        with Vault.create(folder, "a few words") as vault:
            invite = replace(await scene.circle.invite(), homeserver=road.url)
            async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
                pass
            key = vault.data_key
        hour = scene.clock.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls(scene, folder, key, road, hour + HOUR + HOUR * RANDOM.random() / 2)

    async def until(self, moment: datetime) -> None:
        """Every hour until then."""
        while self.next_run < moment:
            self.scene.go(self.next_run)
            hour = whose(self.scene.clock.now())
            begin = len(self.road.seen)
            await alone.once(
                self.folder, self.key, 60.0, config=Config(), clock=self.scene.clock, random=RANDOM
            )
            accounts = self.accounts()
            requests = self.road.seen[begin:]
            self.seen.append((hour, {_account(one, accounts) for one in requests}))
            start = self.next_run.replace(minute=0, second=0, microsecond=0)
            self.next_run = start + HOUR + HOUR * RANDOM.random() * 0.8

    def accounts(self) -> list[Account]:
        with Vault.open_with_key(self.folder, self.key) as vault:
            return vault.accounts.all(retired=True)

    def wallet_of(self, epoch: int) -> Wallet | None:
        with Vault.open_with_key(self.folder, self.key) as vault:
            return next((one for _n, one in wallets.every(vault) if one.epoch == epoch), None)


TOKENS: dict[str, str] = {}
"""Whose a token is; a retired account has forgotten its own."""


def _account(request: Seen, accounts: list[Account]) -> str:
    TOKENS.update({f"Bearer {one.access_token}": one.user_id for one in accounts})
    return TOKENS.get(request.headers.get("Authorization", ""), NEW)


@pytest.mark.timeout(300)
async def test_every_hour_one_name_and_in_the_end_a_new_one(scene: Scene, tmp_path: Path) -> None:
    mouse = await Timed.come(scene, tmp_path / "data")
    [old] = [one.user_id for one in mouse.accounts()]
    people = [await scene.person() for _ in range(2)]
    await scene.all_at(Stage.IDLE)
    for person in sorted(people, key=lambda one: one.wallet.plan.request_at):
        await mouse.until(person.wallet.plan.request_at)
        scene.go(person.wallet.plan.request_at)
    await scene.all_at(Stage.REQUESTED)
    await mouse.until(scene.times.cut_off)
    await scene.cut_off(*people)

    def moment(person: Person) -> datetime:
        return person.wallet.plan.visits[0][0]

    for person in sorted(people, key=moment):
        await mouse.until(moment(person))
        scene.go(moment(person))
        await scene.until(lambda person=person: has_shown(person))
    await mouse.until(scene.times.ends(0))
    mine = mouse.wallet_of(1)
    assert mine is not None and mine.stage is Stage.REDEEM_SENT and mine.sent
    await scene.until(lambda: len(scene.office.shown) == 3)

    thaws = await scene.freeze()
    await mouse.until(thaws)
    scene.go(thaws)
    await scene.until(lambda: scene.told["AllJoined"])
    await mouse.until(thaws + 8 * HOUR)

    mine = mouse.wallet_of(1)
    assert mine is not None and mine.stage is Stage.RETIRED
    with Vault.open_with_key(mouse.folder, mouse.key) as vault:
        now = vault.accounts.current()
        assert now is not None and now.user_id in scene.office.seats
    pairs = [names for _hour, names in mouse.seen if len(names) > 1]
    assert pairs in ([], [{NEW, now.user_id}])  # it is made without a token, and has one then
    used = [names for hour, names in mouse.seen if hour is Whose.USED]
    coming = [names for hour, names in mouse.seen if hour is Whose.COMING]
    assert not [names for names in coming if old in names]
    assert sum(NEW in names for names in coming) == 1
    assert sum(now.user_id in names for names in coming) >= 2  # it is made, and comes
    assert used[0] == {old} and used[-1] == {now.user_id}
    # Until it goes the old one is there in each of its hours, whatever the new one did between.
    gone = used.index({now.user_id})
    assert used == [{old}] * gone + [{now.user_id}] * (len(used) - gone)
