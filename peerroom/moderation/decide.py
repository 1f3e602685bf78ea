"""The bot's judgement: one pure function from what happened and what is known to what is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation.door import decide_knock
from peerroom.moderation.duties import carry_out
from peerroom.moderation.facts import Fact, Knocked, Said, Ticked
from peerroom.moderation.state import State
from peerroom.wire import commands as cmd

STALE: Final = timedelta(hours=1)
"""A command read only after this long is not carried out: the moderator has moved on."""


def decide(fact: Fact, state: State) -> list[act.Action]:
    """What follows from ``fact``: the same answer every time, whatever the hour or the network."""
    match fact:
        case Said():
            return _decide_said(fact, state)
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
    refusal = _refusal(said, state)
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
    return carry_out(command, said.sender, said.read_at, state)


def _refusal(said: Said, state: State) -> str | None:
    if said.room_id != state.management:
        return "other room"
    if said.sender not in state.moderators:
        return "not a moderator"
    if said.sender not in state.desk:
        return "not in the room"
    if not said.encrypted:
        return "not encrypted"
    if not said.signed:
        return "unsigned device"
    return None


def _decide_ticked(tick: Ticked, state: State) -> list[act.Action]:
    """Mutes end by themselves."""
    done: list[act.Action] = []
    for user, until in state.mutes.items():
        if until is not None and until <= tick.at:
            done += [
                act.Note(by=state.bot, what="mute ended", about=user),
                act.NoteUnmute(user),
                act.SetVoice(state.circle, user, may_write=True),
            ]
    return done
