"""The list of rooms, and who is in each: read from the vault, kept until something changed.

Rooms of earlier names stand below the others: they can be read, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from peerroom.client import epoch_rooms, moving
from peerroom.client.epoch_rooms import EpochRoom
from peerroom.client.messages import ENCRYPTED
from peerroom.client.names import Names, title
from peerroom.client.timeline import Timeline, own_id
from peerroom.client.views import FormerName, MemberView, MessageView, RoomView, covered_words
from peerroom.i18n import _
from peerroom.matrix.power import MODERATOR, room_power

if TYPE_CHECKING:
    from peerroom.store.rooms import StoredRoom
    from peerroom.store.vault import Vault

UNREAD_LIMIT: Final = 100
"""Unread messages are counted up to here; more is said as "many" anyway."""

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
        """Rooms that we are in, or were: joined first, the most recently active first of those.

        Below them those where we were somebody else, the newest first.
        """
        found = [self._view(room) for room in self._vault.rooms.all() if self._is_shown(room)]
        found.sort(key=_order, reverse=True)
        return [view for view, _when in found]

    def room(self, room_id: str) -> RoomView | None:
        """One room, or None when it is not ours."""
        room = self._vault.rooms.get(room_id)
        if room is None or (room.account_id != self._account_id and not self._is_shown(room)):
            return None
        return self._view(room)[0]

    def _is_shown(self, room: StoredRoom) -> bool:
        """Of an earlier name only what was the circle's: with the bot, say, there is no history."""
        there = room.membership in ("join", "leave", "ban")
        ours = room.account_id == self._account_id
        return there and (ours or not self._vault.rooms.is_of_two(room.room_id))

    def members(self, room_id: str) -> list[MemberView]:
        """Who is in the room, owners and moderators first, then by name."""
        power = room_power(self._vault.rooms, room_id)
        names, own = Names(self._vault, room_id), own_id(self._vault, room_id)
        keeps = _keepers(epoch_rooms.of(self._vault, room_id))
        joined = [
            user_id
            for user_id, content in self._vault.rooms.members(room_id).items()
            if content.get("membership") == "join"
        ]
        views = []
        for user_id in joined:
            level = power.of(user_id)
            view = MemberView(user_id, names.of(user_id), user_id == own, keeps_name=keeps(user_id))
            if level >= MODERATOR:
                view = replace(view, role="owner" if level > 100 else "moderator")
            views.append(view)
        return sorted(views, key=lambda view: (_ROLES.index(view.role), view.name))

    def changed(self, room_id: str, *, people: bool = False) -> None:
        """Something happened in the room; ``people`` when names may have changed."""
        self._views.pop(room_id, None)
        if people and room_id in self._timelines:
            self._timelines[room_id].forget_names()

    def forget(self) -> None:
        """Read everything anew: other names, other rooms."""
        self._views.clear()
        for timeline in self._timelines.values():
            timeline.forget_names()

    def _view(self, room: StoredRoom) -> tuple[RoomView, float]:
        """The room's row, and when it was last active, or its names began (for the order only)."""
        if room.room_id not in self._views:
            view, newest = self._present(room)
            active = newest.when if newest else None
            if self._is_over(room):
                epoch = epoch_rooms.of(self._vault, room.room_id)
                view, active = _history(view, epoch), epoch.opened if epoch else active
            self._views[room.room_id] = view, active.timestamp() if active else 0.0
        return self._views[room.room_id]

    def _present(self, room: StoredRoom) -> tuple[RoomView, MessageView | None]:
        """The room as one who lives in it sees it, and its newest line."""
        names, own = Names(self._vault, room.room_id), own_id(self._vault, room.room_id)
        newest = self.timeline(room.room_id).page(limit=1)
        unread = self._vault.events.unread(room.room_id, room.read_position, own, UNREAD_LIMIT)
        between = room.account_id != self._account_id
        view = RoomView(
            room_id=room.room_id,
            title=title(self._vault, room.room_id, names, own),
            unread=unread,
            last=_one_line(newest[0]) if newest else None,
            encrypted=room.encrypted,
            direct=self._vault.rooms.is_of_two(room.room_id),
            joined=room.membership == "join",
            people=sum(
                content.get("membership") == "join"
                for content in self._vault.rooms.members(room.room_id).values()
            ),
            may_write=not between and may_write(self._vault, room.room_id, own),
            own_name=names.of(own),
            changing=between or is_changing(self._vault, room.room_id),
        )
        return view, newest[0] if newest else None

    def _is_over(self, room: StoredRoom) -> bool:
        """Whether the circle has gone on from here. Not so right after leaving a name, while the
        room that follows is still to be found: until then this is where we are."""
        if moving.follower(self._vault, room.room_id) is not None:
            return True
        if room.account_id == self._account_id:
            return False
        between = moving.is_between(self._vault, self._account_id)
        return not between or room.account_id != moving.left(self._vault)


def may_write(vault: Vault, room_id: str, user_id: str) -> bool:
    """Whether the room's power levels let ``user_id`` send messages, as far as we have heard."""
    return room_power(vault.rooms, room_id).may_send(user_id, ENCRYPTED)


def is_changing(vault: Vault, room_id: str) -> bool:
    """Whether a room whose names rotate is closed for writing to everybody, as it is for a while
    before they change."""
    return epoch_rooms.of(vault, room_id) is not None and not may_write(vault, room_id, "")


def _keepers(epoch: EpochRoom | None) -> Callable[[str], Literal["", "away", "resident"]]:
    """Why somebody's name did not change with the others'."""

    def why(user_id: str) -> Literal["", "away", "resident"]:
        if epoch is None:
            return ""
        if user_id in epoch.away:
            return "away"
        return "resident" if user_id in epoch.residents else ""

    return why


def _history(view: RoomView, epoch: EpochRoom | None) -> RoomView:
    """A room of an earlier name: nothing in it is new, and nothing can be done there."""
    former = FormerName(
        view.own_name,
        view.title,
        epoch.opened if epoch is not None else None,
        epoch.until if epoch is not None else None,
    )
    return replace(view, unread=0, joined=False, may_write=False, changing=False, former=former)


def _order(entry: tuple[RoomView, float]) -> tuple[bool, bool, float]:
    view, active = entry
    return view.former is None, view.joined, active


def _one_line(message: MessageView) -> str:
    if message.trust is not None:
        return message.trust  # there is no room for both, and the text alone would pass for proven
    body = covered_words() if message.covered else " ".join(message.body.split())
    if message.kind in ("membership", "gap") or message.state == "unattributable":
        return body
    return _("{name}: {text}").format(name=message.sender_name, text=body)
