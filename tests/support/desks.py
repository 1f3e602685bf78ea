"""A vault of somebody whom a bot let in: the circle's room, the room of two, the moderators' room;
and the bot's word in them, as a sync would have brought it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any

from support.clock import FrozenClock

from peerroom.client.invitations import remember_bot
from peerroom.client.session import Client
from peerroom.config import Config
from peerroom.matrix.sync import RoomDelta, SyncBatch
from peerroom.store.accounts import Account
from peerroom.store.events import EventStatus, StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault
from peerroom.wire import cases, member

CIRCLE = "!circle:example.org"
DOOR = "!door:example.org"
DESK = "!desk:example.org"
OWN = "@heron:example.org"
OTHER = "@otter:example.org"
FELLOW = "@badger:example.org"
BOT = "@bot:example.org"
KEY = "A" * 43
START = 1_772_589_600_000
"""2026-03-04, 02:00 UTC."""


@dataclass
class Place:
    """One account of a vault in memory, and the rooms it is in."""

    door: bool = True
    desk: bool = False
    vault: Vault = field(default_factory=Vault.ephemeral)
    clock: FrozenClock = field(default_factory=FrozenClock)
    account: Account = field(init=False)
    client: Client = field(init=False)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.account = self.vault.accounts.add(
            homeserver="https://example.org", user_id=OWN, device_id="HERE", access_token="secret"
        )
        remember_bot(self.vault, BOT)
        self.vault.identities.pin(BOT, KEY)
        self.room(CIRCLE, {OWN: "Quiet Heron", OTHER: "Small Otter", BOT: "Moderator bot"})
        if self.door:
            self.open_door()
        if self.desk:
            names = {OWN: "Quiet Heron", FELLOW: "Old Badger", BOT: "Moderator bot"}
            self.room(DESK, names, marked={"v": 1, "role": "management"})
        self.client = Client(
            self.vault, self.account, config=Config(), clock=self.clock, random=Random(1)
        )

    def room(
        self,
        room_id: str,
        people: dict[str, str],
        *,
        maker: str = BOT,
        direct: bool = False,
        account: Account | None = None,
        marked: dict[str, Any] | None = None,
    ) -> None:
        """Put a room into the vault, with those who are in it."""
        rooms, owner = self.vault.rooms, account or self.account
        rooms.put(StoredRoom(room_id, owner.id, encrypted=True, is_direct=direct))
        rooms.set_state(room_id, "m.room.create", "", {"room_version": "12"}, sender=maker)
        rooms.set_state(room_id, "m.room.name", "", {"name": f"Room {room_id[1:5]}"})
        if marked is not None:
            rooms.set_state(room_id, "org.peerroom.room", "", marked, sender=maker)
        for user_id, name in people.items():
            self.member(room_id, user_id, name)

    def open_door(self) -> None:
        """Let there be a room of two with the bot."""
        self.room(DOOR, {OWN: "Quiet Heron", BOT: "Moderator bot"}, maker=OWN, direct=True)

    def member(self, room_id: str, user_id: str, name: str, membership: str = "join") -> None:
        content = {"membership": membership, "displayname": name}
        self.vault.rooms.set_state(room_id, "m.room.member", user_id, content)

    def said(
        self,
        room_id: str,
        sender: str,
        content: object,
        *,
        event_type: str = "m.room.message",
        status: EventStatus = "ok",
        trust: str | None = "signed",
        encrypted: bool = True,
        transaction_id: str | None = None,
        position: int | None = None,
    ) -> StoredEvent:
        """Store an event; a string stands for a text message."""
        if isinstance(content, str):
            content = {"msgtype": "m.text", "body": content}
        number = next(self._numbers)
        outer = "m.room.encrypted" if encrypted else event_type
        event = StoredEvent(
            room_id=room_id,
            event_id=f"$event{number}",
            position=number if position is None else position,
            sender=sender,
            type=outer,
            origin_ts=START + number * 60_000,
            raw={"type": outer, "sender": sender, "content": {} if encrypted else content},
            clear={"type": event_type, "content": content}
            if encrypted and status == "ok"
            else None,
            status=status,
            session_id="session" if status == "undecryptable" else None,
            trust=trust,
            transaction_id=transaction_id,
        )
        self.vault.events.upsert(event)
        return event

    def step(self, step: cases.Step, **more: Any) -> StoredEvent:
        """The bot says a step of a case in the moderators' room."""
        content = {"msgtype": "m.notice", "body": "a step", cases.FIELD: cases.content(step)}
        return self.said(DESK, BOT, content, **more)

    def tell(self, tell: member.Tell, room_id: str = DOOR, **more: Any) -> StoredEvent:
        """The bot says something in private."""
        content = {"msgtype": "m.notice", "body": "words for others"}
        content[member.TELL] = member.content(tell)
        return self.said(room_id, more.pop("sender", BOT), content, **more)

    def asked(self, ask: member.Ask, **more: Any) -> StoredEvent:
        """We said something to the moderators, and it came back by sync."""
        return self.said(DOOR, OWN, member.content(ask), event_type=member.ASK, **more)

    def came_back(self, key: str) -> StoredEvent:
        """The outbox row with this transaction id went out, and its event is here."""
        row = self.vault.outbox.by_transaction(key)
        assert row is not None
        event = self.said(
            row.room_id,
            OWN,
            row.content["content"],
            event_type=row.content["type"],
            transaction_id=key,
        )
        self.vault.outbox.remove(row.id)
        return event

    def heard(self, *room_ids: str, client: Client | None = None) -> None:
        """A turn of sync brought something in these rooms."""
        (client or self.client)._take(SyncBatch(rooms=tuple(map(RoomDelta, room_ids))))
