"""The headless client: everything a face can do, drivable without a terminal."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from peerroom.client.timeline import Timeline
from peerroom.client.views import Change, ConnectionState, MemberView, RoomView
from peerroom.clock import Clock

if TYPE_CHECKING:
    from peerroom.config import Config
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault


class Client:
    """One account of an open vault.

    Reading (`rooms`, `timeline`) works from the first moment, without `start`, from the vault.
    Every method but those marked ``async`` returns at once: it writes the vault, tells the
    subscribers and wakes the workers. Nothing raises for a network reason: failures become the
    `connection` sentence or the state of the message they concern.
    """

    def __init__(
        self, vault: Vault, account: Account, *, config: Config, clock: Clock, random: Random
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Connect in the background and return at once; nio is only imported there."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Stop the workers and close the connection; what is unsent stays in the vault."""
        raise NotImplementedError

    @property
    def connection(self) -> ConnectionState:
        """How things stand with the server now."""
        raise NotImplementedError

    @property
    def user_id(self) -> str:
        """Our own Matrix id, for comparing; never shown."""
        raise NotImplementedError

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``callback`` on the loop's thread for every `Change`; returns the way to stop it."""
        raise NotImplementedError

    def rooms(self) -> list[RoomView]:
        """The rooms, the most recently active first."""
        raise NotImplementedError

    def room(self, room_id: str) -> RoomView | None:
        """One room as `rooms` would show it."""
        raise NotImplementedError

    def members(self, room_id: str) -> list[MemberView]:
        """Who is in the room now, moderators first, then by name."""
        raise NotImplementedError

    def timeline(self, room_id: str) -> Timeline:
        """The room's timeline; the same object for the same room."""
        raise NotImplementedError

    def send(self, room_id: str, text: str) -> str:
        """Queue a text message, drop the room's draft, and return the message's key.

        The row is in the vault when this returns; it goes out in order, now or when the
        connection is back. A line that begins with ``/me `` is an action.
        """
        raise NotImplementedError

    def retry(self, key: str) -> None:
        """Send a failed message again, with the same transaction id."""
        raise NotImplementedError

    def undo(self, key: str) -> str | None:
        """Take back what was not sent: removes it and returns its text for the composer."""
        raise NotImplementedError

    def delete(self, room_id: str, key: str) -> bool:
        """Delete one's own message, by key or event id.

        Its text is gone from the vault when this returns; the redaction is queued for the server.
        A message that never left is simply gone. False when it is not ours or not there.
        """
        raise NotImplementedError

    def draft(self, room_id: str) -> str:
        """The unsent text of this room's composer, or an empty string."""
        raise NotImplementedError

    def set_draft(self, room_id: str, text: str) -> None:
        """Keep ``text`` as the room's draft; an empty string forgets it."""
        raise NotImplementedError

    def mark_read(self, room_id: str, position: int) -> None:
        """Remember on this device only that everything up to ``position`` was read."""
        raise NotImplementedError

    async def load_older(self, room_id: str) -> bool:
        """Fetch one more stretch of history; False when there is none or the server is away."""
        raise NotImplementedError

    async def outbox_empty(self) -> bool:
        """Wait until nothing waits to be sent: True when all went, False when some failed."""
        raise NotImplementedError
