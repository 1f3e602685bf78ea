"""Two events sent at the same moment: a server may tell the state from before one of them."""

from __future__ import annotations

from typing import Any

from support.key_directory import machine_of

from peerroom.matrix import event, sync_body
from peerroom.matrix.ingest import Ingest
from peerroom.matrix.room_updates import RoomUpdates
from peerroom.store.vault import Vault

ROOM, OWN, BOT, POWER = "!circle:x", "@bob:x", "@bot:x", "m.room.power_levels"


def levels(number: int, level: int) -> dict[str, Any]:
    return {
        "event_id": f"$levels{number}",
        "type": POWER,
        "sender": BOT,
        "state_key": "",
        "origin_server_ts": number,
        "content": {"events_default": level},
    }


def message(number: int) -> dict[str, Any]:
    return {
        "event_id": f"$message{number}",
        "type": "m.room.message",
        "sender": BOT,
        "origin_server_ts": number,
        "content": {"msgtype": "m.text", "body": "open again"},
    }


class Reader:
    """One account, told of one room."""

    def __init__(self) -> None:
        self.vault = Vault.ephemeral()
        self.ingest = Ingest(self.vault, machine_of(OWN, "DEVICE", vault=self.vault), OWN)
        (account,) = self.vault.accounts.all()
        self.updates = RoomUpdates(self.vault, account, self.ingest)

    def hear(self, state: list[dict[str, Any]], timeline: list[dict[str, Any]]) -> bool:
        """One answer of /sync; whether the room's state changed."""
        room = {"state": {"events": state}, "timeline": {"events": timeline}}
        body = sync_body.read({"next_batch": "t", "rooms": {"join": {ROOM: room}}})
        events, _nameless = event.read_all(timeline)
        with self.vault.transaction():
            [delta] = self.updates.write(body, {ROOM: self.ingest.read(ROOM, events)}, {})
        return delta.state_changed

    def level(self) -> object:
        return (self.vault.rooms.state(ROOM, POWER) or {}).get("events_default")


def test_state_that_we_saw_being_replaced_does_not_come_back() -> None:
    reader = Reader()
    reader.hear([levels(1, 0)], [])
    reader.hear([], [levels(2, 50)])
    assert reader.level() == 50
    reader.hear([], [levels(3, 0)])
    # As Synapse answers when the bot opens a room and says so in the same moment.
    assert not reader.hear([levels(2, 50)], [message(4)])
    assert reader.level() == 0


def test_state_that_is_new_counts_wherever_it_stands() -> None:
    reader = Reader()
    reader.hear([levels(1, 0)], [])
    reader.hear([], [levels(2, 50)])
    assert reader.hear([levels(5, 100)], [message(6)])
    assert reader.level() == 100
    assert reader.hear([levels(2, 50)], [message(7)])  # of $levels5 we know no place in time
    assert reader.level() == 50
