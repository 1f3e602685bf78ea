"""The panic button: in every state, by key, chord, click and command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Digits, OptionList

from peerroom.config import Config, ConfigError, OwnNumber, Panic
from peerroom.store.errors import VaultDamaged
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.screens.panic_more import BarriersScreen, CodeScreen, CountryScreen
from peerroom.tui.widgets.composer import Composer
from peerroom.tui.widgets.topbar import TopBar

MakeApp = Callable[..., PeerRoomApp]


def shown(app: PeerRoomApp) -> str:
    """What the screen says, as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def ready(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@pytest.fixture(
    params=["first run", "locked", "empty", "rooms", "broken settings", "broken vault", "ephemeral"]
)
def app_in_state(
    request: pytest.FixtureRequest, make_app: MakeApp, room: Vault, kept: Path, tmp_path: Path
) -> PeerRoomApp:
    """The app as it opens in one of its states."""
    states: dict[str, dict[str, object]] = {
        "first run": {"folder": tmp_path / "nowhere"},
        "locked": {"folder": kept},
        "empty": {"vault": Vault.ephemeral()},
        "rooms": {"vault": room},
        "broken settings": {"config_problem": ConfigError(file="config.toml")},
        "broken vault": {"vault_problem": VaultDamaged()},
        "ephemeral": {"ephemeral": True},
    }
    return make_app(**states[request.param])


async def test_it_opens_in_every_state(app_in_state: PeerRoomApp) -> None:
    async with app_in_state.run_test() as pilot:
        await ready(pilot)
        before = app_in_state.screen
        for way in ("f1", "ctrl+t", "click"):
            if way == "click":
                bar = app_in_state.screen.query_one(TopBar)
                await pilot.click(TopBar, offset=(bar.buttons()[0].start + 2, 0))
            else:
                await pilot.press(way)
            assert isinstance(app_in_state.screen, PanicScreen), way
            assert "119" in shown(app_in_state)
            assert "0120-279-338" in shown(app_in_state)
            await pilot.press("escape")
            await pilot.pause()
            assert app_in_state.screen is before


@pytest.mark.parametrize("key", ["f2", "f3", "f4"])
async def test_it_opens_over_another_page(make_app: MakeApp, room: Vault, key: str) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(key)
        await pilot.pause()
        page = app.screen
        assert len(app.screen_stack) == 2
        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is page


async def test_it_opens_from_what_one_types(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        for word in ("help-now", "助けて"):
            app.screen.query_one(Composer).put(f"/{word}")
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, PanicScreen)
            await pilot.press("escape")
            await pilot.pause()
            assert app.screen.query_one(Composer).text == ""


async def test_a_draft_is_still_there_afterwards(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press(*"half a th", "f1", "escape", *"ought")
        assert app.screen.query_one(Composer).text == "half a thought"


async def test_pressing_twice_does_not_pile_up(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1", "f1", "ctrl+t")
        assert len(app.screen_stack) == 2


async def test_another_chord_can_be_chosen(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room, config=Config(panic=Panic(second_chord="f2")))
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f2")
        assert isinstance(app.screen, PanicScreen)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert "F1, F2" in shown(app)


async def test_the_chosen_line_is_large(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1")
        digits = app.screen.query_one(Digits)
        assert digits.value == "0120-279-338"
        await pilot.press("down")
        assert digits.value != "0120-279-338"


async def test_no_line_that_can_be_chosen_lacks_its_number(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test(size=(80, 60)) as pilot:
        await ready(pilot)
        await pilot.press("f1")
        screen = app.screen
        assert isinstance(screen, PanicScreen)
        assert len(screen._rows) > 5
        listed = "\n".join(str(option.prompt) for option in screen.query_one(OptionList).options)
        for row in screen._rows.values():
            assert row.number in listed


async def test_what_makes_calling_hard_is_answered(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1", "w")
        await pilot.pause()
        assert isinstance(app.screen, BarriersScreen)
        assert "I only want to talk" in shown(app)
        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)


async def test_more_lines_are_one_key_away(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1")
        screen = app.screen
        assert isinstance(screen, PanicScreen)
        first = len(screen._rows)
        await pilot.press("m")
        assert len(screen._rows) > first
        await pilot.press("m")
        assert len(screen._rows) == first


async def test_more_lines_are_in_sight_at_once_and_fewer_again(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f1")
        screen = app.screen
        assert isinstance(screen, PanicScreen)
        before = set(screen._rows)
        top = screen.query_one(Digits).value
        await pilot.press("m")
        await pilot.pause()
        added = next(row for key, row in screen._rows.items() if key not in before)
        assert added.name in shown(app)
        assert added.number in shown(app)
        assert screen.query_one(Digits).value == added.number != top
        await pilot.press("m")
        await pilot.pause()
        assert screen.query_one(Digits).value == top


async def test_a_number_can_be_scanned(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1", "q")
        await pilot.pause()
        assert isinstance(app.screen, CodeScreen)
        rows = [line for line in shown(app).splitlines() if "▀" in line or "█" in line]
        assert len(rows) >= 10
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert "too small" in shown(app)


async def test_the_country_can_be_changed_and_is_kept(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1", "o")
        await pilot.pause()
        assert isinstance(app.screen, CountryScreen)
        options = app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("DE")
        await pilot.press("enter")
        await pilot.pause()
        assert "112" in shown(app)
        assert room.settings.get("interface.country") == "DE"


async def test_letters_go_to_the_country_that_begins_with_them(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1", "o")
        await pilot.pause()
        options = app.screen.query_one(OptionList)

        def chosen() -> str | None:
            return options.highlighted_option.id if options.highlighted_option else None

        await pilot.press(*"ge")
        assert chosen() == "DE"
        await pilot.press("j")  # no country begins with "gej"
        assert chosen() == "JP"
        await pilot.press("backspace", *"united", "space", *"k")
        assert chosen() == "GB"
        await pilot.press("enter")
        await pilot.pause()
        assert "999" in shown(app)


async def test_an_unknown_country_is_asked_for_with_all_emergency_numbers_in_sight(
    make_app: MakeApp, room: Vault
) -> None:
    app = make_app(vault=room, country=None)
    async with app.run_test(size=(80, 50)) as pilot:
        await ready(pilot)
        await pilot.press("f1")
        options = app.screen.query_one(OptionList)
        assert "112" in "\n".join(str(option.prompt) for option in options.options)
        options.highlighted = options.get_option_index("country-JP")
        await pilot.press("enter")
        await pilot.pause()
        assert "0120-279-338" in shown(app)


async def test_the_familys_own_numbers_are_there(make_app: MakeApp, room: Vault) -> None:
    own = OwnNumber("School counsellor", "042-123-4567", "Mon-Fri 09:00-16:00")
    app = make_app(vault=room, config=Config(panic=Panic(own_numbers=(own,))))
    async with app.run_test(size=(80, 50)) as pilot:
        await ready(pilot)
        await pilot.press("f1")
        assert "042-123-4567" in shown(app)


async def test_japanese(make_app: MakeApp, room: Vault) -> None:
    room.settings.set("interface.language", "ja")
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await ready(pilot)
        await pilot.press("f1")
        assert "よりそいホットライン" in shown(app)


async def test_open_now_follows_the_clock(make_app: MakeApp, room: Vault) -> None:
    app = make_app(vault=room)
    clock = app.start.clock
    async with app.run_test(size=(80, 60)) as pilot:
        await ready(pilot)
        await pilot.press("f1")
        assert "closed, opens 16:00" in shown(app)
        await pilot.press("escape")
        clock.advance(14 * 3600)
        await pilot.press("f1")
        await pilot.pause()
        assert "open now, until 21:00" in shown(app)


@pytest.mark.parametrize("size", [(40, 10), (20, 5), (80, 24), (250, 70)])
async def test_any_size(make_app: MakeApp, room: Vault, size: tuple[int, int]) -> None:
    app = make_app(vault=room)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("f1", "down", "m", "up")
        assert "119" in shown(app)
