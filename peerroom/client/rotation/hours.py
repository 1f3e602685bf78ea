"""Whose hour it is, where a timer starts the agent: no two names are seen right after each other.

In even hours (UTC) the account comes that is in use, in odd hours the one that is to be used next:
the same for everybody, so who is there in an hour says nothing about who is there in the other.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

PACE: Final = timedelta(hours=3)
"""How far apart two runs may be at which the same account may come, and a bit: the machine was on
in between."""


class Whose(StrEnum):
    """As which account a run may be seen."""

    USED = "used"
    """The one in use; while two are, after a switch, the one that is about to go."""
    COMING = "coming"
    """The one that is made for the next epoch, until the other has gone."""


def whose(now: datetime) -> Whose:
    """Whose hour this is."""
    return Whose.COMING if now.astimezone(UTC).hour % 2 else Whose.USED
