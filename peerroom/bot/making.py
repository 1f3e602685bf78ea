"""A room is made once, although a server takes no transaction id for that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from peerroom.bot import circle as circles
from peerroom.bot.epochs.errors import NotSeenYet
from peerroom.clock import Clock
from peerroom.matrix.errors import MatrixError, RateLimited
from peerroom.matrix.rooms import Rooms
from peerroom.store.vault import Vault

_BEGUN: Final = "bot.making"
UNDER_WAY: Final = timedelta(seconds=30)
"""How long a server may be at making a room, after whoever asked for it is gone. Until then the
room may be nowhere, or be there in part: its marker and its members come last."""


async def once(
    vault: Vault,
    rooms: Rooms,
    marker: Mapping[str, object],
    clock: Clock,
    make: Callable[[], Awaitable[str]],
) -> str:
    """The id of the room with this marker, which ``make`` makes unless an earlier try did.

    Raises `NotSeenYet` while an earlier try may still be under way; `MatrixError`.
    """
    found = await circles.unseen(vault, rooms, marker)
    if found is not None:
        return found
    key, now = _key(marker), clock.now()
    begun = vault.records.get(_BEGUN, key)
    if begun is not None and abs(now - datetime.fromisoformat(begun)) < UNDER_WAY:
        raise NotSeenYet
    vault.records.replace(_BEGUN, key, now.isoformat())
    try:
        return await make()
    except MatrixError as error:
        if isinstance(error, RateLimited) or error.reach in (None, "refused"):
            vault.records.remove(_BEGUN, key)  # there is certainly none
        raise


def found(vault: Vault, marker: Mapping[str, object]) -> None:
    """The room is in use: if another is asked for, then because this one is of no use any more."""
    vault.records.remove(_BEGUN, _key(marker))


def _key(marker: Mapping[str, object]) -> str:
    return " ".join(f"{name}={marker[name]}" for name in sorted(marker))
