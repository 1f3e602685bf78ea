"""What the homeserver itself says: the look from outside that proves a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from peerroom.host.homeserver import Homeserver


class ServerView:
    """Read-only questions, asked by the server's administrator, who is in no room."""

    def __init__(self, server: Homeserver) -> None:
        self._folder = server.folder
        self._api = server.api()

    def version(self) -> str:
        """Synapse's version."""
        answer = self._api.call("GET", "/_synapse/admin/v1/server_version")
        return str(answer["server_version"])

    def devices(self, user_id: str) -> list[str]:
        """The ids of the devices that are logged in to an account."""
        answer = self._api.call("GET", f"/_synapse/admin/v2/users/{_part(user_id)}/devices")
        return [device["device_id"] for device in answer["devices"]]

    def members(self, room_id: str) -> list[str]:
        """Who has joined a room."""
        answer = self._api.call("GET", f"/_synapse/admin/v1/rooms/{_part(room_id)}/members")
        return list(answer["members"])

    def membership(self, room_id: str, user_id: str) -> str:
        """``join``, ``leave``, ``ban`` and so on; empty for someone who was never in the room."""
        content = self.states(room_id, "m.room.member").get(user_id, {})
        return str(content.get("membership", ""))

    def arrivals(self, room_id: str) -> list[str]:
        """Who has joined a room, in the order in which they first did."""
        joins = (
            str(event["state_key"])
            for event in self._events(room_id)
            if event["type"] == "m.room.member" and event["content"]["membership"] == "join"
        )
        return list(dict.fromkeys(joins))

    def removals(self, room_id: str) -> list[str]:
        """The event ids that were to be removed, once for each time that somebody asked for it."""
        return [
            str(event["content"].get("redacts", event.get("redacts")))
            for event in self._events(room_id)
            if event["type"] == "m.room.redaction"
        ]

    def _events(self, room_id: str) -> list[dict[str, Any]]:
        """The first 500 events of a room, in order."""
        path = f"/_synapse/admin/v1/rooms/{_part(room_id)}/messages?dir=f&limit=500"
        return list(self._api.call("GET", path)["chunk"])

    def rooms(self, user_id: str) -> list[str]:
        """The rooms that an account has joined."""
        answer = self._api.call("GET", f"/_synapse/admin/v1/users/{_part(user_id)}/joined_rooms")
        return list(answer["joined_rooms"])

    def has(self, user_id: str) -> bool:
        """Whether there is such an account, and it was not closed."""
        path = f"/_synapse/admin/v2/users?user_id={_part(user_id)}"
        return any(found["name"] == user_id for found in self._api.call("GET", path)["users"])

    def states(self, room_id: str, event_type: str) -> dict[str, Mapping[str, Any]]:
        """The contents of a room's state events of one type, by state key."""
        answer = self._api.call("GET", f"/_synapse/admin/v1/rooms/{_part(room_id)}/state")
        return {
            event["state_key"]: dict(event["content"])
            for event in answer["state"]
            if event["type"] == event_type
        }

    def state(self, room_id: str, event_type: str) -> Mapping[str, Any] | None:
        """The content of a room's state event with an empty state key."""
        return self.states(room_id, event_type).get("")

    def event(self, room_id: str, event_id: str) -> Mapping[str, Any]:
        """One event as the server holds it."""
        path = f"/_synapse/admin/v1/rooms/{_part(room_id)}/context/{_part(event_id)}?limit=1"
        return dict(self._api.call("GET", path)["event"])

    def keys(self, user_id: str) -> Mapping[str, Any]:
        """The raw answer of ``/keys/query``: what any other user is given."""
        return self._api.call(
            "POST", "/_matrix/client/v3/keys/query", {"device_keys": {user_id: []}}
        )

    def holds(self, text: str) -> bool:
        """Whether ``text`` stands anywhere in the server's files, byte for byte."""
        wanted = text.encode()
        return any(
            wanted in path.read_bytes() for path in self._folder.rglob("*") if path.is_file()
        )


def _part(identifier: str) -> str:
    return quote(identifier, safe="")
