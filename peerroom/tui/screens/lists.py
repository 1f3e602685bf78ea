"""Short lists one looks something up in: rooms, people."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from peerroom.client.views import ChangedIdentity, MemberView, RoomView, keeping_words
from peerroom.i18n import _
from peerroom.tui.screens.page import SidePage
from peerroom.tui.widgets.prose import Prose
from peerroom.tui.widgets.rooms import RoomList


class RoomsScreen(SidePage[str]):
    """Choose a room; its result is the room id. Whoever opened it tells it what changes."""

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
        start = self.peerroom.start
        yield RoomList(start.clock, start.zone)

    def fill(self) -> None:
        """Fill the list."""
        for rooms in self.query(RoomList):  # none while the page is being built
            rooms.show(self._rooms, self._current)

    def show(self, rooms: Sequence[RoomView]) -> None:
        """Show what the rooms are now; the one that is about to be chosen stays so."""
        self._rooms = rooms
        self.fill()

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter opens"), _("Esc back"))

    @on(RoomList.OptionHighlighted)
    def _another(self, event: RoomList.OptionHighlighted) -> None:
        self._current = event.option_id

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


class IdentitiesScreen(SidePage[ChangedIdentity]):
    """Who shows a new encryption identity; its result is the one the user is sure of."""

    AUTO_FOCUS = "OptionList"

    def __init__(self, changed: Sequence[ChangedIdentity]) -> None:
        super().__init__()
        self._changed = changed
        self._sure_of: str | None = None

    def heading(self) -> str:
        """What this is."""
        return _("A new encryption identity")

    def body(self) -> ComposeResult:
        """What it means, and whom it is about."""
        with Vertical(classes="card"):
            yield Prose(
                _(
                    "This happens when someone begins anew on another device. It also happens "
                    "when someone pretends to be them. Ask them in another way, for instance by "
                    "telephone, before you accept it. Until then they get no keys."
                )
            )
            yield OptionList(
                *(Option(Content(f"  {each.name}"), id=each.user_id) for each in self._changed),
                markup=False,
                compact=True,
            )

    def hints(self) -> tuple[str, ...]:
        """How to answer."""
        return (_("↑↓ choose"), _("Enter accepts"), _("Esc back"))

    @on(OptionList.OptionHighlighted)
    def _another(self) -> None:
        self._sure_of = None
        self.say("")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        if self._sure_of != event.option_id:
            self._sure_of = event.option_id
            self.say(_("Are you sure that it is them? Enter once more accepts it."))
            return
        self.dismiss(next(each for each in self._changed if each.user_id == event.option_id))


def _person(member: MemberView) -> Content:
    words = {"member": "", "moderator": _("moderator"), "owner": _("owner")}
    about = [words[member.role], keeping_words(member), _("you") if member.own else ""]
    said = " · ".join(word for word in about if word)
    return Content.assemble((member.name, "bold"), (f"  {said}" if said else "", "$quiet"))
