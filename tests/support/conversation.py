"""A vault with a room and people in it, without any server."""

from __future__ import annotations

import base64
import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any

from peerroom.store.accounts import Account
from peerroom.store.events import EventStatus, StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

ROOM = "!circle:example.org"
OWN = "@heron:example.org"
OTHER = "@otter:example.org"


@dataclass
class Conversation:
    """One room of one account in a vault in memory."""

    vault: Vault = field(default_factory=Vault.ephemeral)
    encrypted: bool = True
    account: Account = field(init=False)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.account = self.vault.accounts.add(
            homeserver="https://example.org", user_id=OWN, device_id="HERE", access_token="secret"
        )
        self.vault.rooms.put(StoredRoom(ROOM, self.account.id, encrypted=self.encrypted))
        self.member(OWN, "Quiet Heron")
        self.member(OTHER, "Small Otter")

    def member(self, user_id: str, name: str | None, membership: str = "join") -> None:
        """Put someone into the room's state."""
        content: dict[str, Any] = {"membership": membership}
        if name is not None:
            content["displayname"] = name
        self.vault.rooms.set_state(ROOM, "m.room.member", user_id, content)

    def said(
        self,
        content: object,
        /,
        *,
        sender: str = OTHER,
        status: EventStatus = "ok",
        trust: str | None = "signed",
        transaction_id: str | None = None,
        event_type: str = "m.room.message",
        encrypted: bool = True,
        event_id: str | None = None,
        origin_ts: int | None = None,
        **outer: object,
    ) -> StoredEvent:
        """Store an event as a sync would; a string stands for a text message.

        ``outer`` are more keys of the event as it came.
        """
        if isinstance(content, str):
            content = {"msgtype": "m.text", "body": content}
        number = next(self._numbers)
        outer_type = "m.room.encrypted" if encrypted else event_type
        event = StoredEvent(
            room_id=ROOM,
            event_id=event_id or f"$event{number}",
            position=number,
            sender=sender,
            type=outer_type,
            origin_ts=1_772_589_600_000 + number * 60_000 if origin_ts is None else origin_ts,
            raw={
                "type": outer_type,
                "sender": sender,
                "content": {} if encrypted else content,
                **outer,
            },
            clear={"type": event_type, "content": content}
            if encrypted and status == "ok"
            else None,
            status=status,
            trust=trust,
            transaction_id=transaction_id,
        )
        self.vault.events.upsert(event)
        return event

    def edited(self, original: str, text: str, **more: Any) -> StoredEvent:
        """Store an edit of a text message, given by its event id, as `said` does."""
        return self.said(edit_of(original, text), **more)

    def state(self, event_type: str, state_key: str, content: dict[str, Any], **more: Any) -> None:
        """Store a state event as a line of the timeline."""
        number = next(self._numbers)
        sender = more.pop("sender", OTHER)
        raw = {"type": event_type, "state_key": state_key, "content": content, **more}
        self.vault.events.upsert(
            StoredEvent(ROOM, f"$event{number}", number, sender, event_type, 0, raw)
        )


def hashed(name: str) -> str:
    """An event id as rooms have them since version 4, always the same for ``name``."""
    digest = hashlib.sha256(name.encode()).digest()
    return "$" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def edit_of(original: str, text: str) -> dict[str, Any]:
    """The content of an edit (client-server API, "Event replacements")."""
    return {
        "msgtype": "m.text",
        "body": f"* {text}",
        "m.new_content": {"msgtype": "m.text", "body": text},
        "m.relates_to": {"rel_type": "m.replace", "event_id": original},
    }
