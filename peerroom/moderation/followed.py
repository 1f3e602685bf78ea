"""A policy list that the rooms follow, as moderators see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from peerroom.moderation.policies import Policies
from peerroom.text.foreign import ForeignText


@dataclass(frozen=True, slots=True)
class Followed:
    """``entered``: the bot is in its room, so that it hears of changes; ``changed`` is when a rule
    came last, as far as it knows."""

    room_id: str
    name: ForeignText | None = None
    entered: bool = False
    rules: Policies = field(default_factory=Policies)
    changed: datetime | None = None
