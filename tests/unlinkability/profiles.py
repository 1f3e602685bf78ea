"""What an adversary works out about one account before comparing it with others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from unlinkability.hours import DAY, HOUR, MINUTE, Spans
from unlinkability.trails import Sight, Trail

BINS: Final = 48
"""Hours of a working day, then of a day off."""

DOUBT: Final = 0.3 / BINS
"""Added to every share: one week tells only so much."""

Histogram = tuple[float, ...]
"""`BINS` shares that add up to one; empty if there is nothing to count."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Somebody's hours beside those of the circle: ``excess`` is the difference of the shares,
    ``lean`` the logarithm of their ratio."""

    excess: Histogram
    lean: Histogram

    def alike(self, other: Habit) -> float:
        """How much likelier each one's hours are under the other's habit than under the circle's
        (nats, both ways added)."""
        return sum(map(float.__mul__, self.excess, other.lean)) + sum(
            map(float.__mul__, other.excess, self.lean)
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A trail, digested. ``online``, ``edges`` and moments are in order; ``rank`` is the place of
    its first deed among those of all accounts of its side."""

    online: Spans
    edges: tuple[float, ...]
    online_hours: Habit | None
    writing_hours: Habit | None
    deeds: tuple[float, ...]
    visits: tuple[float, ...]
    asked: float | None
    messages: int
    mean_size: float | None
    rank: float | None
    place: float | None
    marks: Mapping[str, float | str]

    def signs(self) -> tuple[float | None, float | None, float | None]:
        """The first sign of it at all, the first after the switch, and the last."""
        moments = sorted((*self.deeds, *self.visits, *self.edges))
        if not moments:
            return None, None, None
        after = bisect_right(moments, 0.0)
        return moments[0], moments[after] if after < len(moments) else None, moments[-1]

    def span_at(self, moment: float) -> float | None:
        """When the connection began that was up at ``moment``; None if none was."""
        index = bisect_right(self.online, (moment, float("inf"))) - 1
        if index < 0 or self.online[index][1] < moment:
            return None
        return self.online[index][0]


def profiles(sight: Sight) -> tuple[tuple[Profile, ...], tuple[Profile, ...]]:
    """Those of the old accounts and those of the new ones."""
    online = _habits(sight, lambda trail: trail.online)
    writing = _habits(
        sight, lambda trail: tuple((at, at + MINUTE) for at in trail.acts.get("message", ()))
    )
    ranks = (
        *_ranks(sight.old, ("request", "leave")),
        *_ranks(sight.new, ("redeem", "register", "join")),
    )
    found = tuple(
        _profile(trail, *habits)
        for trail, *habits in zip((*sight.old, *sight.new), online, writing, ranks, strict=True)
    )
    return found[: len(sight.old)], found[len(sight.old) :]


def _profile(
    trail: Trail, online: Habit | None, writing: Habit | None, rank: float | None
) -> Profile:
    acts = trail.acts
    visits = sorted(
        moment for kind in ("register", "redeem") for moment in acts.get(kind, ()) if moment < 0
    )
    place = trail.marks.get("place")
    return Profile(
        online=trail.online,
        edges=tuple(sorted(moment for span in trail.online for moment in span)),
        online_hours=online,
        writing_hours=writing,
        deeds=tuple(sorted(moment for kind in acts for moment in acts[kind])),
        visits=tuple(visits),
        asked=trail.first("request"),
        messages=len(acts.get("message", ())),
        mean_size=sum(trail.sizes) / len(trail.sizes) if trail.sizes else None,
        rank=rank,
        place=place if isinstance(place, float) else None,
        marks={kind: mark for kind, mark in trail.marks.items() if kind != "place"},
    )


def _ranks(trails: Sequence[Trail], kinds: Sequence[str]) -> list[float | None]:
    first = [
        min((moment for kind in kinds for moment in trail.acts.get(kind, ())), default=None)
        for trail in trails
    ]
    ordered = sorted(moment for moment in first if moment is not None)
    return [None if moment is None else float(ordered.index(moment)) for moment in first]


def _habits(sight: Sight, spans: Callable[[Trail], Spans]) -> list[Habit | None]:
    """For every account, old ones first, how its hours differ from the circle's."""
    hours = [_hours(spans(trail), sight.switched) for trail in (*sight.old, *sight.new)]
    known = [shares for shares in hours if shares]
    usual = [sum(column) / len(known) for column in zip(*known, strict=True)]
    return [
        Habit(
            tuple(mine - common for mine, common in zip(shares, usual, strict=True)),
            tuple(
                log((mine + DOUBT) / (common + DOUBT))
                for mine, common in zip(shares, usual, strict=True)
            ),
        )
        if shares
        else None
        for shares in hours
    ]


def _hours(spans: Iterable[tuple[float, float]], switched: float) -> Histogram:
    """How the time of ``spans`` is spread over `BINS`, blurred by an hour and a half; adds up to
    one."""
    counts = [0.0] * BINS
    for begin, end in spans:
        moment = begin
        while moment < end:
            hour = int((moment + switched) // HOUR)
            until = min(end, (hour + 1) * HOUR - switched)
            free = (moment + switched) // DAY % 7 >= 5
            counts[hour % 24 + 24 * free] += until - moment
            moment = max(until, moment + 1e-3)
    total = sum(counts)
    if not total:
        return ()
    return tuple(
        sum(
            weight * counts[index // 24 * 24 + (index + shift) % 24]
            for shift, weight in zip(_NEAR, _BLUR, strict=True)
        )
        / total
        for index in range(BINS)
    )


_NEAR: Final = range(-4, 5)
_BLUR: Final = tuple(exp(-((shift / 1.5) ** 2) / 2) / 3.74 for shift in _NEAR)
