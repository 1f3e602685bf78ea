"""Leaving at once: from every state, without a question, with what was written kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from peerroom.config import ConfigError
from peerroom.store.drafts import Draft
from peerroom.store.errors import VaultDamaged
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.leaving import PAIR_SECONDS, Pair
from peerroom.tui.start import Ending
from peerroom.tui.widgets.topbar import TopBar

MakeApp = Callable[..., PeerRoomApp]


async def ready(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def test_only_the_second_of_two_presses_counts() -> None:
    pair = Pair()
    assert not pair.press(10.0)
    assert pair.press(10.0 + PAIR_SECONDS)
    assert not pair.press(11.0)


def test_a_late_second_press_is_a_first_one() -> None:
    pair = Pair()
    assert not pair.press(10.0)
    assert not pair.press(10.1 + PAIR_SECONDS)
    assert pair.press(10.2 + PAIR_SECONDS)


@pytest.mark.parametrize(
    "state", ["first run", "locked", "empty", "rooms", "broken settings", "broken vault"]
)
@pytest.mark.parametrize("page", [None, "f1", "f2", "f3"])
async def test_it_leaves_from_every_state_and_page(
    make_app: MakeApp, room: Vault, kept: Path, tmp_path: Path, state: str, page: str | None
) -> None:
    left: list[str] = []
    states: dict[str, dict[str, object]] = {
        "first run": {"folder": tmp_path / "nowhere"},
        "locked": {"folder": kept},
        "empty": {"vault": Vault.ephemeral()},
        "rooms": {"vault": room},
        "broken settings": {"config_problem": ConfigError(file="config.toml")},
        "broken vault": {"vault_problem": VaultDamaged()},
    }
    app = make_app(**states[state], farewell=lambda: left.append("left"))
    async with app.run_test() as pilot:
        await ready(pilot)
        if page:
            await pilot.press(page)
        await pilot.press("ctrl+q")
        assert left == []
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert left == ["left"]
    assert app.ending is Ending.LEFT
    assert app.return_code == 0


async def test_one_press_says_what_the_second_does(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("ctrl+q")
        assert "Ctrl+Q once more" in shown(app)


async def test_a_click_is_enough(make_app: MakeApp, room: Vault) -> None:
    left: list[str] = []
    app = make_app(vault=room, farewell=lambda: left.append("left"))
    async with app.run_test() as pilot:
        await ready(pilot)
        bar = app.screen.query_one(TopBar)
        await pilot.click(TopBar, offset=(bar.buttons()[1].start + 1, 0))
        assert left == ["left"]


async def test_a_draft_is_in_the_vault_as_it_is_typed(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room, farewell=lambda: None)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"I am", "ctrl+q", "ctrl+q")
    (stored,) = [room.drafts.get(r.room_id) for r in room.rooms.all()]
    assert stored == Draft("I am")


async def test_ctrl_c_does_not_leave(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("shift+tab", "ctrl+c", "ctrl+c")
        assert app.is_running
        assert "Ctrl+Q twice" in shown(app)


def shown(app: PeerRoomApp) -> str:
    """What the screen says, as text."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
