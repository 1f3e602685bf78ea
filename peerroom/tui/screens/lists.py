"""Short lists one looks something up in: rooms, people."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from peerroom.client.views import MemberView, RoomView
from peerroom.i18n import _
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.rooms import RoomList


class RoomsScreen(SidePage[str]):
    """Choose a room; its result is the room id."""

    AUTO_FOCUS = "RoomList"

    def __init__(self, rooms: Sequence[RoomView], current: str | None) -> None:
        super().__init__()
        self._rooms = rooms
        self._current = current

    def heading(self) -> str:
        """What this is."""
        return _("Your rooms")

    def body(self) -> ComposeResult:
        """The rooms."""
        yield RoomList()

    def fill(self) -> None:
        """Fill the list."""
        self.query_one(RoomList).show(self._rooms, self._current)

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter opens"), _("Esc back"))

    @on(RoomList.OptionSelected)
    def _chosen(self, event: RoomList.OptionSelected) -> None:
        self.dismiss(event.option_id)


class PeopleScreen(SidePage[None]):
    """Who is in the room, the moderators first."""

    def __init__(self, members: Sequence[MemberView]) -> None:
        super().__init__()
        self._members = members

    def heading(self) -> str:
        """What this is."""
        return _("Who is here")

    def body(self) -> ComposeResult:
        """One person a line."""
        with VerticalScroll(classes="text"):
            yield Static(Content("\n").join(_person(member) for member in self._members))


def _person(member: MemberView) -> Content:
    words = {"member": "", "moderator": _("moderator"), "owner": _("owner")}
    about = [words[member.role], _("you") if member.own else ""]
    said = " · ".join(word for word in about if word)
    return Content.assemble((member.name, "bold"), (f"  {said}" if said else "", "$quiet"))
