"""Looking around from a room: at the other rooms, who is here, and who one is oneself."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

from peerroom.client.timeline import Timeline
from peerroom.client.views import ChangedIdentity, MemberView, RoomView
from peerroom.i18n import _
from peerroom.tui.screens.page import Page

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.tui.screens.lists import RoomsScreen

AROUND: Final = frozenset(("rooms", "people", "pseudonym", "names_again", "accept"))
"""Actions that lead to a page of their own."""


class Reader(Protocol):
    """What there is to see: a `Roster` over the vault at first, then the `Client`."""

    def rooms(self) -> list[RoomView]: ...
    def room(self, room_id: str) -> RoomView | None: ...
    def members(self, room_id: str) -> list[MemberView]: ...
    def timeline(self, room_id: str) -> Timeline: ...


class Around(Page[None]):
    """A page about one room, from which others lead on."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader
        self._client: Client | None = None
        self._room: RoomView | None = None
        self._choosing: RoomsScreen | None = None

    @abstractmethod
    def open_room(self, room_id: str) -> None:
        """Show another room."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes sense now."""
        if action == "pseudonym":
            return self._client is not None
        if action == "names_again":
            return self._client is not None and self._client.pseudonym(self._room_id).may_resume
        return action != "accept" or bool(self._changed_identities())

    def history_of(self, room: RoomView) -> str:
        """Who one was in a room of an earlier name; empty for one that one lives in."""
        if room.former is None:
            return ""
        from peerroom.client.dates import local
        from peerroom.client.pseudonym_words import you_were

        clock, zone = self.peerroom.start.clock, self.peerroom.start.zone
        return you_were(room.former, local(clock.now(), zone).date(), zone)

    def is_over(self, room_id: str) -> bool:
        """Whether this is a room of an earlier name, or none any more."""
        room = self._reader.room(room_id)
        return room is None or room.former is not None

    def action_pseudonym(self) -> None:
        """Show who one is here, until when, and what still links the names."""
        self._show_name()

    def action_names_again(self) -> None:
        """Show it and ask whether names may change again."""
        self._show_name(asking=True)

    def _show_name(self, *, asking: bool = False) -> None:
        if self._client is not None:
            from peerroom.tui.screens.pseudonym import PseudonymScreen

            self.app.push_screen(PseudonymScreen(self._client, self._room_id, asking=asking))

    @property
    def _room_id(self) -> str | None:
        return self._room.room_id if self._room is not None else None

    def action_rooms(self) -> None:
        """Choose another room."""
        from peerroom.tui.screens.lists import RoomsScreen

        self._choosing = RoomsScreen(self._reader.rooms(), self._room_id)
        self.app.push_screen(self._choosing, self.go_to)

    def go_to(self, room_id: str | None) -> None:
        """Open a room that was chosen, if one was."""
        self._choosing = None
        if room_id:
            self.open_room(room_id)

    def _changed_identities(self) -> list[ChangedIdentity]:
        if self._client is None or self._room is None:
            return []
        return self._client.changed_identities(self._room.room_id)

    def action_accept(self) -> None:
        """Give keys to someone whose encryption identity is new, if the user is sure of them."""
        from peerroom.tui.screens.lists import IdentitiesScreen

        changed = self._changed_identities()
        if changed:
            self.app.push_screen(IdentitiesScreen(changed), self._accept)
        else:
            self.say(_("Nobody here has a new encryption identity."))

    def _accept(self, change: ChangedIdentity | None) -> None:
        if change is None or self._client is None:
            return
        with self.telling():
            if self._client.accept_identity(change):
                self.say(_("Accepted. What you write from now on reaches them."))
            else:
                self.say(_("The identity has changed once more. Nothing was accepted."))

    def action_people(self) -> None:
        """Show who is in the room."""
        from peerroom.tui.screens.lists import PeopleScreen

        if self._room is not None:
            self.app.push_screen(PeopleScreen(self._reader.members(self._room.room_id)))
