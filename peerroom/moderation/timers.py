"""What is due: cases, what waits to be confirmed or explained, shifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from peerroom.moderation import actions as act
from peerroom.moderation import case_timers, confirming, rota, untold
from peerroom.moderation.matter import Matter
from peerroom.moderation.state import State


def due(at: datetime, state: State) -> list[act.Action]:
    """All of it at ``at``, by our clock. Nothing of it changes what another part of it sees."""
    return [action for _name, matter in matters(at, state) for action in matter()]


def matters(at: datetime, state: State) -> Iterator[Matter]:
    """The parts of it."""
    for number, case in state.cases.items():
        yield f"case {number}", partial(case_timers.look, case, at, state)
    yield "confirming", partial(confirming.over, at, state)
    yield "untold", partial(untold.over, at, state)
    yield "rota", partial(rota.over, at, state)
