"""What makes calling hard, and an answer to each: only what a source or the data says.

Answering the barrier raised the use of a referral by 23 % (Koko trial, doi 10.1037/ccp0000389).
"""

from __future__ import annotations

from dataclasses import dataclass

from peerroom.care.helplines import PanicScreen


@dataclass(frozen=True, slots=True)
class Barrier:
    """A thought that keeps people from calling, and what can honestly be said to it."""

    id: str
    question: str
    answer: str


def question() -> str:
    """The question the panic screen asks, in the current language."""
    raise NotImplementedError


def barriers(screen: PanicScreen) -> tuple[Barrier, ...]:
    """The barriers and their answers for the lines of ``screen``, in the current language."""
    raise NotImplementedError
