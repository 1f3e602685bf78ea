"""Taking a deed back: a deed of its own, so that this can be taken back too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from peerroom.moderation import actions as act
from peerroom.moderation import templates
from peerroom.moderation.inverse import inverses
from peerroom.moderation.measures import Cause, room_again
from peerroom.moderation.roles import is_for_leads
from peerroom.moderation.sparing import SPARED
from peerroom.moderation.state import Kept, State
from peerroom.wire.commands import Rank

Why = Literal["unknown", "undone", "cannot", "gone", "renamed"]
_FOR_LEADS: Final = (
    act.SetRole,
    act.MakeModerator,
    act.UnmakeModerator,
    act.GiveRole,
    act.TakeRole,
    act.AddRoom,
    act.DropRoom,
    act.EnterRoom,
    act.LeaveRoom,
    act.EnterList,
    act.LeaveList,
    act.OpenList,
    act.SetRule,
    act.SetAcl,
)
"""What only the commands of leads do."""


@dataclass(frozen=True, slots=True)
class CannotUndo:
    """``unknown``: there is no such deed; ``undone``: it was taken back already; ``cannot``:
    nothing takes it back; ``gone``: what it removed is kept no longer; ``renamed``: whoever wrote
    it has another name since."""

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
    now = tuple(one for action in deed.undo if (one := _now(action, state)) is not None)
    if not now:
        kept = any(isinstance(one, act.Repost) and _kept(one, state) for one in deed.undo)
        return CannotUndo("renamed" if kept else "gone")
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
        least=least(deed, state),
    )
    return [note, *now]


def least(deed: act.Note, state: State) -> Rank:
    """Who can take ``deed`` back at least: whoever may give the order that it came of, and may do
    by a command what taking it back does now."""
    if deed.least == "lead":
        return "lead"
    lifted = {
        action.user_id for action in deed.undo if isinstance(action, (act.NoteBan, act.NoteUnban))
    }
    for_leads = any(_is_for_leads(action, lifted, state) for action in deed.undo)
    return "lead" if for_leads else "moderator"


def _is_for_leads(action: act.Inverse, lifted: set[str], state: State) -> bool:
    """``lifted`` are those whose ban begins or ends with it."""
    match action:
        case act.NoteUnlock(room_id=room) | act.NoteLock(room_id=room):
            return is_for_leads(room, state)  # whoever closed it before, or for how long
        case act.SetProtection(room_id=room):
            return room is None  # in one room it is `!slow room`
        case act.Remember(book=book, key=key):
            # A moderator's `!unban` also lets somebody stay whatever the lists say.
            return key not in lifted if book == SPARED else book != templates.BOOK
        case _:
            return isinstance(action, _FOR_LEADS)


def _now(action: act.Inverse, state: State) -> act.Inverse | None:
    """As it can be done now; None if it cannot."""
    if not isinstance(action, act.Repost):
        return action
    kept = _kept(action, state)
    room = None if kept is None else room_again(action.room_id, kept.sender, state)
    return None if room is None else msgspec.structs.replace(action, room_id=room)


def _kept(post: act.Repost, state: State) -> Kept | None:
    """What was put back is removed by hand: it is another message then."""
    kept = state.evidence.get(post.event_id)
    return kept if kept is not None and kept.removable else None
