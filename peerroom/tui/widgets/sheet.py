"""Lines of a case, a log, a report: each hangs behind its own lead, with nothing between them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Final, Literal, NamedTuple

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from peerroom.text.cells import cell_width, truncate, wrap

Look = Literal["plain", "strong", "quiet", "alert", "covered"]
_BLUR: Final = "▒"


class Row(NamedTuple):
    """Clean text behind a ``lead``. ``covered`` text is not given: ``cells`` says how much of it
    there is."""

    text: str = ""
    lead: str = ""
    look: Look = "plain"
    cells: int = 0


class Sheet(Widget):
    """Rows to read."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sheet--lead",
        *(f"sheet--{look}" for look in ("plain", "strong", "quiet", "alert", "covered")),
    }
    DEFAULT_CSS = """
    Sheet {
        width: 100%;
        height: auto;
    }
    """

    def __init__(
        self,
        rows: Iterable[Row] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(id=id)
        self._rows = tuple(rows)

    def say(self, rows: Iterable[Row]) -> None:
        """Show these rows."""
        self._rows = tuple(rows)
        self.refresh(layout=True)

    def lines_of(self, look: Look) -> range:
        """Where the rows of this look stand, from the first line of one to the last of any."""
        at = [y for y, line in enumerate(_lines(self._rows, self.size.width)) if line[2] == look]
        return range(at[0], at[-1] + 1) if at else range(0)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as it may be."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes at this width."""
        return len(_lines(self._rows, width))

    def render_line(self, y: int) -> Strip:
        """One line: the lead, or the space below it, and text."""
        width = self.size.width
        lines = _lines(self._rows, width)
        if y >= len(lines):
            return Strip.blank(width, self.rich_style)
        lead, text, look = lines[y]
        base = self.rich_style
        before = base + self.get_component_rich_style("sheet--lead", partial=True)
        style = base + self.get_component_rich_style(f"sheet--{look}", partial=True)
        strip = Strip([Segment(lead, before), Segment(text, style)])
        return strip.adjust_cell_length(width, base)


@lru_cache(32)
def _lines(rows: tuple[Row, ...], width: int) -> list[tuple[str, str, Look]]:
    lines: list[tuple[str, str, Look]] = []
    for row in rows:
        lead = truncate(row.lead, max(1, width // 2))
        indent = cell_width(lead)
        room = max(2, width - indent)
        text = _BLUR * min(max(1, row.cells), room) if row.look == "covered" else row.text
        parts = wrap(text, room) or [""]
        lines += [(" " * indent if n else lead, part, row.look) for n, part in enumerate(parts)]
    return lines
