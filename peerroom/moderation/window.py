"""The recent past of one room: what protections that count look at.

A window is not kept anywhere: after a restart it is filled again from the stored timeline, so a
crash can neither forget a burst nor count one twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from peerroom.moderation.seen import Kind, Seen

SPAN: Final = timedelta(hours=1)
"""How far back a window reaches."""
MOST: Final = 20_000
"""Events in a window at most: a flood does not fill the memory."""


class Window:
    """Events of the last `SPAN`, oldest first. Protections read it; the runtime adds to it *after*
    an event was judged, so an event never finds itself in it."""

    def __init__(self, span: timedelta = SPAN) -> None:
        self._span = span
        self._all: deque[Seen] = deque(maxlen=MOST)
        self._by_sender: dict[str, deque[Seen]] = {}

    def add(self, seen: Seen) -> None:
        """Take in an event; forget those that are older than the span."""
        self._forget(seen.at - self._span)
        if len(self._all) == MOST:
            self._drop()
        self._all.append(seen)
        self._by_sender.setdefault(seen.sender, deque()).append(seen)

    def since(self, moment: datetime, *, kind: Kind | None = None) -> Iterator[Seen]:
        """Events not older than ``moment``, newest first."""
        return _since(self._all, moment, kind)

    def of(self, sender: str, since: datetime, *, kind: Kind | None = None) -> Iterator[Seen]:
        """The same of one sender."""
        return _since(self._by_sender.get(sender, deque()), since, kind)

    def __len__(self) -> int:
        return len(self._all)

    def _forget(self, before: datetime) -> None:
        while self._all and self._all[0].at < before:
            self._drop()

    def _drop(self) -> None:
        gone = self._all.popleft()
        theirs = self._by_sender[gone.sender]
        theirs.popleft()
        if not theirs:
            del self._by_sender[gone.sender]


def _since(events: deque[Seen], moment: datetime, kind: Kind | None) -> Iterator[Seen]:
    # A server's clock may jump: an old event between young ones ends nothing.
    return (
        seen
        for seen in reversed(events)
        if seen.at >= moment and (kind is None or seen.kind == kind)
    )
