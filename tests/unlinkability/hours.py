"""When people sit at their computers, and when their agents are online. Named models, seeded.

The shapes follow what is published: middles of sleep are close to normally distributed among
adults, spread by more than an hour, later on free days (Fischer et al., PLoS ONE 12(6):e0178782;
Roenneberg et al., Biology 8(3):54); lengths of sittings have a long tail, about log-normal. The
numbers themselves are ours, for parents with one laptop, all in one time zone. One zone is kinder:
people in different zones are told apart by their hours more easily.

Times are seconds of the circle's local time since a Monday 00:00; a span is (begin, end).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

Span = tuple[float, float]
Spans = tuple[Span, ...]

Hours = Literal["always on", "always on, lines fail", "half always on", "laptops"]
HOURS: Final[tuple[Hours, ...]] = (
    "always on",
    "always on, lines fail",
    "half always on",
    "laptops",
)
"""``always on``: agents on machines that never stop. ``always on, lines fail``: some go down now
and then for minutes, some people's more often than others'. ``half always on``: half of the members
so, the others as in ``laptops``, whose programs run while the laptop does."""


@dataclass(frozen=True, slots=True)
class Person:
    """What stays the same about someone: habits, in hours of the day, and how much they write.

    ``mid_sleep`` on workdays, ``later`` by how much on free days; ``works`` away from the laptop
    from nine to five; ``sittings`` a day; ``length`` of the middle sitting in minutes; ``nights``
    the share of nights with an hour awake; ``lingers`` for how many minutes a laptop stays on after
    a sitting, until its lid is closed or it falls asleep; ``chatty`` messages a sitting; ``words``
    mean characters of a message; ``flaky`` how often a week the line or the machine is down.
    """

    mid_sleep: float
    sleep: float
    later: float
    works: bool
    sittings: float
    length: float
    nights: float
    lingers: float
    chatty: float
    words: float
    flaky: float
    always_on: bool


def draw_person(random: Random, *, always_on: bool) -> Person:
    """Someone new."""
    return Person(
        mid_sleep=random.gauss(3.4, 1.1),
        sleep=min(9.5, max(5.0, random.gauss(7.0, 0.9))),
        later=abs(random.gauss(0.8, 0.6)),
        works=random.random() < 0.55,
        sittings=min(7.0, max(0.8, random.gammavariate(4, 0.75))),
        length=random.lognormvariate(3.4, 0.4),
        nights=random.choice((0.0, 0.0, 0.1, 0.5)),
        lingers=random.choice((2.0, 15.0, 15.0, 30.0, 180.0)),
        chatty=random.gammavariate(1.5, 0.7),
        words=random.lognormvariate(4.5, 0.6),
        flaky=random.gammavariate(1.0, 0.7),
        always_on=always_on,
    )


def draw_people(random: Random, count: int, hours: Hours) -> tuple[Person, ...]:
    """The members of a circle under a model of hours."""
    share = {"half always on": count // 2, "laptops": 0}.get(hours, count)
    flags = [index < share for index in range(count)]
    random.shuffle(flags)
    people = tuple(draw_person(random, always_on=flag) for flag in flags)
    return tuple(replace(one, flaky=0.0) for one in people) if hours == "always on" else people


def at_the_screen(random: Random, person: Person, begin: float, end: float) -> Spans:
    """The sittings of ``person`` between two times, without overlap."""
    spans: list[Span] = []
    day = begin // DAY
    while day * DAY < end:
        spans += _one_day(random, person, int(day))
        day += 1
    return clipped(merged(spans), begin, end)


def agent_online(
    random: Random, person: Person, sittings: Spans, begin: float, end: float
) -> Spans:
    """When the program of ``person`` is connected: while the laptop is open, or always but for
    minutes in which the line or the machine is down."""
    if not person.always_on:
        lit = [(since, until + person.lingers * MINUTE) for since, until in sittings]
        return clipped(merged(lit), begin, end)
    spans: list[Span] = []
    since = begin
    while True:
        down = since + random.expovariate(person.flaky / WEEK) if person.flaky else end
        if down >= end:
            return (*spans, (since, end))
        spans.append((since, down))
        since = down + random.lognormvariate(2.0, 1.0) * MINUTE
        if since >= end:
            return tuple(spans)


def writing(random: Random, person: Person, sittings: Spans) -> tuple[float, ...]:
    """When ``person`` sends a message, if people write in their own hours and measure."""
    moments: list[float] = []
    for begin, end in sittings:
        moments += (random.uniform(begin, end) for _ in range(_poisson(random, person.chatty)))
    return tuple(sorted(moments))


def writing_alike(random: Random, begin: float, end: float, a_day: float) -> tuple[float, ...]:
    """When someone without any habits sends a message: equally likely at all times."""
    count = _poisson(random, a_day * (end - begin) / DAY)
    return tuple(sorted(random.uniform(begin, end) for _ in range(count)))


def length_of_message(random: Random, person: Person) -> int:
    """Characters of one message."""
    return max(1, round(random.lognormvariate(0.0, 0.8) * person.words))


def merged(spans: Sequence[Span]) -> Spans:
    """The same times as spans in order that do not overlap."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return tuple(result)


def clipped(spans: Spans, begin: float, end: float) -> Spans:
    """What of ``spans`` lies between two times."""
    return tuple(
        (max(first, begin), min(last, end)) for first, last in spans if last > begin and first < end
    )


def _one_day(random: Random, person: Person, day: int) -> list[Span]:
    free = day % 7 >= 5
    wake = person.mid_sleep + person.sleep / 2 + (person.later if free else 0.0)
    bed = person.mid_sleep - person.sleep / 2 + 24 + (person.later if day % 7 in (4, 5) else 0.0)
    wake += random.gauss(0, 0.4)
    bed += random.gauss(0, 0.5)
    spans = []
    for _ in range(_poisson(random, person.sittings * (1.2 if free else 1.0))):
        # Evenings are twice as likely as other waking hours.
        late = random.random() < 0.5
        hour = random.uniform(max(wake, bed - 5), bed) if late else random.uniform(wake, bed)
        if person.works and not free and 9 <= hour < 17 and random.random() < 0.85:
            continue
        spans.append(_sitting(random, person, day, hour))
    if random.random() < person.nights:
        spans.append(_sitting(random, person, day, bed + random.uniform(0.5, 4.0)))
    return spans


def _sitting(random: Random, person: Person, day: int, hour: float) -> Span:
    begin = day * DAY + hour * HOUR
    minutes = min(360.0, person.length * random.lognormvariate(0.0, 0.8))
    return begin, begin + max(3.0, minutes) * MINUTE


def _poisson(random: Random, mean: float) -> int:
    """Knuth's method: means here are small."""
    count, product, bound = 0, random.random(), 2.718281828459045**-mean
    while product > bound:
        count += 1
        product *= random.random()
    return count
