"""What the commands share: settings, the vault's folder, and opening or making the vault."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from peerroom import i18n, paths
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _

if TYPE_CHECKING:
    from peerroom.config import Config
    from peerroom.plain.asking import Asker
    from peerroom.store.vault import Vault

KEY_BYTES: Final = 32

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class NoKey(PeerRoomError):
    """``--vault-key-fd`` names a descriptor that is not open."""

    what = N_("The key of the vault could not be read from descriptor {number}.")
    next_step = N_("Leave out --vault-key-fd to be asked for the passphrase.")


class TwoPassphrases(PeerRoomError):
    """The passphrase and its repetition differ three times."""

    what = N_("The two passphrases were not the same.")
    next_step = N_("Run it again; everything is as it was.")


class RulesNotAccepted(PeerRoomError):
    """The answer to the rules was no."""

    what = N_("Without the rules there is no room; nothing was made.")
    next_step = N_("`peerroom help-now` works all the same.")


def options(command: Decorated) -> Decorated:
    """The options of every command that opens the vault."""
    for option in (
        click.option(
            "--ephemeral", is_flag=True, help=_("Keep everything in memory; leave nothing behind.")
        ),
        click.option(
            "--vault-key-fd",
            type=click.IntRange(0),
            metavar="N",
            help=_("Read the vault's 32-byte key from file descriptor N instead of asking."),
        ),
    ):
        command = option(command)
    return command


def settings() -> Config:
    """The settings; the language they name is spoken from here on. Raises `ConfigError`."""
    from peerroom.config import load

    config = load()
    if config.interface.language:
        i18n.set_language(config.interface.language)
    return config


def folder_of(config: Config) -> Path:
    """Where the vault is or will be. ``PEERROOM_DATA`` goes before the settings."""
    if "PEERROOM_DATA" in os.environ or config.vault.folder is None:
        return paths.data_folder()
    return config.vault.folder


def read_key(number: int) -> bytes:
    """The vault's key from descriptor ``number``, which is closed then. Raises `NoKey`."""
    try:
        with os.fdopen(number, "rb") as source:
            return source.read(KEY_BYTES + 1)
    except OSError as error:
        raise NoKey(number=number) from error


def plain_asker(config: Config) -> Asker:
    """Questions in the linear mode, on standard input and output."""
    from peerroom.care.zone import reader_zone
    from peerroom.plain.asking import Asker
    from peerroom.plain.lines import Lines
    from peerroom.plain.voice import Voice

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    voice = Voice(sys.stdout, reader_zone())
    return Asker(Lines(sys.stdin.fileno()), voice, lambda: help_now(config, country_of(config)))


def country_of(config: Config, vault: Vault | None = None) -> str | None:
    """The reader's country: the settings', then what the vault remembers, then the locale's."""
    remembered = vault.settings.get("interface.country") if vault is not None else None
    known = config.interface.country or (remembered if isinstance(remembered, str) else None)
    return known or i18n.country_from_environment()


def help_now(config: Config, country: str | None) -> Iterator[str]:
    """The panic screen as plain lines; imported only when someone needs it."""
    from datetime import UTC, datetime

    from peerroom.care import helplines, render
    from peerroom.care.zone import reader_zone

    now = datetime.now(UTC).astimezone(reader_zone())
    page = helplines.screen(country, i18n.language(), now, config.panic.own_numbers)
    for line in render.lines(page, more=True):
        yield line.text


def rules() -> Iterator[str]:
    """The rules of the room, one a line."""
    from peerroom.care.rules import ten_rules

    for rule in ten_rules(i18n.language()):
        yield f"{rule.number}. {rule.text}"


def open_vault(config: Config, asker: Asker, *, key_fd: int | None, ephemeral: bool) -> Vault:
    """The vault, opened or made, by asking what has to be asked. Raises `VaultError`, `NoKey`."""
    from peerroom.store.vault import Vault

    folder = folder_of(config)
    if key_fd is not None:
        return _recalled(Vault.open_with_key(folder, read_key(key_fd)))
    ephemeral = ephemeral or config.vault.ephemeral
    if Vault.exists(folder) and not ephemeral:
        return unlocked(folder, asker)
    return _first_run(config, asker, None if ephemeral else folder)


