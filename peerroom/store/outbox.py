"""Everything that is to be sent, kept before it is sent: messages, redactions, the bot's actions.

A row goes ``queued → sending → sent``, or to ``failed``, where it waits for its owner and holds
nothing else up. Rows with the same ``order_key`` go out one after another in the order in which
they were added; rows with different ones may go out at the same time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast

from peerroom.store import encoding
from peerroom.store.database import Database, Row
from peerroom.store.encoding import text_out

OutboxKind = Literal["message", "redaction", "action"]
OutboxState = Literal["queued", "sending", "sent", "failed"]

_SELECT: Final = """
    SELECT id, account_id, room_id, kind, content, transaction_id, state, attempts, last_error,
        created, first_attempt, event_id, order_key, idempotency_key
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
        raise NotImplementedError

    def get(self, row_id: int) -> OutboxRow | None:
        """The row, or None."""
        raise NotImplementedError

    def by_transaction(self, transaction_id: str) -> OutboxRow | None:
        """The row with this transaction id, or None."""
        raise NotImplementedError

    def of_room(self, room_id: str) -> list[OutboxRow]:
        """Every row of a room in order, for its local echo."""
        raise NotImplementedError

    def queued(self, account_id: int) -> list[OutboxRow]:
        """Every row that waits to be sent, in order."""
        raise NotImplementedError

    def ready(self, account_id: int) -> list[OutboxRow]:
        """The rows that may go out now, all at the same time: the first queued one of each
        order key that has none under way."""
        raise NotImplementedError

    def failed(self, account_id: int) -> list[OutboxRow]:
        """Rows that wait for a decision of their owner, in order."""
        raise NotImplementedError

    def mark_sending(self, row_id: int, now: datetime) -> None:
        """The row goes to the network now."""
        raise NotImplementedError

    def mark_sent(self, row_id: int, event_id: str | None = None) -> None:
        """The server has taken it."""
        raise NotImplementedError

    def mark_failed(self, row_id: int, sentence: str) -> None:
        """The server refused it for good; ``sentence`` says why, clean and in words."""
        raise NotImplementedError

    def requeue(self, row_id: int, sentence: str | None = None) -> None:
        """Try it again with the same transaction id: after a passing fault, or when the owner
        asks for it."""
        raise NotImplementedError

    def withdraw(self, row_id: int) -> bool:
        """Take back a row that is queued or failed; False when it is under way or sent."""
        raise NotImplementedError

    def remove(self, row_id: int) -> None:
        """Forget the row: its event is in the timeline now."""
        raise NotImplementedError

    def remove_sent(self, before: datetime) -> int:
        """Forget rows that were sent and are older than ``before``; returns how many.

        The bot's idempotency keys live as long as their rows: keep them while the event that
        caused an action can still be delivered again.
        """
        raise NotImplementedError

    def recover(self) -> int:
        """Queue again what a crash left under way; returns how many. Runs at every opening."""
        raise NotImplementedError


def _row(row: Row) -> OutboxRow:
    raise NotImplementedError
