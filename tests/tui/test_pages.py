"""What holds for every page: the two buttons, any size, readable colours, nothing that moves."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.screen import Screen

import peerroom.tui
from peerroom.client.session import Client
from peerroom.client.views import Change, ConnectionState
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.commands import Unknown, completions, parse
from peerroom.tui.screens.page import Page
from peerroom.tui.theme import CHOICES, CONTRAST, EVENING, MORNING, PLAIN, theme_for
from peerroom.tui.widgets.topbar import TopBar

MakeApp = Callable[..., PeerRoomApp]


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def ready(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def every_screen() -> Iterator[type[Screen[Any]]]:
    for module in pkgutil.walk_packages(peerroom.tui.__path__, "peerroom.tui."):
        importlib.import_module(module.name)
    waiting: list[type[Screen[Any]]] = [Screen]
    while waiting:
        found = waiting.pop()
        if found.__module__.startswith("peerroom."):
            yield found
        waiting += found.__subclasses__()


def test_every_screen_is_a_page_and_none_composes_without_the_buttons() -> None:
    screens = list(every_screen())
    assert len(screens) > 12
    for screen in screens:
        assert issubclass(screen, Page)
        assert "compose" not in screen.__dict__ or screen is Page


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24)])
@pytest.mark.parametrize(
    "keys",
    [(), ("f1",), ("f1", "w"), ("f1", "q"), ("f1", "o"), ("f2",), ("f3",), ("f4",),
     (*"/people", "enter"), (*"/rules", "enter"), ("shift+tab", "up")],
    ids=lambda keys: "".join(keys) or "room",
)  # fmt: skip
async def test_no_size_breaks_a_page(
    make_app: MakeApp, room: Vault, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    app = make_app(vault=room)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await pilot.pause()
        await pilot.press("down", "up", "pagedown")
        assert app.is_running


@pytest.mark.parametrize("width", [30, 40, 80, 200])
async def test_both_buttons_can_be_clicked_at_every_width(
    make_app: MakeApp, room: Vault, width: int
) -> None:
    app = make_app(vault=room)
    async with app.run_test(size=(width, 24)) as pilot:
        await ready(pilot)
        helping, leaving = app.screen.query_one(TopBar).buttons()
        left = app.screen.query_one(TopBar).region.x
        row = shown(app).splitlines()[0][left:].ljust(width - left)
        assert "F1" in row[helping.start : leaving.start]
        assert row[leaving.start :].strip() in ("Leave", "×")
        assert not helping.covers(leaving.start)


async def test_the_connection_is_said_in_words_only_when_it_is_not_well(
    make_app: MakeApp, room: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        assert "Connected" not in shown(app)
        away = ConnectionState("offline", "The server is away.", datetime.now(UTC))
        monkeypatch.setattr(Client, "connection", away)
        assert app.entry.client is not None
        app.entry.client._publish(Change("connection"))
        await ready(pilot)
        assert "! The server is away." in shown(app)


READABLE = 4.5
"""WCAG 2.2, success criterion 1.4.3."""


def contrast(one: Color, other: Color) -> float:
    """WCAG's contrast ratio, from 1 to 21."""

    def luminance(colour: Color) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in colour.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    (text, paper)
    for paper in ("paper", "raised", "chosen")
    for text in ("ink", "quiet", "calm", "own", "alert", *(f"name-{n}" for n in range(6)))
] + [("help-ink", "help"), ("help", "paper")]


@pytest.mark.parametrize("theme", [EVENING, MORNING, CONTRAST], ids=lambda theme: theme.name)
def test_every_colour_can_be_read(theme: Any) -> None:
    def colour(name: str) -> Color:
        return Color.parse(theme.variables[name])

    found = {pair: round(contrast(colour(pair[0]), colour(pair[1])), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < READABLE} == {}


@pytest.mark.parametrize(
    ("wanted", "environ", "theme"),
    [
        ("auto", {}, EVENING),
        ("auto", {"COLORFGBG": "0;15"}, MORNING),
        ("auto", {"COLORFGBG": "15;0"}, EVENING),
        ("dark", {"COLORFGBG": "0;15"}, EVENING),
        ("light", {}, MORNING),
        ("contrast", {}, CONTRAST),
        ("light", {"NO_COLOR": "1"}, PLAIN),
        ("light", {"NO_COLOR": ""}, MORNING),
    ],
)
def test_which_theme(wanted: str, environ: dict[str, str], theme: Any) -> None:
    assert theme_for(wanted, environ) is theme


async def test_the_theme_can_be_changed_and_is_kept(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        for theme in (*CHOICES[1:], CHOICES[0]):
            await pilot.press(*"/theme", "enter")
            await ready(pilot)
            assert app.theme == theme.name
            assert room.settings.get("interface.theme") == theme.name


@pytest.mark.parametrize(
    "said",
    ["hello", "/me waves", "/", "/ path", "//comment", "/usr/bin\nis a path", "1/2", ""],
)
def test_what_is_said_is_no_command(said: str) -> None:
    assert parse(said) is None


def test_commands_are_found_and_mistyped_ones_get_a_suggestion() -> None:
    rules = parse("/rules")
    assert rules is not None and not isinstance(rules, Unknown) and rules.id == "rules"
    panic = parse("/HELP-NOW please")
    assert panic is not None and not isinstance(panic, Unknown) and panic.id == "panic"
    assert parse("/ruels") == Unknown("ruels", "rules")
    assert parse("/xyzzy") == Unknown("xyzzy", None)


def test_completions() -> None:
    assert completions("/ru") == ["/rules"]
    assert "/help-now" in completions("/")
    assert completions("/助") == ["/help-now"]
    assert completions("hello") == completions("/a\n") == []