def unlocked(folder: Path, asker: Asker) -> Vault:
    """The vault in ``folder``; three tries for the passphrase."""
    from peerroom.store.vault import Vault

    return _recalled(Vault.open_with_key(folder, asked_key(folder, asker)))


def asked_key(folder: Path, asker: Asker) -> bytes:
    """The key of the vault in ``folder``; three tries for the passphrase."""
    _passphrase, key = proven_passphrase(folder, asker, _("Passphrase of your vault:"))
    return key


def proven_passphrase(folder: Path, asker: Asker, question: str) -> tuple[str, bytes]:
    """The passphrase of the vault in ``folder``, and the key that it opens; three tries, and
    a sentence after each wrong one. Raises `WrongPassphrase` after the last."""
    from peerroom.store import keys
    from peerroom.store.errors import WrongPassphrase

    for tries_left in (2, 1, 0):
        passphrase = asker.secret(question)
        try:
            return passphrase, keys.unlock(folder, passphrase)
        except WrongPassphrase as error:
            if not tries_left:
                raise
            asker.voice.note(error.sentence())
    raise AssertionError("the last try returns or raises")


def _recalled(vault: Vault) -> Vault:
    """Speak the language that was chosen at the first run."""
    language = vault.settings.get("interface.language")
    if language in i18n.LANGUAGES:
        i18n.set_language(language)
    return vault


def new_passphrase(asker: Asker) -> str:
    """A passphrase, said twice, after saying what forgetting it means. Raises `TwoPassphrases`."""
    from peerroom.store.keys import FORGOTTEN

    asker.voice.note(_(FORGOTTEN))
    for _attempt in range(3):
        first = asker.secret(_("A passphrase (a few words that only you know):"))
        if first and first == asker.secret(_("The same once more:")):
            return first
        asker.voice.note(_("It was empty, or not the same twice."))
    raise TwoPassphrases


def _first_run(config: Config, asker: Asker, folder: Path | None) -> Vault:
    """The questions of the first run, then a new vault; in memory if ``folder`` is None."""
    from peerroom.store.vault import Vault

    language = _language(config, asker)
    i18n.set_language(language)
    country = _country(config, asker)
    _accept_rules(asker)
    vault = Vault.ephemeral() if folder is None else _made(asker, folder)
    vault.settings.set("interface.language", language)
    if country is not None:
        vault.settings.set("interface.country", country)
    if vault.folder is not None:
        from peerroom.client.first_choices import write

        write(paths.config_file(), language, country)
    return vault


def _made(asker: Asker, folder: Path) -> Vault:
    from peerroom.store.vault import Vault

    keep = asker.choose(
        _("Where should your messages be kept?"),
        [_("On this computer, under a passphrase"), _("Nowhere: all is gone when you leave")],
    )
    return Vault.create(folder, new_passphrase(asker)) if keep == 0 else Vault.ephemeral()


def _language(config: Config, asker: Asker) -> str:
    if config.interface.language:
        return config.interface.language
    names = {"en": "English", "ja": "日本語"}
    known = list(i18n.LANGUAGES)
    chosen = asker.choose(
        _("Language:"), [names[code] for code in known], known.index(i18n.language())
    )
    return known[chosen]


def _country(config: Config, asker: Asker) -> str | None:
    from peerroom.care.catalogue import find_country

    if config.interface.country:
        return config.interface.country
    here = i18n.country_from_environment()
    question = _("Your country, for the help numbers (JP, Japan …):")
    if here:
        question += " " + _("Enter for {country}.").format(country=here)
    answer = asker.ask(question)
    return (find_country(answer) if answer else None) or here


def _accept_rules(asker: Asker) -> None:
    asker.voice.note(_("These are the rules we keep with each other:"))
    for line in rules():
        asker.voice.line(line)
    if not asker.yes(_("Will you keep them too?")):
        raise RulesNotAccepted
