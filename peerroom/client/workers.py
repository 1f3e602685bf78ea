"""The tasks behind a client: those of its present account, and those that outlive an account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from peerroom.errors import PeerRoomError, first_of
from peerroom.i18n import N_

log = logging.getLogger(__name__)

Worker = Coroutine[Any, Any, None]


class Broken(PeerRoomError):
    """A worker has ended by something that nobody had thought of."""

    what = N_("A part of PeerRoom has stopped because of a mistake in it.")
    next_step = N_("Close PeerRoom and open it again.")


class Workers:
    """``ended`` hears of the first unforeseen error of each worker, unwrapped."""

    def __init__(self, ended: Callable[[BaseException], None]) -> None:
        self._ended = ended
        self._present: list[asyncio.Task[None]] = []
        self._companions: list[asyncio.Task[None]] = []
        self._lingering: list[asyncio.Task[None]] = []
        self.crash: BaseException | None = None
        """The first error by which a worker ended."""

    @property
    def present(self) -> bool:
        """Whether the present account's workers run."""
        return bool(self._present)

    def begin(self, *workers: Worker) -> None:
        """Run the workers of the present account; the first is its line to the server."""
        self._present += [self._spawn(worker) for worker in workers]

    def accompany(self, worker: Worker) -> None:
        """Run ``worker`` until `stop`, whatever account is present meanwhile."""
        self._companions.append(self._spawn(worker))

    def let_linger(self) -> None:
        """The present account's line outlives its other workers, down to the socket, until `part`
        or its own end: to open another one would show the server who came when who went."""
        if self._present:
            self._lingering.append(self._present.pop(0))

    async def rest(self) -> None:
        """End the present account's workers."""
        tasks, self._present = self._present, []
        await _end(tasks)

    async def part(self) -> None:
        """End the lines that were left to linger."""
        tasks, self._lingering = self._lingering, []
        await _end(tasks)

    async def stop(self) -> None:
        """End all; raises the error by which a worker ended earlier: none is kept quiet."""
        tasks, self._companions = self._companions, []
        await _end(tasks)
        await self.part()
        await self.rest()
        if self.crash is not None:
            raise self.crash

    def _spawn(self, worker: Worker) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(worker)
        task.add_done_callback(self._look)
        return task

    def _look(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        error = first_of(error)
        log.debug("a worker has stopped: %s", type(error).__name__)
        self.crash = self.crash or error
        self._ended(error)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
