"""The encrypted room of two in which the bot tells a member something: found, or made once."""

from __future__ import annotations

from typing import Final

from peerroom.bot import circle as circles
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
        rooms = [room for room in self._vault.rooms.all(self._account.id) if self._fits(room)]
        inside = [room for room in rooms if self._membership(room, user_id) == "join"]
        asked = [room for room in rooms if self._membership(room, user_id) == "invite"]
        for room in (*inside, *asked):
            return room.room_id
        try:
            await self._make(user_id)
        except (Forbidden, NotFound):
            return None
        raise NotSeenYet

    def _fits(self, room: StoredRoom) -> bool:
        """Ours, encrypted, and nobody third in it: what is said there is for one person."""
        if room.membership != "join" or not (room.is_direct and room.encrypted):
            return False
        if is_followed(self._vault, room.room_id):
            return False
        members = self._vault.rooms.members(room.room_id)
        return sum(one.get("membership") in _HERE for one in members.values()) <= 2

    def _membership(self, room: StoredRoom, user_id: str) -> object:
        member = self._vault.rooms.state(room.room_id, "m.room.member", user_id) or {}
        return member.get("membership")

    async def _make(self, user_id: str) -> None:
        """Make a room, unless an earlier try did whose answer was lost."""
        rooms = Rooms(self._connection.session.without_retries())
        marker = {
            "v": 1,
            "role": "direct",
            "lineage": circles.lineage_of(self._vault),
            "with": user_id,
        }
        if await circles.unseen(self._vault, rooms, marker) is not None:
            return
        await rooms.create_room(
            invite=(user_id,),
            is_direct=True,
            initial_state=[{"type": circles.MARKER, "state_key": "", "content": marker}],
            # Who is only invited so far can read what is said now, when they come.
            history_visibility="invited",
        )
