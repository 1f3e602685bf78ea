"""Which line stands where on the panic screen: rules over the data, one order for all countries.

The order is that of crisis services everywhere: danger to life, one line that answers now, a
second one, then lines by whom they are for. Long lists make people give up, so what does not fit
goes to the second page; what is less certain (tier ``directory``) is only ever there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from peerroom.care.catalogue import Cost, Helpline, Kind
from peerroom.care.hours import Opening, State

SectionKind = Literal[
    "danger",
    "main",
    "second",
    "own",
    "parents",
    "child",
    "violence",
    "daytime",
    "charged",
    "more",
    "directory",
]

ROWS: Final = 3
"""Lines one heading holds on the first page."""

_STATE: Final[dict[State, int]] = {"open": 0, "unknown": 1, "closed": 2}
_COST: Final[dict[Cost, int]] = {"free": 0, "unknown": 1, "charged": 2}
_CRISIS: Final[tuple[Kind, ...]] = ("crisis", "suicide", "mental_health")
_DIRECTORY: Final[tuple[Kind, ...]] = (
    *_CRISIS,
    "parent",
    "school",
    "child",
    "domestic_violence",
    "general",
)


class Candidate(NamedTuple):
    """A line and whether it answers now."""

    line: Helpline
    opening: Opening

    @property
    def always(self) -> bool:
        return self.line.hours == "24/7"

    @property
    def closeness(self) -> int | None:
        """How near a line is to "someone to talk to" for a grown-up: 0 nearest, None not at all."""
        line = self.line
        if line.kind in _CRISIS and "anyone" in line.audience:
            return 0
        if line.audience == ("children",) or line.kind in ("emergency", "domestic_violence"):
            return None
        if line.kind in _CRISIS or line.kind == "general":
            return 1
        return 2 if line.kind in ("parent", "school") else 3


def arrange(candidates: Iterable[Candidate], language: str) -> dict[SectionKind, list[Candidate]]:
    """Every candidate under its heading, best first; a heading without lines is missing."""
    found: dict[SectionKind, list[Candidate]] = {}
    waiting = list(candidates)

    def take(kind: SectionKind, chosen: list[Candidate], limit: int | None = ROWS) -> None:
        chosen = chosen[:limit]
        if chosen:
            found[kind] = chosen
        for candidate in chosen:
            waiting.remove(candidate)

    def ranked(chosen: Iterable[Candidate]) -> list[Candidate]:
        return sorted(chosen, key=lambda candidate: _rank(candidate, language))

    take("danger", [c for c in waiting if c.line.kind == "emergency"], limit=None)
    take("directory", _directory(c for c in waiting if c.line.tier == "directory"), limit=None)
    take("main", ranked(c for c in waiting if c.closeness is not None), limit=1)
    take("second", _second(ranked(waiting)))
    take("charged", ranked(c for c in waiting if c.line.cost == "charged"))
    take("parents", ranked(c for c in waiting if _for_parents(c)))
    take("child", ranked(c for c in waiting if _for_the_child(c)))
    take("daytime", ranked(c for c in waiting if not c.always and c.closeness is not None))
    take("more", ranked(waiting), limit=None)
    return found


def _rank(candidate: Candidate, language: str) -> tuple[int | bool, ...]:
    line = candidate.line
    closeness = candidate.closeness
    return (
        _STATE[candidate.opening.state],
        bool(line.regions),
        9 if closeness is None else closeness,
        not candidate.always,
        _COST[line.cost],
        language not in line.languages,
        line.doubtful,
    )


def _second(ranked: list[Candidate]) -> list[Candidate]:
    """The next line to try, and the regional numbers of lines like it."""
    near = [c for c in ranked if c.closeness in (0, 1, 2) and c.opening.state != "closed"]
    return near[:1] + [c for c in near[1:] if c.line.regions and c.closeness == 0]


def _for_parents(candidate: Candidate) -> bool:
    line = candidate.line
    return (
        "parents" in line.audience
        and line.audience[0] != "children"
        and (candidate.always or line.kind in ("parent", "school"))
    )


def _for_the_child(candidate: Candidate) -> bool:
    return "children" in candidate.line.audience and candidate.line.audience[0] != "parents"


def _directory(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(
        candidates, key=lambda c: (c.line.cost == "charged", _DIRECTORY.index(c.line.kind))
    )
