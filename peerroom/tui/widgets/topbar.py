"""The first row of every screen: where one is, a person to talk to, and the way out.

One widget that draws itself: it is on every screen, and on the way to the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from peerroom.client.views import RoomView
from peerroom.i18n import _, ngettext
from peerroom.text.cells import cell_width, truncate
from peerroom.tui.widgets.hint import SEPARATOR

_LEAST: Final = 13
"""Cells that what comes first in a title keeps if it can."""


class Title(NamedTuple):
    """A name, and what stands beside it as far as there is room."""

    name: str
    beside: tuple[str, ...] = ("",)
    """The longest first; the last two are what the name gives way to."""

    def fitting(self, cells: int) -> str:
        """All that fits into ``cells``."""
        for beside in self.beside:
            if cell_width(f" {self.name}{beside}") <= cells and beside != self.beside[-1]:
                return f" {self.name}{beside}"
        for beside in self.beside[-2:]:
            left = cells - cell_width(beside)
            if left >= _LEAST:
                return truncate(f" {self.name}", left) + beside
        return truncate(f" {self.name}{self.beside[-1]}", cells)


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

    def __init__(self, title: str | Title = "", *, help_open: bool = False) -> None:
        super().__init__()
        self._title = _whole(title)
        self._help_open = help_open

    def set_title(self, title: str | Title) -> None:
        """Show another title."""
        if _whole(title) != self._title:
            self._title = _whole(title)
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
        title = self._title.fitting(max(0, helping.start - 1))
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


def _whole(title: str | Title) -> Title:
    return title if isinstance(title, Title) else Title(title)


def room_title(room: RoomView, rooms: Sequence[RoomView], history: str = "") -> Title:
    """What stands at the left while ``room``, one of ``rooms``, is open.

    Who one is stays longest of what stands beside its name. ``history`` says who one was in a room
    of an earlier name.
    """
    elsewhere = sum(other.unread for other in rooms if other.room_id != room.room_id)
    news, short_news = "", ""
    if elsewhere:
        news = _("{count} new elsewhere (F4)").format(count=elsewhere)
        short_news = _("{count} new (F4)").format(count=elsewhere)
    clear = "" if room.encrypted else _("not encrypted")
    if room.former is not None:
        who = history.partition(SEPARATOR)[0]
        ways = [(news, history), (short_news, history), (short_news, who), (who,)]
        return Title(room.title, tuple(_beside(clear, *words) for words in ways))
    own = name = room.own_name
    if own:
        own = _("{name} (F8)").format(name=name)
    people = ngettext("{count} person", "{count} people", room.people).format(count=room.people)
    ways = [(news, own, people), (news, own), (short_news, own), (short_news, name), (name,)]
    return Title(room.title, tuple(_beside(clear, *words) for words in ways))


def _beside(*words: str) -> str:
    return "".join(f"{SEPARATOR}{each}" for each in words if each)
