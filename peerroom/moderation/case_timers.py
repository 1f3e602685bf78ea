"""What time does to cases: nobody keeps one for ever, and an urgent one does not wait unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from peerroom.moderation import actions as act
from peerroom.moderation.cases import Case, kept_shown
from peerroom.moderation.docket import Docket
from peerroom.moderation.state import State
from peerroom.wire.cases import MOST_CLEARED, Cleared, LetGo, Line, Reminded

LAPSE: Final = timedelta(hours=4)
"""After this long without a step a claimed case is free again."""
URGENT_WAITS: Final = timedelta(minutes=10)
"""After this long nobody has claimed an urgent case, and moderators are reminded; then every
`URGENT_AGAIN`."""
URGENT_AGAIN: Final = timedelta(hours=1)
WAITS: Final = timedelta(hours=12)
"""The same of any other case; then every `AGAIN`."""
AGAIN: Final = timedelta(days=1)


def look(case: Case, at: datetime, state: State) -> list[act.Action]:
    """What is due in a case at ``at``, by our clock."""
    docket = Docket(state.cases, state.next_case, at)
    if case.state == "claimed" and _since(case.touched_at, at) >= LAPSE:
        docket.add(case.number, LetGo, lapsed=True)
    elif _is_forgotten(case, at):
        docket.add(case.number, Reminded)
    over = _over(case, at, state)
    for chunk in range(0, len(over), MOST_CLEARED):
        docket.add(case.number, Cleared, shown=over[chunk : chunk + MOST_CLEARED])
    return [*map(act.TakeStep, docket.steps), *_redactions(case, over, state)]


def _over(case: Case, at: datetime, state: State) -> tuple[int, ...]:
    """The steps whose messages have been kept for their time: who has them shown once more keeps
    them no longer."""
    kept = kept_shown(case.steps)
    first: dict[tuple[Line, ...], int] = {}
    for step in kept:
        first.setdefault(step.lines, step.at)
    return tuple(step.n for step in kept if _since(first[step.lines], at) >= _kept(state))


def _is_forgotten(case: Case, at: datetime) -> bool:
    """Whether somebody should be reminded of it now."""
    if case.waiting_since is None:
        return False
    if case.reminded_at is not None:
        return _since(case.reminded_at, at) >= (URGENT_AGAIN if case.urgent else AGAIN)
    return _since(case.waiting_since, at) >= (URGENT_WAITS if case.urgent else WAITS)


def _redactions(case: Case, shown: tuple[int, ...], state: State) -> Iterator[act.Action]:
    """The bot's own messages that show what is kept no longer, each in its room: the moderators'
    may have been replaced since."""
    for n in shown:
        for event in state.shown.get((case.number, n), ()):
            if event in state.written:
                yield act.RedactMessage(state.written[event][0], event)


def _kept(state: State) -> timedelta:
    return timedelta(days=state.evidence_days)


def _since(moment: int, at: datetime) -> timedelta:
    """Time since ``moment``, in milliseconds since 1970."""
    return timedelta(milliseconds=at.timestamp() * 1000 - moment)
