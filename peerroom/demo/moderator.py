"""The moderator bot as the demo needs it."""

from __future__ import annotations

from typing import Protocol

from peerroom.clock import Clock
from peerroom.demo.errors import WorldDidNotStart
from peerroom.host.homeserver import Homeserver


class Moderator(Protocol):
    """A running bot that has made its room."""

    user_id: str
    room_id: str
    """The encrypted room that members come into."""

    async def invite(self) -> str:
        """A new one-use invite link."""

    async def stop(self) -> None:
        """End it; its rooms stay."""


async def start_moderator(server: Homeserver, *, clock: Clock) -> Moderator:
    """Start the bot on ``server`` and return once its room is there."""
    raise WorldDidNotStart(reason="The moderator bot is not built yet.")
