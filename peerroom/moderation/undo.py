"""Taking a deed back: a deed of its own, so that this can be taken back too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from peerroom.moderation import actions as act
from peerroom.moderation.inverse import inverses
from peerroom.moderation.measures import Cause
from peerroom.moderation.state import State

Why = Literal["unknown", "undone", "cannot", "gone"]


@dataclass(frozen=True, slots=True)
class CannotUndo:
    """``unknown``: there is no such deed; ``undone``: it was taken back already; ``cannot``:
    nothing takes it back; ``gone``: what it removed is kept no longer."""

    why: Why


def undo(state: State, cause: Cause, number: int) -> list[act.Action] | CannotUndo:
    """The actions that take deed ``number`` back, with the `Note` of it."""
    deed = state.deeds.get(number)
    if deed is None:
        return CannotUndo("unknown")
    if deed.undone is not None:
        return CannotUndo("undone")
    if not deed.undo:
        return CannotUndo("cannot")
    now = tuple(action for action in deed.undo if _can(action, state))
    if not now:
        return CannotUndo("gone")
    note = act.Note(
        cause.by,
        "undone",
        deed.about,
        cause.reason,
        deed.code,
        deed.rooms,
        deed.event_ids,
        inverses(now, state),
        undoes=number,
        case=deed.case if cause.case is None else cause.case,
    )
    return [note, *now]


def _can(action: act.Inverse, state: State) -> bool:
    """What was put back is removed by hand: it is another message then."""
    if isinstance(action, act.Repost):
        kept = state.evidence.get(action.event_id)
        return kept is not None and kept.removable
    return True
