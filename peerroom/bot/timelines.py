"""The stored timelines as a decision may look at them: each mapping reads the vault when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from peerroom.bot.sight import MESSAGES
from peerroom.matrix.trust import Trust
from peerroom.moderation.state import Rotation
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.wire.cases import Line

REMOVABLE: Final = MESSAGES | {"m.reaction"}
LIMIT: Final = 500
"""Messages of one person in one room that are removed at once at most."""
BEFORE: Final = 10
AFTER: Final = 5
_LONGEST: Final = 4_000


def messages_of(vault: Vault, room_id: str, user_id: str) -> tuple[str, ...]:
    """The ids of somebody's messages in a room, newest first. Whose they are is looked up in our
    own copy: no server's filter is believed."""
    newest = vault.events.of_sender(room_id, user_id, LIMIT)
    return tuple(event.event_id for event in newest if event.type in REMOVABLE)


class MessagesOf(Mapping[str, Sequence[str]]):
    """The ids of a member's messages in the circle, newest first."""

    def __init__(self, vault: Vault, room_id: str, rotation: Rotation | None) -> None:
        self._vault = vault
        self._room_id = room_id
        self._retired = {} if rotation is None else rotation.retired

    def __getitem__(self, user_id: str) -> Sequence[str]:
        retired = self._retired.get(user_id)
        room_id = self._room_id if retired is None else retired.room_id
        return messages_of(self._vault, room_id, user_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._vault.rooms.members(self._room_id))

    def __len__(self) -> int:
        return len(self._vault.rooms.members(self._room_id))


class Everywhere(Mapping[str, Mapping[str, Sequence[str]]]):
    """The same in every protected room, by member and room."""

    def __init__(self, vault: Vault, rooms: Sequence[str], rotation: Rotation | None) -> None:
        self._vault = vault
        self._rooms = rooms
        self._retired = {} if rotation is None else rotation.retired

    def __getitem__(self, user_id: str) -> Mapping[str, Sequence[str]]:
        retired = self._retired.get(user_id)
        rooms = self._rooms if retired is None else (retired.room_id, *self._rooms)
        found = {room: messages_of(self._vault, room, user_id) for room in dict.fromkeys(rooms)}
        return {room: messages for room, messages in found.items() if messages}

    def __iter__(self) -> Iterator[str]:
        people = {user for room in self._rooms for user in self._vault.rooms.members(room)}
        return iter(people)

    def __len__(self) -> int:
        return len(list(iter(self)))


class _ByEvent:
    """Mappings by event id do not list what they have."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def _event(self, event_id: str) -> StoredEvent:
        event = self._vault.events.get(event_id)
        if event is None:
            raise KeyError(event_id)
        return event


class Removed(_ByEvent, Mapping[str, bool]):
    """Whether an event was removed, or its removal waits to be carried out."""

    def __getitem__(self, event_id: str) -> bool:
        if self._event(event_id).status == "redacted":
            return True
        row = self._vault.outbox.by_idempotency(removal_key(event_id))
        return row is not None and row.state != "failed"


class Authors(_ByEvent, Mapping[str, str]):
    """Who said something."""

    def __getitem__(self, event_id: str) -> str:
        return self._event(event_id).sender


class Written(_ByEvent, Mapping[str, tuple[str, str]]):
    """In which room a message stands, and who wrote it; state is no message."""

    def __getitem__(self, event_id: str) -> tuple[str, str]:
        event = self._event(event_id)
        if "state_key" in event.raw:
            raise KeyError(event_id)
        return event.room_id, event.sender


class Context(_ByEvent, Mapping[str, Sequence[Line]]):
    """A message with what stood around it, as the bot read it."""

    def __init__(self, vault: Vault, names: Mapping[str, str]) -> None:
        super().__init__(vault)
        self._names = names

    def __getitem__(self, event_id: str) -> Sequence[Line]:
        event = self._event(event_id)
        events, position = self._vault.events, event.position
        around = [
            *events.page(event.room_id, before=position, limit=BEFORE),
            event,
            *events.page(event.room_id, after=position, limit=AFTER),
        ]
        lines = (self._line(one, about=one.event_id == event_id) for one in around)
        return [line for line in lines if line is not None]

    def _line(self, event: StoredEvent, *, about: bool) -> Line | None:
        if event.clear is None and self._vault.rooms.is_encrypted(event.room_id):
            return None  # whoever runs the server can have written it
        payload = event.clear if event.clear is not None else event.raw
        content = payload.get("content")
        if payload.get("type") not in MESSAGES or not isinstance(content, dict):
            return None
        fresh = content.get("m.new_content")
        body = (fresh if isinstance(fresh, dict) else content).get("body")
        if not isinstance(body, str):
            return None
        name = self._names.get(event.sender, event.sender)
        at = min(max(event.origin_ts, 0), 253402300799000)
        unsigned = event.clear is not None and event.trust != Trust.SIGNED
        return Line(name=name[:200], text=body[:_LONGEST], at=at, about=about, unsigned=unsigned)


def removal_key(event_id: str) -> str:
    """Under which the outbox keeps the removal of an event: decided twice, it happens once."""
    return f"remove:{event_id}"
