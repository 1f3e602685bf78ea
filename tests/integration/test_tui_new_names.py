"""A change of names as one sees it in the terminal, over a real server, bot and signer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from support.circle import CLOCK, RANDOM, Circle
from support.patience import PATIENCE
from textual.pilot import Pilot

from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.store.vault import Vault
from peerroom.tui import Start
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.widgets.composer import Composer

SHORT = Policy(
    rhythm=Every(timedelta(seconds=24)),
    window=timedelta(seconds=10),
    freeze=timedelta(seconds=2),
    floor=3,
)


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver, policy=SHORT)
    yield circle
    await circle.stop()


def shown(app: PeerRoomApp) -> str:
    lines = (strip.text.strip() for strip in app.screen._compositor.render_strips())
    return " ".join(" ".join(lines).split())


async def until(pilot: Pilot[None], app: PeerRoomApp, seen: Callable[[str], bool]) -> None:
    """Wait for frames until one shows what is wanted."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not seen(shown(app)):
                await pilot.pause()
    except TimeoutError:
        pytest.fail(f"not seen; the screen says: {shown(app)}")


@pytest.mark.soak
async def test_the_room_changes_names_and_one_goes_along(circle: Circle) -> None:
    vault = Vault.ephemeral()
    await circle.admit(vault)
    for _ in range(2):
        await circle.guest()
    start = Start(vault=vault, country="JP", clock=CLOCK, random=RANDOM, farewell=lambda: None)
    app = PeerRoomApp(start)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, app, lambda text: "Enter sends" in text)
        client = app.entry.client
        assert client is not None
        before = client.user_id
        await until(pilot, app, lambda text: "Until the first change of names, " in text)
        await pilot.press("escape", *"half a thought", "f8")
        await until(pilot, app, lambda text: "Your new name is ready; it begins " in text)
        await pilot.press("escape", "f1")
        await until(pilot, app, lambda _text: client.user_id != before)
        await until(pilot, app, lambda _text: any(room.former for room in client.rooms()))
        assert isinstance(app.screen, PanicScreen) and "119" in shown(app)

        await pilot.press("escape")
        await until(pilot, app, lambda text: "Everyone in the room has a new name." in text)
        name = client.pseudonym(client.rooms()[0].room_id).name
        assert f"You are now {name}." in shown(app)
        assert app.screen.query_one(Composer).text == "half a thought"
        assert "Under your earlier names" in shown(app)
        await pilot.press("enter")
        await until(pilot, app, lambda text: "half a thought sent" in text)
        await pilot.press("f8")
        await until(pilot, app, lambda text: f"You are {name} until " in text)
        assert "Only 3 changed names together." in shown(app)
    await client.stop()
    vault.close()
