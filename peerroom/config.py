"""``config.toml``: what a user or a host may choose.

`load` is strict: an unknown key or a wrong value is an error that names the key and a likely
spelling. `peek` is for the panic screen: it takes what is right, passes over what is not and never
raises. ``config.sample.toml`` shows every setting with its default; a test keeps the two the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from peerroom.i18n import LANGUAGES, N_
from peerroom.paths import config_file
from peerroom.settings import (
    FLAG,
    BadLine,
    ConfigError,
    ConfigMissing,
    ConfigSyntax,
    Kind,
    entries,
    matching,
    one_of,
    optional,
    read,
    salvaged,
    section,
    setting,
    strict,
    when,
    whole,
    words,
)
from peerroom.wire.address import is_homeserver, is_user_id

__all__ = ["Bot", "Config", "ConfigError", "Interface", "OwnNumber", "Panic", "Privacy", "Vault"]
__all__ += ["load", "peek"]

_LARGEST: Final = 65_536
"""Bytes of settings that are read; the sample has a twentieth of that."""


def _user_id(value: object) -> str:
    return when(isinstance(value, str) and is_user_id(value), str(value))


def _circle(value: object) -> str:
    """Part of a file's name, of a folder's and of environment variables'. Variables that end in
    _FILE name a file that holds a secret; folders that end in -signer hold round keys."""
    name = matching(r"[a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){0,2}")(str(value))
    return when(isinstance(value, str) and name.rpartition("-")[2] not in ("file", "signer"), name)


_LANGUAGE: Final = Kind(
    str,
    ", ".join(f'"{code}"' for code in ("auto", *LANGUAGES)),
    optional(lambda value: when(value in LANGUAGES, value), "auto"),
)
_COUNTRY: Final = Kind(
    str,
    N_('"auto", or a country in two letters, such as "JP"'),
    optional(lambda value: matching("[A-Za-z]{2}")(value).upper(), "auto"),
)
_PROXY: Final = Kind(
    str,
    N_('"", or an address such as "socks5://127.0.0.1:9050" or "http://127.0.0.1:8080"'),
    optional(
        matching(
            r"(?:socks5h?|http)://(?:[^\s/@]+@)?(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}"
        )
    ),
)
_FOLDER: Final = Kind(
    str,
    N_('"", or the path of a folder'),
    optional(lambda value: when("\0" not in value, Path(value).expanduser())),
)
# Ctrl with H, I, J or M arrives as another key; C, Q, S, V, X and Z have a meaning of their own.
_CHORD: Final = Kind(
    str,
    N_('a key that has no other use, such as "f12" or "ctrl+g"'),
    matching(r"f(?:[2-9]|1[0-2])|ctrl\+[abdefgklnoprtuwy]"),
)
_NUMBER: Final = Kind(
    str, N_('a telephone number, such as "042-123-4567"'), matching(r"\+?[0-9][0-9 ()*#-]{1,30}")
)
_HOMESERVER: Final = Kind(
    str,
    N_('"", or an address such as "https://matrix.example.org"'),
    optional(lambda value: when(is_homeserver(value), value.removesuffix("/"))),
)
_USERNAME: Final = Kind(
    str,
    N_('the part of a user id before the colon, such as "peerroom"'),
    matching("[a-z0-9._=/+-]{1,100}"),
)
_USER: Final = Kind(str, N_('"", or a user id such as "@name:example.org"'), optional(_user_id))
_USERS: Final = Kind(
    list,
    N_('a list of user ids, such as ["@name:example.org"]'),
    lambda value: tuple(map(_user_id, value)),
)
_PORT: Final = Kind(
    int,
    N_("0 for none, or a port from 1024 to 65535"),
    lambda value: when(value == 0 or 1024 <= value <= 65535, value),
)
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


_CIRCLES: Final = Kind(
    list,
    N_('a list of short names in small letters, such as ["kitchen", "garden"]'),
    lambda value: when(len(set(value)) == len(value), tuple(map(_circle, value))),
)


def _zone(value: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # only for those who host a room

    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError: the name of a folder of zones
        raise ValueError from error
    return value


_ZONE: Final = Kind(str, N_('a time zone, such as "Asia/Tokyo" or "Europe/London"'), _zone)


@dataclass(frozen=True, slots=True)
class Interface:
    """`language` (ISO 639-1), `country` (ISO 3166-1): None ("auto") means as the locale says."""

    language: str | None = field(default=None, metadata=setting(_LANGUAGE))
    country: str | None = field(default=None, metadata=setting(_COUNTRY))
    theme: str = field(default="auto", metadata=setting(one_of("auto", "dark", "light")))


@dataclass(frozen=True, slots=True)
class Privacy:
    """`proxy`: socks5, socks5h or http URL through which every request goes; None for none."""

    proxy: str | None = field(default=None, metadata=setting(_PROXY))


@dataclass(frozen=True, slots=True)
class Vault:
    """`folder`: where the vault lives, None for the usual place; `ephemeral`: memory only."""

    folder: Path | None = field(default=None, metadata=setting(_FOLDER))
    ephemeral: bool = field(default=False, metadata=setting(FLAG))


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of the family's own, for the panic screen. `hours` in care/hours.py's grammar."""

    name: str = field(metadata=setting(words(60, shortest=1)))
    number: str = field(metadata=setting(_NUMBER))
    hours: str = field(default="", metadata=setting(words(100)))
    note: str = field(default="", metadata=setting(words(200)))


