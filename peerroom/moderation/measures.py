"""What can be done, each as the actions that do it: one line in the audit log with its number, what
takes it back, and what the author of a message is told.

Protections (`peerroom.moderation.respond`) and moderators' commands use the same ones. Each takes
``deed``, the number that its `Note` will have: `State.next_deed` for the first of a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peerroom.moderation import actions as act
from peerroom.moderation.inverse import LOCKED, inverses
from peerroom.moderation.sparing import listed, spare
from peerroom.moderation.state import State

What = str
"""What the audit log, cases and members' explanations call a deed: ``removed``, ``held``, ``put
back``, ``slowed``, ``muted``, ``sat out``, ``kicked``, ``banned``, ``locked``, ``protected``…"""


@dataclass(frozen=True, slots=True)
class Cause:
    """By whom, when (our clock) and why something is done; ``deed`` is its number."""

    by: str
    at: datetime
    deed: int
    reason: str | None = None
    """A moderator's own words."""
    code: str | None = None
    """A reason code of `peerroom.moderation.findings`."""
    case: int | None = None


def in_order(messages: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Room and event id of all ``messages`` (by room, the newest first), as they are best removed:
    the busiest room first, and in each the newest."""
    rooms = sorted(messages, key=lambda room: -len(messages[room]))
    return [(room, event) for room in rooms for event in messages[room]]


def still_there(messages: Mapping[str, Sequence[str]], state: State) -> dict[str, tuple[str, ...]]:
    """Without what was removed, or is about to be."""
    left = {
        room: tuple(event for event in events if not state.removed.get(event, False))
        for room, events in messages.items()
    }
    return {room: events for room, events in left.items() if events}


def remove(
    state: State,
    cause: Cause,
    messages: Mapping[str, Sequence[str]],
    about: str | None,
    *,
    what: What = "removed",
) -> list[act.Action]:
    """Remove messages (by room, the newest first); what they said is kept for a while.

    [] if none is left. ``what`` is "held" where a moderator is to decide on them.
    """
    left = still_there(messages, state)
    if not left:
        return []
    return _deed(state, cause, what, about, _redactions(state, cause, left), tuple(left))


def put_back(
    state: State, cause: Cause, event_ids: Iterable[str], about: str | None
) -> list[act.Action]:
    """Post what was held or removed again, the oldest first; [] if it is kept no longer, or belongs
    nowhere any more."""
    kept = [state.evidence[event] for event in event_ids if event in state.evidence]
    kept = sorted((one for one in kept if one.removable), key=lambda one: one.at)
    done = [
        act.Repost(room, one.event_id, state.people.get(one.sender, ""))
        for one in kept
        if (room := room_again(one.room_id, one.sender, state)) is not None
    ]
    if not done:
        return []
    note = act.Note(
        cause.by,
        "put back",
        about,
        cause.reason,
        cause.code,
        tuple(dict.fromkeys(one.room_id for one in done)),
        tuple(one.event_id for one in done),
        case=cause.case,
    )
    return [note, *done]


def room_again(room_id: str, author: str, state: State) -> str | None:
    """In which room something is put back that stood in ``room_id``; None if its author has another
    name since.

    In the room of then nobody writes. In the room of now it would link nothing by itself; but
    whoever misses a message writes it anew, and the same words under both names would say who they
    are. It is theirs to say it again.
    """
    if state.rotation is None or room_id in rooms_of(state):
        return room_id
    return state.circle if author in state.members else None


def slow(state: State, cause: Cause, room_id: str, user: str, lasts: timedelta) -> list[act.Action]:
    """A short pause in one room; [] if the voice is away already."""
    if user in state.mutes or user in state.banned or (room_id, user) in state.slowed:
        return []
    done: list[act.Action] = [
        act.NoteSlow(room_id, user, cause.at + lasts),
        act.SetVoice(room_id, user, may_write=False),
    ]
    return _deed(state, cause, "slowed", user, done, (room_id,))


def mute(
    state: State, cause: Cause, user: str, until: datetime | None, *, what: What = "muted"
) -> list[act.Action]:
    """Take the voice in every room, until then or until `unmute`. Where names rotate this is also
    a sit-out: no new name for as long as it lasts."""
    done: list[act.Action] = [act.NoteMute(user, until)]
    if user not in state.mutes:
        done += [act.SetVoice(room, user, may_write=False) for room in rooms_of(state)]
    return _deed(state, cause, what, user, done, rooms_of(state))


def unmute(state: State, cause: Cause, user: str, *, what: What = "unmuted") -> list[act.Action]:
    """Give the voice back, also one that was only slowed; [] if nobody took it."""
    rooms = tuple(room for room, who in state.slowed if who == user)
    done: list[act.Action] = [act.EndSlow(room, user) for room in rooms]
    if user in state.mutes:
        rooms = rooms_of(state)
        done.append(act.NoteUnmute(user))
    if not done:
        return []
    done += [act.SetVoice(room, user, may_write=True) for room in rooms]
    return _deed(state, cause, what, user, done, rooms)


def kick(
    state: State, cause: Cause, user: str, rooms: Sequence[str] | None = None
) -> list[act.Action]:
    """Remove somebody from the rooms they are in; they may be invited again."""
    if rooms is None:
        rooms = [room for room in rooms_of(state) if user in state.inside.get(room, frozenset())]
    done: list[act.Action] = [act.RemoveMember(room, user) for room in rooms]
    return _deed(state, cause, "kicked", user, done, tuple(rooms)) if done else []


def ban(
    state: State,
    cause: Cause,
    user: str,
    until: datetime | None = None,
    *,
    redact: bool = False,
) -> list[act.Action]:
    """Remove somebody from every room, until then or for good. With ``redact`` all their messages
    go with them, the ban first; what they said is kept for a while."""
    messages = still_there(state.everywhere.get(user, {}), state) if redact else {}
    # The busiest room is closed first.
    busiest = (room for room, _ in in_order(messages))
    rooms = tuple(dict.fromkeys((*busiest, *rooms_of(state))))
    done: list[act.Action] = [
        act.NoteBan(user, until),
        act.NoteUnmute(user),
        *(act.BanMember(room, user, redact) for room in rooms),
        *_redactions(state, cause, messages),
    ]
    return _deed(state, cause, "banned", user, done, rooms)


def unban(state: State, cause: Cause, user: str, *, what: What = "unbanned") -> list[act.Action]:
    """Lift a ban; [] if there is none. No list brings it back: this is a moderator's word."""
    if user not in state.banned:
        return []
    rooms = rooms_of(state)
    spared = listed(state, user) is not None and cause.by != state.bot
    done: list[act.Action] = [
        *([spare(state, cause.by, user)] if spared else []),
        act.NoteUnban(user),
        *(act.UnbanMember(room, user) for room in rooms),
    ]
    return _deed(state, cause, what, user, done, rooms)


def lock(
    state: State, cause: Cause, room_id: str, until: datetime | None, *, says_after: str = ""
) -> list[act.Action]:
    """Let only moderators write, until then or until `unlock`. A lock that is there already is
    made longer, never shorter: then []."""
    there = state.locks.get(room_id)
    if there is None:
        # A room that is frozen until names have changed is to be open after that.
        level = state.levels.get(room_id, 0)
        note = act.NoteLock(room_id, until, level if level < LOCKED else 0, says_after)
        return _deed(
            state, cause, "locked", None, [note, act.SetRoomLevel(room_id, LOCKED)], (room_id,)
        )
    if there.until is None or (until is not None and until <= there.until):
        return []
    says_after = says_after or there.says_after
    longer = act.NoteLock(room_id, until, there.before, says_after, there.least)
    return _deed(state, cause, "locked", None, [longer], (room_id,))


def unlock(
    state: State, cause: Cause, room_id: str, *, what: What = "unlocked"
) -> list[act.Action]:
    """Let everyone write again who could before; [] if it is open."""
    there = state.locks.get(room_id)
    if there is None:
        return []
    done: list[act.Action] = [act.NoteUnlock(room_id), act.SetRoomLevel(room_id, there.before)]
    return _deed(state, cause, what, None, done, (room_id,))


def protect(
    state: State,
    cause: Cause,
    name: str,
    room_id: str | None = None,
    *,
    mode: act.Mode | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[act.Action]:
    """Change how a protection stands, everywhere or in one room."""
    kept = None if settings is None else dict(settings)
    done: list[act.Action] = [act.SetProtection(name, room_id, mode, kept)]
    return _deed(state, cause, "protected", name, done, () if room_id is None else (room_id,))


def rooms_of(state: State) -> tuple[str, ...]:
    """Every room that the bot looks after, the circle's first."""
    return state.protected or (state.circle,)


def _redactions(
    state: State, cause: Cause, messages: Mapping[str, Sequence[str]]
) -> list[act.Action]:
    until = cause.at + timedelta(days=state.evidence_days)
    return [
        *(
            act.KeepEvidence(room, tuple(events), until, cause.deed, cause.case)
            for room, events in messages.items()
        ),
        *(act.RedactMessage(room, event) for room, event in in_order(messages)),
    ]


def _deed(
    state: State,
    cause: Cause,
    what: What,
    about: str | None,
    done: list[act.Action],
    rooms: tuple[str, ...],
) -> list[act.Action]:
    """What is done, after the line in the audit log that says it and how it is taken back."""
    removed = tuple(one.event_id for one in done if isinstance(one, act.RedactMessage))
    undo = inverses(done, state)
    note = act.Note(
        cause.by, what, about, cause.reason, cause.code, rooms, removed, undo, case=cause.case
    )
    return [note, *done]
