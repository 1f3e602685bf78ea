"""``kill -9`` of the bot at every moment between a decision and the answer to it: what was decided
happens once, as everyone in the room sees it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, get_args

import pytest
from support.bot_lives import Lives
from support.bot_process import come_in, desk_of
from support.evenings import Company
from support.mortal_bot import PASSPHRASE, Life, Unit
from support.patience import PATIENCE
from support.servers import bot_account, teller

from peerroom.bot import points
from peerroom.bot.ledger import Ledger
from peerroom.host.homeserver import Homeserver
from peerroom.matrix import commit_points
from peerroom.store.vault import Vault

CRASHES: Final = 500
SEED: Final = 20261123
REACH: Final = 0.4
"""What part of an evening's work a life lasts at most: so that there are several in each."""
IN_THE_EVENING: Final = Counter(
    ["held", "removed", "muted", "unmuted", "banned", "unbanned", "invite"]
)
IN_THE_MORNING: Final = Counter(["put back"])
ON_THE_WAY: Final = frozenset(
    point for point in commit_points.POINTS if not point.startswith("backfill:")
)
"""Where a bot may die with what it hears, and with what it says."""

End = Literal[Unit, "clock"]


@dataclass
class Scene:
    """A bot that dies, and those who see what it did."""

    lives: Lives
    life: Life
    company: Company
    deeds: Counter[str]
    """What should stand in the bot's own log, and how often."""
    _is_evening: bool = False

    async def goes_on(self) -> None:
        """What the next life has to do: an evening, then its morning, then the next evening."""
        self._is_evening = not self._is_evening
        if self._is_evening:
            self.deeds += IN_THE_EVENING
            reads = await self.company.evening()
        else:
            self.deeds += IN_THE_MORNING
            reads = await self.company.morning()
        self.life = replace(self.life, reads=reads)

    async def one(self, life: Life, lasts: float | None = None) -> dict[str, int] | None:
        async with asyncio.timeout(PATIENCE):
            return await self.lives.one(life, lasts)

    async def ended(self, end: End, last: float) -> bool:
        """A life that is not to get far; whether it was through before."""
        if end == "clock":
            return await self.one(self.life, last) is not None
        life = replace(self.life, ends=(end, max(1, round(last))))
        return await self.one(life) is not None

    async def look_again(self) -> None:
        """What would come a second time comes now, and everybody hears of it."""
        assert await self.one(self.life)
        await self.company.hear_everything()

    def look_into_the_vault(self) -> None:
        """It is sound, everything is noted once, and nothing is left to do."""
        with Vault.open(self.lives.folder, PASSPHRASE) as vault:
            vault.check()
            assert log_of(vault) == self.deeds
            [account] = vault.accounts.all()
            assert vault.outbox.counts(account.id).keys() == {"sent"}


def log_of(vault: Vault) -> Counter[str]:
    """How often which deed was noted."""
    return Counter(entry["what"] for _n, entry in Ledger(vault, invite_days=7).audit())


@pytest.fixture
async def scene(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[Scene]:
    account = await asyncio.to_thread(bot_account, homeserver)
    # Words come faster than people write, and leads, too, to a pause.
    life = Life(
        homeserver.base_url,
        account.user_id[1:].partition(":")[0],
        account.password,
        watches=["contact"],
    )
    async with AsyncExitStack() as stack:
        lives = await stack.enter_async_context(Lives.begun(tmp_path / "vault"))
        # It lasts until it is ended: nobody says this.
        lasting = replace(life, moderators=1, invites=3, reads=["$nothing"])
        first = asyncio.create_task(lives.one(lasting))
        guests = await asyncio.gather(*(come_in(invite) for invite in await lives.made(4)))
        for guest in guests:
            stack.push_async_callback(guest.stop)
        moderator, *members = guests
        desk = await desk_of(moderator)
        lives.kill()
        await first
        with Vault.open(lives.folder, PASSPHRASE) as vault:
            token = vault.accounts.all()[0].access_token
            deeds = log_of(vault)
        company = Company(account.user_id, homeserver.api(token), moderator, desk, *members)
        yield Scene(lives, life, company, deeds)


async def test_what_was_decided_happens_once_whenever_the_bot_dies(scene: Scene) -> None:
    lives, company = scene.lives, scene.company
    for _time in ("evening", "morning"):
        await scene.goes_on()
        while not await scene.one(replace(scene.life, survived=list(lives.died_at))):
            pass
        assert (await company.what_is_missing(), company.what_is_doubled()) == ({}, {})
    died_at = set(lives.died_at)
    assert {name.partition(" ")[0] for name in died_at} == {*points.MOMENTS, *ON_THE_WAY}
    for what in ("redaction", "BanMember", "SetVoice", "TellMember", "m.room.message"):
        assert {f"{moment} {what}" for moment in ("begun", "answered", "marked")} <= died_at
    await scene.look_again()
    assert (company.what_was_lost(), company.what_was_doubled()) == ({}, {})
    scene.look_into_the_vault()


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_what_was_decided_happens_once_in_500_random_crashes(
    scene: Scene, request: pytest.FixtureRequest
) -> None:
    """Evening after evening, until the bot has died so often: by a kill from outside when a time
    is over, or at a statement, at a step of the event loop, at a moment of which some are named."""
    say, company = teller(request.config), scene.company
    chance, died = random.Random(SEED), Counter[End]()
    before = company.wanted.total()
    await scene.goes_on()
    began = time.monotonic()
    whole = await scene.one(scene.life)
    assert whole is not None
    ends: dict[End, float] = {"clock": time.monotonic() - began}
    ends |= {unit: whole[unit] for unit in get_args(Unit)}
    say(f"\nan evening: {ends}\n")
    while died.total() < CRASHES:
        await scene.goes_on()
        while died.total() < CRASHES:
            end = chance.choice(list(ends))
            if await scene.ended(end, chance.uniform(0.0, REACH) * ends[end]):
                break
            died[end] += 1
        else:
            assert await scene.one(scene.life)
        assert (await company.what_is_missing(), company.what_is_doubled()) == ({}, {})
        decided = company.wanted.total() - before
        say(f"{died.total()} crashes in {company.evenings} evenings, {decided} actions\n")
    await scene.look_again()
    lost, doubled = company.what_was_lost(), company.what_was_doubled()
    seen = decided - lost.total()
    figures = {"decided": decided, "seen": seen, "lost": lost.total(), "doubled": doubled.total()}
    say(f"{died.total()} crashes {dict(died)}, actions {figures}\n")
    assert (lost, doubled) == ({}, {})
    scene.look_into_the_vault()
