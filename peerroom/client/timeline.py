"""A room's conversation, read from the vault in pages. Pure: no network, and nio never loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from peerroom.client import messages
from peerroom.client.edits import Edits, new_words, target_of
from peerroom.client.explained_lines import TELL, Removed, tell_line
from peerroom.client.names import Names
from peerroom.client.views import MessageState, MessageView
from peerroom.client.wording import event_time, reason, state_of, trust_words
from peerroom.i18n import _

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent
    from peerroom.store.gaps import Gap
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

OUTBOX: Final = 2**60
"""Positions from here on are those of outbox rows: above any stored event."""

_EVENTS: Final = 100
"""How many events are read at a time where their number is not known."""

_STATES: Final[dict[str, MessageState]] = {
    "queued": "sending",
    "sending": "sending",
    "sent": "sent",
    "failed": "failed",
    "unsure": "unsure",
}


class Timeline:
    """Pages of one room, oldest first, the outbox after the stored events.

    Reading is synchronous and takes about a millisecond for 50 messages; a face may call it while
    it draws. Names are those of now, disambiguated; call `forget_names` when members changed
    (the `Client` does).
    """

    def __init__(self, vault: Vault, room_id: str) -> None:
        self._vault = vault
        self._room_id = room_id
        self._own = own_id(vault, room_id)
        self._names = Names(vault, room_id)
        self._edits = Edits(vault, room_id)
        self._removed = Removed(vault, room_id)

    def page(
        self, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[MessageView]:
        """Up to ``limit`` messages in ascending order.

        Without bounds: the newest. ``before``: the ones just below that position. ``after``: the
        ones just above it. An empty list means that nothing more is stored on that side
        (`Client.load_older` may fetch more from the server).
        """
        self._removed.forget()
        rows = self._vault.outbox.of_room(self._room_id)
        withdrawn = _Withdrawn(rows)
        if after is not None:
            stored = list(self._stored_after(after, withdrawn, limit)) if after < OUTBOX else []
            stored = self._with_gaps(stored, after, None if len(stored) < limit else OUTBOX)
            return [*stored, *self._echoes(rows, stored, after=after)][:limit]
        newest = [] if before is not None and before <= OUTBOX else rows
        bound = None if before is None or before > OUTBOX else before
        stored = list(self._stored_before(bound, withdrawn, limit))[::-1]
        echoes = self._echoes(newest, stored, before=before)
        low = None if len(stored) < limit else stored[0].position
        return [*self._with_gaps(stored, low, before), *echoes][-limit:]

    def count(self) -> int:
        """How many events and outbox rows there are: never less than what pages yield in all.

        State that is no line of a conversation is counted too; the price of an exact number would
        be to read the whole room.
        """
        stored = self._vault.events.count(self._room_id)
        return stored + len(self._vault.outbox.of_room(self._room_id))

    def find(self, key: str) -> MessageView | None:
        """The message with this key or event id as it stands now, or None when it is gone."""
        self._removed.forget()
        row = self._vault.outbox.by_transaction(key)
        if row is not None and row.room_id == self._room_id and row.kind == "message":
            stored = self._vault.events.get(row.event_id) if row.event_id else None
            return self._echo(row) if stored is None else self._alone(stored, _Withdrawn([]))
        event = self._vault.events.get(key)
        event = event or own_event(self._vault, self._room_id, self._own, key)
        if event is None or event.room_id != self._room_id:
            return None
        return self._alone(event, _Withdrawn(self._vault.outbox.of_room(self._room_id)))

    def changed_after(self, position: int) -> list[MessageView]:
        """The messages that were edited by what came above ``position``, as they stand now.

        An edit is no line of its own, so pages do not tell that one has come.
        """
        changed: dict[str, None] = {}
        while events := self._vault.events.page(self._room_id, after=position, limit=_EVENTS):
            for event in events:
                target = target_of(event)
                if target is not None and self._edits.place(event) == "original":
                    changed[target] = None
            position = events[-1].position
        views = [self.find(event_id) for event_id in changed]
        return [view for view in views if view is not None and view.edited]

    def forget_names(self) -> None:
        """Read the members again at the next page."""
        self._names.forget()

    def _stored_before(
        self, before: int | None, withdrawn: _Withdrawn, limit: int
    ) -> Iterator[MessageView]:
        """Newest first. Events that are no lines of a conversation are passed over."""
        found = 0
        while found < limit:
            events = self._vault.events.page(self._room_id, before=before, limit=limit)
            edits = self._edits.newest(events)
            for event in reversed(events):
                edit = edits.get(event.event_id)
                if found < limit and (view := self._view(event, withdrawn, edit)):
                    found += 1
                    yield view
            if len(events) < limit:
                return
            before = events[0].position

    def _stored_after(self, after: int, withdrawn: _Withdrawn, limit: int) -> Iterator[MessageView]:
        found = 0
        while found < limit:
            events = self._vault.events.page(self._room_id, after=after, limit=limit)
            edits = self._edits.newest(events)
            for event in events:
                edit = edits.get(event.event_id)
                if found < limit and (view := self._view(event, withdrawn, edit)):
                    found += 1
                    yield view
            if len(events) < limit:
                return
            after = events[-1].position

    def _with_gaps(
        self, views: list[MessageView], low: int | None, high: int | None
    ) -> list[MessageView]:
        """``views`` with a line for every gap between the positions ``low`` and ``high``."""
        gaps = [
            _gap(gap, views)
            for gap in self._vault.gaps.of_room(self._room_id)
            if (low is None or gap.older + 1 > low) and (high is None or gap.older + 1 < high)
        ]
        return sorted([*views, *gaps], key=lambda view: view.position) if gaps else views

    def _echoes(
        self,
        rows: list[OutboxRow],
        stored: list[MessageView],
        *,
        before: int | None = None,
        after: int | None = None,
    ) -> list[MessageView]:
        """What is in the outbox and not in the room yet."""
        here = {view.key for view in stored} | {view.event_id for view in stored}
        return [
            self._echo(row)
            for row in rows
            if row.kind == "message"
            and messages.shown(str(row.content.get("type")))
            and row.transaction_id not in here
            and row.event_id not in here
            and (before is None or OUTBOX + row.id < before)
            and (after is None or OUTBOX + row.id > after)
            and (row.event_id is None or self._vault.events.get(row.event_id) is None)
        ]

    def _echo(self, row: OutboxRow) -> MessageView:
        reading = messages.read(str(row.content.get("type")), row.content.get("content"))
        return MessageView(
            key=row.transaction_id,
            event_id=row.event_id,
            position=OUTBOX + row.id,
            sender_id=self._own,
            sender_name=self._names.of(self._own),
            own=True,
            body=reading.body,
            when=row.created,
            state=_STATES[row.state],
            kind=reading.kind,
            problem=row.last_error if row.state in ("failed", "unsure") else None,
        )

    def _alone(self, event: StoredEvent, withdrawn: _Withdrawn) -> MessageView | None:
        return self._view(event, withdrawn, self._edits.newest([event]).get(event.event_id))

    def _view(
        self, event: StoredEvent, withdrawn: _Withdrawn, edit: StoredEvent | None
    ) -> MessageView | None:
        """The line for ``event``, or None when it is none of the conversation.

        ``edit`` is what its sender put in its place since.
        """
        own = event.sender == self._own
        reading = self._read(event)
        if reading is None:
            return None
        if own and withdrawn.covers(event):
            reading = messages.deleted()
        words = new_words(edit) if edit is not None and reading.trouble is None else None
        reading = words or reading
        said = reading.kind != "membership" and reading.trouble is None
        return MessageView(
            key=event.transaction_id if own and event.transaction_id else event.event_id,
            event_id=event.event_id,
            position=event.position,
            sender_id=event.sender,
            sender_name=self._names.of(event.sender),
            own=own,
            body=reading.body,
            when=event_time(event.origin_ts),
            state=reading.trouble or state_of(event, own=own),
            kind=reading.kind,
            trust=((edit and trust_words(edit)) or trust_words(event)) if said else None,
            edited=words is not None,
            covered=reading.covered and reading.trouble is None,
        )

    def _read(self, event: StoredEvent) -> messages.Reading | None:
        if event.status == "malformed":
            return messages.unshowable()
        # State is never a message, whatever its type: it is not encrypted, so anyone's word.
        if event.raw.get("state_key") is not None:
            return self._read_move(event) if event.status == "ok" else None
        event_type, content = messages.said(event)
        if not messages.shown(event_type):
            return None
        place = self._edits.place(event)
        if place == "original":
            return None
        if event.status == "redacted":
            return messages.deleted(self._removed.words(event, own=event.sender == self._own))
        if event_type == messages.ENCRYPTED:
            return messages.Reading("text", reason(event))
        if event.clear is None and self._vault.rooms.is_encrypted(self._room_id):
            return messages.in_clear()
        if isinstance(content, dict) and TELL in content:
            told = tell_line(self._vault, event, content[TELL])
            if told is not None:
                return messages.Reading("notice", told)
        words = new_words(event) if place == "waits" else None
        return messages.changed_to(words) if words else messages.read(event_type, content)

    def _read_move(self, event: StoredEvent) -> messages.Reading | None:
        if event.type != messages.MEMBER:
            return None
        raw = event.raw
        unsigned = raw.get("unsigned")
        previous = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
        key = raw.get("state_key")
        if isinstance(key, str) and self._came_with_all(raw.get("content"), key):
            return None
        return messages.read_move(raw.get("content"), previous, key, event.sender, self._names.of)

    def _came_with_all(self, content: object, user_id: str) -> bool:
        """Whether somebody only came in because everyone has a new name: no news to anybody."""
        joined = isinstance(content, dict) and content.get("membership") == "join"
        return joined and self._names.is_drawn(user_id)


class _Withdrawn:
    """Own messages whose redaction still waits in the outbox: what arrives of them stays hidden."""

    def __init__(self, rows: list[OutboxRow]) -> None:
        waiting = [row.content for row in rows if row.kind == "redaction"]
        self._events = {content.get("redacts") for content in waiting}
        self._transactions = {content.get("transaction") for content in waiting} - {None}

    def covers(self, event: StoredEvent) -> bool:
        return event.event_id in self._events or event.transaction_id in self._transactions


def own_id(vault: Vault, room_id: str) -> str:
    """The user id under which this vault is in the room; empty when the room is not stored."""
    room = vault.rooms.get(room_id)
    return vault.accounts.get(room.account_id).user_id if room is not None else ""


def own_event(vault: Vault, room_id: str, own: str, transaction_id: str) -> StoredEvent | None:
    """The event that an outbox row with this transaction id became, if it is a recent one."""
    for event in vault.events.of_sender(room_id, own, limit=200):
        if event.transaction_id == transaction_id:
            return event
    return None


def _gap(gap: Gap, views: list[MessageView]) -> MessageView:
    later = next((view for view in views if view.position > gap.older), None)
    return MessageView(
        key=f"gap:{gap.id}",
        event_id=None,
        position=gap.older + 1,
        sender_id="",
        sender_name="",
        own=False,
        body=(
            _("Messages from in between are still to be fetched.")
            if gap.token
            else _("Messages from in between are missing here.")
        ),
        when=later.when if later is not None else event_time(0),
        state="received",
        kind="gap",
    )
