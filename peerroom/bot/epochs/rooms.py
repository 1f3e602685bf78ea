"""The rooms of the epochs: made once each, frozen, thawed, closed. Everything may be repeated."""

from __future__ import annotations

from functools import partial
from typing import Any

from peerroom.bot import circle as circles
from peerroom.bot import making
from peerroom.bot.epochs.errors import NotSeenYet
from peerroom.bot.standings import open_level
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import Forbidden, NotFound
from peerroom.matrix.rooms import Rooms
from peerroom.pseudonym.records import sign_record
from peerroom.pseudonym.registrar_effects import Publish
from peerroom.store.vault import Vault
from peerroom.wire import records as wire


class EpochRooms:
    """What is done with rooms when names change."""

    def __init__(
        self,
        vault: Vault,
        connection: Connection,
        rooms: Rooms,
        config: BotConfig,
        lineage: str,
        clock: Clock,
    ) -> None:
        self._vault = vault
        self._connection = connection
        self._rooms = rooms
        self._config = config
        self._lineage = lineage
        self._clock = clock

    async def make(self, epoch: int, moderators: frozenset[str]) -> str:
        """The id of the room of ``epoch``, which is made if it is not there, and
        can only be read.

        Raises `NotSeenYet` until the sync has brought it; `MatrixError`.
        """
        marker = {"v": 1, "role": "circle", "lineage": self._lineage, "epoch": epoch}
        room_id = circles.made_before(self._vault, marker)
        if room_id is None:
            founders = {self._rooms.session.user_id, self._config.recovery}
            make = partial(
                circles.make_room,
                self._connection,
                self._config,
                "circle",
                marker,
                moderators - founders,
                rotating=True,
                frozen=True,
            )
            await making.once(self._vault, self._rooms, marker, self._clock, make)
            raise NotSeenYet
        room = self._vault.rooms.get(room_id)
        if room is None or room.membership != "join" or not room.encrypted:
            raise NotSeenYet
        return room_id

    async def publish(self, effect: Publish, seed: bytes) -> None:
        """Put a record into the room's state, its pages first: who sees it can read it all.

        Not into a room that we are in no more: nobody follows the chain there.
        """
        room = self._vault.rooms.get(effect.room_id)
        if room is not None and room.membership == "leave":
            return
        number = effect.record.sequence
        for index, page in enumerate(effect.pages):
            content = wire.page_content(page)
            key = wire.page_key(number, index)
            await self._rooms.set_state(effect.room_id, wire.PAGE, content, key)
        signed = sign_record(seed, effect.record)
        await self._rooms.set_state(effect.room_id, wire.RECORD, signed.content(), str(number))

    async def set_frozen(self, room_id: str, frozen: bool) -> None:
        """Whether a room can only be read. It thaws open, or locked, as moderators have it."""
        found = await self._rooms.get_state(room_id, "m.room.power_levels")
        levels: dict[str, Any] = dict(found or {})
        level = circles.FROZEN if frozen else open_level(self._vault, room_id)
        wanted = circles.writing_level(levels, level)
        if wanted != levels:
            await self._rooms.set_state(room_id, "m.room.power_levels", wanted)

    async def close(self, room_id: str) -> None:
        """Remove everyone, then leave and forget the room ourselves."""
        try:
            members = await self._rooms.members(room_id)
        except (Forbidden, NotFound):
            return  # we left it in an earlier try
        for user_id, member in members.items():
            if user_id != self._rooms.session.user_id and _is_there(member):
                await self.remove(room_id, user_id)
        await self.leave(room_id)

    async def remove(self, room_id: str, user_id: str) -> None:
        """Take someone out of a room; who is not in it, is banned or owns it is left alone."""
        try:
            await self._rooms.kick(room_id, user_id)
        except (Forbidden, NotFound):
            return

    async def leave(self, room_id: str) -> None:
        """Be in a room no more, and have the server drop it."""
        try:
            await self._rooms.leave(room_id)
            await self._rooms.forget(room_id)
        except (Forbidden, NotFound):
            return


def _is_there(member: dict[str, Any]) -> bool:
    return member.get("membership") in ("join", "invite")
