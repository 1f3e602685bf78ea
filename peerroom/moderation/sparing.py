"""Whom lists concern no more: moderators have the last word."""

from __future__ import annotations

from typing import Final

from peerroom.moderation import actions as act
from peerroom.moderation.state import State
from peerroom.wire.policy import Rule

SPARED: Final = "spared"
"""The book of those whom no list concerns any more."""


def spare(state: State, by: str, user: str) -> act.Remember:
    """No list concerns this person any more."""
    return act.Remember(SPARED, user, state.books.get(SPARED, {}).get(user) or {"by": by})


def listed(state: State, user: str) -> Rule | None:
    """The rule that somebody falls under, unless they are let stay."""
    room = state.rooms.get(state.circle)
    if room is None or user in room.spared:
        return None
    return room.policies.of_user(user)
