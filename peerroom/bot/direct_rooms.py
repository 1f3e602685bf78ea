"""The encrypted room of two in which the bot tells a member something: found, or made once."""

from __future__ import annotations

from functools import partial
from typing import Final

from peerroom.bot import circle as circles
from peerroom.bot import making
from peerroom.bot.epochs.errors import NotSeenYet
from peerroom.bot.ledger import is_followed
from peerroom.clock import Clock
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import Forbidden, NotFound
from peerroom.matrix.rooms import Rooms
from peerroom.store.accounts import Account
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

_HERE: Final = ("join", "invite")


def known_room(vault: Vault, account_id: int, user_id: str) -> str | None:
    """The room with ``user_id`` alone, if there is one: where they are, before where they are asked
    to be."""
    rooms = [room for room in vault.rooms.all(account_id) if _fits(vault, room)]
    for membership in _HERE:
        for room in rooms:
            if _membership(vault, room, user_id) == membership:
                return room.room_id
    return None


def _fits(vault: Vault, room: StoredRoom) -> bool:
    """Ours, encrypted, and nobody third in it: what is said there is for one person."""
    ours = room.membership == "join" and room.encrypted and not is_followed(vault, room.room_id)
    return ours and vault.rooms.is_of_two(room.room_id)


def _membership(vault: Vault, room: StoredRoom, user_id: str) -> object:
    member = vault.rooms.state(room.room_id, "m.room.member", user_id) or {}
    return member.get("membership")


class DirectRooms:
    """Rooms of the bot with one member each."""

    def __init__(
        self, vault: Vault, account: Account, connection: Connection, clock: Clock
    ) -> None:
        self._vault = vault
        self._account = account
        self._connection = connection
        self._clock = clock

    async def room_with(self, user_id: str) -> str | None:
        """The room with ``user_id`` alone; None if the server will not let us ask them into one.

        Raises `NotSeenYet` until our own sync has brought a new one; `MatrixError`.
        """
        marker = {
            "v": 1,
            "role": "direct",
            "lineage": circles.lineage_of(self._vault),
            "with": user_id,
        }
        known = known_room(self._vault, self._account.id, user_id)
        if known is not None:
            making.found(self._vault, marker)
            return known
        rooms = Rooms(self._connection.session.without_retries())
        make = partial(self._make, rooms, user_id, marker)
        try:
            await making.once(self._vault, rooms, marker, self._clock, make)
        except (Forbidden, NotFound):
            return None
        raise NotSeenYet

    @staticmethod
    async def _make(rooms: Rooms, user_id: str, marker: dict[str, object]) -> str:
        return await rooms.create_room(
            invite=(user_id,),
            is_direct=True,
            initial_state=[{"type": circles.MARKER, "state_key": "", "content": marker}],
            # Who is only invited so far can read what is said now, when they come.
            history_visibility="invited",
        )
