"""Waiting for something to be true of a client, without asking in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from peerroom.demo.errors import StepFailed

if TYPE_CHECKING:
    from peerroom.client.session import Client

PATIENCE = 30.0
"""Seconds after which what did not happen is taken not to happen."""

T = TypeVar("T")


async def until(
    client: Client, look: Callable[[], T | None], missing: str, within: float = PATIENCE
) -> T:
    """The first true thing that ``look`` finds, looking again whenever ``client`` changes.

    Raises `StepFailed` with the sentence ``missing`` after ``within`` seconds.
    """
    changed = asyncio.Event()
    unsubscribe = client.subscribe(lambda _change: changed.set())
    try:
        async with asyncio.timeout(within):
            while not (found := look()):
                changed.clear()
                await changed.wait()
            return found
    except TimeoutError as error:
        raise StepFailed(reason=missing) from error
    finally:
        unsubscribe()
