"""Letting a real bot do things, as a moderator's command would."""

from __future__ import annotations

from collections.abc import Callable

from support.circle import CLOCK, Circle

from peerroom.moderation import actions as act
from peerroom.moderation.facts import Ticked
from peerroom.moderation.measures import Cause
from peerroom.moderation.state import State
from peerroom.moderation.undo import undo

Measure = Callable[[State, Cause], list[act.Action]]


def state_of(circle: Circle) -> State:
    """What the bot would decide on now."""
    assert circle.bot._picture is not None
    return circle.bot._picture.take()


def decides(circle: Circle, measure: Measure) -> int:
    """Let the bot do something; the number of the deed. It is not carried out yet."""
    bot, state = circle.bot, state_of(circle)
    assert bot._judging is not None and bot._executor is not None
    now = circle.clock.now()
    cause = Cause(circle.bot_id, now, state.next_deed)
    actions = measure(state, cause)
    assert actions
    with circle.vault.transaction():
        bot._judging.keep(actions, f"test:{cause.deed}", Ticked(now), state)
    bot._executor.wake()
    return cause.deed


def takes_back(circle: Circle, number: int) -> int:
    """Let the bot undo a deed; the number of that deed."""

    def measure(state: State, cause: Cause) -> list[act.Action]:
        actions = undo(state, cause, number)
        assert isinstance(actions, list)
        return actions

    return decides(circle, measure)


def unwatched(circle: Circle) -> None:
    """No protection looks at anything."""
    for name in circle.bot._watching.names:
        circle.bot.ledger.apply(act.SetProtection(name, None, "off"), CLOCK.now())
