"""A whole evening in the terminal client, over a real server with a real bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from support.circle import CLOCK, RANDOM, Circle
from support.circle import until as friends_until
from support.patience import PATIENCE
from textual.pilot import Pilot

from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault
from peerroom.tui import Start
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.panic import PanicScreen


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[None], app: PeerRoomApp, seen: Callable[[str], bool]) -> None:
    """Wait for frames until one shows what is wanted."""
    async with asyncio.timeout(PATIENCE):
        while not seen(shown(app)):
            await pilot.pause()


async def test_from_the_link_to_a_conversation_and_out(circle: Circle) -> None:
    link = (await circle.invite()).encode()
    left: list[str] = []
    vault = Vault.ephemeral()
    start = Start(vault=vault, ephemeral=True, invite=link, country="JP", clock=CLOCK,
                  random=RANDOM, farewell=lambda: left.append("left"))  # fmt: skip
    app = PeerRoomApp(start)
    friend = await circle.guest()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, app, lambda text: "Enter sends" in text)
        await pilot.press(*"Good evening", "enter")
        await until(pilot, app, lambda text: "Good evening  sent" in text)

        await friend.sees("Good evening")
        friend.say("Good evening to you")
        await until(pilot, app, lambda text: "Good evening to you" in text)

        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)
        await pilot.press("escape")

        await pilot.press("shift+tab", "up", "up", "d", "d")
        await until(pilot, app, lambda text: "This message was deleted." in text)
        await friends_until(friend.client, lambda: "Good evening" not in friend.bodies())

        await pilot.press("ctrl+q", "ctrl+q")
        assert left == ["left"]
    assert app.entry.client is not None
    await app.entry.client.stop()
    vault.close()
