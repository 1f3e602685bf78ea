"""Training on some circles, trial on others, for every arm, way of writing and view.

Everything is drawn from numbered seeds, and results are added up in the order of seeds: neither the
number of processes nor the machine changes them. Training never sees a seed of the trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final

from unlinkability.adversary import Adversary, judge, trained
from unlinkability.arms import ARMS
from unlinkability.hours import Hours
from unlinkability.lives import Rotation
from unlinkability.referee import Tally, tally
from unlinkability.simulate import peerroom
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


Results = dict[tuple[Crowd, Case], Tally]
Told = Callable[[str], None]


def cases(arm: str, *writing: Writing, views: Sequence[View] = VIEWS) -> tuple[Case, ...]:
    """The cases of one arm."""
    return tuple(Case(arm, how, view) for how in writing for view in views)


def run(inquiries: Sequence[Inquiry], *, processes: int, told: Told = lambda _: None) -> Results:
    """Results of all inquiries. ``told`` hears of progress."""
    if processes == 1:
        return _added(map(_tried, _trials(inquiries, map(_taught, inquiries))))
    with ProcessPoolExecutor(processes) as pool:
        learned = [pool.submit(_taught, inquiry) for inquiry in inquiries]
        trials = []
        for inquiry, future in zip(inquiries, learned, strict=True):
            trials += _trials([inquiry], [future.result()])
            told(f"trained on {inquiry.training} circles: {inquiry.crowd}")
        waiting = [pool.submit(_tried, trial) for trial in trials]
        for done, _ in enumerate(as_completed(waiting), 1):
            told(f"{done} of {len(waiting)} circles")
        return _added(future.result() for future in waiting)


Trial = tuple[Inquiry, int, Mapping[Case, Adversary]]


def _trials(
    inquiries: Sequence[Inquiry], learned: Iterator[Mapping[Case, Adversary]] | Sequence
) -> Iterator[Trial]:
    for inquiry, adversaries in zip(inquiries, learned, strict=True):
        for seed in range(inquiry.circles):
            yield inquiry, seed, adversaries


def _taught(inquiry: Inquiry) -> dict[Case, Adversary]:
    sights: dict[Case, list[Sight]] = {case: [] for case in inquiry.cases}
    for seed in range(inquiry.training):
        for case, shown in _shown(inquiry, TRAINING + seed):
            sights[case] += shown
    return {case: trained(shown) for case, shown in sights.items()}


def _tried(trial: Trial) -> tuple[Crowd, dict[Case, Tally]]:
    inquiry, seed, adversaries = trial
    return inquiry.crowd, {
        case: tally((sight, judge(adversaries[case], sight)) for sight in shown)
        for case, shown in _shown(inquiry, seed)
    }


def _shown(inquiry: Inquiry, seed: int) -> Iterator[tuple[Case, list[Sight]]]:
    """What each case's adversary sees of the circle with this seed."""
    world = World.drawn(seed, inquiry.crowd.members, inquiry.epochs, inquiry.crowd.hours)
    played: list[list[Rotation]] = []

    def once(world: World) -> list[Rotation]:
        if not played:
            played.append(peerroom(world))
        return played[0]

    lived: dict[tuple[str, Writing], list[Rotation]] = {}
    for case in inquiry.cases:
        arm = ARMS[case.arm]
        key = case.arm, case.writing
        if key not in lived:
            rotations = arm.rotations(world, once)
            lived[key] = written(world, rotations, case.writing, padding=arm.padding)
        random = world.random(f"shuffle {case}")
        yield case, [seen(rotation, case.view, random, tor=arm.tor) for rotation in lived[key]]


def _added(results: Iterator[tuple[Crowd, dict[Case, Tally]]]) -> Results:
    total: Results = {}
    for crowd, found in results:
        for case, score in found.items():
            total[crowd, case] = total.get((crowd, case), Tally()) + score
    return total
