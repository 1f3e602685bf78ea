"""Counting how often an adversary was right, and what pure chance would have given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, lgamma, log, log2
from typing import Final

from unlinkability.adversary import Verdict
from unlinkability.trails import Sight

CONFIDENT: Final = 0.05
"""The share of links of which an adversary is surest, reported apart."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Results so far. ``correct`` links in all; ``hidden`` the sum over accounts of 2^H, the number
    of people among whom each is hidden, as a share of those who changed names with it; ``worst``
    the highest probability that was ever given to anybody, times their number; ``sure`` for each
    link how sure the adversary was, and whether it was right.
    """

    rotations: int = 0
    correct: int = 0
    hidden: float = 0.0
    worst: float = 0.0
    sure: tuple[tuple[float, bool], ...] = field(default=(), repr=False)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rotations + other.rotations,
            self.correct + other.correct,
            self.hidden + other.hidden,
            max(self.worst, other.worst),
            self.sure + other.sure,
        )

    @property
    def people(self) -> int:
        """How many accounts were to be linked."""
        return len(self.sure)

    @property
    def members(self) -> float:
        """How many there were in a rotation, on average."""
        return self.people / self.rotations

    @property
    def share(self) -> float:
        """Correct links among all that there were to find."""
        return self.correct / self.people

    @property
    def a_rotation(self) -> float:
        """Correct links in a rotation; guessing gives one."""
        return self.correct / self.rotations

    @property
    def effective(self) -> float:
        """The mean of 2^H as a share of those who changed names: 1 is a perfect crowd."""
        return self.hidden / self.people

    @property
    def precision(self) -> float:
        """How many of the `CONFIDENT` links were right. Links that are as sure as the last of these
        all count: the order of a list must not choose among them."""
        ordered = sorted((sure for sure, _ in self.sure), reverse=True)
        bar = ordered[max(1, round(len(ordered) * CONFIDENT)) - 1]
        surest = [right for sure, right in self.sure if sure >= bar]
        return sum(surest) / len(surest)

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
    rotations, hidden, worst = 0, 0.0, 0.0
    sure: list[tuple[float, bool]] = []
    for sight, verdict in judged:
        rotations += 1
        for link, belief, true in zip(verdict.links, verdict.beliefs, sight.truth, strict=True):
            hidden += 2.0 ** entropy(belief) / len(belief)
            worst = max(worst, max(belief) * len(belief))
            sure.append((belief[link], link == true))
    return Tally(rotations, sum(right for _, right in sure), hidden, worst, tuple(sure))


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
