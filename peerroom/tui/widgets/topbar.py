"""The first row of every screen: where one is, a person to talk to, and the way out.

One widget that draws itself: it is on every screen, and on the way to the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from peerroom.client.views import RoomView
from peerroom.i18n import _, ngettext
from peerroom.text.cells import cell_width, truncate
from peerroom.tui.widgets.hint import SEPARATOR


class Button(NamedTuple):
    """A word one can click. Keys do the same, so it takes no focus and no place in Tab's order."""

    name: str
    action: str
    start: int
    """First column; the label's width tells the last."""
    label: str

    def covers(self, column: int) -> bool:
        """Whether a click in this column means the button."""
        return self.start <= column < self.start + cell_width(self.label)


class TopBar(Widget):
    """Title at the left, and at the right the two buttons that no screen is without."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"topbar--title", "topbar--help", "topbar--leave"}

    def __init__(self, title: str = "", *, help_open: bool = False) -> None:
        super().__init__()
        self._title = title
        self._help_open = help_open

    def set_title(self, title: str) -> None:
        """Show another title."""
        if title != self._title:
            self._title = title
            self.refresh()

    def buttons(self) -> tuple[Button, Button]:
        """Help (or the way back from it) and leaving, where they stand at the present width."""
        width = self.size.width
        if self._help_open:
            labels: tuple[str, ...] = (_("Esc Back"), "Esc")
            action = "app.back"
        else:
            # The key first: it is what one looks for.
            labels = (_("F1 Talk to a person now"), _("F1 Talk now"), "F1")
            action = "app.panic"
        # A label may take two fifths of the row; a narrow terminal gets a shorter one.
        shown = next((text for text in labels if cell_width(text) * 5 <= width * 2), labels[-1])
        help_label = f" {shown} "
        leave = _("Leave") if width >= 30 else "×"
        leave_label = f" {leave} "
        leave_start = max(0, width - cell_width(leave_label))
        help_start = max(0, leave_start - 1 - cell_width(help_label))
        return (
            Button("help", action, help_start, help_label),
            # A click is deliberate: one is enough, where the key must be pressed twice.
            Button("leave", "app.leave_now", leave_start, leave_label),
        )

    def render_line(self, y: int) -> Strip:
        """Title, space, help, leave."""
        base = self.rich_style
        helping, leaving = self.buttons()
        title = _fitting(f" {self._title}", max(0, helping.start - 1))
        space = " " * max(0, helping.start - cell_width(title))

        def styled(part: str) -> Segment:
            style = base + self.get_component_rich_style(f"topbar--{part}", partial=True)
            text = {"title": title, "help": helping.label, "leave": leaving.label}[part]
            return Segment(text, style)

        segments = [styled("title"), Segment(space, base), styled("help"), Segment(" ", base)]
        return Strip([*segments, styled("leave")]).crop_extend(0, self.size.width, base)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key would do."""
        for button in self.buttons():
            if button.covers(event.x):
                event.stop()
                await self.app.run_action(button.action)


def _fitting(title: str, cells: int) -> str:
    """``title``, without the last of more than two parts if that is one too many."""
    if cell_width(title) > cells and title.count(SEPARATOR) > 1:
        title = title.rpartition(SEPARATOR)[0]
    return truncate(title, cells)


def room_title(room: RoomView, rooms: Sequence[RoomView], history: str = "") -> str:
    """What stands at the left while ``room``, one of ``rooms``, is open.

    The most pressing first, since a narrow terminal cuts the end off. ``history`` says who one was
    in a room of an earlier name.
    """
    words = [room.title]
    elsewhere = sum(other.unread for other in rooms if other.room_id != room.room_id)
    if elsewhere:
        words.append(_("{count} new elsewhere (F4)").format(count=elsewhere))
    if room.former is not None:
        return SEPARATOR.join([*words, history])
    if room.own_name:
        words.append(_("{name} (F8)").format(name=room.own_name))
    people = ngettext("{count} person", "{count} people", room.people)
    words.append(people.format(count=room.people))
    if not room.encrypted:
        words.insert(1, _("not encrypted"))
    return SEPARATOR.join(words)
