"""The simulated moderator of ``peerroom demo``: whoever asks there is answered, as in a real room,
and reads that nobody is behind it."""

from __future__ import annotations

from random import Random
from typing import Final

from peerroom.client.casework_views import CasePage
from peerroom.clock import Clock
from peerroom.demo.desk import Desk
from peerroom.i18n import _

BEFORE_ANSWER: Final = (4.0, 9.0)
"""Seconds, shortest and longest: somebody reads first."""


class Caretaker:
    """Looks after one case after the other."""

    def __init__(self, desk: Desk, *, clock: Clock, random: Random) -> None:
        self._desk = desk
        self._clock = clock
        self._random = random

    async def run(self) -> None:
        """Work until cancelled. A case that does not go as thought is left alone."""
        done: set[int] = set()
        while True:
            number = await self._desk.member.when(lambda: self._next(done))
            done.add(number)
            await self._clock.sleep(self._random.uniform(*BEFORE_ANSWER))
            await self._look_after(number)

    def _next(self, done: set[int]) -> int | None:
        """The first case that waits; numbers begin at 1."""
        waiting = (row.number for row in self._desk.work.cases() if row.stand == "open")
        return next((number for number in waiting if number not in done), None)

    async def _look_after(self, number: int) -> None:
        work = self._desk.work
        if (await work.claim(number)).kind != "done":
            return
        page = work.page(number)
        if page is not None and "allow" in page.acts:
            await work.allow(number)  # which closes it
            return
        text = _answer(page)
        if (await work.reply(number, text)).kind != "done":
            await work.tell(number, text)  # nobody asked: the bot noticed it
        await work.close(number, "helped")


def _answer(page: CasePage | None) -> str:
    if page is not None and page.row.urgent:
        return _(
            "In a real room a person would be here for you now. I am simulated. "
            "If it is hard tonight, F1 shows people who are real."
        )
    return _(
        "Thank you for writing. I am simulated; in a real room a moderator would answer you here, "
        "in private."
    )
