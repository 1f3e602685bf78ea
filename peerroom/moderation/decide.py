"""The bot's judgement: one pure function from what happened and what is known to what is done."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation import lists, timers
from peerroom.moderation.asks import decide_asked
from peerroom.moderation.door import decide_knock
from peerroom.moderation.duties import carry_out
from peerroom.moderation.expiry import ended
from peerroom.moderation.facts import Asked, Fact, Knocked, Said, Ticked
from peerroom.moderation.matter import Matter
from peerroom.moderation.respond import rehearsed, respond, watched
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import State
from peerroom.moderation.templates import read_back
from peerroom.wire import commands as cmd

STALE: Final = timedelta(hours=1)
"""A command read only after this long is not carried out: the moderator has moved on."""


def decide(fact: Fact, state: State) -> list[act.Action]:
    """What follows from ``fact``: the same answer every time, whatever the hour or the network."""
    match fact:
        case Seen():
            return _decide_seen(fact, state)
        case Said():
            return _decide_said(fact, state)
        case Asked():
            return decide_asked(fact, state)
        case Knocked():
            return decide_knock(fact, state)
        case Ticked():
            return _decide_ticked(fact, state)


def _decide_said(said: Said, state: State) -> list[act.Action]:
    """Commands count in the management room only, encrypted, from a moderator's signed device.

    Anything else that looks like a command is counted and otherwise met with silence, so that
    nobody learns from outside what would work.
    """
    if said.sender == state.bot:
        return []
    command = cmd.parse(said.text)
    if command is None:
        return []
    refusal = refused(said, state.management, state.moderators, state.desk)
    if refusal is not None:
        return [act.Count(f"command refused: {refusal}")]
    if said.read_at - said.at > STALE:
        return [
            act.Say(
                state.management,
                _("I could read a command only just now. Please send it again if it still holds."),
            )
        ]
    if isinstance(command, cmd.CommandError):
        return [act.Say(state.management, command.sentence())]
    # Our own clock, not the event's: its time is the server's claim, and may lie in any year.
    return read_back(carry_out(command, said.sender, said.read_at, state))


def refused(
    said: Said, management: str, moderators: Collection[str], desk: Collection[str]
) -> str | None:
    """Why ``said`` counts as nobody's command, in the words that are counted; None if it is one's.

    ``desk`` are those who are in the room ``management``.
    """
    if said.room_id != management:
        return "other room"
    if said.sender not in moderators:
        return "not a moderator"
    if said.sender not in desk:
        return "not in the room"
    if not said.encrypted:
        return "not encrypted"
    if not said.signed:
        return "unsigned device"
    return None


def _decide_seen(seen: Seen, state: State) -> list[act.Action]:
    guard, room = state.guards.get(seen.room_id), state.rooms.get(seen.room_id)
    if guard is None or room is None:
        return []
    found = guard.judge(seen, room)
    tried = guard.rehearse(seen, room)
    if not found and not tried:
        return []
    return [*respond(found, seen, state), *rehearsed(tried, seen, state)]


def _decide_ticked(tick: Ticked, state: State) -> list[act.Action]:
    """Something is over, or the hour asks for something: one thing at a time, for each may change
    what the next one sees."""
    if done := ended(state, tick.at) or timers.due(tick.at, state):
        return done
    return next((done for _name, matter in _later(tick, state) if (done := matter())), [])


def matters(tick: Ticked, state: State) -> Iterator[Matter]:
    """The same in its smallest parts, in turn: when one of them cannot be decided."""
    yield "ended", partial(ended, state, tick.at)
    yield from timers.matters(tick.at, state)
    yield from _later(tick, state)


def _later(tick: Ticked, state: State) -> Iterator[Matter]:
    for room_id in state.guards:
        yield f"room {room_id}", partial(_watch, room_id, tick, state)
    yield "lists", partial(lists.look, tick.at, state)


def _watch(room_id: str, tick: Ticked, state: State) -> list[act.Action]:
    found = state.guards[room_id].watch(tick.at, state.rooms[room_id])
    return watched(found, tick.at, state)
