"""Rooms on the server: making them, entering them, keeping order in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from peerroom.matrix.errors import BadAnswer, Forbidden, NotFound
from peerroom.matrix.session import Session
from peerroom.matrix.transport import Json

ROOM_VERSION: Final = "12"
MEGOLM: Final = "m.megolm.v1.aes-sha2"
REDACT_EVENTS: Final = ("redact_events", "org.matrix.msc4293.redact_events")
"""The flag of a ban or kick that takes the user's messages along (MSC4293), both names."""


@dataclass(frozen=True)
class Page:
    """A stretch of history: raw events in the order asked for, and the token to go on, or None."""

    events: tuple[Json, ...]
    end: str | None


class Rooms:
    """The room calls of one account. All raise `MatrixError`."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def create_room(
        self,
        *,
        name: str | None = None,
        topic: str | None = None,
        invite: Sequence[str] = (),
        is_direct: bool = False,
        additional_creators: Sequence[str] = (),
        power_levels: Mapping[str, object] | None = None,
        initial_state: Sequence[Mapping[str, object]] = (),
        encrypted: bool = True,
        history_visibility: str = "joined",
        federate: bool = True,
    ) -> str:
        """Make a private room and return its id.

        Version 12: we and ``additional_creators`` stand above every power level, so
        ``power_levels`` (an override) must not name any of us; it is a `ValueError` if it does.
        Without ``federate`` nobody from another server can ever come in.
        """
        founders = {self.session.user_id, *additional_creators}
        named = (power_levels or {}).get("users")
        if isinstance(named, Mapping) and founders.intersection(named):
            raise ValueError("a creator has no power level: it stands above all of them")
        state = [
            _state("m.room.history_visibility", {"history_visibility": history_visibility}),
            _state("m.room.guest_access", {"guest_access": "forbidden"}),
            *initial_state,
        ]
        if encrypted:
            state.insert(0, _state("m.room.encryption", {"algorithm": MEGOLM}))
        request: dict[str, object] = {
            "preset": "private_chat",
            "visibility": "private",
            "room_version": ROOM_VERSION,
            "is_direct": is_direct,
            "initial_state": state,
        }
        creation: dict[str, object] = {}
        if additional_creators:
            creation["additional_creators"] = list(additional_creators)
        if not federate:
            creation["m.federate"] = False
        optional: dict[str, object] = {
            "name": name,
            "topic": topic,
            "invite": list(invite),
            "power_level_content_override": power_levels,
            "creation_content": creation,
        }
        request |= {key: value for key, value in optional.items() if value}
        return _id(await self.session.post("/createRoom", json=request), "room_id")

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite a user; someone already in the room is fine."""
        try:
            await self.session.post("/rooms", room_id, "invite", json={"user_id": user_id})
        except Forbidden:
            # The specification has no code for "is already here"; the room's state has.
            there = await self.get_state(room_id, "m.room.member", user_id)
            if there is None or there.get("membership") not in ("join", "invite"):
                raise

    async def join(self, room_id: str, *, via: Sequence[str] = ()) -> None:
        """Join; ``via`` are server names that know the room (version 12 ids name none).

        Raises `Banned`, `Forbidden`, `NotFound`."""
        # `server_name` is what `via` was called before spec 1.12 (MSC4156).
        query = {"via": list(via), "server_name": list(via)} if via else None
        await self.session.post("/join", room_id, query=query, repeatable=True, about="join")

    async def leave(self, room_id: str) -> None:
        """Leave, or decline an invitation."""
        await self.session.post("/rooms", room_id, "leave", repeatable=True)

    async def forget(self, room_id: str) -> None:
        """Ask the server to drop the room from our history, after leaving."""
        await self.session.post("/rooms", room_id, "forget", repeatable=True)

    async def kick(self, room_id: str, user_id: str, *, reason: str | None = None) -> None:
        """Remove a user, who may come back if invited."""
        request = {"user_id": user_id} | ({} if reason is None else {"reason": reason})
        await self.session.post("/rooms", room_id, "kick", json=request)

    async def ban(
        self,
        room_id: str,
        user_id: str,
        *,
        reason: str | None = None,
        redact_events: bool = False,
    ) -> None:
        """Ban a user; with ``redact_events`` clients drop their messages too (MSC4293)."""
        content: dict[str, object] = {"membership": "ban"}
        if reason is not None:
            content["reason"] = reason
        if redact_events:
            content |= dict.fromkeys(REDACT_EVENTS, True)
        # As a state event, because servers without MSC4293 drop the flag from `/ban`; in the
        # state it reaches our own clients, which honour it.
        await self.set_state(room_id, "m.room.member", content, user_id)

    async def unban(self, room_id: str, user_id: str) -> None:
        """Lift a ban; not banned is fine."""
        try:
            await self.session.post("/rooms", room_id, "unban", json={"user_id": user_id})
        except Forbidden:
            there = await self.get_state(room_id, "m.room.member", user_id)
            if there is not None and there.get("membership") == "ban":
                raise

    async def redact(
        self, room_id: str, event_id: str, *, transaction_id: str, reason: str | None = None
    ) -> str:
        """Redact an event; returns the redaction's event id. Same transaction id: once only."""
        answer = await self.session.put(
            "/rooms",
            room_id,
            "redact",
            event_id,
            transaction_id,
            json={} if reason is None else {"reason": reason},
        )
        return _id(answer, "event_id")

    async def set_state(
        self, room_id: str, event_type: str, content: Mapping[str, object], state_key: str = ""
    ) -> str:
        """Set a state event; returns its id."""
        answer = await self.session.put(
            "/rooms", room_id, "state", event_type, state_key, json=content
        )
        return _id(answer, "event_id")

    async def get_state(self, room_id: str, event_type: str, state_key: str = "") -> Json | None:
        """The content of a state event, or None."""
        try:
            return await self.session.get("/rooms", room_id, "state", event_type, state_key)
        except NotFound:
            return None

    async def members(self, room_id: str) -> dict[str, Json]:
        """Everyone's ``m.room.member`` content by user id, whatever the membership."""
        answer = await self.session.get("/rooms", room_id, "members")
        found: dict[str, Json] = {}
        for event in _events(answer.get("chunk")):
            user_id, content = event.get("state_key"), event.get("content")
            if isinstance(user_id, str) and isinstance(content, dict):
                found[user_id] = content
        return found

    async def messages(
        self, room_id: str, *, start: str | None, direction: str = "b", limit: int = 50
    ) -> Page:
        """History from ``start`` (a token; None is the newest end), ``b`` back or ``f`` forward."""
        query = {"dir": direction, "limit": str(limit)}
        if start is not None:
            query["from"] = start
        answer = await self.session.get("/rooms", room_id, "messages", query=query)
        end = answer.get("end")
        return Page(_events(answer.get("chunk")), end if isinstance(end, str) else None)

    async def context(self, room_id: str, event_id: str, *, limit: int = 0) -> Json:
        """An event with what stood around it, as the server answers it."""
        query = {"limit": str(limit)}
        return await self.session.get("/rooms", room_id, "context", event_id, query=query)

    async def find(self, alias: str) -> tuple[str, tuple[str, ...]]:
        """The room that an alias stands for, and servers that know it. Raises `NotFound`."""
        answer = await self.session.get("/directory/room", alias)
        servers = answer.get("servers")
        known = servers if isinstance(servers, list) else []
        return _id(answer, "room_id"), tuple(one for one in known if isinstance(one, str))

    async def joined(self) -> tuple[str, ...]:
        """The ids of the rooms that we are in."""
        rooms = (await self.session.get("/joined_rooms")).get("joined_rooms")
        if not isinstance(rooms, list):
            raise BadAnswer
        return tuple(room_id for room_id in rooms if isinstance(room_id, str))

    async def set_display_name(self, name: str) -> None:
        """Our display name, everywhere on this account."""
        path = ("/profile", self.session.user_id, "displayname")
        await self.session.put(*path, json={"displayname": name})


def _state(event_type: str, content: Mapping[str, object]) -> dict[str, object]:
    return {"type": event_type, "state_key": "", "content": content}


def _events(value: object) -> tuple[Json, ...]:
    return (
        tuple(event for event in value if isinstance(event, dict))
        if isinstance(value, list)
        else ()
    )


def _id(answer: Json, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise BadAnswer
    return value
