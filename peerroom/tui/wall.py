"""The second wall: what is about to be painted, freed of anything a terminal would obey.

`ForeignText` has cleaned every foreign string before it came here. This filter stands behind it
for the one that will be forgotten. Links go too: Textual writes a style's link as OSC 8, past
every filter that looks at text only.
"""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from peerroom.text.terminal import scrub


class Wall(LineFilter):
    """Replaces controls and bidi overrides in every painted line, and takes links out."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """``segments`` as they may reach a terminal; widths stay the same."""
        return [
            segment
            if segment.control or (_harmless(segment.text) and not _linked(segment.style))
            else Segment(_clean(segment.text), _unlinked(segment.style))
            for segment in segments
        ]


def _harmless(text: str) -> bool:
    return text.isascii() and text.isprintable()


@lru_cache(4096)
def _clean(text: str) -> str:
    # A strip is one line: a newline in it would scroll the screen.
    return scrub(text).replace("\n", " ")


def _linked(style: Style | None) -> bool:
    return style is not None and style.link is not None


def _unlinked(style: Style | None) -> Style | None:
    return style.update_link(None) if style is not None and style.link is not None else style
