"""What may give away that two accounts are one person: numbers for a pair of profiles.

None says that one of the two left nothing to compare, which is itself something to learn from.
No feature looks at who is who. They were written by people who know PeerRoom's protocol: the
adversary has read its source.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from math import log10, sqrt
from typing import Final

from unlinkability.hours import DAY, HOUR, MINUTE, Spans
from unlinkability.profiles import Profile
from unlinkability.trails import BY_TURN, BY_WRITING

Feature = Callable[[Profile, Profile], float | None]


def online_hours(old: Profile, new: Profile) -> float | None:
    """How alike the hours are in which the two were connected (`Habit.alike`)."""
    if old.online_hours is None or new.online_hours is None:
        return None
    return old.online_hours.alike(new.online_hours)


def writing_hours(old: Profile, new: Profile) -> float | None:
    """The same of the hours in which they wrote."""
    if old.writing_hours is None or new.writing_hours is None:
        return None
    return old.writing_hours.alike(new.writing_hours)


def connections(old: Profile, new: Profile) -> float | None:
    """How differently often they connected in a day: a difference of square roots."""
    if not old.online or not new.online:
        return None
    return abs(sqrt(_a_day(old.online)) - sqrt(_a_day(new.online)))


def staying(old: Profile, new: Profile) -> float | None:
    """How differently long they stayed connected (log10 of the middle one)."""
    if not old.online or not new.online:
        return None
    return abs(_log(_middle(old.online)) - _log(_middle(new.online)))


def inside(old: Profile, new: Profile) -> float | None:
    """Share of the new account's visits before the switch that fall where the old one was
    connected: one program makes both."""
    if not new.visits or not old.online:
        return None
    return sum(old.span_at(moment) is not None for moment in new.visits) / len(new.visits)


def since_waking(old: Profile, new: Profile) -> float | None:
    """Time between the old account's coming online and the visit (log10 of seconds)."""
    if not new.visits or not old.online:
        return None
    began = old.span_at(new.visits[0])
    return -1.0 if began is None else _log(new.visits[0] - began)


def waking_together(old: Profile, new: Profile) -> float | None:
    """The shortest time between a beginning or end of a connection of the one and of the other
    (log10 of seconds)."""
    if not old.edges or not new.edges:
        return None
    return _log(min(_distance(old.edges, edge) for edge in new.edges))


def takes_over(old: Profile, new: Profile) -> float | None:
    """From the last sign of the old account to the first of the new one after the switch (log10
    of seconds, with a sign)."""
    last, first = old.signs()[2], new.signs()[1]
    if last is None or first is None:
        return None
    return _log(first - last) if first >= last else -_log(last - first)


def answering(old: Profile, new: Profile) -> float | None:
    """How soon the new account was first seen after something that the old one did (log10 of
    seconds)."""
    first = new.signs()[0]
    if first is None:
        return None
    moments = sorted((*old.deeds, *old.edges))
    index = bisect_left(moments, first)
    return _log(first - moments[index - 1]) if index else None


def order(old: Profile, new: Profile) -> float | None:
    """How far apart the two stand in the orders in which they asked and were shown."""
    return _apart(old.rank, new.rank)


def listed(old: Profile, new: Profile) -> float | None:
    """How far apart they stand in what is published: rows of ledgers, order of joining."""
    return _apart(old.place, new.place)


def arrival(old: Profile, new: Profile) -> float | None:
    """How far the new one's place in what is published is from the order of asking."""
    return _apart(old.rank, new.place)


def same_mark(old: Profile, new: Profile) -> float | None:
    """How many marks they share: a name that was changed in sight, an address."""
    kinds = [kind for kind in old.marks if kind in new.marks and kind not in (BY_WRITING, BY_TURN)]
    return float(sum(old.marks[kind] == new.marks[kind] for kind in kinds)) if kinds else None


def same_line_by_writing(old: Profile, new: Profile) -> float | None:
    """Whether something left the same line whenever the one wrote and the other."""
    return _same(old, new, BY_WRITING)


def same_line_by_turn(old: Profile, new: Profile) -> float | None:
    """Whether their places in what is published point to the same line."""
    return _same(old, new, BY_TURN)


def asking_hour(old: Profile, new: Profile) -> float | None:
    """Between the hours of the day of the request and of the visit: people keep hours."""
    if old.asked is None or not new.visits:
        return None
    apart = abs(old.asked - new.visits[0]) % DAY
    return min(apart, DAY - apart) / HOUR


def amount(old: Profile, new: Profile) -> float | None:
    """How differently much they wrote: a difference of square roots, as Poisson counts ask for."""
    if not old.messages and not new.messages:
        return None
    return abs(sqrt(old.messages) - sqrt(new.messages))


def size(old: Profile, new: Profile) -> float | None:
    """How differently long their messages were on average (log10)."""
    if not old.mean_size or not new.mean_size:
        return None
    return abs(log10(old.mean_size) - log10(new.mean_size))


def together(old: Profile, new: Profile) -> float | None:
    """How much of the time in which both were seen they were connected both or neither."""
    if not old.online or not new.online:
        return None
    begin = max(old.online[0][0], new.online[0][0])
    end = min(old.online[-1][1], new.online[-1][1])
    if end - begin < MINUTE:
        return None
    alone = both = 0.0
    moments = sorted(
        {begin, end, *(edge for edge in (*old.edges, *new.edges) if begin < edge < end)}
    )
    for since, until in pairwise(moments):
        middle = (since + until) / 2
        alike = (old.span_at(middle) is None) == (new.span_at(middle) is None)
        both += (until - since) * alike
        alone += (until - since) * (not alike)
    return both / (both + alone)


ALL: Final[tuple[Feature, ...]] = (
    online_hours,
    writing_hours,
    connections,
    staying,
    inside,
    since_waking,
    waking_together,
    takes_over,
    answering,
    order,
    listed,
    arrival,
    same_mark,
    same_line_by_writing,
    same_line_by_turn,
    asking_hour,
    amount,
    size,
    together,
)


def _a_day(online: Spans) -> float:
    return len(online) / max(1.0, (online[-1][1] - online[0][0]) / DAY)


def _middle(online: Spans) -> float:
    return sorted(end - begin for begin, end in online)[len(online) // 2]


def _apart(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else abs(one - other)


def _same(old: Profile, new: Profile, kind: str) -> float | None:
    if kind not in old.marks or kind not in new.marks:
        return None
    return float(old.marks[kind] == new.marks[kind])


def _distance(moments: tuple[float, ...], moment: float) -> float:
    index = bisect_left(moments, moment)
    return min(abs(moment - near) for near in moments[max(0, index - 1) : index + 1])


def _log(seconds: float) -> float:
    return log10(max(seconds, 0.0) + 1.0)
