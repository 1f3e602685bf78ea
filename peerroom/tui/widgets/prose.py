"""Sentences, broken as their language breaks: Japanese between characters, with kinsoku.

Textual breaks lines at spaces only, which tears Japanese apart in the wrong places.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from peerroom.text.cells import cell_width, wrap


class Paragraph(NamedTuple):
    """Some sentences; ``lead`` stands before them in bold, and they hang behind it. ``heading``
    stands above them, one line, in bold too."""

    text: str
    lead: str = ""
    heading: str = ""


class Prose(Widget):
    """Clean text to read, with an empty line between its paragraphs."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"prose--lead"}
    DEFAULT_CSS = """
    Prose {
        width: 100%;
        height: auto;
        & > .prose--lead { text-style: bold; }
    }
    """

    def __init__(
        self,
        *paragraphs: Paragraph | str,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs: tuple[Paragraph, ...] = ()
        self.say(*paragraphs)

    def say(self, *paragraphs: Paragraph | str) -> None:
        """Show these paragraphs; none, or an empty one, shows nothing."""
        self._paragraphs = tuple(
            each if isinstance(each, Paragraph) else Paragraph(each) for each in paragraphs if each
        )
        self.refresh(layout=True)

    @property
    def text(self) -> str:
        """What it says, unwrapped."""
        return "\n\n".join(paragraph.text for paragraph in self._paragraphs)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as it may be."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes at this width."""
        return len(_lines(self._paragraphs, width))

    def render_line(self, y: int) -> Strip:
        """One line: the lead, or the space that its paragraph hangs behind, and text."""
        width = self.size.width
        lines = _lines(self._paragraphs, width)
        if y >= len(lines):
            return Strip.blank(width, self.rich_style)
        lead, text = lines[y]
        bold = self.rich_style + self.get_component_rich_style("prose--lead", partial=True)
        strip = Strip([Segment(lead, bold), Segment(text, self.rich_style)])
        return strip.adjust_cell_length(width, self.rich_style)


@lru_cache(64)
def _lines(paragraphs: Sequence[Paragraph], width: int) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for paragraph in paragraphs:
        if lines:
            lines.append(("", ""))
        if paragraph.heading:
            lines.append((paragraph.heading, ""))
        indent = cell_width(paragraph.lead)
        parts = wrap(paragraph.text, max(2, width - indent))
        lines += [(paragraph.lead if not n else " " * indent, part) for n, part in enumerate(parts)]
    return lines
