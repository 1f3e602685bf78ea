"""What simulated members bring to a moderator in ``peerroom demo --moderator``: little, slowly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Final

from peerroom.clock import Clock
from peerroom.demo.member import Member
from peerroom.errors import PeerRoomError
from peerroom.i18n import _

BEFORE_FIRST: Final = (8.0, 14.0)
BETWEEN: Final = (40.0, 80.0)
"""Seconds, shortest and longest: time to look after one case before the next comes."""


class Errands:
    """One of each kind, then no more: a question, a message that is held, a report."""

    def __init__(self, members: Sequence[Member], *, clock: Clock, random: Random) -> None:
        self._members = members
        self._clock = clock
        self._random = random

    async def run(self) -> None:
        """All of them, one after another."""
        errands: tuple[Callable[[], Awaitable[None]], ...] = (self._ask, self._write, self._report)
        pause = BEFORE_FIRST
        for errand in errands:
            await self._clock.sleep(self._random.uniform(*pause))
            with suppress(PeerRoomError):  # the moderator may have removed whoever was to bring it
                await errand()
            pause = BETWEEN

    async def _ask(self) -> None:
        text = marked(_("May I write here which clinic has helped us?"))
        self._members[0].client.desk.ask_moderators(text)

    async def _write(self) -> None:
        text = _("You can write to me whenever you like: ume@example.org")
        await self._members[1].say_when_possible(marked(text))

    async def _report(self) -> None:
        text = _("You simply have to be stricter with him.")
        author, reporter = self._members[2], self._members[0]
        await author.say_when_possible(marked(text))
        seen = await reporter.sees(marked(text))
        why = marked(_("It hurt somebody."))
        reporter.client.desk.report(reporter.room_id, [seen.key], why)


def marked(text: str) -> str:
    """Names change, so it is the line itself that says that its author is simulated."""
    return _("{text} (simulated)").format(text=text)
