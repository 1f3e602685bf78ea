"""Pictures of the main screens, held still: a change here is a change that users see.

``pytest tests/tui/test_snapshots.py --snapshot-update`` takes them anew; look at what changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support import filled_vault, new_names, stopped
from support.clock import FrozenClock
from textual.pilot import Pilot

from peerroom import i18n
from peerroom.client.session import Client
from peerroom.config import ConfigError
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp

NIGHT = datetime(2026, 6, 3, 17, 20, tzinfo=UTC)
MakeApp = Callable[..., PeerRoomApp]


@dataclass(frozen=True)
class Scene:
    name: str
    keys: tuple[str, ...] = ()
    first_run: bool = False
    trouble: bool = False


SCENES = [
    Scene("room"),
    Scene("chosen", ("shift+tab", "up", "up")),
    Scene("writing", (*"three", "ctrl+j", *"lines", "ctrl+j", *"here")),
    Scene("leaving", ("ctrl+q",)),
    Scene("help", ("f1",)),
    Scene("hard", ("f1", "w", "down")),
    Scene("country", ("f1", "o")),
    Scene("menu", ("f2",)),
    Scene("keys", ("f3",)),
    Scene("people", (*"/people", "enter")),
    Scene("welcome", first_run=True),
    Scene("rules", ("enter", "enter"), first_run=True),
    Scene("keep", ("enter",) * 4, first_run=True),
    Scene("passphrase", ("enter",) * 5, first_run=True),
    Scene("trouble", trouble=True),
]


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


@pytest.fixture
def varied(vault: Vault) -> Callable[[str], Vault]:
    """A room in which a message of every kind was said."""

    def furnish(language: str) -> Vault:
        filled_vault.furnish(vault, language)
        said = filled_vault.evening(language, NIGHT - timedelta(hours=9))
        odd = [
            filled_vault.Said("soft", "", NIGHT - timedelta(minutes=30), status="undecryptable"),
            filled_vault.Said("slow", "…", NIGHT - timedelta(minutes=29), status="unattributable"),
            filled_vault.Said("warm", "\n".join("abcdefghijklmnop"), NIGHT, trust="unsigned"),
        ]
        filled_vault.say(vault, [*said, *odd])
        vault.rooms.set_read_position(filled_vault.ROOM, 8)
        return vault

    return furnish


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_it_looks_as_it_did(
    snap_compare: Any,
    make_app: MakeApp,
    varied: Callable[[str], Vault],
    scene: Scene,
    language: str,
    size: tuple[int, int],
) -> None:
    i18n.set_language(language)
    if scene.trouble:
        app = make_app(config_problem=ConfigError(file="config.toml"))
    elif scene.first_run:
        app = make_app(folder=Path("/nonexistent"))
    else:
        app = make_app(vault=varied(language))

    async def play(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in scene.keys:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=play)


EDITS = {
    "en": ("She was kinder than I had feared, and she has time on Mondays.",
           "I will try that on Monday, at ten."),
    "ja": ("思っていたより、ずっとやさしい方でした。月曜日なら時間があるそうです。",
           "月曜日の十時に行ってみます。"),
}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_was_changed_says_so_quietly(
    snap_compare: Any, make_app: MakeApp, vault: Vault, language: str, size: tuple[int, int]
) -> None:
    i18n.set_language(language)
    filled_vault.furnish(vault, language)
    filled_vault.say(vault, filled_vault.evening(language, NIGHT))
    kinder, monday = EDITS[language]
    edits = [
        filled_vault.Said("slow", kinder, NIGHT, edits=6),
        filled_vault.Said(filled_vault.OWN, monday, NIGHT, edits=7),
        filled_vault.Said("soft", f"* {kinder}", NIGHT, edits=8),  # of another's message
    ]
    filled_vault.say(vault, edits, first=9)
    assert snap_compare(make_app(vault=vault), terminal_size=size, run_before=settle)


Prepare = Callable[[Client, Vault], Awaitable[None]]


async def _closed(client: Client, vault: Vault) -> None:
    new_names.close(vault, client)


async def _changed(client: Client, vault: Vault) -> None:
    await new_names.change(client, vault, i18n.language())


async def _stopped(client: Client, vault: Vault) -> None:
    stopped.stop(vault, client.account, new_names.ROOM)
    stopped.attend(client, vault, FrozenClock(NIGHT))


async def _steady(_client: Client, _vault: Vault) -> None:
    """Nothing happens."""


NAMES: list[tuple[str, Prepare, tuple[str, ...]]] = [
    ("name", _steady, ("f8",)),
    ("stopped", _stopped, ("f8", "a")),
    ("changing", _closed, tuple("half")),
    ("changed", _changed, ()),
    ("earlier", _changed, ("f4",)),
    ("former", _changed, ("f4", "down", "enter")),
]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scene", NAMES, ids=lambda scene: scene[0])
def test_names_change_gently(
    snap_compare: Any,
    make_app: MakeApp,
    varied: Callable[[str], Vault],
    scene: tuple[str, Prepare, tuple[str, ...]],
    language: str,
    size: tuple[int, int],
) -> None:
    i18n.set_language(language)
    _name, prepare, keys = scene
    vault = varied(language)
    new_names.rotate(vault, NIGHT, away=2)
    app = make_app(vault=vault)

    async def play(pilot: Pilot[None]) -> None:
        await settle(pilot)
        assert app.entry.client is not None
        await prepare(app.entry.client, vault)
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=play)


@pytest.mark.parametrize("theme", ["morning", "contrast", "plain"])
@pytest.mark.parametrize("key", ["", "f1"], ids=["room", "help"])
def test_every_theme(
    snap_compare: Any,
    make_app: MakeApp,
    varied: Callable[[str], Vault],
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    key: str,
) -> None:
    if theme == "plain":
        monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(vault=varied("en"))

    async def play(pilot: Pilot[None]) -> None:
        if theme != "plain":
            app.theme = theme
        await settle(pilot)
        await pilot.press("shift+tab", "up", "up")
        if key:
            await pilot.press(key)
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=play)
