"""A case as it stands: folded from the bot's steps, by the bot and by any client in the same way.

A case is the set of the steps that were heard of it. In whatever order they come, and however
often, the same steps make the same case; what is missing is known to be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from peerroom.wire import cases as wire
from peerroom.wire.cases import Line, Outcome, Source, Step

S = TypeVar("S", bound=Step)
Stand = Literal["open", "claimed", "closed"]
MOST_EVENTS: Final = 200
"""Events of one case that are remembered; it is the same case after the first few."""


@dataclass(frozen=True, slots=True)
class Note:
    """A moderator's note. `at` is in milliseconds since 1970, as everywhere here."""

    by: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """A second opinion."""

    by: str
    agrees: bool
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot told somebody in private, and for whom."""

    by: str
    to: Literal["author", "reporter"]
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done; ``number`` is the deed's in the audit log."""

    by: str
    what: str
    number: int
    at: int


class Case(msgspec.Struct, frozen=True):
    """One case. `by` and `claimed_by` are user ids; names and texts are as strangers wrote them:
    a face shows them through `ForeignText`.

    A struct, not a dataclass: a busy evening takes thousands of steps in, and each makes it anew.
    """

    number: int
    source: Source = "flag"
    reason: str = "other"
    room_id: str | None = None
    about: str | None = None
    name: str = ""
    event_ids: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    urgent: bool = False
    appealed: int | None = None
    """Of an appeal: the deed to look at again."""
    lines: tuple[Line, ...] = ()
    """The messages and what stood around them, each once, and what was said to moderators about
    them; () before they came and after they were cleared."""
    shown_at: int | None = None
    """When the last of `lines` were shown; None when there are none."""
    unverified: bool = False
    claimed_by: str | None = None
    claimed_at: int | None = None
    asked_second: str | None = None
    """Who asked for a second opinion that has not come yet."""
    notes: tuple[Note, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    replies: tuple[Reply, ...] = ()
    deeds: tuple[Deed, ...] = ()
    state: Stand = "open"
    outcome: Outcome | None = None
    closed_by: str | None = None
    opened_at: int = 0
    touched_at: int = 0
    """When the last step was made, by anybody."""
    waiting_since: int | None = None
    """Since when nobody looks after it; None while somebody does, and when it is closed."""
    reminded_at: int | None = None
    """When moderators were last reminded of it, since it waits."""
    times: int = 0
    """How often it was reported, flagged, held or asked for."""
    complete: bool = False
    """No step is missing."""
    steps: tuple[Step, ...] = ()
    """What all this was made of, in the bot's order."""

    def next(self, kind: type[S], at: int, **fields: Any) -> S:
        """The step that comes after these, at ``at`` (milliseconds). For the bot alone."""
        return kind(case=self.number, n=_last(self.steps) + 1, at=at, **fields)

    def __repr__(self) -> str:
        """Without what people wrote."""
        return f"Case({self.number}, {self.state}, {len(self.steps)} steps)"


def fold(cases: Mapping[int, Case], step: Step) -> Mapping[int, Case]:
    """``cases`` with ``step`` taken in; the same mapping if it was known. Total."""
    case = cases.get(step.case, Case(step.case))
    if step.n == _last(case.steps) + 1 and not isinstance(step, wire.Cleared):
        # The usual way: one more at the end changes nothing of what was.
        complete = case.complete or not case.steps
        taken = replace(
            _taken(step, case),
            touched_at=max(case.touched_at, step.at),
            steps=(*case.steps, step),
            complete=complete,
        )
        return {**cases, case.number: taken}
    steps = {known.n: known for known in case.steps}
    if steps.setdefault(step.n, step) != step:
        # The bot never says two things under one number. Should it happen, all choose the same.
        steps[step.n] = min(steps[step.n], step, key=msgspec.json.encode)
    if steps.get(step.n) in case.steps:
        return cases
    return {**cases, case.number: made_of(case.number, steps.values())}


def made_of(number: int, steps: Iterable[Step]) -> Case:
    """The case that these steps make, each number once, in whatever order."""
    ordered = tuple(sorted(steps, key=lambda step: step.n))
    case = Case(number)
    for step in ordered:
        case = replace(_taken(step, case), touched_at=max(case.touched_at, step.at))
    gone = {n for step in ordered if isinstance(step, wire.Cleared) for n in step.shown}
    missing = set(range(1, _last(ordered) + 1)) - {step.n for step in ordered} - gone
    kept = kept_shown(ordered)
    case = replace(case, lines=(), shown_at=None, unverified=False)
    for shown in kept:
        case = _taken(shown, case)
    return replace(case, steps=ordered, complete=not missing)


def kept_shown(steps: Iterable[Step]) -> list[wire.Shown]:
    """What was shown and is not cleared, of steps in the bot's order. `Cleared` that names none
    clears all before it."""
    kept: dict[int, wire.Shown] = {}
    for step in steps:
        if isinstance(step, wire.Shown):
            kept[step.n] = step
        elif isinstance(step, wire.Cleared):
            for n in step.shown or tuple(kept):
                kept.pop(n, None)
    return list(kept.values())


def _last(steps: tuple[Step, ...]) -> int:
    return steps[-1].n if steps else 0


@singledispatch
def _taken(step: Step, case: Case) -> Case:
    raise TypeError(type(step).__name__)


@_taken.register
def _opened(step: wire.Opened, case: Case) -> Case:
    return replace(
        case,
        source=step.source,
        reason=step.reason,
        room_id=step.room_id,
        about=step.about,
        name=step.name,
        event_ids=step.event_ids,
        cues=step.cues,
        urgent=step.urgent,
        appealed=step.deed,
        opened_at=step.at,
        waiting_since=step.at,
        times=1,
    )


@_taken.register
def _more(step: wire.More, case: Case) -> Case:
    fresh = step.urgent and not case.urgent
    return replace(
        case,
        event_ids=_joined(case.event_ids, step.event_ids),
        cues=_joined(case.cues, step.cues),
        urgent=case.urgent or step.urgent,
        reminded_at=None if fresh else case.reminded_at,
        times=case.times + 1,
    )


def _joined(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))[:MOST_EVENTS]


