"""Who may do what in a room (spec: m.room.power_levels; room version 12: creators, MSC4289)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from peerroom.store.rooms import Rooms as StoredRooms

CREATOR: Final = 2**53
"""Above every power level that an event can hold (canonical JSON stops at 2**53 - 1)."""

MODERATOR: Final = 50
"""The level from which most rooms let someone remove messages and people."""

Act = Literal["ban", "kick", "redact", "invite"]

_ACT_DEFAULTS: Final[Mapping[str, int]] = {"ban": 50, "kick": 50, "redact": 50, "invite": 0}
_FIRST_WITH_CREATORS: Final = 12


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
        if user_id in self.creators:
            return CREATOR
        return self.users.get(user_id, self.users_default)

    def may(self, user_id: str, act: Act) -> bool:
        """Whether the user may do ``act`` at all (a target may still outrank them)."""
        return self.of(user_id) >= self.acts[act]

    def may_send(self, user_id: str, event_type: str, *, state: bool = False) -> bool:
        """Whether the user may send events of this type."""
        default = self.state_default if state else self.events_default
        return self.of(user_id) >= self.events.get(event_type, default)

    def outranks(self, user_id: str, other: str) -> bool:
        """Whether ``user_id`` stands strictly above ``other`` (needed to kick and ban)."""
        return self.of(user_id) > self.of(other)


def power_of(create: Mapping[str, object], levels: Mapping[str, object] | None) -> Power:
    """The power of a room from its ``m.room.create`` content and ``m.room.power_levels`` content.

    ``creator`` in the create content must be the event's sender (room versions 11 and later leave
    it out). Wrong types in hostile content count as not given.
    """
    founders = _creators(create)
    elevated = _creators_stand_above(create.get("room_version"))
    creators = founders if elevated else frozenset()
    if levels is None:
        # Without the event, the creator of an older room has 100 and everybody else 0.
        users = {} if elevated else dict.fromkeys(founders, 100)
        return Power(creators, users, 0, _acts({}), {}, 0, 0)
    return Power(
        creators=creators,
        users=_levels(levels.get("users")),
        users_default=_level(levels.get("users_default"), 0),
        acts=_acts(levels),
        events=_levels(levels.get("events")),
        events_default=_level(levels.get("events_default"), 0),
        state_default=_level(levels.get("state_default"), 50),
    )


def room_power(rooms: StoredRooms, room_id: str) -> Power:
    """The same for a room of the vault, as it stands now."""
    create = rooms.state_event(room_id, "m.room.create")
    content = {} if create is None else create.content | {"creator": create.sender}
    return power_of(content, rooms.state(room_id, "m.room.power_levels"))


def _creators(create: Mapping[str, object]) -> frozenset[str]:
    more = create.get("additional_creators")
    named = [create.get("creator"), *(more if isinstance(more, list) else [])]
    return frozenset(user for user in named if isinstance(user, str))


def _creators_stand_above(version: object) -> bool:
    if not isinstance(version, str):
        return False
    plain = version.isascii() and version.isdecimal() and len(version) < 6
    return (plain and int(version) >= _FIRST_WITH_CREATORS) or version == "org.matrix.hydra.11"


def _acts(levels: Mapping[str, object]) -> dict[str, int]:
    return {act: _level(levels.get(act), default) for act, default in _ACT_DEFAULTS.items()}


def _levels(value: object) -> dict[str, int]:
    given = value if isinstance(value, dict) else {}
    return {
        key: level
        for key, level in given.items()
        if isinstance(key, str) and isinstance(level, int) and not isinstance(level, bool)
    }


def _level(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
