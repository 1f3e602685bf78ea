"""What the steps of ``peerroom demo --script`` are made of.

A step is a small async function over the `Stage`. It raises `StepFailed` (or any other
`PeerRoomError`) when what it stands for did not happen.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from peerroom.clock import Clock
from peerroom.demo.desk import Desk
from peerroom.demo.errors import StepFailed
from peerroom.demo.member import Member
from peerroom.demo.public_records import PublicRecords
from peerroom.demo.server_view import ServerView
from peerroom.demo.world import World
from peerroom.i18n import _


@dataclass
class Cast:
    """Who plays what in a change of names, and what is remembered of it."""

    early: Member
    """Banned before the cut-off."""
    late: Member
    """Banned in the window, after being given a token."""
    absent: Member
    """Asks, and is away when the names change."""
    cheat: Member
    """Gets a new name like others, and tries to get more out of the token."""
    changing: tuple[Member, ...]
    """Everyone who gets a new name, the cheat too."""
    records: PublicRecords
    old_room: str
    old_names: dict[str, str]
    """By user id, before the change."""


@dataclass
class Stage:
    """What the steps of one play share; later ones use what earlier ones put here."""

    folder: Path
    clock: Clock
    random: Random
    world: World = field(init=False)
    you: Member = field(init=False)
    desk: Desk = field(init=False)
    """Of the moderator."""
    visitor: Member = field(init=False)
    """Came when the others were there; what they write is looked at."""
    strangers: dict[str, str] = field(default_factory=dict)
    """By user id, the names of those who came, wrote and were banned."""
    cast: Cast = field(init=False)
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    def __post_init__(self) -> None:
        self.world = World(self.folder, clock=self.clock, random=self.random)

    @property
    def server(self) -> ServerView:
        """The homeserver's own view."""
        return ServerView(self.world.server)

    @property
    def room_id(self) -> str:
        return self.world.moderator.room_id


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``name`` is stable and English, for `--json`; ``shown`` is what people read."""

    name: str
    play: Callable[[Stage], Awaitable[None]]

    @property
    def shown(self) -> str:
        return _(self.name)


def true(condition: object, otherwise: str) -> None:
    """Raise `StepFailed` with the sentence ``otherwise`` unless ``condition`` holds."""
    if not condition:
        raise StepFailed(reason=otherwise)
