"""Waiting for something to be true of the vault, turn of sync by turn of sync."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from peerroom.clock import Clock
from peerroom.errors import PeerRoomError

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.matrix.sync import SyncBatch

T = TypeVar("T")


async def sync_until(
    connection: Connection, look: Callable[[], T | None], clock: Clock, patience: float
) -> T:
    """Sync until ``look`` finds something; what ``look`` raises is raised here.

    Raises `TimeoutError` after ``patience`` seconds of ``clock``, and what `sync_forever` raises.
    """
    if (found := look()) is not None:
        return found
    result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def on_batch(_batch: SyncBatch) -> None:
        if result.done():
            return
        try:
            value = look()
        except PeerRoomError as error:
            result.set_exception(error)
        else:
            if value is not None:
                result.set_result(value)

    syncing = asyncio.ensure_future(connection.sync_forever(on_batch))
    timer = asyncio.ensure_future(clock.sleep(patience))
    try:
        await asyncio.wait((result, syncing, timer), return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        if syncing.done():
            syncing.result()
        raise TimeoutError
    finally:
        result.cancel()
        syncing.cancel()
        timer.cancel()
        await asyncio.gather(syncing, timer, return_exceptions=True)
