"""Which rooms the bot goes into when it is asked to."""

from __future__ import annotations

import logging
from collections.abc import Collection

from peerroom.matrix.errors import Banned, Forbidden, MatrixError, NotFound
from peerroom.matrix.rooms import Rooms
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")


async def open_doors(vault: Vault, rooms: Rooms, account_id: int, wanted: Collection[str]) -> None:
    """Join every encrypted direct room that someone asks us into, for a knock may come there, and
    the rooms in ``wanted``; decline all others."""
    for room in vault.rooms.all(account_id):
        if room.membership != "invite":
            continue
        try:
            if (room.is_direct and room.encrypted) or room.room_id in wanted:
                await rooms.join(room.room_id)
            else:
                await rooms.leave(room.room_id)
        except (Forbidden, NotFound, Banned):
            vault.rooms.set_membership(room.room_id, "leave")
        except MatrixError as error:
            log.info("an invitation waits: %s", type(error).__name__)
            return
