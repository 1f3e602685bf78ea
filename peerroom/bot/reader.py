"""From stored events to facts, each event once, whatever crashes in between.

A cursor a room says up to where its timeline was read; an event that cannot be decrypted yet is
noted beside it and looked at again when its key came. Both move in the transaction that keeps the
decision, so an event is decided on exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from peerroom.bot.arrivals import Arrivals
from peerroom.bot.evidence import said
from peerroom.bot.ledger import is_followed
from peerroom.bot.sight import is_unencrypted, moment, seen_of, shown_names
from peerroom.bot.standings import is_ours
from peerroom.bot.timelines import Context
from peerroom.clock import Clock
from peerroom.matrix.trust import Trust
from peerroom.moderation.case_lines import merged
from peerroom.moderation.facts import Asked, Fact, Found, Knocked, Said
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import secret_digest
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText
from peerroom.wire import door, member
from peerroom.wire.commands import parse
from peerroom.wire.content import BadContent

CURSORS: Final = "bot.cursors"
UNREAD: Final = "bot.unread"
PAGE: Final = 200
_LONGEST: Final = 4_000
_WAS_THERE: Final = frozenset({"join", "leave", "ban"})


class Reader:
    """Yields what was not decided on yet, in order."""

    def __init__(self, vault: Vault, bot: str, clock: Clock) -> None:
        self._vault = vault
        self._bot = bot
        self._clock = clock
        self.arrivals: Final = Arrivals(clock)

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
        self.arrivals.judged(event.event_id)
        cursor = self._vault.records.get(CURSORS, event.room_id)
        if cursor is None or event.position > cursor:
            self._vault.records.replace(CURSORS, event.room_id, event.position)

    def is_echo(self, event: StoredEvent) -> bool:
        """Whether this is a removal by ourselves."""
        return event.sender == self._bot and event.type == "m.room.redaction"

    def is_unencrypted(self, event: StoredEvent) -> bool:
        """Whether this is a message that whoever runs the server can have made up."""
        return is_unencrypted(self._vault, event)

    def seen(self, event: StoredEvent) -> Seen | None:
        """The event as protections judge it; None for our own, for what is removed already, and
        for what nobody proved to have said."""
        if event.sender == self._bot or event.status == "redacted":
            return None
        if self.is_unencrypted(event):
            return None
        return seen_of(event, self._clock.now(), self.arrivals.earliest(event.event_id))

    def fact(self, event: StoredEvent) -> Fact | None:
        """What the event says to the bot itself; None for everything else."""
        if event.sender == self._bot or event.status != "ok":
            return None
        payload = event.clear if event.clear is not None else event.raw
        content = payload.get("content")
        if not isinstance(content, dict) or is_followed(self._vault, event.room_id):
            return None
        match payload.get("type"):
            case door.KNOCK:
                return self._knock(event, content)
            case member.ASK:
                return self._ask(event, content)
            case "m.room.message" if _is_plain_talk(content):
                return self._spoken(event, ForeignText(content.get("body")))
        return None

    def _spoken(self, event: StoredEvent, text: ForeignText) -> Said | Asked:
        """What somebody typed. In the room of two it is a word to the moderators, from whatever
        program: nobody should talk to a program that does not listen."""
        words = "" if text.malformed else text.block(_LONGEST).strip()
        if words and self._is_private(event) and parse(text) is None:
            return self._asked(event, member.AskModerator(text=words))
        return Said(
            event.event_id,
            event.room_id,
            event.sender,
            text,
            moment(event),  # on its way for long, a command is no longer meant
            encrypted=event.clear is not None,
            signed=_is_signed(event),
            read_at=self._clock.now(),
        )

    def _knock(self, event: StoredEvent, content: dict[str, Any]) -> Knocked | None:
        if event.clear is None:
            return None
        try:
            knock = door.Knock.read(content)
        except BadContent:
            return None
        pinned = self._vault.identities.get(event.sender)
        return Knocked(
            event.event_id,
            event.room_id,
            event.sender,
            secret_digest(knock.secret),
            self._clock.now(),  # an invite's end is judged by our clock, not the newcomer's
            _is_signed(event),
            pinned is not None and pinned.master == knock.identity,
            knock.language,
        )

    def _ask(self, event: StoredEvent, content: dict[str, Any]) -> Asked | None:
        """Only in the encrypted room of two: elsewhere others would see that somebody asks."""
        if not self._is_private(event):
            return None
        try:
            return self._asked(event, member.read_ask(content))
        except BadContent:
            return None

    def _is_private(self, event: StoredEvent) -> bool:
        """Whether the moderators alone may be meant. Who invited said that a room is direct: what
        many hear in a room of ours must never be taken for a word in confidence."""
        rooms, room_id = self._vault.rooms, event.room_id
        encrypted = event.clear is not None and rooms.is_encrypted(room_id)
        of_two = encrypted and rooms.is_of_two(room_id)
        return of_two and not is_ours(self._vault, self._bot, room_id)

    def _asked(self, event: StoredEvent, ask: member.Ask) -> Asked:
        found = None
        if isinstance(ask, member.Report) and self._was_there(event.sender, ask.room_id):
            found = self._found(ask)
        return Asked(
            event.event_id,
            event.room_id,
            event.sender,
            ask,
            self._clock.now(),
            _is_signed(event),
            found,
        )

    def _was_there(self, user: str, room_id: str) -> bool:
        """Whether somebody is in a room, or was."""
        there = self._vault.rooms.members(room_id).get(user, {})
        return there.get("membership") in _WAS_THERE

    def _found(self, report: member.Report) -> Found | None:
        """What we have ourselves of the reported messages, of the author of the first; None if it
        is nothing."""
        members = self._vault.rooms.members(report.room_id)
        known = [self._vault.events.get(event_id) for event_id in report.event_ids]
        events = [
            event
            for event in known
            if event is not None
            and (event.room_id, event.status) == (report.room_id, "ok")
            and said(event) is not None
            and not self.is_unencrypted(event)
        ]
        theirs = [event for event in events if event.sender == events[0].sender]
        context = Context(self._vault, shown_names(members))
        lines = merged(context[event.event_id] for event in theirs)
        if not any(line.about for line in lines):
            return None
        return Found(theirs[0].sender, tuple(event.event_id for event in theirs), lines)


def _is_signed(event: StoredEvent) -> bool:
    return event.clear is not None and event.trust == Trust.SIGNED


def _is_plain_talk(content: dict[str, object]) -> bool:
    """A text message that stands for itself: an edit never becomes a command."""
    relation = content.get("m.relates_to")
    edits = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
    return content.get("msgtype") == "m.text" and not edits and "m.new_content" not in content
