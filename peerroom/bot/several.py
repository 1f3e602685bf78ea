"""Several circles in one process: each with its own vault and account, none held up by another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from peerroom.bot.health import Vitals
from peerroom.bot.keeper import BotAlreadyRuns, Ended, Home, Keeper, place_of
from peerroom.bot.monitor import Monitor
from peerroom.clock import Clock

log = logging.getLogger("peerroom.bot")


@dataclass(frozen=True, slots=True)
class End:
    """How a circle's bot ended by itself."""

    home: Home
    error: BaseException

    @property
    def foreseen(self) -> bool:
        """Whether it can be told in words."""
        return isinstance(self.error, Ended | BotAlreadyRuns)


async def keep(
    homes: Sequence[Home],
    *,
    metrics_port: int,
    clock: Clock,
    random: Random,
    told: Callable[[End], None],
    listening: Callable[[int], None] = lambda _port: None,
) -> list[End]:
    """Look after all ``homes`` until cancelled, or until the last of them has ended by itself.

    ``told`` hears of each end at once. ``metrics_port`` 0: nothing listens; ``listening`` is told
    the port otherwise. Raises `PortTaken`.
    """
    keepers = [Keeper(home, clock=clock, random=random) for home in homes]
    monitor = Monitor(lambda: [_vitals(keeper) for keeper in keepers])
    if metrics_port:
        listening(await monitor.start(metrics_port))
    work = {asyncio.ensure_future(keeper.run()): keeper.home for keeper in keepers}
    ends: list[End] = []
    try:
        while work:
            done, _others = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                home, error = work.pop(task), task.exception()
                assert error is not None  # it works until it cannot
                if not isinstance(error, Ended | BotAlreadyRuns):
                    log.error("ended: %s at %s", type(error).__name__, place_of(error))
                ends.append(End(home, error))
                told(ends[-1])
        return ends
    finally:
        for task in work:
            task.cancel()
        if work:
            await asyncio.wait(work)
        await monitor.close()


def _vitals(keeper: Keeper) -> Vitals:
    reason = "" if keeper.trouble is None else keeper.trouble.what
    return Vitals(keeper.stage, keeper.figures(), reason, keeper.home.label)
