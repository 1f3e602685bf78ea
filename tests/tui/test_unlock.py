"""The passphrase question."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.widgets import Input

from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.chat import ChatScreen
from peerroom.tui.screens.unlock import UnlockScreen
from peerroom.tui.widgets.composer import Composer

MakeApp = Callable[..., PeerRoomApp]


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def test_the_right_passphrase_leads_to_the_rooms(make_app: MakeApp, kept: Path) -> None:
    app = make_app(folder=kept)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert isinstance(app.screen, UnlockScreen)
        await pilot.press(*"nonsense", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "does not open" in shown(app)
        assert app.screen.query_one(Input).value == ""
        await pilot.press(*"open sesame", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(app.screen, ChatScreen)
        assert "We are thinking of you" in shown(app)
        assert isinstance(app.focused, Composer)
        assert app.entry.vault is not None
        app.entry.vault.close()


async def test_an_empty_passphrase_is_not_tried(make_app: MakeApp, kept: Path) -> None:
    app = make_app(folder=kept)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert not app.screen.query_one(Input).disabled


async def test_a_vault_that_is_open_elsewhere_says_so(make_app: MakeApp, kept: Path) -> None:
    app = make_app(folder=kept)
    with Vault.open(kept, "open sesame"):
        async with app.run_test() as pilot:
            await pilot.press(*"open sesame", "enter")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert "already open" in shown(app)
