"""The ten rules of the room and the plan for the first seven days.

Numbers of helplines in them are filled in from the helpline data when they are shown, so that a
number that changes, changes everywhere.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple

from peerroom.care.catalogue import load, read

Risk = Literal["leak", "backlash", "scam", "dependency", "crisis"]

_HOLE: Final = re.compile(r"\{([a-z0-9-]+)\}")


class Rule(NamedTuple):
    """One rule: `number` from 1, the risk it answers, its text, and the pages it rests on."""

    number: int
    id: str
    risk: Risk
    text: str
    sources: tuple[str, ...]


class Day(NamedTuple):
    """One day of the plan (written for families in Japan): `number` from 1 to 7."""

    number: int
    title: str
    actions: tuple[str, ...]
    sources: tuple[str, ...]


def ten_rules(language: str, country: str = "JP") -> tuple[Rule, ...]:
    """The rules of the room, in order; ``country`` decides which emergency numbers they name."""
    rules = read("rules.json")["ten_rules"]
    return tuple(
        Rule(
            number, rule["id"], rule["risk"], _filled(rule[_in(language)], country), _sources(rule)
        )
        for number, rule in enumerate(rules, 1)
    )


def seven_days(language: str) -> tuple[Day, ...]:
    """The plan for the first week, in order."""
    days = read("rules.json")["seven_days"]
    return tuple(
        Day(
            number,
            day[_in(language)]["title"],
            tuple(_filled(action, "JP") for action in day[_in(language)]["actions"]),
            _sources(day),
        )
        for number, day in enumerate(days, 1)
    )


def _in(language: str) -> str:
    return "ja" if language == "ja" else "en"


def _sources(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(entry["sources"])


def _filled(text: str, country: str) -> str:
    """``text`` with the number of the line whose id stands in braces, or the emergency numbers."""

    def number(hole: re.Match[str]) -> str:
        if hole[1] == "emergency":
            found = [line.phone for line in load(country) if line.kind == "emergency"]
            return "・".join(filter(None, found)) or "緊急通報"  # the Japanese text alone has this
        return next(line.phone or "" for line in load(hole[1][:2].upper()) if line.id == hole[1])

    return _HOLE.sub(number, text)
