"""``config.toml``: what a user or a host may choose, checked to the letter.

`load` is strict: an unknown key or a wrong value is an error that names the key and a likely
spelling. `peek` is for the panic screen: it takes what is right, passes over what is not and never
raises. Neither imports more than the standard library, so that help-now stays fast.
``config.sample.toml`` shows every setting with its default; a test keeps the two the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class ConfigError(PeerRoomError):
    """The configuration cannot be used as it is."""

    what = N_("Your settings in {file} could not be read.")
    next_step = N_("The panic key works all the same.")


@dataclass(frozen=True, slots=True)
class Interface:
    """`language` (ISO 639-1), `country` (ISO 3166-1): None means as the locale says."""

    language: str | None = None
    country: str | None = None
    theme: str = "auto"
    """auto, dark or light."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """`proxy`: socks5:// or http:// URL through which every request goes; None means directly."""

    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Vault:
    """`folder`: where the vault lives, None for the usual place; `ephemeral`: memory only."""

    folder: Path | None = None
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of the family's own, for the panic screen. `hours` in care/hours.py's grammar."""

    name: str
    number: str
    hours: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panic:
    """`second_chord`: a key besides F1, in Textual's spelling ("ctrl+g", "f12")."""

    second_chord: str = "ctrl+g"
    own_numbers: tuple[OwnNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class Bot:
    """What a host sets for the moderator bot; passwords and tokens are never in this file.

    `homeserver` base URL, `username` local part of the bot's account, `room` name of the room,
    `recovery` user id of the second owner, `moderators` user ids invited to the management room,
    `seats` members the room holds, `invite_days` days an invite stays good.
    """

    homeserver: str | None = None
    username: str = "peerroom"
    room: str = "PeerRoom"
    recovery: str | None = None
    moderators: tuple[str, ...] = ()
    seats: int = 50
    invite_days: int = 7


@dataclass(frozen=True, slots=True)
class Config:
    """All settings; ``Config()`` is what one has without a file."""

    interface: Interface = field(default_factory=Interface)
    privacy: Privacy = field(default_factory=Privacy)
    vault: Vault = field(default_factory=Vault)
    panic: Panic = field(default_factory=Panic)
    bot: Bot = field(default_factory=Bot)


def load(path: Path | None = None) -> Config:
    """The settings in ``path``; without a path those in the usual place, if there are any.

    Raises `ConfigError` for a file that cannot be read, is not TOML, or holds an unknown key or a
    wrong value.
    """
    raise NotImplementedError


def peek(path: Path | None = None) -> Config:
    """What can be understood of ``path``, the defaults for the rest; never raises."""
    raise NotImplementedError
