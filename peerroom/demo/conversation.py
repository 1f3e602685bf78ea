"""When the simulated members talk: now and then, and always after the user did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import Random
from typing import Final, TypeVar

from peerroom.clock import Clock
from peerroom.demo.talk import Talk

Speak = Callable[[str], Awaitable[object]]

# Seconds, shortest and longest: slow enough to read in peace, quick enough to feel alive.
BEFORE_WELCOME: Final = (1.5, 3.0)
BETWEEN_LINES: Final = (6.0, 14.0)
BETWEEN_EXCHANGES: Final = (20.0, 50.0)
BEFORE_REPLY: Final = (4.0, 9.0)

T = TypeVar("T")


class Conversation:
    """Plays `Talk` through ``speakers`` until cancelled; nothing is said twice in a row."""

    def __init__(
        self, talk: Talk, speakers: Sequence[Speak], *, clock: Clock, random: Random
    ) -> None:
        self._talk = talk
        self._speakers = speakers
        self._clock = clock
        self._random = random
        self._heard = asyncio.Event()
        self._replies = self._shuffled(talk.replies)

    def hear(self) -> None:
        """The user said something: one of the members answers before the talk goes on."""
        self._heard.set()

    async def run(self) -> None:
        """Welcome the user, then talk for ever."""
        await self._clock.sleep(self._random.uniform(*BEFORE_WELCOME))
        for speaker, text in self._talk.welcome:
            await self._speakers[speaker](text)
            await self._pause(BETWEEN_LINES)
        for exchange in self._shuffled(self._talk.exchanges):
            for speaker, text in exchange:
                await self._speakers[speaker](text)
                await self._pause(BETWEEN_LINES)
            await self._pause(BETWEEN_EXCHANGES)

    async def _pause(self, bounds: tuple[float, float]) -> None:
        """Wait; whenever the user speaks meanwhile, answer once and wait anew."""
        while await self._heard_within(self._random.uniform(*bounds)):
            await self._clock.sleep(self._random.uniform(*BEFORE_REPLY))
            self._heard.clear()
            await self._random.choice(self._speakers)(next(self._replies))

    async def _heard_within(self, seconds: float) -> bool:
        waits = [
            asyncio.ensure_future(self._heard.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return self._heard.is_set()

    def _shuffled(self, items: Sequence[T]) -> Iterator[T]:
        """Endless: all of them in a new order each time round, never the same one twice running."""
        last: T | None = None
        while True:
            deck = list(items)
            self._random.shuffle(deck)
            if deck[0] is last:
                deck.reverse()
            yield from deck
            last = deck[-1]
