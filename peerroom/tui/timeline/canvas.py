"""Where each message of a window stands on an endless sheet of lines. Pure: no terminal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from datetime import date, tzinfo
from typing import NamedTuple

from textual.cache import LRUCache

from peerroom.client.dates import local
from peerroom.client.views import MessageView
from peerroom.tui.timeline.lines import Context, Line, follows, lay_out

Anchor = tuple[str, int]
"""A place that survives every new layout: a message's key, and lines below its first."""


class Block(NamedTuple):
    """One message on the sheet."""

    view: MessageView
    lines: tuple[Line, ...]
    top: int
    """Its first line, counted from the top of the sheet."""


class Canvas:
    """Lays messages out one below the other; what was laid out before is not wrapped again."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.height = 0
        """Lines in all."""
        self._tops: list[int] = []
        self._known: LRUCache[tuple[MessageView, Context], tuple[Line, ...]] = LRUCache(1024)

    def lay(
        self,
        views: Sequence[MessageView],
        *,
        width: int,
        today: date,
        zone: tzinfo | None,
        unread: str | None = None,
        unfolded: Collection[str] = (),
    ) -> None:
        """Lay ``views`` out for ``width`` cells.

        ``unread`` is the key of the first message that has not been seen, ``unfolded`` the keys
        of long messages that are shown whole.
        """
        self.blocks = []
        self.height = 0
        for view, context in _contexts(views, width, today, zone, unread, unfolded):
            lines = self._known.get((view, context))
            if lines is None:
                lines = lay_out(view, context)
                self._known.set((view, context), lines)
            self.blocks.append(Block(view, lines, self.height))
            self.height += len(lines)
        self._tops = [block.top for block in self.blocks]

    def find(self, key: str | None) -> Block | None:
        """The block of a message, or None when it is not on the sheet."""
        return next((block for block in self.blocks if block.view.key == key), None)

    def index_at(self, y: int) -> int | None:
        """Which block covers a line; None above the first and below the last."""
        index = bisect_right(self._tops, y) - 1
        return index if 0 <= index < len(self.blocks) and y < self.height else None

    def at(self, y: int) -> tuple[Block | None, Line]:
        """The block and the line at ``y``."""
        index = self.index_at(y)
        if index is None:
            return None, ()
        block = self.blocks[index]
        return block, block.lines[y - block.top]

    def anchor_at(self, y: int) -> Anchor | None:
        """The place at ``y``, to come back to after another layout."""
        index = self.index_at(y)
        return None if index is None else (self.blocks[index].view.key, y - self._tops[index])

    def line_of(self, anchor: Anchor) -> int | None:
        """Where a place is now; None when its message left the sheet."""
        block = self.find(anchor[0])
        if block is None:
            return None
        return block.top + min(anchor[1], len(block.lines) - 1)

    def folds(self, key: str) -> bool:
        """Whether a message is long enough to be shown in part."""
        block = self.find(key)
        return block is not None and any(
            piece.role == "fold" for line in block.lines for piece in line
        )


def _contexts(
    views: Sequence[MessageView],
    width: int,
    today: date,
    zone: tzinfo | None,
    unread: str | None,
    unfolded: Collection[str],
) -> Iterator[tuple[MessageView, Context]]:
    newest_own = next((v.key for v in reversed(views) if v.own and v.state == "sent"), None)
    previous: MessageView | None = None
    previous_day: date | None = None
    for view in views:
        when = local(view.when, zone)
        new_day = when.date() != previous_day
        new_mark = view.key == unread
        new_sender = new_day or new_mark or not follows(view, previous)
        yield (
            view,
            Context(
                width=width,
                today=today,
                when=when,
                new_day=new_day,
                new_sender=new_sender,
                new_mark=new_mark,
                unfolded=view.key in unfolded,
                newest_own=view.key == newest_own,
                say_trust=new_sender or previous is None or previous.trust != view.trust,
            ),
        )
        previous, previous_day = view, when.date()
