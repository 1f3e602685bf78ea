"""When an event can have come to our server at the earliest.

The time that an event names is the clock of its sender's server, and that may be anybody's in a
room where other servers take part: a raid that claims to be of yesterday would be no raid. What our
own server had not told one turn ago has come since, and no other clock is asked for that.
"""

from __future__ import annotations

from datetime import datetime

from peerroom.clock import Clock
from peerroom.matrix.sync import SyncBatch


class Arrivals:
    """Knows it of what came while we were connected, until it is judged. After an outage there is
    nothing but the events' own times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_turn: datetime | None = None
        self._earliest: dict[str, datetime] = {}

    def turn(self, batch: SyncBatch) -> None:
        """A turn of sync has ended just now. What fills a gap is from before it."""
        if batch.filled:
            return
        if self._last_turn is not None:
            new = (event_id for delta in batch.rooms for event_id in delta.new_events)
            self._earliest.update(dict.fromkeys(new, self._last_turn))
        self._last_turn = self._clock.now()

    def earliest(self, event_id: str) -> datetime | None:
        """Before this it was not there; None if that is not known."""
        return self._earliest.get(event_id)

    def judged(self, event_id: str) -> None:
        """It is not asked for any more."""
        self._earliest.pop(event_id, None)
