"""What one account wants to send: queueing, taking back, deleting. No network in here.

Every function writes the vault first; the network follows (`peerroom.client.sending`). So a crash
at any moment leaves a queue that says what is still to be done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from peerroom.client import epoch_rooms
from peerroom.client.messages import said, shown
from peerroom.client.timeline import own_event
from peerroom.clock import Clock

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

ACTION: Final = "/me "

FORGOTTEN: Final = timedelta(days=2)
"""After this a message that was deleted on its way is taken to have never arrived: every sync
since would have brought it."""


class Outgoing:
    """The outbox of one account, as its owner sees it."""

    def __init__(self, vault: Vault, account_id: int, own: str, clock: Clock) -> None:
        self._vault = vault
        self._account_id = account_id
        self._own = own
        self._clock = clock

    def message(self, room_id: str, text: str) -> OutboxRow:
        """Queue ``text`` and drop the room's draft, in one transaction."""
        with self._vault.transaction():
            self._vault.drafts.set(room_id, None)
            content = _content(text) | epoch_rooms.head_of(self._vault, room_id)
            return self._add(room_id, "m.room.message", content)

    def event(
        self, room_id: str, event_type: str, content: dict[str, Any], once: str | None = None
    ) -> OutboxRow:
        """Queue an event of any type; it goes out encrypted like every message. What was queued
        ``once`` under a name is not queued again."""
        return self._add(room_id, event_type, content, once)

    def retry(self, key: str) -> OutboxRow | None:
        """Queue a failed row again; the same transaction id keeps it from being sent twice."""
        row = self._vault.outbox.by_transaction(key)
        if row is None or row.state != "failed":
            return None
        self._vault.outbox.requeue(row.id)
        return row

    def undo(self, key: str) -> tuple[OutboxRow, str] | None:
        """Take back a row that did not go out; returns it with its text."""
        row = self._vault.outbox.by_transaction(key)
        if row is None or row.kind != "message" or row.may_be_out:
            return None
        if not self._vault.outbox.withdraw(row.id):
            return None
        return row, _words(row.content.get("content"))

    def delete(self, room_id: str, key: str) -> bool:
        """Delete one's own message by key or event id, wherever it is on its way.

        Its text is out of the vault when this returns. What reached the server, or may have, is
        redacted there by a row of its own. Only messages: without one's membership, say, the
        room would not know one's name any more. False when nothing was done.
        """
        with self._vault.transaction():
            row = self._vault.outbox.by_transaction(key)
            if row is not None and row.account_id != self._account_id:
                return False  # of an earlier name, which says nothing any more
            if row is not None and row.room_id == room_id and row.kind == "message":
                self._forget_draft(room_id, row.content)
                self._take_out(row)
                if row.event_id is not None:
                    self._redact(room_id, row.event_id)
                elif row.attempts > 0:
                    self._redact_transaction(room_id, row.transaction_id)
                return True
            event = self._vault.events.get(key) or own_event(self._vault, room_id, self._own, key)
            if event is None or event.sender != self._own or event.room_id != room_id:
                return False
            if not _is_message(event):
                return False
            self._forget_draft(room_id, event.clear or event.raw)
            self._redact(room_id, event.event_id)
            return True

    def arrived(self, event: StoredEvent) -> None:
        """One of our own events came back from the server: its row has done its work."""
        if event.sender != self._own:
            return
        with self._vault.transaction():
            for row in self._vault.outbox.of_room(event.room_id):
                if event.transaction_id == row.transaction_id or event.event_id == row.event_id:
                    self._vault.outbox.remove(row.id)
                elif row.kind == "redaction" and event.event_id == row.content.get("redacts"):
                    self._vault.events.redact(event.room_id, event.event_id, by=self._own)
                elif row.kind == "redaction" and self._withdraws(row, event.transaction_id):
                    self._vault.outbox.remove(row.id)
                    self._redact(event.room_id, event.event_id)

    def sent(self, row: OutboxRow, event_id: str) -> None:
        """The server took ``row`` as ``event_id``; if it was deleted meanwhile, redact it there."""
        if self._vault.outbox.get(row.id) is not None:
            self._vault.outbox.mark_sent(row.id, event_id)
            return
        with self._vault.transaction():
            for other in self._vault.outbox.of_room(row.room_id):
                if self._withdraws(other, row.transaction_id):
                    self._vault.outbox.remove(other.id)
                    self._redact(row.room_id, event_id)

    def waiting(self) -> list[OutboxRow]:
        """Every row that is still to reach the server."""
        return [
            row
            for room in self._vault.rooms.all(self._account_id)
            for row in self._vault.outbox.of_room(room.room_id)
            if row.account_id == self._account_id
            and row.state in ("queued", "sending")
            and may_go(row)
        ]

    def deleting(self) -> bool:
        """Whether a deletion is still to reach the server."""
        return any(row.kind == "redaction" for row in self.waiting())

    def reconcile(self) -> None:
        """After a crash between the two: what is in the room already needs no row any more."""
        for room in self._vault.rooms.all(self._account_id):
            rows = self._vault.outbox.of_room(room.room_id)
            for row in rows:
                if row.content.get("transaction") and self._clock.now() - row.created > FORGOTTEN:
                    self._vault.outbox.remove(row.id)
            if rows:
                for event in self._vault.events.of_sender(room.room_id, self._own, limit=200):
                    self.arrived(event)

    def _add(
        self, room_id: str, event_type: str, content: dict[str, Any], once: str | None = None
    ) -> OutboxRow:
        return self._vault.outbox.add(
            self._account_id,
            room_id,
            "message",
            {"type": event_type, "content": content},
            now=self._clock.now(),
            idempotency_key=once,
        )

    def _redact(self, room_id: str, event_id: str) -> None:
        """Here and on the server; an event's edits as well, which say the same over again."""
        event = self._vault.events.get(event_id)
        edits = self._vault.events.replacements(event) if event is not None else ()
        for redacted in (event_id, *[edit.event_id for edit in edits]):
            self._vault.events.redact(room_id, redacted, by=self._own)
            self._vault.outbox.add(
                self._account_id, room_id, "redaction", {"redacts": redacted}, now=self._clock.now()
            )

    def _redact_transaction(self, room_id: str, transaction_id: str) -> None:
        """Note that the event which this transaction may become is to be redacted.

        Under an order key of its own: it may wait for ever, and must hold nothing up.
        """
        self._vault.outbox.add(
            self._account_id,
            room_id,
            "redaction",
            {"transaction": transaction_id},
            now=self._clock.now(),
            order_key=f"withdrawn {transaction_id}",
        )

    def _take_out(self, row: OutboxRow) -> None:
        """Remove a row whatever its state, and its text from the vault's log."""
        if row.state == "sent":
            self._vault.outbox.remove(row.id)
        else:
            self._vault.outbox.requeue(row.id)
            self._vault.outbox.withdraw(row.id)

    def _forget_draft(self, room_id: str, envelope: dict[str, Any]) -> None:
        """A draft that repeats the deleted text (after `undo`, say) goes with it."""
        content = envelope.get("content")
        body = content.get("body") if isinstance(content, dict) else None
        draft = self._vault.drafts.get(room_id)
        if draft is not None and isinstance(body, str) and body and body in draft.text:
            self._vault.drafts.set(room_id, None)

    @staticmethod
    def _withdraws(row: OutboxRow, transaction_id: str | None) -> bool:
        """Whether ``row`` stands for the deletion of a message that was on its way."""
        return transaction_id is not None and row.content.get("transaction") == transaction_id


def may_go(row: OutboxRow) -> bool:
    """Whether the row is for the network: not so the deletion of what may never have arrived."""
    return row.kind != "redaction" or "redacts" in row.content


def _is_message(event: StoredEvent) -> bool:
    return event.raw.get("state_key") is None and shown(said(event)[0])


def _words(content: object) -> str:
    """What somebody wrote in it: a message's body, or their own words to the moderators."""
    said = content if isinstance(content, dict) else {}
    found = (said.get(key) for key in ("body", "text", "why"))
    return next((words for words in found if isinstance(words, str)), "")


def _content(text: str) -> dict[str, Any]:
    if text.startswith(ACTION):
        return {"msgtype": "m.emote", "body": text.removeprefix(ACTION)}
    return {"msgtype": "m.text", "body": text}
