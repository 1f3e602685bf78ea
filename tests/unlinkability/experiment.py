"""Training on some circles, trial on others, for every arm, way of writing and view.

Everything is drawn from numbered seeds, and results are added up in the order of seeds: neither the
number of processes nor the machine changes them. Training never sees a seed of the trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from unlinkability.adversary import Adversary, judge, trained
from unlinkability.arms import ARMS
from unlinkability.hours import Hours
from unlinkability.lives import Rotation
from unlinkability.referee import Tally, tally
from unlinkability.simulate import POLICY, Played, play
from unlinkability.trails import VIEWS, Sight, View
from unlinkability.views import seen
from unlinkability.worlds import World, Writing, written

EPOCHS: Final = 10
"""Switches of one circle, one after another."""
TRAINING: Final = 10_000
"""Where the seeds of training begin."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The circles of one kind."""

    members: int
    hours: Hours


@dataclass(frozen=True, slots=True)
class Case:
    """One question to one adversary: this arm, written in this way, in this view."""

    arm: str
    writing: Writing
    view: View


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Cases that are put to circles of one kind: trained on ``training`` of them, tried on
    ``circles``, each through ``epochs`` switches."""

    crowd: Crowd
    cases: tuple[Case, ...]
    circles: int
    training: int
    epochs: int = EPOCHS


@dataclass(frozen=True, slots=True)
class Renewal:
    """How often PeerRoom's names changed: ``switches`` of ``epochs``, ``renewed`` of ``seats``."""

    switches: int = 0
    epochs: int = 0
    renewed: int = 0
    seats: int = 0

    @classmethod
    def of(cls, played: Played) -> Renewal:
        """That of one circle."""
        return cls(len(played.rotations), played.epochs, played.renewed, played.seats)

    def __add__(self, other: Renewal) -> Renewal:
        return Renewal(
            self.switches + other.switches,
            self.epochs + other.epochs,
            self.renewed + other.renewed,
            self.seats + other.seats,
        )


Results = dict[tuple[Crowd, Case], Tally]
Renewals = dict[Crowd, Renewal]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an experiment."""

    results: Results
    renewals: Renewals


Told = Callable[[str], None]


def cases(arm: str, *writing: Writing, views: Sequence[View] = VIEWS) -> tuple[Case, ...]:
    """The cases of one arm."""
    return tuple(Case(arm, how, view) for how in writing for view in views)


def run(
    inquiries: Sequence[Inquiry], *, processes: int = 1, told: Told = lambda _: None
) -> Outcome:
    """The outcome of all inquiries. ``told`` hears of progress."""
    if processes == 1:
        learned = [_taught(inquiry) for inquiry in inquiries]
        return _added(map(_tried, _trials(inquiries, learned)))
    with ProcessPoolExecutor(processes) as pool:
        trials: list[Trial] = []
        teaching = [pool.submit(_taught, inquiry) for inquiry in inquiries]
        for number, (inquiry, future) in enumerate(zip(inquiries, teaching, strict=True), 1):
            trials += _trials([inquiry], [future.result()])
            told(f"training for {number} of {len(inquiries)} kinds of circles")
        waiting = [pool.submit(_tried, trial) for trial in trials]
        for done, _ in enumerate(as_completed(waiting), 1):
            told(f"trial: {done} of {len(waiting)} circles")
        return _added(future.result() for future in waiting)


Learned = Mapping[Case, Adversary]
Trial = tuple[Inquiry, int, Learned]
Found = tuple[Crowd, dict[Case, Tally], Renewal]


def _trials(inquiries: Sequence[Inquiry], learned: Sequence[Learned]) -> Iterator[Trial]:
    for inquiry, adversaries in zip(inquiries, learned, strict=True):
        for seed in range(inquiry.circles):
            yield inquiry, seed, adversaries


def _taught(inquiry: Inquiry) -> dict[Case, Adversary]:
    sights: dict[Case, list[Sight]] = {case: [] for case in inquiry.cases}
    for seed in range(inquiry.training):
        circle = _Circle(inquiry, TRAINING + seed)
        for case in inquiry.cases:
            sights[case] += circle.seen(case)
    return {case: trained(shown) for case, shown in sights.items()}


def _tried(trial: Trial) -> Found:
    inquiry, seed, adversaries = trial
    circle = _Circle(inquiry, seed)
    found = {
        case: tally((sight, judge(adversaries[case], sight)) for sight in circle.seen(case))
        for case in inquiry.cases
    }
    return inquiry.crowd, found, circle.renewal


def narrow(circles: int) -> Renewal:
    """How often names change in circles of twenty laptops whose window is a day."""
    policy = replace(POLICY, window=timedelta(hours=24))
    total = Renewal()
    for seed in range(circles):
        total += Renewal.of(play(World.drawn(seed, 20, EPOCHS, "laptops"), policy=policy))
    return total


class _Circle:
    """One circle, played once for all cases."""

    def __init__(self, inquiry: Inquiry, seed: int) -> None:
        crowd = inquiry.crowd
        self._world = World.drawn(seed, crowd.members, inquiry.epochs, crowd.hours)
        self._lived: dict[tuple[str, Writing], list[Rotation]] = {}
        self._played: Played | None = None

    def seen(self, case: Case) -> list[Sight]:
        """What the adversary of ``case`` sees of it."""
        arm, key = ARMS[case.arm], (case.arm, case.writing)
        if key not in self._lived:
            rotations = arm.rotations(self._world, self._play)
            self._lived[key] = written(self._world, rotations, case.writing, padding=arm.padding)
        random = self._world.random(f"shuffle {case}")
        return [seen(rotation, case.view, random, tor=arm.tor) for rotation in self._lived[key]]

    @property
    def renewal(self) -> Renewal:
        """How often its names changed; nothing if PeerRoom was not played in it."""
        return Renewal() if self._played is None else Renewal.of(self._played)

    def _play(self, world: World) -> list[Rotation]:
        if self._played is None:
            self._played = play(world)
        return list(self._played.rotations)


def _added(found: Iterable[Found]) -> Outcome:
    results: Results = {}
    renewals: Renewals = {}
    for crowd, scores, renewal in found:
        renewals[crowd] = renewals.get(crowd, Renewal()) + renewal
        for case, score in scores.items():
            results[crowd, case] = results.get((crowd, case), Tally()) + score
    return Outcome(results, renewals)
