"""From stored events to facts, each event once, whatever crashes in between.

A cursor a room says up to where its timeline was read; an event that cannot be decrypted yet is
noted beside it and looked at again when its key came. Both move in the transaction that keeps the
decision, so an event is decided on exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from peerroom.clock import Clock
from peerroom.matrix.trust import Trust
from peerroom.moderation.facts import Fact, Knocked, Said
from peerroom.moderation.state import secret_digest
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText
from peerroom.wire import door
from peerroom.wire.content import BadContent

CURSORS: Final = "bot.cursors"
UNREAD: Final = "bot.unread"
PAGE: Final = 200
LATEST: Final = 253402300799000
"""The last millisecond of year 9999; a stranger's clock may claim anything."""


class Reader:
    """Yields what was not decided on yet, in order."""

    def __init__(self, vault: Vault, bot: str, clock: Clock) -> None:
        self._vault = vault
        self._bot = bot
        self._clock = clock

    def waiting(self) -> Iterator[StoredEvent]:
        """Every stored event that is still to be decided on, oldest first in each room.

        Call `done` for each, inside the transaction that keeps what was decided.
        """
        for event_id in list(self._vault.records.items(UNREAD)):
            event = self._vault.events.get(event_id)
            if event is not None and event.status != "undecryptable":
                yield event
        for room in self._vault.rooms.all():
            while page := self._page(room.room_id):
                yield from page

    def _page(self, room_id: str) -> list[StoredEvent]:
        """The next events above the cursor, but none above a gap: what lies in it comes first."""
        cursor = self._vault.records.get(CURSORS, room_id)
        if cursor is None:
            first = self._vault.events.first_position(room_id)
            cursor = None if first is None else first - 1
        if cursor is None:
            return []
        page = self._vault.events.page(room_id, after=cursor, limit=PAGE)
        gaps = [gap.older for gap in self._vault.gaps.of_room(room_id) if gap.newer > cursor]
        stop = min(gaps, default=None)
        return page if stop is None else [event for event in page if event.position <= stop]

    def done(self, event: StoredEvent) -> None:
        """The event is decided on, or noted as unreadable; never comes again as the same."""
        if event.status == "undecryptable":
            self._vault.records.replace(UNREAD, event.event_id, event.room_id)
        else:
            self._vault.records.remove(UNREAD, event.event_id)
        cursor = self._vault.records.get(CURSORS, event.room_id)
        if cursor is None or event.position > cursor:
            self._vault.records.replace(CURSORS, event.room_id, event.position)

    def fact(self, event: StoredEvent) -> Fact | None:
        """What the event means to the bot; None for everything it does not judge."""
        if event.sender == self._bot or event.status != "ok":
            return None
        encrypted = event.clear is not None
        payload = event.clear if event.clear is not None else event.raw
        content = payload.get("content")
        if not isinstance(content, dict):
            return None
        at = datetime.fromtimestamp(min(max(event.origin_ts, 0), LATEST) / 1000, UTC)
        signed = encrypted and event.trust == Trust.SIGNED
        if payload.get("type") == door.KNOCK and encrypted:
            try:
                knock = door.Knock.read(content)
            except BadContent:
                return None
            now = self._clock.now()  # an invite's end is judged by our clock, not the newcomer's
            digest = secret_digest(knock.secret)
            pinned = self._vault.identities.get(event.sender)
            own = pinned is not None and pinned.master == knock.identity
            return Knocked(
                event.event_id,
                event.room_id,
                event.sender,
                digest,
                now,
                signed,
                own,
                knock.language,
            )
        if payload.get("type") != "m.room.message" or not _is_plain_talk(content):
            return None
        return Said(
            event.event_id,
            event.room_id,
            event.sender,
            ForeignText(content.get("body")),
            at,
            encrypted=encrypted,
            signed=signed,
            read_at=self._clock.now(),
        )


def _is_plain_talk(content: dict[str, object]) -> bool:
    """A text message that stands for itself: an edit never becomes a command."""
    relation = content.get("m.relates_to")
    edits = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
    return content.get("msgtype") == "m.text" and not edits and "m.new_content" not in content
