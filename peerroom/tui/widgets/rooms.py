"""The list of rooms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom.client.dates import local
from peerroom.client.views import RoomView
from peerroom.clock import Clock
from peerroom.i18n import _
from peerroom.text.cells import cell_width, truncate

_EARLIER: Final = "earlier names"
"""Id of the heading above the rooms of the past."""


class RoomList(OptionList):
    """Each room with its title, how many messages are unread, and the newest of them; below them
    the rooms of one's earlier names, each with that name and its days."""

    def __init__(
        self,
        clock: Clock,
        zone: tzinfo | None,
        *,
        width: int | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(markup=False, compact=True, id=id)
        self._clock = clock
        self._zone = zone
        self._width = width
        self._rooms: tuple[RoomView, ...] = ()

    def show(self, rooms: Sequence[RoomView], current: str | None) -> None:
        """Show ``rooms`` with ``current`` (a room id) highlighted, or still with the one that
        somebody is just choosing."""
        if tuple(rooms) == self._rooms:
            return  # most changes concern none of these rows
        self._rooms = tuple(rooms)
        choosing = self.highlighted_option if self.has_focus else None
        kept = choosing is not None and any(room.room_id == choosing.id for room in rooms)
        self._fill(choosing.id if choosing is not None and kept else current)

    def mark(self, room_id: str) -> None:
        """Highlight this room, which was opened from elsewhere."""
        if any(room.room_id == room_id for room in self._rooms):
            self.highlighted = self.get_option_index(room_id)

    def on_resize(self) -> None:
        """Titles are cut to the width."""
        highlighted = self.highlighted_option
        self._fill(highlighted.id if highlighted else None)

    def _fill(self, current: str | None) -> None:
        width = max(8, (self._width or self.size.width) - 2)
        options: list[Option] = []
        for room in self._rooms:
            if room.former is not None and all(option.id != _EARLIER for option in options):
                heading = truncate(_("Under your earlier names"), width)
                options += [Option(Content.styled(heading, "$quiet"), id=_EARLIER, disabled=True)]
            prompt = self._prompt(room, width)
            options += [Option(prompt, id=room.room_id), Option("", disabled=True)]
        self.set_options(options)
        known = any(room.room_id == current for room in self._rooms)
        self.highlighted = self.get_option_index(current) if current and known else None

    def _prompt(self, room: RoomView, width: int) -> Content:
        if room.former is None:
            return _living(room, width)
        from peerroom.client.pseudonym_words import former_days

        days = former_days(room.former, local(self._clock.now(), self._zone).date(), self._zone)
        second = " · ".join(part for part in (days, room.title) if part)
        return _lines(truncate(room.former.name, width), truncate(second, width))


def _living(room: RoomView, width: int) -> Content:
    count = str(min(room.unread, 99)) if room.unread else ""
    title = truncate(room.title, width - len(count) - 2)
    space = " " * max(1, width - cell_width(title) - len(count))
    first = Content.assemble((f"{title}{space}", "bold" if room.unread else ""), (count, "bold"))
    if not room.joined:
        second = _("You are no longer in this room")
    else:
        second = room.last or _("Nothing said yet")
    return _lines(first, truncate(second, width))


def _lines(first: Content | str, second: str) -> Content:
    return Content.assemble(first, "\n", (second, "$quiet"))
