"""Who may do what in a room (spec: m.room.power_levels; room version 12: creators, MSC4289)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

CREATOR: Final = 2**53
"""Above every power level that an event can hold (canonical JSON stops at 2**53 - 1)."""

Act = Literal["ban", "kick", "redact", "invite"]


@dataclass(frozen=True)
class Power:
    """The power levels of one room at one moment."""

    creators: frozenset[str]
    """Users above every level: the creators, from room version 12 on."""
    users: Mapping[str, int]
    users_default: int
    acts: Mapping[str, int]
    events: Mapping[str, int]
    events_default: int
    state_default: int

    def of(self, user_id: str) -> int:
        """The user's level; `CREATOR` for a creator of a version 12 room."""
        raise NotImplementedError

    def may(self, user_id: str, act: Act) -> bool:
        """Whether the user may do ``act`` at all (a target may still outrank them)."""
        raise NotImplementedError

    def may_send(self, user_id: str, event_type: str, *, state: bool = False) -> bool:
        """Whether the user may send events of this type."""
        raise NotImplementedError

    def outranks(self, user_id: str, other: str) -> bool:
        """Whether ``user_id`` stands strictly above ``other`` (needed to kick and ban)."""
        return self.of(user_id) > self.of(other)


def power_of(create: Mapping[str, object], levels: Mapping[str, object] | None) -> Power:
    """The power of a room from its ``m.room.create`` content and ``m.room.power_levels`` content.

    The vault keeps the create content with ``creator`` filled in from the event's sender (room
    versions 11 and later leave it out). Wrong types in hostile content count as not given.
    """
    raise NotImplementedError
