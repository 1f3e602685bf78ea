"""Rooms on the server: making them, entering them, keeping order in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peerroom.matrix.session import Session
from peerroom.matrix.transport import Json

ROOM_VERSION = "12"
MEGOLM = "m.megolm.v1.aes-sha2"


@dataclass(frozen=True)
class Page:
    """A stretch of history: raw events in the order asked for, and the token to go on, or None."""

    events: tuple[Json, ...]
    end: str | None


class Rooms:
    """The room calls of one account. All raise `MatrixError`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def create_room(
        self,
        *,
        name: str | None = None,
        topic: str | None = None,
        invite: Sequence[str] = (),
        is_direct: bool = False,
        additional_creators: Sequence[str] = (),
        power_levels: Mapping[str, object] | None = None,
        initial_state: Sequence[Mapping[str, object]] = (),
        encrypted: bool = True,
        history_visibility: str = "joined",
    ) -> str:
        """Make a private room and return its id.

        Version 12: we and ``additional_creators`` stand above every power level, so
        ``power_levels`` (an override) must not name any of us; it is a `ValueError` if it does.
        """
        raise NotImplementedError

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite a user; someone already in the room is fine."""
        raise NotImplementedError

    async def join(self, room_id: str, *, via: Sequence[str] = ()) -> None:
        """Join; ``via`` are server names that know the room (version 12 ids name none).

        Raises `Banned`, `Forbidden`, `NotFound`."""
        raise NotImplementedError

    async def leave(self, room_id: str) -> None:
        """Leave, or decline an invitation."""
        raise NotImplementedError

    async def forget(self, room_id: str) -> None:
        """Ask the server to drop the room from our history, after leaving."""
        raise NotImplementedError

    async def kick(self, room_id: str, user_id: str, *, reason: str | None = None) -> None:
        """Remove a user, who may come back if invited."""
        raise NotImplementedError

    async def ban(
        self,
        room_id: str,
        user_id: str,
        *,
        reason: str | None = None,
        redact_events: bool = False,
    ) -> None:
        """Ban a user; with ``redact_events`` their messages go too, where MSC4293 is known."""
        raise NotImplementedError

    async def unban(self, room_id: str, user_id: str) -> None:
        """Lift a ban; not banned is fine."""
        raise NotImplementedError

    async def redact(
        self, room_id: str, event_id: str, *, transaction_id: str, reason: str | None = None
    ) -> str:
        """Redact an event; returns the redaction's event id. Same transaction id: once only."""
        raise NotImplementedError

    async def set_state(
        self, room_id: str, event_type: str, content: Mapping[str, object], state_key: str = ""
    ) -> str:
        """Set a state event; returns its id."""
        raise NotImplementedError

    async def get_state(self, room_id: str, event_type: str, state_key: str = "") -> Json | None:
        """The content of a state event, or None."""
        raise NotImplementedError

    async def members(self, room_id: str) -> dict[str, Json]:
        """Everyone's ``m.room.member`` content by user id, whatever the membership."""
        raise NotImplementedError

    async def messages(
        self, room_id: str, *, start: str | None, direction: str = "b", limit: int = 50
    ) -> Page:
        """History from ``start`` (a token; None is the newest end), ``b`` back or ``f`` forward."""
        raise NotImplementedError

    async def context(self, room_id: str, event_id: str, *, limit: int = 0) -> Json:
        """An event with what stood around it, as the server answers it."""
        raise NotImplementedError

    async def joined(self) -> tuple[str, ...]:
        """The ids of the rooms that we are in."""
        raise NotImplementedError

    async def set_display_name(self, name: str) -> None:
        """Our display name, everywhere on this account."""
        raise NotImplementedError
