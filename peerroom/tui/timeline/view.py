"""The conversation as a widget: draws lines, scrolls, selects, stays where the reader looks."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar, Final, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from peerroom.client.dates import local
from peerroom.client.views import MessageView
from peerroom.clock import Clock
from peerroom.i18n import ngettext
from peerroom.text.cells import cell_width, truncate
from peerroom.tui.actions import TIMELINE, bindings
from peerroom.tui.timeline.canvas import Anchor, Block, Canvas
from peerroom.tui.timeline.lines import GUTTER, TINTS, Line
from peerroom.tui.timeline.window import Pages, Window

_SELECTED_BAR: Final = "▌ "
_NO_BAR: Final = " " * GUTTER
_FOOT: Final = 1
"""Blank lines between the newest message and the line one writes in."""


class TimelineView(ScrollView, can_focus=True):
    """One room's messages. Only a `Window` of them is in memory, whatever the vault holds."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TimelineView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size: 0 0;
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--own-name",
        "timeline--time",
        "timeline--state",
        "timeline--body",
        "timeline--quiet",
        "timeline--alert",
        "timeline--day",
        "timeline--new",
        "timeline--fold",
        "timeline--bar",
        "timeline--selected",
        "timeline--below",
        *(f"timeline--name-{tint}" for tint in range(TINTS)),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(TIMELINE),
        Binding("up,k", "select(-1)", show=False),
        Binding("down,j", "select(1)", show=False),
        Binding("home", "oldest", show=False),
        Binding("end", "newest", show=False),
    ]

    below: reactive[int] = reactive(0)
    """Messages of others that came while the reader looked further up."""
    selected: reactive[str | None] = reactive(None)
    """Key of the selected message."""

    class NeedsOlder(Message):
        """The reader came near the top of what is stored: the server may have more."""

    class Seen(Message):
        """Everything up to ``position`` has been on the screen."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    class Selected(Message):
        """Another message is selected, or none."""

    def __init__(self, clock: Clock, zone: tzinfo | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._clock = clock
        self._zone = zone
        self._window: Window | None = None
        self._canvas = Canvas()
        self._pinned = True
        self._anchor: Anchor | None = None
        self._settling = False
        self._unread_key: str | None = None
        self._last_seen: int | None = None
        self._unfolded: set[str] = set()
        self._strips: LRUCache[tuple[Line, bool, int], Strip] = LRUCache(1024)
        self._styles: dict[tuple[str, int], Style] = {}

    # What is shown

    def show_room(self, pages: Pages, unread: int = 0) -> None:
        """Show the end of another conversation, with a mark above the first unread message."""
        self._window = Window(pages)
        self._window.load_newest()
        self._unfolded.clear()
        self._pinned, self._anchor, self._last_seen = True, None, None
        self._unread_key = self._first_unread(unread)
        self.selected = None
        self.below = 0
        self._relay()
        self._count_below()

    def refresh_messages(self) -> None:
        """Something changed in the vault: read the same stretch again and stay in place."""
        if self._window is None:
            return
        self._window.reread()
        if self._window.at_start and self._near_top():
            self._window.load_older()
        self._relay()
        self._count_below()

    def selected_view(self) -> MessageView | None:
        """The selected message as it stands now."""
        block = self._canvas.find(self.selected)
        return None if block is None else block.view

    def clear_selection(self) -> None:
        """Select nothing."""
        self.selected = None

    def toggle_fold(self, key: str) -> None:
        """Show the rest of a long message, or hide it again."""
        self._unfolded ^= {key}
        self._relay()

    def is_folding(self, key: str) -> bool:
        """True when the message is long enough to be shown in part."""
        return self._canvas.folds(key)

    def _first_unread(self, unread: int) -> str | None:
        assert self._window is not None
        key = None
        for view in reversed(self._window.views):
            if unread <= 0:
                break
            if not view.own and view.kind != "membership":
                key, unread = view.key, unread - 1
        # Above the first message of all there is nothing that it could be new after.
        views = self._window.views
        return None if self._window.at_start and views and key == views[0].key else key

    # Layout

    def _relay(self) -> None:
        """Lay the window out for the present width and go back to where the reader was."""
        if self._window is None or self.size.width < GUTTER + 2:
            return
        self._canvas.lay(
            self._window.views,
            width=self.size.width,
            today=local(self._clock.now(), self._zone).date(),
            zone=self._zone,
            unread=self._unread_key,
            unfolded=self._unfolded,
        )
        if self._canvas.find(self.selected) is None:
            self.selected = None
        self._settling = True
        height = max(self._canvas.height + _FOOT, self.size.height)
        self.virtual_size = Size(self.size.width, height)
        self._go_back()
        self._settling = False
        self.refresh()

    def _go_back(self) -> None:
        line = None
        if not self._pinned and self._anchor is not None:
            line = self._canvas.line_of(self._anchor)
        y = self.max_scroll_y if line is None else self._lead + line
        self.scroll_to(y=y, animate=False, force=True)

    @property
    def _lead(self) -> int:
        """Blank lines above a conversation that does not fill the screen: it stands at the foot."""
        return max(0, self.size.height - self._canvas.height - _FOOT)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew for the new width; the reader stays at the same message."""
        self._relay()

    def notify_style_update(self) -> None:
        """The theme changed."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    # Scrolling

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remember where the reader is, and fetch what they come near to."""
        super().watch_scroll_y(old_value, new_value)
        if self._settling or self._window is None:
            return
        self._pinned = self._window.at_end and self.scroll_offset.y >= self.max_scroll_y
        self._anchor = self._canvas.anchor_at(self.scroll_offset.y - self._lead)
        if self._pinned:
            self._count_below()
        if self._near_top() or self._near_end():
            self.call_later(self._fetch_near)

    def _near_top(self) -> bool:
        return self.scroll_offset.y < 2 * self.size.height

    def _near_end(self) -> bool:
        assert self._window is not None
        return not self._window.at_end and (
            self.scroll_offset.y > self.max_scroll_y - 2 * self.size.height
        )

    def _fetch_near(self) -> None:
        if self._window is None:
            return
        if self._near_top():
            if self._window.at_start:
                self.post_message(self.NeedsOlder())
            elif self._window.load_older():
                self._relay()
        elif self._near_end() and self._window.load_newer():
            self._relay()

    def _count_below(self) -> None:
        """Keep `below` right, and say what has been seen."""
        if self._window is None or not self._window.views:
            return
        if self._pinned:
            self.below = 0
            stored = [view.position for view in self._window.views if not view.pending]
            if stored and stored[-1] != self._last_seen:
                self._last_seen = stored[-1]
                self.post_message(self.Seen(stored[-1]))
        elif self._last_seen is not None:
            self.below = len(self._window.newer_than(self._last_seen))

    def tell_seen(self) -> None:
        """Say again how far the reader has come, for one who was not there to hear it."""
        if self._last_seen is not None:
            self.post_message(self.Seen(self._last_seen))

    def jump_to_newest(self) -> None:
        """Go to the end of the conversation."""
        if self._window is None:
            return
        if not self._window.at_end:
            self._window.load_newest()
        self._pinned, self._anchor = True, None
        self._unread_key = None
        self._relay()
        self._count_below()

    def action_newest(self) -> None:
        """The End key."""
        self.clear_selection()
        self.jump_to_newest()

    def action_oldest(self) -> None:
        """The Home key: the top of what is in memory; going on up brings more."""
        self.scroll_to(y=0, animate=False, force=True)

    def page(self, direction: Literal[-1, 1]) -> None:
        """Scroll by a screenful, two lines kept for orientation."""
        step = max(1, self.size.height - 2)
        self.scroll_to(y=self.scroll_offset.y + direction * step, animate=False, force=True)

    def action_page_up(self) -> None:
        """A screenful up."""
        self.page(-1)

    def action_page_down(self) -> None:
        """A screenful down."""
        self.page(1)

    # Selecting

    def action_select(self, step: int) -> None:
        """Select the next message in a direction; below the newest one nothing is selected."""
        blocks = self._canvas.blocks
        if not blocks:
            return
        chosen = self._canvas.find(self.selected)
        if chosen is None:
            index = self._last_visible() if step < 0 else len(blocks)
        else:
            index = blocks.index(chosen) + step
        if index >= len(blocks):
            self.action_newest()
            return
        block = blocks[max(0, index)]
        self.selected = block.view.key
        self._scroll_into_view(block)

    def _last_visible(self) -> int:
        bottom = self.scroll_offset.y + self.size.height - 1 - self._lead
        index = self._canvas.index_at(bottom)
        return len(self._canvas.blocks) - 1 if index is None else index

    def _scroll_into_view(self, block: Block) -> None:
        top = self._lead + block.top
        end = top + len(block.lines)
        if top < self.scroll_offset.y:
            self.scroll_to(y=max(0, top), animate=False, force=True)
        elif end > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=min(top, end - self.size.height), animate=False, force=True)

    def watch_selected(self, selected: str | None) -> None:
        """Draw the bar and tell the screen, whose hint names what can be done."""
        self.refresh()
        self.post_message(self.Selected())

    def on_click(self, event: events.Click) -> None:
        """A click selects; on the line that offers the rest, it shows the rest."""
        if self.below and event.y == self.size.height - 1:
            self.action_newest()
            return
        block, line = self._canvas.at(event.y + self.scroll_offset.y - self._lead)
        if block is None:
            return
        if any(piece.role == "fold" for piece in line):
            self.toggle_fold(block.view.key)
        else:
            self.selected = None if self.selected == block.view.key else block.view.key

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the screen; the last one tells of what is new below."""
        width = self.size.width
        if self.below and y == self.size.height - 1:
            return self._draw_below(width)
        block, line = self._canvas.at(y + self.scroll_offset.y - self._lead)
        selected = block is not None and block.view.key == self.selected and line != ()
        if block is not None and line and line[0].role in ("day", "new"):
            selected = False
        key = (line, selected, width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._draw(line, selected, width)
            self._strips.set(key, strip)
        return strip

    def _draw(self, line: Line, selected: bool, width: int) -> Strip:
        base = self._style("selected", 0) if selected else self.rich_style
        bar = Segment(_SELECTED_BAR, base + self._style("bar", 0)) if selected else None
        segments = [bar or Segment(_NO_BAR, base)]
        used = GUTTER
        for piece in line:
            segments.append(Segment(piece.text, base + self._style(piece.role, piece.tint)))
            used += cell_width(piece.text)
        if used < width:
            segments.append(Segment(" " * (width - used), base))
        return Strip(segments, max(used, width))

    def _draw_below(self, width: int) -> Strip:
        count = str(self.below) if self.below < 100 else "99+"
        words = ngettext("{count} new message below", "{count} new messages below", self.below)
        text = truncate(f"▼ {words.format(count=count)}", width)
        left = (width - cell_width(text)) // 2
        style = self.rich_style + self._style("below", 0)
        return Strip([Segment(" " * left + text, style)]).crop_extend(0, width, style)

    def _style(self, role: str, tint: int) -> Style:
        style = self._styles.get((role, tint))
        if style is None:
            name = f"timeline--name-{tint}" if role == "name" else f"timeline--{role}"
            style = self.get_component_rich_style(name, partial=True)
            self._styles[role, tint] = style
        return style
