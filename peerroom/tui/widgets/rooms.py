"""The list of rooms."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom.client.views import RoomView
from peerroom.i18n import _
from peerroom.text.cells import cell_width, truncate


class RoomList(OptionList):
    """Each room with its title, how many messages are unread, and the newest of them."""

    def __init__(self, *, width: int | None = None, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(markup=False, compact=True, id=id)
        self._width = width
        self._rooms: tuple[RoomView, ...] = ()

    def show(self, rooms: Sequence[RoomView], current: str | None) -> None:
        """Show ``rooms`` with ``current`` (a room id) highlighted."""
        if tuple(rooms) == self._rooms:
            return  # most changes concern none of these rows
        self._rooms = tuple(rooms)
        self._fill(current)

    def on_resize(self) -> None:
        """Titles are cut to the width."""
        highlighted = self.highlighted_option
        self._fill(highlighted.id if highlighted else None)

    def _fill(self, current: str | None) -> None:
        width = max(8, (self._width or self.size.width) - 2)
        options: list[Option] = []
        for room in self._rooms:
            options += [Option(_prompt(room, width), id=room.room_id), Option("", disabled=True)]
        self.set_options(options)
        known = any(room.room_id == current for room in self._rooms)
        self.highlighted = self.get_option_index(current) if current and known else None


def _prompt(room: RoomView, width: int) -> Content:
    count = str(min(room.unread, 99)) if room.unread else ""
    title = truncate(room.title, width - len(count) - 2)
    space = " " * max(1, width - cell_width(title) - len(count))
    first = Content.assemble((f"{title}{space}", "bold" if room.unread else ""), (count, "bold"))
    if not room.joined:
        second = _("You are no longer in this room")
    else:
        second = room.last or _("Nothing said yet")
    return Content.assemble(first, "\n", (truncate(second, width), "$quiet"))
