"""Waiting for something to be true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from peerroom.demo.errors import StepFailed

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock

PATIENCE = 30.0
"""Seconds after which what did not happen is taken not to happen."""

AGAIN = 0.25
"""Seconds between two looks at what tells nobody that it has changed."""

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


async def eventually(
    clock: Clock, look: Callable[[], T | None], missing: str, within: float = PATIENCE
) -> T:
    """The first true thing that ``look`` finds, of things that several programs have to do.

    Raises `StepFailed` with the sentence ``missing`` after ``within`` seconds.
    """
    end = clock.monotonic() + within
    while not (found := look()):
        if clock.monotonic() > end:
            raise StepFailed(reason=missing)
        await clock.sleep(AGAIN)
    return found


async def within(what: Awaitable[T], missing: str, seconds: float = PATIENCE) -> T:
    """What ``what`` brings. Raises `StepFailed` with the sentence ``missing`` after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            return await what
    except TimeoutError as error:
        raise StepFailed(reason=missing) from error
