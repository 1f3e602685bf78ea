"""The answer of /sync, read field by field; a wrong type costs that field and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from peerroom.matrix.errors import BadAnswer
from peerroom.matrix.event import MEMBER, is_room_id, is_user_id
from peerroom.matrix.transport import Json


@dataclass(frozen=True)
class RoomPart:
    """What an answer holds of one room that we are in or have just left. Events are raw."""

    room_id: str
    state: list[object]
    """State before the first event of the timeline; the whole of it when we have just joined."""
    timeline: list[object]
    limited: bool
    prev_batch: str | None


@dataclass(frozen=True)
class InvitePart:
    """An invitation, with what the inviter's server tells of the room (stripped state)."""

    room_id: str
    state: list[Json]


@dataclass(frozen=True)
class SyncBody:
    """Everything that an answer holds for us."""

    next_batch: str
    to_device: list[object]
    changed: list[object]
    left: list[object]
    one_time_keys: Mapping[str, object]
    unused_fallback: list[object] | None
    """None when the server says nothing of fallback keys."""
    joined: list[RoomPart]
    parted: list[RoomPart]
    invited: list[InvitePart]


def read(body: Mapping[str, object]) -> SyncBody:
    """The answer's parts. Raises `BadAnswer` when there is no token to go on from."""
    next_batch = body.get("next_batch")
    if not isinstance(next_batch, str) or not next_batch:
        raise BadAnswer
    rooms = _dict(body.get("rooms"))
    devices = _dict(body.get("device_lists"))
    fallback = body.get("device_unused_fallback_key_types")
    return SyncBody(
        next_batch=next_batch,
        to_device=_list(_dict(body.get("to_device")).get("events")),
        changed=_list(devices.get("changed")),
        left=_list(devices.get("left")),
        one_time_keys=_dict(body.get("device_one_time_keys_count")),
        unused_fallback=fallback if isinstance(fallback, list) else None,
        joined=_rooms(rooms.get("join")),
        parted=_rooms(rooms.get("leave")),
        invited=[
            InvitePart(room_id, _stripped(_dict(_dict(part).get("invite_state")).get("events")))
            for room_id, part in _dict(rooms.get("invite")).items()
            if is_room_id(room_id)
        ],
    )


def own_membership(invite: InvitePart, user_id: str) -> tuple[str, Json] | None:
    """Who invited ``user_id``, and the content of the membership that says so."""
    for event in invite.state:
        sender, content = event.get("sender"), event.get("content")
        ours = event.get("type") == MEMBER and event.get("state_key") == user_id
        if ours and isinstance(content, dict) and isinstance(sender, str) and is_user_id(sender):
            return sender, content
    return None


def _rooms(value: object) -> list[RoomPart]:
    parts = [(room_id, _dict(part)) for room_id, part in _dict(value).items()]
    return [_room(room_id, part) for room_id, part in parts if is_room_id(room_id)]


def _room(room_id: str, part: Json) -> RoomPart:
    timeline = _dict(part.get("timeline"))
    prev_batch = timeline.get("prev_batch")
    return RoomPart(
        room_id=room_id,
        state=_list(_dict(part.get("state")).get("events")),
        timeline=_list(timeline.get("events")),
        limited=timeline.get("limited") is True,
        prev_batch=prev_batch if isinstance(prev_batch, str) else None,
    )


def _stripped(value: object) -> list[Json]:
    return [
        event
        for event in _list(value)
        if isinstance(event, dict)
        and isinstance(event.get("type"), str)
        and isinstance(event.get("state_key"), str)
        and isinstance(event.get("content"), dict)
    ]


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
