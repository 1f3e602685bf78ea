"""An adversary who has watched many other circles rotate, and now says who is who in this one.

1. Every `features.Feature` of every pair is put into bins; how much likelier a bin is for two
   accounts of one person than for two of two people was counted on other seeds (naive Bayes).
2. How far each of these numbers can be believed beside the others is fitted on yet other seeds, so
   that the probabilities which come out are right as often as they say (a conditional logit, the
   model in which one of the candidates is the one).
3. Accounts are paired one to one so that the whole is likeliest (`assignment`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log, nextafter
from typing import Final

from unlinkability import features
from unlinkability.assignment import assign
from unlinkability.features import Feature
from unlinkability.profiles import profiles
from unlinkability.trails import Sight

BINS: Final = 12
RIDGE: Final = 4.0
"""How strongly weights are held at zero, in squared units of their scores: something that seemed
to tell by luck on the seeds of training is not believed."""
SWEEPS: Final = 10
SETTLED: Final = 0.02
PRIOR: Final = 2.0
"""Pairs of each sort imagined in each bin: what was never seen says nothing."""

Pairs = list[list[tuple[float | None, ...]]]
"""``[new][old]``: the value of each feature."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One feature's bins: ``edges`` between them and the log-likelihood ratio of each; the last
    is for None."""

    edges: tuple[float, ...]
    ratios: tuple[float, ...]

    def __call__(self, value: float | None) -> float:
        """How much more this value speaks for one person than for two (nats)."""
        return self.ratios[-1 if value is None else bisect_right(self.edges, value)]


@dataclass(frozen=True, slots=True)
class Adversary:
    """What was learned: features that tell something, how to read each, how far to believe it."""

    chosen: tuple[Feature, ...]
    scales: tuple[Scale, ...]
    weights: tuple[float, ...]

    def scores(self, sight: Sight) -> list[list[float]]:
        """``[new][old]``: log-likelihood that they are one person, up to a constant."""
        return [
            [
                sum(
                    weight * scale(value)
                    for weight, scale, value in zip(self.weights, self.scales, pair, strict=True)
                )
                for pair in row
            ]
            for row in measured(sight, self.chosen)
        ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an adversary says about one rotation, by indices of the sight: ``links[new]`` is the
    old account, ``beliefs[new][old]`` a probability."""

    links: tuple[int, ...]
    beliefs: tuple[tuple[float, ...], ...]


def measured(sight: Sight, chosen: Sequence[Feature]) -> Pairs:
    """All features of all pairs."""
    left, right = profiles(sight)
    return [[tuple(feature(old, new) for feature in chosen) for old in left] for new in right]


def trained(sights: Sequence[Sight], *, chosen: Sequence[Feature] = features.ALL) -> Adversary:
    """An adversary who has seen ``sights`` and been told their truth.

    The first half teaches the bins, the second how far to believe them.
    """
    tables = [measured(sight, chosen) for sight in sights]
    truths = [sight.truth for sight in sights]
    half = len(tables) // 2
    scales = [_scale(tables[:half], truths[:half], index) for index in range(len(chosen))]
    telling = [index for index, scale in enumerate(scales) if any(scale.ratios)]
    rows = [
        (
            [tuple(scales[index](pair[index]) for index in telling) for pair in row],
            truth[new],
        )
        for table, truth in zip(tables[half:], truths[half:], strict=True)
        for new, row in enumerate(table)
    ]
    return Adversary(
        tuple(chosen[index] for index in telling),
        tuple(scales[index] for index in telling),
        tuple(_weights(rows, len(telling))),
    )


def judge(adversary: Adversary, sight: Sight) -> Verdict:
    """Pair the accounts of one rotation, and say how sure."""
    scores = adversary.scores(sight)
    return Verdict(tuple(assign(scores)), tuple(tuple(_softmax(row)) for row in scores))


def _scale(tables: Sequence[Pairs], truths: Sequence[Sequence[int]], index: int) -> Scale:
    same: list[float | None] = []
    other: list[float | None] = []
    for table, truth in zip(tables, truths, strict=True):
        for new, row in enumerate(table):
            for old, pair in enumerate(row):
                (same if truth[new] == old else other).append(pair[index])
    known = sorted(value for value in same if value is not None)
    edges = _edges(known)
    here, there = _counts(same, edges), _counts(other, edges)
    share = len(same) / len(other)
    return Scale(
        edges,
        tuple(
            log((mine + PRIOR) / (theirs * share + PRIOR))
            for mine, theirs in zip(here, there, strict=True)
        ),
    )


def _edges(known: Sequence[float]) -> tuple[float, ...]:
    """Between bins with as many true pairs in each as in the next: fine where they crowd. A value
    that many share gets a bin of its own."""
    bounds = [known[len(known) * step // BINS] for step in range(BINS) if known]
    crowded = {here for here, there in pairwise(bounds) if here == there}
    return tuple(sorted({*bounds[1:], *crowded, *(nextafter(value, inf) for value in crowded)}))


def _counts(values: Sequence[float | None], edges: tuple[float, ...]) -> list[int]:
    counts = [0] * (len(edges) + 2)
    for value in values:
        counts[-1 if value is None else bisect_right(edges, value)] += 1
    return counts


def _weights(rows: Sequence[tuple[list[tuple[float, ...]], int]], count: int) -> list[float]:
    """Maximum of the conditional likelihood, one weight after another by Newton's method, until
    none moves; never below zero, since a ratio is not to be believed backwards."""
    weights = [0.0] * count
    scores = [[0.0] * len(candidates) for candidates, _ in rows]
    for _ in range(SWEEPS):
        moved = 0.0
        for index, weight in enumerate(weights):
            slope, curve = -RIDGE * weight, RIDGE
            for (candidates, right), score in zip(rows, scores, strict=True):
                mean = square = 0.0
                for chance, candidate in zip(_softmax(score), candidates, strict=True):
                    mean += chance * candidate[index]
                    square += chance * candidate[index] ** 2
                slope += candidates[right][index] - mean
                curve += square - mean * mean
            change = max(-weight, min(1.0, slope / curve))
            if abs(change) < 1e-3:
                continue
            weights[index] += change
            moved = max(moved, abs(change))
            for (candidates, _), score in zip(rows, scores, strict=True):
                for place, candidate in enumerate(candidates):
                    score[place] += change * candidate[index]
        if moved < SETTLED:
            break
    return weights


def _softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    parts = [exp(score - top) for score in scores]
    total = sum(parts)
    return [part / total for part in parts]
