"""From a row of the outbox to an event on the server, once, and never in clear.

What a row holds, by kind:

``message``
    ``{"type": "m.room.message", "content": {…}}``: any room event type; it is encrypted.
    With ``"readers": [user_id, …]`` only those of the named users who are in the room get the key
    to it, by a session that nobody else was ever given. Whoever the server adds to the room sees
    that something was said, and cannot read it. Our own user id is named only for the sake of our
    other devices. Without it, whoever is in the room may read.
``redaction``
    ``{"redacts": event_id}`` and optionally ``"reason"``: goes as the spec has it, in clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix import commit_points
from peerroom.matrix.errors import BadAnswer, MatrixError, TooLarge
from peerroom.matrix.event import is_user_id
from peerroom.matrix.keyshare import KeyShare
from peerroom.matrix.outbound import MARKER
from peerroom.matrix.outcome import Decrypted
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.accounts import Account
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

_REMEMBERED: Final = timedelta(hours=23)
"""How long the server surely knows a transaction id (Synapse forgets it after 24 hours)."""
_CLOCKS_APART: Final = timedelta(hours=1)
"""What the server's clock may be behind ours when we look for an event by its time."""
_EVENTS_A_PAGE: Final = 100


class NotEncrypted(PeerRoomError):
    """The room is not recorded as encrypted. Nothing was sent, and nothing will be in clear."""

    what = N_("This room is not encrypted, so nothing was sent.")
    next_step = N_("Ask the host of the room; PeerRoom writes only in encrypted rooms.")


class NotDeliverable(PeerRoomError):
    """The row does not hold what its kind needs."""

    what = N_("This entry cannot be sent.")
    next_step = N_("Remove it, and write it again.")


class OtherName(PeerRoomError):
    """The row, or the room that it is for, is another account's of this vault. Nothing was sent:
    the server would learn that the two are one person."""

    what = N_("This was written under another name of yours, so it was not sent.")
    next_step = N_("Write it again under the name that you have now.")


class Delivery:
    """Sends rows of the outbox for one account. The order is the caller's."""

    def __init__(
        self,
        vault: Vault,
        account: Account,
        machine: Machine,
        keyshare: KeyShare,
        session: Session,
        *,
        clock: Clock,
    ) -> None:
        self._vault = vault
        self._account_id = account.id
        self._machine = machine
        self._keyshare = keyshare
        self._session = session
        self._clock = clock

    async def deliver(self, row: OutboxRow) -> str:
        """Send ``row`` under its transaction id and return the event's id.

        May be called again after any failure, also in a later life of the process: the same
        transaction id gives the same event, and after the server has forgotten it the event is
        looked for first. Does not touch the outbox row. Raises `NotEncrypted`, `NotDeliverable`,
        `OtherName`, `MatrixError` (with ``event_refused`` where it is certain that the event is
        not there).
        """
        room = self._vault.rooms.get(row.room_id)
        if {row.account_id, room.account_id if room else row.account_id} != {self._account_id}:
            raise OtherName
        content = row.content
        if row.kind == "redaction" and isinstance(content.get("redacts"), str):
            return await self._redact(row, content["redacts"])
        event_type, inner = content.get("type"), content.get("content")
        if row.kind != "message" or not isinstance(event_type, str) or not isinstance(inner, dict):
            raise NotDeliverable
        if not self._vault.rooms.is_encrypted(row.room_id):
            raise NotEncrypted
        if self._is_forgotten(row) and (event_id := await self._find(row)):
            return event_id
        readers = self._readers(row.room_id)
        if "readers" in content:
            readers &= _named(content["readers"])
        await self._keyshare.ensure_shared(row.room_id, readers)
        marked = {**inner, MARKER: row.transaction_id}
        try:
            sealed = self._machine.encrypt(row.room_id, event_type, marked)
        except TooLarge as error:
            error.event_refused = True
            raise
        except (ValueError, TypeError) as error:
            raise NotDeliverable from error
        commit_points.reach("send:encrypted")
        event_id = await self._put(row, ["send", "m.room.encrypted"], sealed)
        commit_points.reach("send:answered")
        return event_id

    async def _redact(self, row: OutboxRow, redacts: str) -> str:
        reason = row.content.get("reason")
        body = {"reason": reason} if isinstance(reason, str) else {}
        return await self._put(row, ["redact", redacts], body)

    async def _put(self, row: OutboxRow, path: list[str], body: Mapping[str, object]) -> str:
        try:
            answer = await self._session.put(
                "/rooms", row.room_id, *path, row.transaction_id, json=body
            )
        except MatrixError as error:
            error.event_refused = error.reach is None
            raise
        return _event_id(answer)

    def _readers(self, room_id: str) -> set[str]:
        """Who may read what is sent now: members, and the invited where the room shows it them."""
        visibility = self._vault.rooms.state(room_id, "m.room.history_visibility") or {}
        joined_only = visibility.get("history_visibility") == "joined"
        # No sets: what stands there may be anything, also what cannot be looked up in one.
        may_read = ("join",) if joined_only else ("join", "invite")
        members = self._vault.rooms.members(room_id)
        return {user for user, member in members.items() if member.get("membership") in may_read}

    def _is_forgotten(self, row: OutboxRow) -> bool:
        first = row.first_attempt
        return first is not None and self._clock.now() - first >= _REMEMBERED

    async def _find(self, row: OutboxRow) -> str | None:
        """The event of an earlier attempt, by the marker inside it, or None.

        Looks on the server, through all that we wrote in the room since the first attempt.
        """
        assert row.first_attempt is not None
        since = (row.first_attempt - _CLOCKS_APART).timestamp() * 1000
        own = msgspec.json.encode({"senders": [self._machine.user_id]}).decode()
        query = {"dir": "b", "limit": str(_EVENTS_A_PAGE), "filter": own}
        while True:
            page = await self._session.get("/rooms", row.room_id, "messages", query=query)
            chunk, end = page.get("chunk"), page.get("end")
            events = (
                [raw for raw in chunk if isinstance(raw, dict)] if isinstance(chunk, list) else []
            )
            for raw in events:
                if self._is_attempt(row, raw):
                    return _event_id(raw)
            times = [raw.get("origin_server_ts") for raw in events]
            if not isinstance(end, str) or end == query.get("from"):
                return None
            if any(isinstance(moment, int) and moment < since for moment in times):
                return None
            query["from"] = end

    def _is_attempt(self, row: OutboxRow, raw: Mapping[str, object]) -> bool:
        if raw.get("sender") != self._machine.user_id or raw.get("type") != "m.room.encrypted":
            return False
        outcome = self._machine.decrypt(row.room_id, raw)
        return isinstance(outcome, Decrypted) and outcome.transaction_id == row.transaction_id


def _named(readers: object) -> set[str]:
    """Raises `NotDeliverable`: a restriction that cannot be read must not become none."""
    named = readers if isinstance(readers, list) else []
    if not named or not all(isinstance(user, str) and is_user_id(user) for user in named):
        raise NotDeliverable
    return set(named)


def _event_id(answer: Mapping[str, object]) -> str:
    event_id = answer.get("event_id")
    if not isinstance(event_id, str) or not event_id:
        raise BadAnswer
    return event_id
