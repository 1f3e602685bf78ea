"""What a command of a moderator leads to. Names of members appear only in the management room.

One module for each part of the work; `carry_out` asks whether somebody may, and shows what is broad
before it is done.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation import confirming
from peerroom.moderation.duties import (
    basics,
    casework,
    lists,
    messages,
    people,
    private,
    renaming,
    room,
    team,
    watching,
    word_lists,
)
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Broad, Done, Order
from peerroom.moderation.explaining import lasting
from peerroom.moderation.roles import kept_for, refusal
from peerroom.moderation.state import State
from peerroom.wire import commands as cmd

PARTS = (
    basics,
    casework,
    lists,
    messages,
    people,
    private,
    renaming,
    room,
    team,
    watching,
    word_lists,
)
"""Imported for the duties that they take on."""


def carry_out(command: cmd.Command, by: str, at: datetime, state: State) -> list[act.Action]:
    """The actions of ``command``, given by ``by``, one of the moderators, at ``at``."""
    order = Order(by, at, state)
    if isinstance(command, cmd.Yes):
        return _confirmed(command.code, order)
    if (no := refusal(command, by, state)) is not None:
        return order.say(no)
    outcome = _outcome(command, order)
    return _shown(command, outcome, order) if isinstance(outcome, Broad) else outcome


def _outcome(command: cmd.Command, order: Order) -> Done | Broad:
    outcome = duty(command, order)
    if isinstance(outcome, Broad):
        return replace(outcome, actions=kept_for(command.needs, outcome.actions))
    return kept_for(command.needs, outcome)


def _shown(command: cmd.Command, broad: Broad, order: Order, first: str = "") -> Done:
    """Nothing is done yet: this is what it would be."""
    code, waits = confirming.wait_for(command, broad.covers, order.by, order.at, order.state)
    confirm = _("Confirm with `yes {code}` within {time}; otherwise nothing is done.").format(
        code=code.upper(), time=lasting(confirming.LASTS)
    )
    return [waits, *order.say(f"{first}{broad.words}\n{confirm}")]


def _confirmed(code: str, order: Order) -> Done:
    """Do what was shown, if it is still that."""
    waits = confirming.pending(code, order.state)
    if waits is None or waits.until <= order.at:
        return order.say(_("Nothing waits under {code} any more.").format(code=code.upper()))
    if waits.by not in (order.by, order.state.bot):
        said = _("{name} asked for this, and only they can confirm it.")
        return order.say(said.format(name=order.name(waits.by)))
    if (no := refusal(waits.command, order.by, order.state)) is not None:
        return [confirming.forget(code), *order.say(no)]
    outcome = _outcome(waits.command, order)
    if not isinstance(outcome, Broad):
        return [confirming.forget(code), *outcome]
    if not outcome.covers <= waits.covers:
        first = _("It has become more since. ")
        return [confirming.forget(code), *_shown(waits.command, outcome, order, first)]
    return [confirming.forget(code), *outcome.actions]


__all__ = ["PARTS", "carry_out", "lasting"]
