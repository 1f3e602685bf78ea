"""The ten rules of the room and the plan for the first seven days.

Numbers in them are taken from the helpline data when they are shown, so that a changed number
changes everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Risk = Literal["leak", "backlash", "scam", "dependency", "crisis"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `number` from 1, the risk it answers, its text, and the pages it rests on."""

    number: int
    id: str
    risk: Risk
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the plan (written for families in Japan): `number` from 1 to 7."""

    number: int
    title: str
    actions: tuple[str, ...]
    sources: tuple[str, ...]


def ten_rules(language: str) -> tuple[Rule, ...]:
    """The rules of the room, in order."""
    raise NotImplementedError


def seven_days(language: str) -> tuple[Day, ...]:
    """The plan for the first week, in order."""
    raise NotImplementedError
