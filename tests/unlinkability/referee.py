"""Counting how often an adversary was right, and what pure chance would have given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, lgamma, log, log2
from typing import Final

from unlinkability.adversary import Verdict
from unlinkability.trails import Sight

CONFIDENT: Final = 0.05
"""The share of links of which an adversary is surest, reported apart."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Results over ``rotations`` of circles with ``members`` on average.

    ``correct`` links in all; ``precision`` of the `CONFIDENT` ones; ``effective`` the mean of
    2^H, the number of people among whom an account is hidden; ``worst`` the highest probability
    that was ever given to anybody.
    """

    rotations: int
    members: float
    correct: int
    precision: float
    effective: float
    worst: float

    @property
    def share(self) -> float:
        """Correct links among all that there were to find."""
        return self.correct / (self.rotations * self.members) if self.rotations else 0.0

    @property
    def bound(self) -> int:
        """Links that guessing stays below in 99 of 100 such experiments.

        A random pairing of any number of people has one right link on average, and the number of
        them is all but exactly Poisson(1) (Montmort's problem); sums of them are Poisson(R).
        """
        return poisson_quantile(self.rotations, 0.99)

    @property
    def at_chance(self) -> bool:
        """Whether the links are no more than guessing gives."""
        return self.correct <= self.bound


def tally(judged: Iterable[tuple[Sight, Verdict]]) -> Tally:
    """The results of all rotations together."""
    rotations = correct = people = 0
    effective = worst = 0.0
    sureness: list[tuple[float, bool]] = []
    for sight, verdict in judged:
        rotations += 1
        for link, belief, true in zip(verdict.links, verdict.beliefs, sight.truth, strict=True):
            people += 1
            correct += link == true
            effective += 2.0 ** entropy(belief)
            worst = max(worst, *belief)
            sureness.append((belief[link], link == true))
    # Equal sureness must not be sorted by being right.
    sureness.sort(key=lambda entry: -entry[0])
    bar = sureness[max(1, round(len(sureness) * CONFIDENT)) - 1][0]
    surest = [right for sure, right in sureness if sure >= bar]
    return Tally(
        rotations,
        people / rotations,
        correct,
        sum(surest) / len(surest),
        effective / people,
        worst,
    )


def entropy(belief: Iterable[float]) -> float:
    """Bits."""
    return -sum(chance * log2(chance) for chance in belief if chance > 0.0)


def poisson_quantile(mean: float, share: float) -> int:
    """The smallest count that a Poisson variable does not exceed with probability ``share``."""
    total, count = 0.0, -1
    while total < share:
        count += 1
        total += exp(count * log(mean) - mean - lgamma(count + 1))
    return count
