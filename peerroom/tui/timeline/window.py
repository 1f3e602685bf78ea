"""The stretch of a conversation that is in memory, and how it moves over what the vault holds."""

from __future__ import annotations

from typing import Final, Protocol

from peerroom.client.views import MessageView

STEP: Final = 60
"""Messages fetched at a time."""

LIMIT: Final = 240
"""Messages kept at most; beyond it the far end is let go."""


class Pages(Protocol):
    """What a window asks of `peerroom.client.timeline.Timeline`."""

    def page(
        self, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[MessageView]:
        """Up to ``limit`` messages next to a position, ascending; the newest without bounds."""


class Window:
    """A run of neighbouring messages, of which there are never more than `LIMIT`."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.views: list[MessageView] = []
        """Ascending."""
        self.at_end = True
        """The newest message is among them, so that new ones are appended."""
        self.at_start = False
        """Nothing older is stored (the server may have more)."""

    def load_newest(self) -> None:
        """Show the end of the conversation."""
        self.views = self._pages.page(limit=STEP)
        self.at_end = True
        self.at_start = len(self.views) < STEP

    def load_older(self) -> int:
        """Put one step of older messages in front; how many there were."""
        if not self.views:
            return 0
        older = self._pages.page(before=self.views[0].position, limit=STEP)
        self.at_start = len(older) < STEP
        self.views = older + self.views
        if len(self.views) > LIMIT:
            del self.views[LIMIT:]
            self.at_end = False
        return len(older)

    def load_newer(self) -> int:
        """Put one step of newer messages behind; how many there were."""
        if self.at_end or not self.views:
            return 0
        newer = self._pages.page(after=self.views[-1].position, limit=STEP)
        self.at_end = len(newer) < STEP
        self.views = self.views + newer
        if len(self.views) > LIMIT:
            del self.views[: len(self.views) - LIMIT]
            self.at_start = False
        return len(newer)

    def reread(self) -> None:
        """Read the same stretch again, after something in the vault changed."""
        if not self.views:
            self.load_newest()
            return
        first = self.views[0].position
        if not self.at_end:
            self.views = self._pages.page(after=first - 1, limit=len(self.views))
            return
        newest = self._pages.page(limit=len(self.views) + STEP)
        kept = [view for view in newest if view.position >= first]
        reaches_back = bool(kept) and len(kept) < len(newest)
        # More came than fits one step, or messages were filled in below: the start moved away.
        self.at_start = self.at_start and len(kept) == len(newest) and len(newest) < LIMIT
        self.views = kept if reaches_back or len(newest) < len(self.views) + STEP else newest
        self.views = self.views[-LIMIT:]

    def newer_than(self, position: int) -> list[MessageView]:
        """The messages of others above ``position``, up to 100."""
        return [view for view in self._pages.page(after=position, limit=100) if not view.own]
