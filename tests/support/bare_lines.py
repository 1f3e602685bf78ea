"""The least that Textual's line API needs to scroll: what our conversation is measured against."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

LINES = 100_000


class Lines(ScrollView, can_focus=True):
    """Plain numbered lines."""

    def on_mount(self) -> None:
        self.virtual_size = Size(80, LINES)
        self.focus()
        self.call_after_refresh(self.scroll_end, animate=False)

    def action_page_up(self) -> None:
        self.scroll_relative(y=2 - self.size.height, animate=False)

    def action_page_down(self) -> None:
        self.scroll_relative(y=self.size.height - 2, animate=False)

    def render_line(self, y: int) -> Strip:
        text = f"line {y + self.scroll_offset.y} of a conversation that nobody has to wrap"
        return Strip([Segment(text.ljust(80))])


class Bare(App[None]):
    """Nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield Lines()


if __name__ == "__main__":
    Bare().run()
