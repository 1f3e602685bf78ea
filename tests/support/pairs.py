"""Ratios of two timings, taken in turn so that a busy machine hurts both alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """What `compare` found; times are in seconds."""

    ours: float
    other: float
    ratio: float

    def __str__(self) -> str:
        return f"{self.ours * 1000:.1f} ms / {self.other * 1000:.1f} ms = {self.ratio:.2f}"


def compare(ours: Callable[[], float], other: Callable[[], float], pairs: int = 9) -> Ratio:
    """Medians of ``pairs`` interleaved pairs, after one of each that does not count.

    The ratio is the median of the pairs' ratios, not the ratio of the medians: what happens to the
    machine for a moment happens to one pair.
    """
    ours()
    other()
    taken = [(ours(), other()) for _ in range(pairs)]
    return Ratio(
        statistics.median(a for a, _ in taken),
        statistics.median(b for _, b in taken),
        statistics.median(a / b for a, b in taken),
    )
