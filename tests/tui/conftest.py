"""The terminal client over real vaults, without a network and with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support import filled_vault
from support.clock import FrozenClock

from peerroom import i18n
from peerroom.client.session import Client
from peerroom.client.views import ConnectionState
from peerroom.store.vault import Vault
from peerroom.tui import Start
from peerroom.tui.app import PeerRoomApp

NIGHT = datetime(2026, 6, 3, 17, 20, tzinfo=UTC)
"""02:20 in Tokyo, on Thursday, 4 June."""

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test begins in English, whatever the one before did."""
    i18n.set_language("en")
    yield
    i18n.set_language("en")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own terminal reaches a test."""
    for name in ("NO_COLOR", "COLORFGBG", "LC_ALL", "LANG", "LANGUAGE", "PEERROOM_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def night() -> FrozenClock:
    """A clock that shows `NIGHT` until it is moved."""
    return FrozenClock(NIGHT)


@pytest.fixture
def unconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client stays at home: a face is tested, not a server."""

    async def stay(_client: Client) -> None:
        return None

    monkeypatch.setattr(Client, "start", stay)
    calm = ConnectionState("online", "Connected.", NIGHT)
    monkeypatch.setattr(Client, "connection", calm)


@pytest.fixture
def vault() -> Iterator[Vault]:
    """An empty vault in memory."""
    with Vault.ephemeral() as vault:
        yield vault


@pytest.fixture
def room(vault: Vault) -> Vault:
    """A vault with one room in which eight messages were said, the last one just now."""
    filled_vault.furnish(vault)
    filled_vault.say(vault, filled_vault.evening("en", NIGHT))
    return vault


MakeApp = Callable[..., PeerRoomApp]


@pytest.fixture
def make_app(night: FrozenClock, unconnected: None) -> MakeApp:
    """``make_app(vault=…)``: the app in Tokyo, at night; quick exit only notes that it happened."""

    def make(**given: Any) -> PeerRoomApp:
        settings: dict[str, Any] = {
            "clock": night,
            "zone": TOKYO,
            "random": Random(7),
            "country": "JP",
            "farewell": lambda: None,
        }
        return PeerRoomApp(Start(**{**settings, **given}))

    return make


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with a vault under the passphrase ``open sesame``, with a room inside."""
    from peerroom.store.keys import Cost

    folder = tmp_path / "vault"
    cheap = Cost(memory=8, iterations=1, lanes=1)
    with Vault.create(folder, "open sesame", cost=cheap) as vault:
        filled_vault.furnish(vault)
        filled_vault.say(vault, filled_vault.evening("en", NIGHT))
    return folder
