"""When names change in the demo: soon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

from peerroom.pseudonym.epochs import Every, Policy

FLOOR: Final = 3

EVENING: Final = Policy(
    rhythm=Every(timedelta(minutes=2)),
    window=timedelta(seconds=30),
    freeze=timedelta(seconds=4),
    floor=FLOOR,
)
"""Whoever comes in sees everyone's name change within two minutes, or four."""
SHIFT: Final = replace(EVENING, rhythm=Every(timedelta(minutes=10)))
"""For whoever tries moderating: once names have changed, nobody can be reached about what they
wrote before, so there is time to read a case, write to somebody, mute them, and take it back."""

WINDOW: Final = timedelta(seconds=16)
FREEZE: Final = timedelta(seconds=2)
CALM: Final = timedelta(hours=1)


def once(start: datetime) -> Policy:
    """For a play that begins at ``start``: names change as soon as can be, and not again."""
    return Policy(
        rhythm=_Once(2 * WINDOW + FREEZE, start), window=WINDOW, freeze=FREEZE, floor=FLOOR
    )


@dataclass(frozen=True, slots=True)
class _Once(Every):
    """One short epoch; those after it are long."""

    start: datetime

    def after(self, moment: datetime) -> datetime:
        """The next switch. The bot needs some seconds for its keys before it opens the first."""
        begins = moment < self.start + self.length
        return moment + (self.length if begins else CALM)


class Prompt(SystemRandom):
    """For a play whose members do at once what they would do at some moment or other.

    Which moment it is protects members from those who watch the server; here nobody is to be
    protected, and everybody waits.
    """

    def random(self) -> float:
        """In the first eighth of what would be the choice."""
        return super().random() / 8
