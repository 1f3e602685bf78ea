"""Fixtures for the whole house. Nothing here starts a server unless a test asks for one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from support.accounts import MakeAccount, account_maker
from support.clock import FrozenClock
from support.servers import running

from peerroom import i18n
from peerroom.host.homeserver import Homeserver

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def homeserver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homeserver]:
    """One real Synapse for the session (one a worker under xdist), without rate limits."""
    with running(request, tmp_path_factory.mktemp("homeserver"), "open") as server:
        yield server


@pytest.fixture(scope="session")
def strict_homeserver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homeserver]:
    """A real Synapse with its own default rate limits."""
    with running(request, tmp_path_factory.mktemp("strict"), "default") as server:
        yield server


@pytest.fixture(scope="session")
def circle_homeserver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homeserver]:
    """A real Synapse as a host of circles runs it: default rate limits, and the doorkeeper.

    Bots must have the names that the doorkeeper knows: `Circle.start(circle_homeserver)` and
    `support.servers.bot_account` see to it. An account from ``register`` that no bot let in
    reaches nobody (give ``admin=True``, or start the circle first and let it in). The server
    believes X-Forwarded-For, so members can have addresses of their own:
    ``async with own_address(circle_homeserver, 7) as road:`` gives a ``road.url`` on which
    everyone comes from 10.0.0.7. Directly on ``base_url`` everyone comes from one address, like
    behind one onion service: three registrations at once, then one in six seconds.
    """
    with running(request, tmp_path_factory.mktemp("circle"), "default", circle=True) as server:
        yield server


@pytest.fixture
def make_account(homeserver: Homeserver) -> MakeAccount:
    """``make_account("alice")``: a fresh account on `homeserver`, with no device yet."""
    return account_maker(homeserver, lambda: str(next(_numbers)))


@pytest.fixture
def make_strict_account(strict_homeserver: Homeserver) -> MakeAccount:
    """The same on `strict_homeserver`."""
    return account_maker(strict_homeserver, lambda: str(next(_numbers)))


@pytest.fixture
def frozen_clock() -> FrozenClock:
    """A clock that moves only by ``advance(seconds)``."""
    return FrozenClock()


@pytest.fixture
def seeded() -> random.Random:
    """Chance that falls the same way in every run."""
    return random.Random(20260304)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins in English, whatever the machine's locale or the last test chose."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    i18n.set_language("en")
    yield
    i18n.set_language("en")
