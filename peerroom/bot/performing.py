"""Requests that may be repeated without harm: each sets a state, none adds to one."""

from __future__ import annotations

from typing import Any, Final

from peerroom.bot.circle import FROZEN, writing_level
from peerroom.matrix.rooms import Rooms
from peerroom.moderation import actions as act
from peerroom.wire import policy

LEVELS: Final = "m.room.power_levels"
ACL: Final = "m.room.server_acl"
MUTED: Final = -1
MODERATOR: Final = 50


async def perform(rooms: Rooms, request: act.Request) -> None:
    """Carry ``request`` out. Raises `MatrixError`, and `TypeError` for one that is no such."""
    match request:
        case act.InviteMember(room_id=room, user_id=user):
            await rooms.invite(room, user)
        case act.BanMember(room_id=room, user_id=user, redact=redact):
            await rooms.ban(room, user, redact_events=redact)
        case act.UnbanMember(room_id=room, user_id=user):
            await rooms.unban(room, user)
        case act.RemoveMember(room_id=room, user_id=user):
            await rooms.kick(room, user)
        case act.TakeRole(room_id=room, user_id=user):
            await _set_level(rooms, room, user, None)
        case act.SetVoice(room_id=room, user_id=user, may_write=may_write):
            await _set_level(rooms, room, user, None if may_write else MUTED)
        case act.GiveRole(room_id=room, user_id=user):
            await _set_level(rooms, room, user, MODERATOR)
        case act.SetRoomLevel(room_id=room, level=level):
            await set_writing_level(rooms, room, level)
        case act.EnterRoom(room_id=room, via=via) | act.EnterList(room_id=room, via=via):
            await rooms.join(room, via=via)
        case act.LeaveRoom(room_id=room):
            await rooms.leave(room)
        case act.SetAcl(room_id=room, deny=deny, allow=allow):
            await _set_acl(rooms, room, deny, allow)
        case act.SetRule():
            await _set_rule(rooms, request)
        case act.OpenList(room_id=room, open=is_open):
            rule = {"join_rule": "public" if is_open else "invite"}
            await rooms.set_state(room, "m.room.join_rules", rule)
        case _:
            raise TypeError(type(request).__name__)


async def set_writing_level(rooms: Rooms, room_id: str, level: int) -> None:
    """From which power level on one may write. A room that is frozen until names have changed
    stays so: it comes open, or locked, when it thaws. One's own words can always be removed."""
    found = await rooms.get_state(room_id, LEVELS)
    levels: dict[str, Any] = dict(found or {})
    if levels.get("events_default") == FROZEN:
        return
    wanted = writing_level(levels, level)
    if wanted != levels:
        await rooms.set_state(room_id, LEVELS, wanted)


async def _set_level(rooms: Rooms, room_id: str, user_id: str, level: int | None) -> None:
    """Give a user a power level of their own; None takes it away again."""
    levels: dict[str, Any] = dict(await rooms.get_state(room_id, LEVELS) or {})
    users = dict(levels.get("users") or {})
    if users.get(user_id) == level:
        return
    if level is None:
        users.pop(user_id, None)
    else:
        users[user_id] = level
    await rooms.set_state(room_id, LEVELS, {**levels, "users": users})


async def _set_acl(
    rooms: Rooms, room_id: str, deny: tuple[str, ...], allow: tuple[str, ...]
) -> None:
    content = {"allow": list(allow), "deny": list(deny), "allow_ip_literals": False}
    if await rooms.get_state(room_id, ACL) != content:
        await rooms.set_state(room_id, ACL, content)


async def _set_rule(rooms: Rooms, request: act.SetRule) -> None:
    kind = next(event for event, what in policy.TYPES.items() if what == request.kind)
    content: dict[str, Any] = {}
    if request.recommendation is not None:
        content = policy.content(request.entity, request.reason, hashed=request.hashed)
        content["recommendation"] = request.recommendation
    await rooms.set_state(request.room_id, kind, content, policy.state_key_of(request.entity))
