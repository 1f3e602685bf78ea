"""The first evening: language, country, rules, where to keep things, the invite."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from peerroom import i18n
from peerroom.client import first_choices
from peerroom.config import load
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.screens.joining import InviteField, InviteScreen
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.screens.panic_more import CountryScreen
from peerroom.tui.screens.steps import KeepScreen, LeavingStep, PassphraseScreen, RulesStep
from peerroom.tui.screens.welcome import WelcomeScreen

MakeApp = Callable[..., PeerRoomApp]


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


def left_behind(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def go_through(pilot: Pilot[None], *, keep: bool) -> None:
    """From the welcome page to the passphrase, or to the invite when nothing is kept."""
    await settle(pilot)
    await pilot.press("enter")  # the language that is offered first
    await settle(pilot)
    await pilot.press("enter")  # the country that is offered first
    await settle(pilot)
    await pilot.press("enter")  # the rules
    await settle(pilot)
    await pilot.press("enter")  # what leaving does
    await settle(pilot)
    if not keep:
        await pilot.press("down")
    await pilot.press("enter")
    await settle(pilot)


async def test_from_nothing_to_the_invite(make_app: MakeApp, tmp_path: Path) -> None:
    settings = tmp_path / "etc" / "config.toml"
    app = make_app(folder=tmp_path / "vault", config_file=settings)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, WelcomeScreen)
        await go_through(pilot, keep=True)
        assert isinstance(app.screen, PassphraseScreen)
        assert "nobody can bring back" in " ".join(shown(app).split())
        assert not (tmp_path / "vault").exists()
        await pilot.press(*"four words", "enter", *"four words", "enter")
        await settle(pilot)
        assert isinstance(app.screen, InviteScreen)
        assert app.entry.vault is not None
        app.entry.vault.close()
    with Vault.open(tmp_path / "vault", "four words") as vault:
        assert vault.settings.get("interface.language") == "en"
        assert vault.settings.get("interface.country") == "JP"
    config = load(settings)
    assert (config.interface.language, config.interface.country) == ("en", "JP")
    assert settings.stat().st_mode & 0o777 == 0o600


async def test_keeping_nothing_writes_nothing(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(folder=tmp_path / "vault", config_file=tmp_path / "config.toml")
    async with app.run_test() as pilot:
        await go_through(pilot, keep=False)
        assert isinstance(app.screen, InviteScreen)
        assert app.entry.vault is not None
        assert app.entry.vault.folder is None
    assert left_behind(tmp_path) == []


async def test_ephemeral_by_choice_is_not_asked_about(make_app: MakeApp) -> None:
    app = make_app(ephemeral=True)
    async with app.run_test() as pilot:
        for _ in range(4):
            await settle(pilot)
            await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, InviteScreen)


async def test_every_step_can_be_taken_back(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(folder=tmp_path / "vault")
    async with app.run_test() as pilot:
        await go_through(pilot, keep=True)
        for screen in (KeepScreen, LeavingStep, RulesStep, CountryScreen, WelcomeScreen):
            await pilot.press("escape")
            await settle(pilot)
            assert isinstance(app.screen, screen)
        await go_through(pilot, keep=True)
        assert isinstance(app.screen, PassphraseScreen)


async def test_two_different_passphrases_make_nothing(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(folder=tmp_path / "vault")
    async with app.run_test() as pilot:
        await go_through(pilot, keep=True)
        await pilot.press(*"four words", "enter", *"five words", "enter")
        await settle(pilot)
        assert "not the same" in shown(app)
        assert not (tmp_path / "vault").exists()
        assert "four words" not in shown(app)


async def test_an_empty_passphrase_makes_nothing(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(folder=tmp_path / "vault")
    async with app.run_test() as pilot:
        await go_through(pilot, keep=True)
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert "The passphrase is empty." in shown(app)
        assert not Vault.exists(tmp_path / "vault")


async def test_japanese_from_the_first_choice_on(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(folder=tmp_path / "vault")
    async with app.run_test() as pilot:
        await settle(pilot)
        options = app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("ja")
        await pilot.press("enter")
        await settle(pilot)
        assert i18n.language() == "ja"
        assert "どこにいますか" in shown(app)
        assert "日本" in shown(app)


@pytest.mark.parametrize("presses", range(6))
async def test_help_opens_at_every_step(make_app: MakeApp, tmp_path: Path, presses: int) -> None:
    app = make_app(folder=tmp_path / "vault")
    async with app.run_test() as pilot:
        for _ in range(presses):
            await settle(pilot)
            await pilot.press("enter")
        await settle(pilot)
        before = app.screen
        await pilot.press("f1")
        assert isinstance(app.screen, PanicScreen)
        assert "119" in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is before


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("hello", "This is not a PeerRoom invite."),
        ("peerroom:join/AAAA", "The end of this invite is missing."),
        ("\x1b]0;x\x07peerroom:join/", "not a PeerRoom invite"),
    ],
)
async def test_a_bad_link_is_one_sentence_and_stays_for_mending(
    make_app: MakeApp, vault: Vault, pasted: str, sentence: str
) -> None:
    app = make_app(vault=vault)
    async with app.run_test() as pilot:
        await settle(pilot)
        app.screen.query_one(InviteField).insert(pasted)
        await pilot.press("enter")
        await settle(pilot)
        assert sentence in " ".join(shown(app).split())
        assert not app.screen.query_one(InviteField).disabled


async def test_a_server_that_is_away_is_said_and_the_link_stays(
    make_app: MakeApp, vault: Vault
) -> None:
    from peerroom.wire.invite import Invite

    link = Invite("http://127.0.0.1:9", "@bot:x", "A" * 43, "token", "secret", None).encode()
    app = make_app(vault=vault, invite=link)
    async with app.run_test() as pilot:
        await settle(pilot)
        field = app.screen.query_one(InviteField)
        assert "Looking for the server" in shown(app)
        assert field.text == link


async def test_pasting_after_a_refusal_replaces_what_was_refused(
    make_app: MakeApp, vault: Vault
) -> None:
    app = make_app(vault=vault)
    async with app.run_test() as pilot:
        await settle(pilot)
        field = app.screen.query_one(InviteField)
        field.post_message(Paste("hel"))
        field.post_message(Paste("lo"))
        await settle(pilot)
        assert field.text == "hello"
        await pilot.press("enter")
        await settle(pilot)
        assert "not a PeerRoom invite" in " ".join(shown(app).split())
        field.post_message(Paste("peerroom:join/AAAA"))
        await settle(pilot)
        assert field.text == "peerroom:join/AAAA"


def test_settings_that_are_there_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    assert not first_choices.write(path, "ja", "JP")
    assert path.read_text() == "# mine\n"


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not first_choices.write(tmp_path / "file" / "config.toml", "ja", "JP")


def test_what_is_written_is_valid(tmp_path: Path) -> None:
    assert first_choices.write(tmp_path / "config.toml", "ja", None)
    written = tomllib.loads((tmp_path / "config.toml").read_text())
    assert written == {"interface": {"language": "ja"}}


async def test_the_passphrase_is_never_on_the_screen(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(folder=tmp_path / "vault")
    async with app.run_test() as pilot:
        await go_through(pilot, keep=True)
        await pilot.press(*"secret")
        assert "secret" not in shown(app)
        assert all(field.password for field in app.screen.query(Input))
