"""The list of rooms, and who is in each: read from the vault, kept until something changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from peerroom.client.messages import ENCRYPTED
from peerroom.client.names import Names, title
from peerroom.client.timeline import Timeline
from peerroom.client.views import MemberView, MessageView, RoomView
from peerroom.i18n import _
from peerroom.matrix.power import power_of, room_power

if TYPE_CHECKING:
    from peerroom.store.rooms import StoredRoom
    from peerroom.store.vault import Vault

UNREAD_LIMIT: Final = 100
"""Unread messages are counted up to here; more is said as "many" anyway."""

_MODERATOR: Final = 50
"""Power level from which most rooms let someone remove messages and people."""

_ROLES: Final = ("owner", "moderator", "member")


class Roster:
    """The rooms of one account."""

    def __init__(self, vault: Vault, account_id: int, own: str) -> None:
        self._vault = vault
        self._account_id = account_id
        self._own = own
        self._timelines: dict[str, Timeline] = {}
        self._views: dict[str, tuple[RoomView, float]] = {}

    def timeline(self, room_id: str) -> Timeline:
        """The room's timeline; the same object every time."""
        if room_id not in self._timelines:
            self._timelines[room_id] = Timeline(self._vault, room_id)
        return self._timelines[room_id]

    def rooms(self) -> list[RoomView]:
        """Rooms that we are in, or were: joined first, the most recently active first of those."""
        found = [
            self._view(room)
            for room in self._vault.rooms.all(self._account_id)
            if room.membership in ("join", "leave", "ban")
        ]
        found.sort(key=lambda entry: (entry[0].joined, entry[1]), reverse=True)
        return [view for view, _when in found]

    def room(self, room_id: str) -> RoomView | None:
        """One room, or None when it is not ours."""
        room = self._vault.rooms.get(room_id)
        return self._view(room)[0] if room and room.account_id == self._account_id else None

    def members(self, room_id: str) -> list[MemberView]:
        """Who is in the room, owners and moderators first, then by name."""
        state = self._vault.rooms.state
        power = power_of(
            state(room_id, "m.room.create") or {}, state(room_id, "m.room.power_levels")
        )
        names = Names(self._vault, room_id)
        joined = [
            user_id
            for user_id, content in self._vault.rooms.members(room_id).items()
            if content.get("membership") == "join"
        ]
        views = []
        for user_id in joined:
            level = power.of(user_id)
            view = MemberView(user_id, names.of(user_id), user_id == self._own)
            if level >= _MODERATOR:
                view = replace(view, role="owner" if level > 100 else "moderator")
            views.append(view)
        return sorted(views, key=lambda view: (_ROLES.index(view.role), view.name))

    def changed(self, room_id: str, *, people: bool = False) -> None:
        """Something happened in the room; ``people`` when names may have changed."""
        self._views.pop(room_id, None)
        if people and room_id in self._timelines:
            self._timelines[room_id].forget_names()

    def _view(self, room: StoredRoom) -> tuple[RoomView, float]:
        """The room's row, and when it was last active (for the order only)."""
        if room.room_id not in self._views:
            names = Names(self._vault, room.room_id)
            newest = self.timeline(room.room_id).page(limit=1)
            unread = self._vault.events.unread(
                room.room_id, room.read_position, self._own, UNREAD_LIMIT
            )
            view = RoomView(
                room_id=room.room_id,
                title=title(self._vault, room.room_id, names, self._own),
                unread=unread,
                last=_one_line(newest[0]) if newest else None,
                encrypted=room.encrypted,
                direct=room.is_direct,
                joined=room.membership == "join",
                people=sum(
                    content.get("membership") == "join"
                    for content in self._vault.rooms.members(room.room_id).values()
                ),
                may_write=may_write(self._vault, room.room_id, self._own),
            )
            when = newest[0].when.timestamp() if newest else 0.0
            self._views[room.room_id] = (view, when)
        return self._views[room.room_id]


def may_write(vault: Vault, room_id: str, user_id: str) -> bool:
    """Whether the room's power levels let ``user_id`` send messages, as far as we have heard."""
    return room_power(vault.rooms, room_id).may_send(user_id, ENCRYPTED)


def _one_line(message: MessageView) -> str:
    if message.trust is not None:
        return message.trust  # there is no room for both, and the text alone would pass for proven
    body = " ".join(message.body.split())
    if message.kind in ("membership", "gap") or message.state == "unattributable":
        return body
    return _("{name}: {text}").format(name=message.sender_name, text=body)