@dataclass(frozen=True, slots=True)
class Panic:
    """`second_chord`: a key besides F1, in Textual's spelling ("ctrl+t", "f12")."""

    second_chord: str = field(default="ctrl+t", metadata=setting(_CHORD))
    own_numbers: tuple[OwnNumber, ...] = field(default=(), metadata=entries(OwnNumber))


@dataclass(frozen=True, slots=True)
class Bot:
    """What a host sets for the moderator bot; passwords and tokens are never in this file.

    `homeserver` base URL, `username` local part of the bot's account, `room` name of the room,
    `recovery` user id of the second owner, `moderators` user ids invited to the management room,
    `seats` members the room holds, `invite_days` days an invite stays good.

    `rotate`: everyone gets a new name and account every week, at `switch_hour` o'clock of
    `switch_day` in `switch_zone`; before that come `window_hours` in which new accounts are made
    and `freeze_minutes` in which the room can only be read. `floor`: fewest accounts for which
    names change; `hold_hours`: longest that moderators can put it off.

    `language`: what members are told in private in, where their program does not choose itself;
    "auto" means as the bot speaks, "both" one under the other.

    `log`: how much the bot writes to its log. `metrics_port`: where ``/health`` and ``/metrics``
    are on 127.0.0.1; 0 for nowhere. `keyring`: the bot's secrets are in this computer's keyring.
    `circles`: names of several circles; each has settings ``NAME.toml`` of its own beside these.
    """

    homeserver: str | None = field(default=None, metadata=setting(_HOMESERVER))
    username: str = field(default="peerroom", metadata=setting(_USERNAME))
    room: str = field(default="PeerRoom", metadata=setting(words(60, shortest=1)))
    recovery: str | None = field(default=None, metadata=setting(_USER))
    moderators: tuple[str, ...] = field(default=(), metadata=setting(_USERS))
    seats: int = field(default=50, metadata=setting(whole(2, 5000)))
    invite_days: int = field(default=7, metadata=setting(whole(1, 90)))
    rotate: bool = field(default=False, metadata=setting(FLAG))
    switch_day: str = field(default="sunday", metadata=setting(one_of(*DAYS)))
    switch_hour: int = field(default=5, metadata=setting(whole(0, 23)))
    switch_zone: str = field(default="Asia/Tokyo", metadata=setting(_ZONE))
    window_hours: int = field(default=36, metadata=setting(whole(1, 72)))
    freeze_minutes: int = field(default=30, metadata=setting(whole(0, 120)))
    floor: int = field(default=8, metadata=setting(whole(3, 5000)))
    hold_hours: int = field(default=48, metadata=setting(whole(0, 72)))
    language: str = field(default="auto", metadata=setting(one_of("auto", *LANGUAGES, "both")))
    log: str = field(default="info", metadata=setting(one_of("warning", "info", "debug")))
    metrics_port: int = field(default=0, metadata=setting(_PORT))
    keyring: bool = field(default=False, metadata=setting(FLAG))
    circles: tuple[str, ...] = field(default=(), metadata=setting(_CIRCLES))


@dataclass(frozen=True, slots=True)
class Config:
    """All settings; ``Config()`` is what one has without a file."""

    interface: Interface = field(default_factory=Interface, metadata=section(Interface))
    privacy: Privacy = field(default_factory=Privacy, metadata=section(Privacy))
    vault: Vault = field(default_factory=Vault, metadata=section(Vault))
    panic: Panic = field(default_factory=Panic, metadata=section(Panic))
    bot: Bot = field(default_factory=Bot, metadata=section(Bot))


def load(path: Path | None = None) -> Config:
    """The settings in ``path``; without a path those in the usual place, if there are any.

    Raises `ConfigError` for a file that cannot be read, is not TOML, or holds an unknown key or a
    wrong value. A file that was named (here or in ``PEERROOM_CONFIG``) must be there: it may be
    what names the proxy.
    """
    named = path is not None or "PEERROOM_CONFIG" in os.environ
    file = path or config_file()

    def complain(error: type[ConfigError], **about: str | int) -> NoReturn:
        from peerroom.text.foreign import ForeignText  # `peek`, on the panic path, never needs it

        raise error(file=ForeignText(str(file)).line(), **about) from None

    try:
        return read(Config, strict(_contents(file)), complain)
    except FileNotFoundError:
        if named:
            complain(ConfigMissing)
        return Config()
    except BadLine as error:
        complain(ConfigSyntax, line=error.line)
    except (OSError, ValueError, RecursionError):
        complain(ConfigError)


def peek(path: Path | None = None) -> Config:
    """What can be understood of ``path``, the defaults for the rest; never raises."""

    def pass_over(error: type[ConfigError], **about: str | int) -> None:
        """The panic screen shows numbers, not errors: `load` will tell."""

    try:
        return read(Config, salvaged(_contents(path or config_file())), pass_over)
    except (OSError, ValueError, RecursionError):
        return Config()


def _contents(file: Path) -> str:
    """The text in ``file``. Raises OSError, or ValueError if it is not what settings can be."""
    if file.exists() and not file.is_file():
        raise ValueError("a folder, or a device that may never end")
    with file.open("rb") as opened:
        data = opened.read(_LARGEST + 1)
    return when(len(data) <= _LARGEST, data).decode("utf-8-sig")
