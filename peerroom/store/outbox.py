"""Everything that is to be sent, kept before it is sent: messages, redactions, the bot's actions.

A row goes ``queued → sending → sent``, or to ``failed``, where it waits for its owner and holds
nothing else up; or it stays behind as ``unsure`` when names change (`peerroom.store.crossing`).
Rows with the same ``order_key`` go out one after another in the order in which they were added;
rows with different ones may go out at the same time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from peerroom.store import encoding
from peerroom.store.database import Database, Row
from peerroom.store.encoding import maybe_text_out, text_out
from peerroom.store.redaction import replaced_by

OutboxKind = Literal["message", "redaction", "action"]
OutboxState = Literal["queued", "sending", "sent", "failed", "unsure"]

_SELECT: Final = """
    SELECT id, account_id, room_id, kind, content, transaction_id, state, attempts, last_error,
        created, first_attempt, event_id, order_key, idempotency_key, refused
    FROM outbox
"""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to send."""

    id: int
    """Ascending in the order of adding, never used twice."""
    account_id: int
    room_id: str = field(repr=False)
    kind: OutboxKind
    content: dict[str, Any] = field(repr=False)
    transaction_id: str = field(repr=False)
    """Stays the same in every attempt, so that the server takes the row once. Synapse forgets
    it 24 hours after ``first_attempt``: after that look for the event before sending again."""
    state: OutboxState
    attempts: int
    last_error: str | None
    """One clean sentence for the user, or None."""
    created: datetime
    first_attempt: datetime | None
    event_id: str | None = field(repr=False)
    """The server's answer, once sent."""
    order_key: str = field(repr=False)
    """Rows of one order key keep their order; the room id unless given."""
    idempotency_key: str | None = field(repr=False)
    refused: bool = False
    """The server's answer to the last try was that it does not take it."""

    @property
    def may_be_out(self) -> bool:
        """Whether the server may have taken the row, as far as we know.

        Not so one that was never tried, or that the server refused: had it taken an earlier try,
        the transaction id would have told. A failed row's last try ended in an error that was
        seen here, so only the tries before it are open.
        """
        if self.state in ("queued", "failed"):
            return not self.refused and self.attempts > (self.state == "failed")
        return True


