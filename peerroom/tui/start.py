"""What the terminal client starts with. Everything may be missing: help must open regardless."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import Enum
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from peerroom.clock import Clock, SystemClock
from peerroom.errors import PeerRoomError

if TYPE_CHECKING:
    from peerroom.config import Config
    from peerroom.store.vault import Vault


class Ending(Enum):
    """How a run of the terminal client ended."""

    LEFT = 0
    """The user left."""
    CRASHED = 1
    """An error that nobody foresaw; a sentence without details is on stderr."""


def end_process() -> None:
    """End this process at once with exit code 0: no thread, no network, no disk is waited for.

    What counts is in the vault already: drafts as they are typed, the outbox before the network.
    """
    os._exit(0)


@dataclass(frozen=True, slots=True)
class Start:
    """The state of the house at the door.

    Which screen opens follows from it: ``config_problem`` or ``vault_problem`` shows that error;
    an open ``vault`` shows the rooms (or the invite page when it has no account yet); a vault on
    disk asks for its passphrase; otherwise the first run begins.
    """

    folder: Path | None = None
    """Where the vault is or will be; None with ``ephemeral``."""
    config: Config | None = None
    config_problem: PeerRoomError | None = None
    config_file: Path | None = None
    """Where first-run choices (language, country) are kept so that help-now knows them."""
    vault: Vault | None = None
    """Already open, for instance by a key on an inherited descriptor."""
    vault_problem: PeerRoomError | None = None
    ephemeral: bool = False
    """Keep everything in memory, without asking."""
    invite: str | None = None
    """An invite link that was given at the start."""
    country: str | None = None
    """ISO 3166-1 code for the helplines; None means that nobody has said yet."""
    zone: tzinfo | None = None
    """The reader's time zone; None means this machine's."""
    debug: bool = False
    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=SystemRandom)
    farewell: Callable[[], None] = end_process
    """Called after quick exit has restored the terminal. The demo stops its world here."""
