"""What ends by itself: pauses, mutes, locks, bans, and what was kept of removed messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from peerroom.i18n import N_, _
from peerroom.moderation import actions as act
from peerroom.moderation import measures
from peerroom.moderation.measures import Cause
from peerroom.moderation.state import State


def ended(state: State, now: datetime) -> list[act.Action]:
    """Everything that is over by ``now``."""
    done: list[act.Action] = []
    for measure in (_voices, _pauses, _bans, _locks):
        for actions in measure(state, now, state.next_deed + _deeds(done)):
            done += actions
    if state.expired:
        done.append(act.DropEvidence(tuple(state.expired)))
    return done


def next_end(state: State) -> datetime | None:
    """When the next of these is over, as far as it has a time."""
    ends = [
        *(until for until in state.mutes.values() if until is not None),
        *state.slowed.values(),
        *state.bans_end.values(),
        *(lock.until for lock in state.locks.values() if lock.until is not None),
    ]
    return min(ends, default=None)


def _deeds(done: list[act.Action]) -> int:
    return sum(isinstance(action, act.Note) for action in done)


def _voices(state: State, now: datetime, deed: int) -> Iterator[list[act.Action]]:
    for user, until in state.mutes.items():
        if until is not None and until <= now:
            actions = measures.unmute(state, Cause(state.bot, now, deed), user, what="mute ended")
            deed += _deeds(actions)
            yield actions


def _pauses(state: State, now: datetime, deed: int) -> Iterator[list[act.Action]]:
    """The end of a pause is nobody's deed: there is nothing to take back."""
    for (room, user), until in state.slowed.items():
        if until <= now:
            end: list[act.Action] = [act.EndSlow(room, user)]
            if user not in state.mutes:
                end.append(act.SetVoice(room, user, may_write=True))
            yield end


def _bans(state: State, now: datetime, deed: int) -> Iterator[list[act.Action]]:
    for user, until in state.bans_end.items():
        if until <= now:
            actions = measures.unban(state, Cause(state.bot, now, deed), user, what="ban ended")
            deed += _deeds(actions)
            name = state.people.get(user, user)
            said = _("The ban of {name} is over. They need a new invite to come back.")
            yield [*actions, act.Say(state.management, said.format(name=name))]


def _locks(state: State, now: datetime, deed: int) -> Iterator[list[act.Action]]:
    for room, lock in state.locks.items():
        if lock.until is not None and lock.until <= now:
            actions = measures.unlock(state, Cause(state.bot, now, deed), room, what="lock ended")
            deed += _deeds(actions)
            words = _(lock.says_after or N_("The room is open again."))
            yield [*actions, act.Say(room, words)]