class Outbox:
    """Rows in the order of adding."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        account_id: int,
        room_id: str,
        kind: OutboxKind,
        content: dict[str, Any],
        *,
        now: datetime,
        transaction_id: str | None = None,
        order_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> OutboxRow:
        """Queue a row, with a random transaction id unless given.

        With an ``idempotency_key`` that was used before, nothing is added and the row of then
        is returned, whatever its state: an action decided twice happens once.

        Raises:
            NotStorable: ``content`` is no JSON.
        """
        if idempotency_key is not None:
            known = self.by_idempotency(idempotency_key)
            if known is not None:
                return known
        number = self._db.insert(
            "INSERT INTO outbox (account_id, room_id, kind, content, transaction_id, state,"
            " created, order_key, idempotency_key, replaces)"
            " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)",
            (
                account_id,
                room_id,
                kind,
                encoding.json_in(content),
                transaction_id or secrets.token_urlsafe(16),
                encoding.time_in(now),
                room_id if order_key is None else order_key,
                idempotency_key,
                replaced_by(content),
            ),
        )
        row = self.get(number)
        assert row is not None
        return row

    def get(self, row_id: int) -> OutboxRow | None:
        """The row, or None."""
        return self._one("WHERE id = ?", row_id)

    def by_transaction(self, transaction_id: str) -> OutboxRow | None:
        """The row with this transaction id, or None."""
        return self._one("WHERE transaction_id = ?", transaction_id)

    def by_idempotency(self, key: str) -> OutboxRow | None:
        """The row that was added under this idempotency key, or None."""
        return self._one("WHERE idempotency_key = ?", key)

    def of_room(self, room_id: str) -> list[OutboxRow]:
        """Every row of a room in order, for its local echo."""
        return self._all("WHERE room_id = ? ORDER BY id", room_id)

    def queued(self, account_id: int) -> list[OutboxRow]:
        """Every row that waits to be sent, in order."""
        return self._all("WHERE account_id = ? AND state = 'queued' ORDER BY id", account_id)

    def ready(
        self, account_id: int, kind: OutboxKind | None = None, limit: int = -1
    ) -> list[OutboxRow]:
        """The rows that may go out now, all at the same time: the first queued one of each
        order key that has none under way; of one ``kind`` alone, and the oldest ``limit`` if that
        is not negative."""
        return self._all(
            """
            AS this WHERE account_id = ?1 AND state = 'queued' AND (?2 IS NULL OR kind = ?2)
            AND NOT EXISTS (
                SELECT 1 FROM outbox AS other
                WHERE other.account_id = this.account_id AND other.order_key = this.order_key
                    AND (other.state = 'sending' OR other.state = 'queued' AND other.id < this.id)
            ) ORDER BY id LIMIT ?3
            """,
            account_id,
            kind,
            limit,
        )

    def count(self, account_id: int, state: OutboxState) -> int:
        """How many rows are in ``state``."""
        row = self._db.one(
            "SELECT count(*) FROM outbox WHERE account_id = ? AND state = ?", (account_id, state)
        )
        assert row is not None
        return int(row[0])

    def failed(self, account_id: int) -> list[OutboxRow]:
        """Rows that wait for a decision of their owner, in order."""
        return self._all("WHERE account_id = ? AND state = 'failed' ORDER BY id", account_id)

    def counts(self, account_id: int) -> dict[str, int]:
        """How many rows there are, by state; a state without rows is left out."""
        return dict(
            self._db.all(
                "SELECT state, count(*) FROM outbox WHERE account_id = ? GROUP BY state",
                (account_id,),
            )
        )

    def mark_sending(self, row_id: int, now: datetime) -> bool:
        """The row goes to the network now; False when it was withdrawn: then do not send it."""
        changed = self._db.run(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1, last_error = NULL,"
            " refused = 0, first_attempt = ifnull(first_attempt, ?)"
            " WHERE id = ? AND state = 'queued'",
            (encoding.time_in(now), row_id),
        )
        return changed > 0

    def mark_sent(self, row_id: int, event_id: str | None = None) -> None:
        """The server has taken it."""
        self._db.run(
            "UPDATE outbox SET state = 'sent', event_id = ?, last_error = NULL WHERE id = ?",
            (event_id, row_id),
        )

    def mark_failed(self, row_id: int, sentence: str, *, refused: bool = False) -> None:
        """It cannot be sent as it is; ``sentence`` says why, clean and in words.

        ``refused``: the server said so of this very event, so that it is certainly not there.
        """
        self._db.run(
            "UPDATE outbox SET state = 'failed', last_error = ?, refused = ?"
            " WHERE id = ? AND state != 'sent'",
            (sentence, refused, row_id),
        )

    def mark_unsure(self, row_id: int, sentence: str) -> None:
        """Nobody will find out whether the server took it; it stays as it is, to be seen."""
        self._db.run(
            "UPDATE outbox SET state = 'unsure', last_error = ? WHERE id = ? AND state != 'sent'",
            (sentence, row_id),
        )

    def requeue(self, row_id: int, sentence: str | None = None) -> None:
        """Try it again with the same transaction id: after a passing fault, or when the owner
        asks for it."""
        self._db.run(
            "UPDATE outbox SET state = 'queued', last_error = ? WHERE id = ? AND state != 'sent'",
            (sentence, row_id),
        )

    def withdraw(self, row_id: int) -> bool:
        """Take back a row that is queued or failed; False when it is under way or sent."""
        with self._db.transaction():
            self._db.scrub()
            return (
                self._db.run(
                    "DELETE FROM outbox WHERE id = ? AND state IN ('queued', 'failed')", (row_id,)
                )
                > 0
            )

    def remove(self, row_id: int) -> None:
        """Forget the row: its event is in the timeline now."""
        self._db.run("DELETE FROM outbox WHERE id = ?", (row_id,))

    def remove_sent(self, before: datetime) -> int:
        """Forget rows that were sent and are older than ``before``; returns how many.

        The bot's idempotency keys live as long as their rows: keep them while the event that
        caused an action can still be delivered again.
        """
        return self._db.run(
            "DELETE FROM outbox WHERE state = 'sent' AND created < ?", (encoding.time_in(before),)
        )

    def recover(self) -> int:
        """Queue again what a crash left under way; returns how many. Runs at every opening."""
        return self._db.run("UPDATE outbox SET state = 'queued' WHERE state = 'sending'")

    def redact(self, room_id: str, event_id: str, transaction_id: str | None) -> None:
        """Forget what the row that sent a redacted event said, and rows that would change it.

        A row that was sent under an idempotency key stays, empty: what was done once is not
        done again.
        """
        self._db.run(
            "DELETE FROM outbox WHERE (event_id = ?1 OR transaction_id = ?2 OR replaces = ?1)"
            " AND +room_id = ?3 AND (state != 'sent' OR idempotency_key IS NULL)",
            (event_id, transaction_id, room_id),
        )
        self._db.run(
            "UPDATE outbox SET content = ?4"
            " WHERE (event_id = ?1 OR transaction_id = ?2 OR replaces = ?1) AND +room_id = ?3",
            (event_id, transaction_id, room_id, encoding.json_in({})),
        )

    def _one(self, where: str, parameter: object) -> OutboxRow | None:
        row = self._db.one(_SELECT + where, (parameter,))
        return _row(row) if row else None

    def _all(self, where: str, *parameters: object) -> list[OutboxRow]:
        return [_row(row) for row in self._db.all(_SELECT + where, parameters)]


def _row(row: Row) -> OutboxRow:
    (number, account, room, kind, content, transaction, state, attempts, last_error, created,
     first_attempt, event, order_key, idempotency_key, refused) = row  # fmt: skip
    return OutboxRow(
        id=number,
        account_id=account,
        room_id=text_out(room),
        kind=kind,
        content=encoding.json_out(content),
        transaction_id=transaction,
        state=state,
        attempts=attempts,
        last_error=maybe_text_out(last_error),
        created=encoding.time_out(created),
        first_attempt=None if first_attempt is None else encoding.time_out(first_attempt),
        event_id=maybe_text_out(event),
        order_key=text_out(order_key),
        idempotency_key=maybe_text_out(idempotency_key),
        refused=bool(refused),
    )
