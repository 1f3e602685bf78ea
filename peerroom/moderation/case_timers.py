"""What time does to cases: nobody keeps one for ever, and an urgent one does not wait unseen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from peerroom.moderation import actions as act
from peerroom.moderation.state import State

LAPSE: Final = timedelta(hours=4)
"""After this long without a step a claimed case is free again."""
URGENT_WAITS: Final = timedelta(minutes=10)
"""After this long nobody has claimed an urgent case, and moderators are reminded."""
WAITS: Final = timedelta(hours=12)
"""The same of any other case."""


def look(at: datetime, state: State) -> list[act.Action]:
    """What is due at ``at``, by our clock."""
    raise NotImplementedError
