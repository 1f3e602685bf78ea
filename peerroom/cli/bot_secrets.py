"""Where the bot's two secrets come from: a file, the environment, or this computer's keyring.

Never from the command line: every user of the machine can read that.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal

from peerroom.bot.missing import SecretMissing
from peerroom.i18n import N_

if TYPE_CHECKING:
    from peerroom.config import Config

Name = Literal["password", "passphrase"]

SERVICE: Final = "PeerRoom bot"
"""What the entries in the keyring are called."""
_VARIABLE: Final = "PEERROOM_BOT_{name}"
_FILE: Final = "_FILE"
_LARGEST: Final = 4096


class SecretFileUnreadable(SecretMissing):
    """A file that was to hold a secret could not be read. Fields: ``variable``."""

    what = N_("The file named in {variable} could not be read.")
    next_step = N_("Check its path and that you may read it.")


class NoKeyringInstalled(SecretMissing):
    """The settings say that secrets are in the keyring, and the library is not there."""

    what = N_("The settings say `keyring = true`, and PeerRoom was installed without it.")
    next_step = N_("Install `peerroom[keyring]`, or use a file: docs/running-the-bot.md says how.")


class NoKeyring(SecretMissing):
    """This computer has no keyring that can be used now: none at all, or it is locked."""

    what = N_("This computer has no keyring that PeerRoom can use now.")
    next_step = N_("Unlock it, or use a file for the secret: a server usually has no keyring.")


class NotInKeyring(SecretMissing):
    """The keyring has no such entry."""

    what = N_("The keyring does not have the bot's {name} yet.")
    next_step = N_("Run `peerroom bot remember` once.")


def secret(name: Name, config: Config, circle: str = "") -> str | None:
    """The bot's ``name``: the file that a variable with _FILE at its end names goes first, then the
    variable without it, then the keyring if the settings say so. None: it is nowhere.

    For one of several ``circle``s, variables with its name in them go before those without. A
    passphrase that the settings promise to be in the keyring and is not is an error; a password
    is not, because it is needed once.
    """
    for variable in _variables(name, circle):
        if (path := os.environ.get(variable + _FILE)) is not None:
            return _read(path, variable + _FILE)
        if (value := os.environ.get(variable)) is not None:
            return value
    return _from_keyring(name, circle) if config.bot.keyring else None


def remember(name: Name, value: str, circle: str = "") -> None:
    """Put a secret into the keyring. Raises `NoKeyringInstalled`, `NoKeyring`."""
    keyring, errors = _keyring()
    try:
        keyring.set_password(SERVICE, _entry(name, circle), value)
    except errors.KeyringError as error:
        raise NoKeyring from error


def _variables(name: Name, circle: str) -> list[str]:
    usual = _VARIABLE.format(name=name.upper())
    return [f"{usual}_{circle.upper().replace('-', '_')}", usual] if circle else [usual]


def _read(path: str, variable: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(_LARGEST).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise SecretFileUnreadable(variable=variable) from error


def _from_keyring(name: Name, circle: str) -> str | None:
    keyring, errors = _keyring()
    try:
        found: str | None = keyring.get_password(SERVICE, _entry(name, circle))
    except errors.KeyringError as error:
        raise NoKeyring from error
    if found is None and name == "passphrase":
        raise NotInKeyring(name=name)
    return found


def _entry(name: Name, circle: str) -> str:
    return f"{name} {circle}".strip()


def _keyring() -> tuple[ModuleType, ModuleType]:
    """An extra of the installation; loading it looks for what the desktop offers."""
    try:
        import keyring
        from keyring import errors
    except ImportError as error:
        raise NoKeyringInstalled from error
    return keyring, errors
