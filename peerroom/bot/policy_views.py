"""Lists as moderators see them, and the servers that rooms keep out: looked up when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from peerroom.bot.performing import ACL
from peerroom.bot.policies import PolicyLists
from peerroom.bot.sight import moment
from peerroom.moderation.followed import Followed
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText
from peerroom.wire import policy

LATELY: Final = 200
"""Events among which the last change of a list is looked for."""


class Views(Mapping[str, Followed]):
    """Each list as moderators see it, looked up when it is asked for."""

    def __init__(self, lists: PolicyLists, vault: Vault) -> None:
        self._lists = lists
        self._vault = vault

    def __getitem__(self, room_id: str) -> Followed:
        if room_id not in self._lists.followed():
            raise KeyError(room_id)
        room = self._vault.rooms.get(room_id)
        named = self._vault.rooms.state(room_id, "m.room.name") or {}
        name = named.get("name")
        return Followed(
            room_id,
            name=ForeignText(name) if isinstance(name, str) and name else None,
            entered=room is not None and room.membership == "join",
            rules=self._lists.of(room_id),
            changed=self._changed(room_id),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists.followed())

    def __len__(self) -> int:
        return len(self._lists.followed())

    def _changed(self, room_id: str) -> datetime | None:
        """When a rule came last, as far back as we have the room's events."""
        newest = reversed(self._vault.events.page(room_id, limit=LATELY))
        return next((moment(event) for event in newest if event.type in policy.TYPES), None)


class Acls(Mapping[str, tuple[str, ...]]):
    """The servers that each room keeps out; only rooms in which other servers can take part."""

    def __init__(self, vault: Vault, rooms: Sequence[str]) -> None:
        self._vault = vault
        self._rooms = rooms

    def __getitem__(self, room_id: str) -> tuple[str, ...]:
        create = self._vault.rooms.state(room_id, "m.room.create")
        if room_id not in self._rooms or create is None or create.get("m.federate") is False:
            raise KeyError(room_id)
        deny = (self._vault.rooms.state(room_id, ACL) or {}).get("deny")
        names = deny if isinstance(deny, list) else []
        return tuple(name for name in names if isinstance(name, str))

    def __iter__(self) -> Iterator[str]:
        return (room for room in self._rooms if room in self)

    def __len__(self) -> int:
        return len(list(iter(self)))
