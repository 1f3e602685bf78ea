"""The bot's eyes: each protected room's recent past, and the protections that watch it.

Nothing of it is kept. A window is filled again from the timeline when the bot comes back, with what
was decided on before and no more: a crash neither forgets a burst nor counts one twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from peerroom.bot.reader import CURSORS, UNREAD
from peerroom.bot.sight import is_unencrypted, seen_of
from peerroom.clock import Clock
from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Mode, Protection
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import Standing
from peerroom.moderation.window import MOST, SPAN, Window
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")

DAY: Final = timedelta(days=1)
_PAGE: Final = 500
_OLD: Final = 100
"""After so many events in a row of an older time there is nothing newer: one alone may only say so,
by another server's clock."""

Standings = Mapping[tuple[str, str | None], Standing]


class Watching:
    """Windows and guards by room."""

    def __init__(
        self, vault: Vault, bot: str, protections: Sequence[Protection[Any]], clock: Clock
    ) -> None:
        self._vault = vault
        self._bot = bot
        self._protections = tuple(protections)
        self._clock = clock
        self._windows: dict[str, Window] = {}
        self._guards: dict[str, tuple[object, Guard]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all protections."""
        return tuple(protection.name for protection in self._protections)

    def window(self, room_id: str) -> Window:
        """The recent past of a room, up to what was decided on."""
        window = self._windows.get(room_id)
        if window is None:
            window = self._windows[room_id] = Window()
            cursor = self._vault.records.get(CURSORS, room_id)
            waiting = self._vault.records.items(UNREAD)
            for seen in [] if cursor is None else self._past(room_id, SPAN, cursor):
                if seen.kind == "unreadable" or seen.event_id not in waiting:
                    window.add(seen)
        return window

    def add(self, seen: Seen) -> None:
        """An event was judged; from now on it counts."""
        window = self.window(seen.room_id)
        window.take_back(seen.event_id)
        window.add(seen)

    def about_to_judge(self, seen: Seen) -> None:
        """An event that could not be read before is not to find itself."""
        self.window(seen.room_id).take_back(seen.event_id)

    def forget(self, rooms: Iterable[str]) -> None:
        """Rooms but these are watched no longer."""
        for room_id in self._windows.keys() - set(rooms):
            del self._windows[room_id]
            self._guards.pop(room_id, None)

    def guard(self, room_id: str, standings: Standings) -> Guard:
        """The protections of a room, armed as they stand there; armed again when that changed."""
        modes: dict[str, Mode] = {}
        settings: dict[str, dict[str, Any]] = {}
        for protection in self._protections:
            for room in (None, room_id):
                standing = standings.get((protection.name, room))
                if standing is None:
                    continue
                if standing.mode is not None:
                    modes[protection.name] = standing.mode
                if standing.settings is not None:
                    kept = settings.setdefault(protection.name, {})
                    kept.update(standing.settings)
        wanted = (modes, settings)
        known = self._guards.get(room_id)
        if known is None or known[0] != wanted:
            known = self._guards[room_id] = (wanted, self._armed(modes, settings))
        return known[1]

    def _armed(self, modes: Mapping[str, Mode], settings: Mapping[str, Mapping[str, Any]]) -> Guard:
        """Settings of another version that are not valid any more are left out: better watched as
        usual than not at all."""
        valid = {}
        for protection in self._protections:
            try:
                protection.read(settings.get(protection.name))
            except msgspec.ValidationError:
                log.warning("settings are not valid and left out: %s", protection.name)
            else:
                valid[protection.name] = settings.get(protection.name, {})
        return Guard(self._protections, modes, valid)

    def past(self, room_id: str, span: timedelta = DAY) -> Sequence[Seen]:
        """What a room has seen lately, the oldest first: to try a protection on."""
        return self._past(room_id, span, None)

    def _past(self, room_id: str, span: timedelta, upto: int | None) -> Sequence[Seen]:
        now = self._clock.now()
        found: list[Seen] = []
        stale = recent = 0
        before = None if upto is None else upto + 1
        for event in self._newest_first(room_id, before):
            seen = seen_of(event, now)
            stale = 0 if seen.at >= now - span else stale + 1
            if stale == _OLD or len(found) == MOST:
                break
            if event.sender != self._bot and not is_unencrypted(self._vault, event):
                found.append(seen)
                recent = recent if stale else len(found)
        return found[:recent][::-1]

    def _newest_first(self, room_id: str, before: int | None) -> Iterator[StoredEvent]:
        while page := self._vault.events.page(room_id, before=before, limit=_PAGE):
            yield from reversed(page)
            before = page[0].position


class Past(Mapping[str, Sequence[Seen]]):
    """The last day of each room, read when it is asked for."""

    def __init__(self, watching: Watching, rooms: Sequence[str]) -> None:
        self._watching = watching
        self._rooms = rooms

    def __getitem__(self, room_id: str) -> Sequence[Seen]:
        if room_id not in self._rooms:
            raise KeyError(room_id)
        return self._watching.past(room_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rooms)

    def __len__(self) -> int:
        return len(self._rooms)
