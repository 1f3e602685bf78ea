"""What the keeper does before there is a room to ask in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from support.impatient import ImpatientClock
from support.vaults import CHEAP, PASSPHRASE

from peerroom.bot import safe
from peerroom.bot.keeper import BotAlreadyRuns, Ended, Home, Keeper
from peerroom.bot.several import End, keep
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.settings import ConfigMissing
from peerroom.store.vault import Vault

NOWHERE = Config(bot=BotConfig(homeserver="http://127.0.0.1:1"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A vault in which nobody was logged in yet, and a server that is not there."""
    Vault.create(tmp_path / "bot", PASSPHRASE, cost=CHEAP).close()
    return Home(
        settings=lambda: NOWHERE,
        folder=lambda _config: tmp_path / "bot",
        passphrase=lambda _config: PASSPHRASE,
        password=lambda _config: "words",
    )


def keeper(home: Home) -> Keeper:
    return Keeper(home, clock=ImpatientClock(), random=Random(1))


def no_settings() -> Config:
    raise ConfigMissing(file="config.toml")


@pytest.mark.parametrize(
    "change",
    [
        lambda home: replace(home, passphrase=lambda _config: "another"),
        lambda home: replace(home, passphrase=lambda _config: " "),
        lambda home: replace(home, settings=no_settings),
        lambda home: replace(home, settings=Config),
        lambda home: replace(home, password=lambda _config: None),
    ],
    ids=["passphrase", "no passphrase", "settings", "homeserver", "password"],
)
async def test_what_only_the_host_can_mend_ends_it(
    home: Home, change: Callable[[Home], Home]
) -> None:
    kept = keeper(change(home))
    with pytest.raises(Ended) as caught:
        await kept.run()
    assert caught.value.trouble.choices == ("retry",)
    assert (kept.stage, kept.trouble) == ("ended", caught.value.trouble)
    with Vault.open_with_key(home.folder(NOWHERE), key_of(home)):
        pass  # it was let go of


def key_of(home: Home) -> bytes:
    from peerroom.store import keys

    return keys.unlock(home.folder(NOWHERE), PASSPHRASE)


async def test_a_damaged_vault_ends_it_and_offers_a_backup(home: Home) -> None:
    (home.folder(NOWHERE) / "vault.db").write_bytes(b"")
    with pytest.raises(Ended) as caught:
        await keeper(home).run()
    assert caught.value.trouble.choices == ("restore",)


async def test_a_vault_that_another_bot_has_open_is_left_to_it(home: Home) -> None:
    with Vault.open(home.folder(NOWHERE), PASSPHRASE), pytest.raises(BotAlreadyRuns):
        await keeper(home).run()


@pytest.fixture
async def waiting(home: Home) -> AsyncIterator[Keeper]:
    kept = keeper(home)
    work = asyncio.create_task(kept.run())
    yield kept
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled() and kept.stage == "ended"


async def test_a_server_that_is_away_is_waited_for_however_long(waiting: Keeper) -> None:
    clock = waiting._clock
    assert isinstance(clock, ImpatientClock)
    for _turn in range(safe.CRASHES + 2):
        await waiting.reach("again")
        await waiting.reach("starting")
    assert clock.slept.count(safe.AWAY) > safe.CRASHES
    assert waiting.figures() is None


async def test_each_end_is_told_and_the_last_is_the_end(home: Home) -> None:
    told: list[End] = []
    broken = replace(home, settings=no_settings)
    homes = [replace(broken, label="kitchen"), replace(broken, label="garden")]
    clock = ImpatientClock()
    ends = await keep(homes, metrics_port=0, clock=clock, random=Random(1), told=told.append)
    assert ends == told and {end.home.label for end in ends} == {"kitchen", "garden"}
    assert all(end.foreseen for end in ends)
