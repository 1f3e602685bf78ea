"""Completion of moderators' commands: what can come next, from the structs of the commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to go on."""

    text: str
    """What to put in the place of the unfinished word, with what belongs behind it."""
    about: str = ""
    """A few words beside it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Candidates for the text from ``start`` on; ``hint`` says what is expected there."""

    start: int
    candidates: tuple[Candidate, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to name."""

    names: Sequence[str] = ()
    """Members, as they are shown."""
    cases: Mapping[int, str] = field(default_factory=dict)
    """Numbers of cases that are not closed, with their titles."""
    deeds: Mapping[int, str] = field(default_factory=dict)
    """What can be undone."""
    protections: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names of protections, with those of their settings."""
    templates: Sequence[str] = ()


def complete(text: str, known: Known, *, most: int = 8) -> Completion:
    """What can come next after ``text``. Pure and total."""
    raise NotImplementedError