@_taken.register
def _shown(step: wire.Shown, case: Case) -> Case:
    return replace(
        case,
        lines=tuple(dict.fromkeys((*case.lines, *step.lines))),
        shown_at=step.at,
        unverified=case.unverified or step.unverified,
    )


@_taken.register
def _cleared(step: wire.Cleared, case: Case) -> Case:
    return case  # what is left to show is known when all steps are


@_taken.register
def _reminded(step: wire.Reminded, case: Case) -> Case:
    return replace(case, reminded_at=step.at)


@_taken.register
def _claimed(step: wire.Claimed, case: Case) -> Case:
    return replace(
        case,
        state="claimed",
        claimed_by=step.by,
        claimed_at=step.at,
        waiting_since=None,
        reminded_at=None,
    )


@_taken.register
def _let_go(step: wire.LetGo, case: Case) -> Case:
    return replace(_nobodys(case), state="open", waiting_since=step.at)


@_taken.register
def _noted(step: wire.Noted, case: Case) -> Case:
    return replace(case, notes=(*case.notes, Note(step.by, step.text, step.at)))


@_taken.register
def _asked_second(step: wire.AskedSecond, case: Case) -> Case:
    return replace(case, asked_second=step.by)


@_taken.register
def _second(step: wire.SecondOpinion, case: Case) -> Case:
    opinion = Opinion(step.by, step.agrees, step.text, step.at)
    return replace(case, asked_second=None, opinions=(*case.opinions, opinion))


@_taken.register
def _replied(step: wire.Replied, case: Case) -> Case:
    reply = Reply(step.by, step.to, step.text, step.at)
    return replace(case, replies=(*case.replies, reply))


@_taken.register
def _done(step: wire.Done, case: Case) -> Case:
    deed = Deed(step.by, step.what, step.deed, step.at)
    return replace(case, deeds=(*case.deeds, deed))


@_taken.register
def _closed(step: wire.Closed, case: Case) -> Case:
    return replace(
        _nobodys(case),
        state="closed",
        outcome=step.outcome,
        closed_by=step.by,
        waiting_since=None,
    )


@_taken.register
def _reopened(step: wire.Reopened, case: Case) -> Case:
    return replace(
        _nobodys(case), state="open", outcome=None, closed_by=None, waiting_since=step.at
    )


def _nobodys(case: Case) -> Case:
    return replace(case, claimed_by=None, claimed_at=None, asked_second=None, reminded_at=None)
