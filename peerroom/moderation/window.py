"""The recent past of one room: what protections that count look at.

A window is not kept anywhere: after a restart it is filled again from the stored timeline, so a
crash can neither forget a burst nor count one twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from peerroom.moderation.reading import gist
from peerroom.moderation.seen import Kind, Seen

SPAN: Final = timedelta(hours=1)
"""How far back a window reaches."""
MOST: Final = 20_000
"""Events in a window at most: a flood does not fill the memory."""


@dataclass(slots=True)
class _Entry:
    """An event with the moment that counts for it: never earlier than that of the event before.
    Another server's clock may claim an old time, and would otherwise hide its events from
    everything here."""

    moment: datetime
    seen: Seen
    keys: tuple[Hashable, ...]
    taken_back: bool = False


_Line = deque[_Entry]


class Window:
    """Events of the last `SPAN`. Protections read it; the runtime adds to it *after* an event was
    judged, so an event never finds itself in it."""

    def __init__(self, span: timedelta = SPAN) -> None:
        self._span = span
        self._all: _Line = deque()
        self._by: dict[Hashable, _Line] = {}
        self._unreadable: dict[str, _Entry] = {}

    def add(self, seen: Seen) -> None:
        """Take in an event; forget those that are older than the span."""
        moment = max(seen.at, self._all[-1].moment) if self._all else seen.at
        while self._all and (self._all[0].moment < moment - self._span or len(self._all) == MOST):
            self._drop()
        entry = _Entry(moment, seen, tuple(_keys(seen)))
        self._all.append(entry)
        for key in entry.keys:
            self._by.setdefault(key, deque()).append(entry)
        if seen.kind == "unreadable":
            self._unreadable[seen.event_id] = entry

    def take_back(self, event_id: str) -> None:
        """What could not be read can be now, and is judged again: it is not to find itself here."""
        entry = self._unreadable.pop(event_id, None)
        if entry is not None:
            entry.taken_back = True

    def since(self, moment: datetime) -> Iterator[Seen]:
        """Events not older than ``moment``, newest first."""
        return _since(self._all, moment)

    def of(self, sender: str, since: datetime) -> Iterator[Seen]:
        """The same of one sender."""
        return _since(self._by.get(("sender", sender)), since)

    def kind(self, kind: Kind, since: datetime) -> Iterator[Seen]:
        """The same of one kind."""
        return _since(self._by.get(("kind", kind)), since)

    def same(self, said: str, since: datetime) -> Iterator[Seen]:
        """The same of those that say the same (`peerroom.moderation.reading.gist`)."""
        return _since(self._by.get(("gist", said)), since)

    def __len__(self) -> int:
        return len(self._all)

    def _drop(self) -> None:
        gone = self._all.popleft()
        self._unreadable.pop(gone.seen.event_id, None)
        for key in gone.keys:
            line = self._by[key]
            line.popleft()
            if not line:
                del self._by[key]


def _keys(seen: Seen) -> Iterator[Hashable]:
    yield ("sender", seen.sender)
    yield ("kind", seen.kind)
    if (said := gist(seen)) is not None:
        yield ("gist", said)


def _since(line: _Line | None, moment: datetime) -> Iterator[Seen]:
    for entry in reversed(line or ()):
        if entry.moment < moment:
            return
        if not entry.taken_back:
            yield entry.seen
