"""What holds in each room: which the bot looks after, how protections stand, locks and pauses.

Where names rotate, the circle's room is another one in each epoch. What is kept of it is kept under
a name of its own and moves along.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Final, get_args

from peerroom.bot.circle import MARKER, NAMESPACE, Role, current
from peerroom.moderation import actions as act
from peerroom.moderation.inverse import LOCKED
from peerroom.moderation.state import Lock, Standing
from peerroom.store.vault import Vault

ROOMS: Final = "bot.rooms"
LOCKS: Final = "bot.locks"
SLOWED: Final = "bot.slowed"
PROTECTIONS: Final = "bot.protections"
_CIRCLE: Final = "circle"


class Standings:
    """Reads and writes these records."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._records = vault.records

    def rooms(self) -> tuple[str, ...]:
        """The rooms that the bot looks after, the circle's first."""
        return (current(self._vault).circle, *self._records.items(ROOMS))

    def locks(self) -> dict[str, Lock]:
        """Locked rooms."""
        return {
            self._room(key): Lock(
                None if kept["until"] is None else datetime.fromisoformat(kept["until"]),
                kept["before"],
                kept["says_after"],
                kept.get("least", "moderator"),
            )
            for key, kept in self._records.items(LOCKS).items()
        }

    def slowed(self) -> dict[tuple[str, str], datetime]:
        """Until when somebody pauses, by room and user id."""
        found = {}
        for key, until in self._records.items(SLOWED).items():
            place, _, user = key.partition(" ")
            found[self._room(place), user] = datetime.fromisoformat(until)
        return found

    def standings(self) -> dict[tuple[str, str | None], Standing]:
        """How protections stand, by name and room; None is everywhere."""
        found: dict[tuple[str, str | None], Standing] = {}
        for key, kept in self._records.items(PROTECTIONS).items():
            name, _, place = key.partition(" ")
            room = self._room(place) if place else None
            found[name, room] = Standing(kept["mode"], kept["settings"])
        return found

    @singledispatchmethod
    def apply(self, action: object) -> None:
        """Carry out an action about rooms."""
        raise TypeError(type(action).__name__)

    @apply.register
    def _add(self, action: act.AddRoom) -> None:
        if action.room_id not in self.rooms():
            self._records.replace(ROOMS, action.room_id, True)

    @apply.register
    def _drop(self, action: act.DropRoom) -> None:
        self._records.remove(ROOMS, action.room_id)

    @apply.register
    def _lock(self, action: act.NoteLock) -> None:
        until = None if action.until is None else action.until.isoformat()
        kept = {
            "until": until,
            "before": action.before,
            "says_after": action.says_after,
            "least": action.least,
        }
        self._records.replace(LOCKS, self._place(action.room_id), kept)

    @apply.register
    def _unlock(self, action: act.NoteUnlock) -> None:
        self._records.remove(LOCKS, self._place(action.room_id))

    @apply.register
    def _slow(self, action: act.NoteSlow) -> None:
        key = f"{self._place(action.room_id)} {action.user_id}"
        self._records.replace(SLOWED, key, action.until.isoformat())

    @apply.register
    def _end_slow(self, action: act.EndSlow) -> None:
        self._records.remove(SLOWED, f"{self._place(action.room_id)} {action.user_id}")

    @apply.register
    def _protection(self, action: act.SetProtection) -> None:
        place = "" if action.room_id is None else self._place(action.room_id)
        key = f"{action.name} {place}".strip()
        kept: Mapping[str, Any] = self._records.get(PROTECTIONS, key, {})
        mode = kept.get("mode") if action.mode is None else action.mode
        settings = kept.get("settings") if action.settings is None else action.settings
        fresh = {"mode": None if mode == "default" else mode, "settings": settings or None}
        self._records.replace(PROTECTIONS, key, fresh)

    def _place(self, room_id: str) -> str:
        return _CIRCLE if room_id == current(self._vault).circle else room_id

    def _room(self, place: str) -> str:
        return current(self._vault).circle if place == _CIRCLE else place


def is_ours(vault: Vault, bot: str, room_id: str) -> bool:
    """Whether people gather there, or moderators: a room of the circle, also of former names, or
    one that was added to it."""
    records = vault.records
    if room_id in records.items(NAMESPACE).values() or room_id in records.items(ROOMS):
        return True
    marker = vault.rooms.state_event(room_id, MARKER)
    if marker is None or marker.sender != bot:
        return False
    return marker.content.get("role") in get_args(Role)


def move(vault: Vault, old: str, new: str, role: str | None) -> None:
    """What holds in the room ``old`` holds in ``new`` from now on, which takes its place; ``role``
    says which of the circle's own rooms it is, if any. Call inside a transaction."""
    records = vault.records
    if role is not None:
        records.replace(NAMESPACE, role, new)
    if role == "circle":
        return  # kept under a name of its own
    for namespace in (ROOMS, LOCKS, SLOWED, PROTECTIONS):
        for key, kept in records.items(namespace).items():
            parts = key.split(" ")
            if old in parts:
                records.remove(namespace, key)
                fresh = " ".join(new if part == old else part for part in parts)
                records.replace(namespace, fresh, kept)


def open_level(vault: Vault, room_id: str) -> int:
    """The power level that one needs to write in the room when it is not frozen."""
    locked = room_id in Standings(vault).locks()
    return LOCKED if locked else 0
