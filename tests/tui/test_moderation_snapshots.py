"""Pictures of the moderators' desk and of the private way to it, held still.

``pytest tests/tui/test_moderation_snapshots.py --snapshot-update`` takes them anew; look at what
changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import filled_desk, filled_vault
from support.clock import FrozenClock
from textual.pilot import Pilot

from peerroom import i18n
from peerroom.client.casework_views import Answer
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.answering import ConfirmScreen
from peerroom.tui.screens.chat import ChatScreen

MakeApp = Callable[..., PeerRoomApp]

SCENES: dict[str, tuple[str, ...]] = {
    "report": ("shift+tab", "up", "t"),
    "private": ("f7",),
    "ask-help": ("f7", "h"),
    "why": ("f7", "down", "down", "enter"),
    "cases": ("f9",),
    "covered": ("f9", "enter"),
    "opened": ("f9", "down", "enter", "o"),
    "choices": ("f9", "down", "enter", "enter"),
    "templates": ("f9", "down", "enter", "r"),
    "letter": ("f9", "down", "enter", "r", "down", "enter"),
    "rooms": ("f9", "r"),
    "log": ("f9", "l"),
    "typing": ("f9", "exclamation_mark", "c", "l"),
}
CONFIRM = {
    "en": "This removes 14 messages by 1 person in 3 rooms. Confirm with `yes 7k2`.",
    "ja": "1人の14件のメッセージを、3つの部屋から削除します。`yes 7k2` で実行します。",
}
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "ja"])


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


@pytest.fixture
def at_the_desk(
    make_app: MakeApp, vault: Vault, night: FrozenClock
) -> Callable[[str], PeerRoomApp]:
    """The app of a moderator, in a language."""

    def make(language: str) -> PeerRoomApp:
        i18n.set_language(language)
        filled_desk.furnished(vault, night.now(), language)
        vault.settings.set("interface.room", filled_vault.ROOM)
        return make_app(vault=vault)

    return make


@SIZES
@LANGUAGES
@pytest.mark.parametrize("scene", SCENES)
def test_it_looks_as_it_did(
    snap_compare: Any,
    at_the_desk: Callable[[str], PeerRoomApp],
    scene: str,
    language: str,
    size: tuple[int, int],
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in SCENES[scene]:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(at_the_desk(language), terminal_size=size, run_before=play)


@LANGUAGES
def test_what_is_confirmed_is_said_in_full(
    snap_compare: Any, at_the_desk: Callable[[str], PeerRoomApp], language: str
) -> None:
    app = at_the_desk(language)

    async def play(pilot: Pilot[None]) -> None:
        await settle(pilot)
        app.push_screen(ConfirmScreen(Answer("asks", CONFIRM[language], confirm="yes 7k2")))
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=play)


@LANGUAGES
def test_a_command_is_completed_in_the_moderators_room(
    snap_compare: Any, at_the_desk: Callable[[str], PeerRoomApp], language: str
) -> None:
    app = at_the_desk(language)

    async def play(pilot: Pilot[None]) -> None:
        await settle(pilot)
        assert isinstance(app.screen, ChatScreen)
        app.screen.open_room(filled_desk.DESK)
        await settle(pilot)
        await pilot.press(*"!mute ")
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=play)


@pytest.mark.parametrize("theme", ["morning", "contrast", "plain"])
@pytest.mark.parametrize("scene", ["cases", "covered", "report"])
def test_every_theme(
    snap_compare: Any,
    at_the_desk: Callable[[str], PeerRoomApp],
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    scene: str,
) -> None:
    if theme == "plain":
        monkeypatch.setenv("NO_COLOR", "1")
    app = at_the_desk("en")

    async def play(pilot: Pilot[None]) -> None:
        if theme != "plain":
            app.theme = theme
        await settle(pilot)
        for key in SCENES[scene]:
            await pilot.press(key)
            await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=play)
