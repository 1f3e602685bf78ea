"""The cases while one decision is made: it opens them and adds steps, each numbered in turn.

A decision works on its own copy; what came of it are `steps`, in order, which the bot then keeps
and says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from peerroom.moderation.cases import Case, fold
from peerroom.text.foreign import ForeignText
from peerroom.wire.cases import More, Opened, Source, Step

MOST_AT_ONCE: Final = 50
"""Events in one step: those a case is opened for, or takes in, at once."""
MOST_CUES: Final = 20

S = TypeVar("S", bound=Step)


class Docket:
    """``cases`` as they stand; ``next_number`` is that of the next case ever; ``at`` is now."""

    def __init__(self, cases: Mapping[int, Case], next_number: int, at: datetime) -> None:
        self._cases = cases
        self._next = next_number
        self._at = int(at.timestamp() * 1000)
        self._steps: list[Step] = []

    @property
    def cases(self) -> Mapping[int, Case]:
        """The cases with all steps so far."""
        return self._cases

    @property
    def steps(self) -> tuple[Step, ...]:
        """The new steps, in order."""
        return tuple(self._steps)

    def add(self, number: int, kind: type[S], **fields: Any) -> S:
        """A step in the case ``number``, which there is: ``docket.add(4, Claimed, by=user)``."""
        step = self._cases[number].next(kind, self._at, **fields)
        return self._take(step)

    def open(
        self,
        source: Source,
        reason: str,
        *,
        about: str | None = None,
        name: str = "",
        room_id: str | None = None,
        event_ids: tuple[str, ...] = (),
        cues: tuple[str, ...] = (),
        urgent: bool = False,
        deed: int | None = None,
    ) -> int:
        """Open a case and return its number: that of the open one about the same person for the
        same reason, if there is one, which then takes the events in."""
        same = self.same(source, reason, about, deed)
        events = event_ids[:MOST_AT_ONCE]
        seen = tuple(dict.fromkeys(ForeignText(cue).line(80) for cue in cues))[:MOST_CUES]
        if same is not None:
            self.add(same, More, source=source, event_ids=events, cues=seen, urgent=urgent)
            return same
        number = self._next
        self._next += 1
        opened = Case(number).next(
            Opened,
            self._at,
            source=source,
            reason=reason,
            about=about,
            name=ForeignText(name).line(80),
            room_id=room_id,
            event_ids=events,
            cues=seen,
            urgent=urgent,
            deed=deed,
        )
        self._take(opened)
        return number

    def same(
        self, source: Source, reason: str, about: str | None, deed: int | None = None
    ) -> int | None:
        """The open case that this belongs to: about the same person, for the same reason, of an
        appeal about the same deed, and asked for by the same kind of people, who are answered
        together. What is about nobody in particular is always a case of its own."""
        if about is None:
            return None
        for case in self._cases.values():
            alike = (case.about, case.reason, case.appealed) == (about, reason, deed)
            if alike and _asked_by(case.source) == _asked_by(source) and case.state != "closed":
                return case.number
        return None

    def _take(self, step: S) -> S:
        self._cases = fold(self._cases, step)
        self._steps.append(step)
        return step


def _asked_by(source: Source) -> Source | None:
    """What sets those apart who ask for a case; None where the bot itself opens it."""
    return None if source in ("flag", "hold") else source
