"""What is due in the moderators' own room: cases, what waits to be confirmed, shifts."""

from __future__ import annotations

from datetime import datetime

from peerroom.moderation import actions as act
from peerroom.moderation import case_timers, confirming, rota
from peerroom.moderation.state import State


def due(at: datetime, state: State) -> list[act.Action]:
    """All of it at ``at``, by our clock. Nothing of it changes what another part of it sees."""
    return [*case_timers.look(at, state), *confirming.over(at, state), *rota.over(at, state)]
