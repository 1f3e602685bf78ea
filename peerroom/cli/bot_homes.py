"""Which circles there are, where each bot lives, and how its vault is opened."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from peerroom import paths
from peerroom.bot.missing import NoPassphrase
from peerroom.cli.bot_secrets import secret
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _, language_from_environment, set_language

if TYPE_CHECKING:
    from peerroom.bot.keeper import Home
    from peerroom.bot.safe import Choice
    from peerroom.config import Config
    from peerroom.store.vault import Vault


class NoSuchCircle(PeerRoomError):
    """No circle of this name is in the settings. Fields: ``name``, ``known``."""

    what = N_("The settings name no circle “{name}”.")
    next_step = N_("They name: {known}.")


class WhichCircle(PeerRoomError):
    """There are several, and the command is about one. Fields: ``known``."""

    what = N_("There are several circles in the settings.")
    next_step = N_("Say which with --circle: {known}.")


def main_settings() -> Config:
    """The settings that hold for the whole process; their language is spoken from here on."""
    from peerroom.config import load

    config = load()
    set_language(config.interface.language or language_from_environment())
    return config


def settings_of(circle: str) -> Config:
    """The settings of one circle, "" for the only one. Raises `ConfigError`."""
    from peerroom.config import load

    if not circle:
        return load()
    return load(paths.config_file().with_name(f"{circle}.toml"))


def one_of(config: Config, circle: str | None) -> str:
    """The circle that a command is about; "" where there are not several. Raises `NoSuchCircle`,
    `WhichCircle`."""
    known = config.bot.circles
    if circle is None:
        if known:
            raise WhichCircle(known=", ".join(known))
        return ""
    if circle not in known:
        raise NoSuchCircle(name=circle, known=", ".join(known) or _("none"))
    return circle


def folder_of(config: Config, circle: str) -> Path:
    """Where a circle's bot keeps its vault; ``config`` is the circle's own."""
    name = f"bot-{circle}" if circle else "bot"
    return (config.vault.folder or paths.data_folder()) / name


def home_of(circle: str, recover: tuple[Choice, ...] = ()) -> Home:
    """Everything that `peerroom.bot.keeper` needs."""
    from peerroom.bot.keeper import Home

    return Home(
        settings=lambda: settings_of(circle),
        folder=lambda config: folder_of(config, circle),
        passphrase=lambda config: passphrase_of(config, circle),
        password=lambda config: secret("password", config, circle),
        label=circle,
        recover=recover,
    )


def passphrase_of(config: Config, circle: str) -> str:
    """The passphrase of a circle's vault; asked for if it is nowhere."""
    from peerroom.store.vault import Vault

    return secret("passphrase", config, circle) or ask_passphrase(
        circle, confirm=not Vault.exists(folder_of(config, circle))
    )


def ask_passphrase(circle: str, *, confirm: bool = False) -> str:
    """Ask for it, twice where a new one is chosen. Raises `NoPassphrase` where nobody is there."""
    words = _("Passphrase of the bot's vault")
    try:
        answer: str = click.prompt(
            f"{words} ({circle})" if circle else words,
            hide_input=True,
            confirmation_prompt=confirm,
            err=True,
        )
    except click.Abort as error:
        if sys.stdin.isatty():
            raise
        raise NoPassphrase from error
    return answer


def open_vault(circle: str | None) -> tuple[Vault, Config, str]:
    """A circle's vault, made at the first start; its settings, and its name. Raises
    `BotAlreadyRuns`, `ConfigError`, `VaultError`."""
    from peerroom.bot.keeper import BotAlreadyRuns
    from peerroom.store.errors import VaultBusy
    from peerroom.store.vault import Vault

    main = main_settings()
    name = one_of(main, circle)
    config = settings_of(name) if name else main
    folder = folder_of(config, name)
    passphrase = passphrase_of(config, name)
    try:
        known = Vault.exists(folder)
        vault = Vault.open(folder, passphrase) if known else Vault.create(folder, passphrase)
    except VaultBusy as error:
        raise BotAlreadyRuns from error
    return vault, config, name
