"""From a decided request to a row of the outbox, and the order in which rows may go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from peerroom.bot.ledger import Ledger
from peerroom.clock import Clock
from peerroom.moderation import actions as act
from peerroom.moderation.facts import Knocked
from peerroom.store.accounts import Account
from peerroom.store.outbox import OutboxKind, OutboxRow
from peerroom.store.vault import Vault
from peerroom.wire import door

URGENT: Final = (act.BanMember, act.RemoveMember, act.SetVoice, act.TakeRole, act.UnbanMember)


def row_content(request: act.Request) -> tuple[OutboxKind, dict[str, Any]]:
    """What the outbox keeps: messages and redactions as `matrix.delivery` reads them."""
    match request:
        case act.Say(text=text):
            content: dict[str, Any] = {"msgtype": "m.notice", "body": text}
            return "message", {"type": "m.room.message", "content": content}
        case act.AnswerDoor():
            answer = door.Answer(request.result, request.circle, request.via)
            return "message", {"type": door.ANSWER, "content": answer.content()}
        case act.RedactMessage(event_id=event_id):
            return "redaction", {"redacts": event_id}
        case _:
            return "action", act.to_content(request)


def order_key(request: act.Request, door_room: str | None) -> str:
    """Requests of one key go out one after another.

    Letting someone in and telling them so belong together (the direct room's key). What protects
    people never waits behind a long row of redactions; what concerns one person keeps its order.
    """
    if door_room is not None:
        return door_room
    match request:
        case (
            act.BanMember()
            | act.UnbanMember()
            | act.SetVoice()
            | act.GiveRole()
            | act.TakeRole()
            | act.RemoveMember()
        ):
            return f"person {request.user_id}"
        case act.RedactMessage():
            return f"redact {request.room_id}"
        case act.TellMember(room_id=None):
            return f"tell {request.user_id}"
        case _:
            assert request.room_id is not None
            return request.room_id


@dataclass(frozen=True, slots=True)
class Requests:
    """Puts requests into the outbox, each with those who may read it.

    What is said to moderators, invite links among it, is encrypted for the moderators on the bot's
    own list; what is said at the door, for the newcomer. Whoever else the homeserver adds to such a
    room cannot read it.
    """

    vault: Vault
    ledger: Ledger
    account: Account
    management: str
    recovery: str | None
    clock: Clock

    def add(
        self,
        request: act.Request,
        key: str,
        knock: Knocked | None = None,
        *,
        readers: list[str] | None = None,
    ) -> OutboxRow:
        """Keep ``request`` for the executor; the same ``key`` twice is kept once.

        ``readers``: for these alone, where the room does not say it.
        """
        kind, content = row_content(request)
        room_id = request.room_id or self.management
        readers = readers or self._readers(room_id, knock)
        if kind == "message" and readers is not None:
            content["readers"] = readers
        return self.vault.outbox.add(
            self.account.id,
            room_id,
            kind,
            content,
            now=self.clock.now(),
            order_key=order_key(request, knock.room_id if knock is not None else None),
            idempotency_key=key,
        )

    def _readers(self, room_id: str, knock: Knocked | None) -> list[str] | None:
        """None: everyone in the room."""
        if room_id == self.management:
            owner = {self.recovery} if self.recovery else set()
            return sorted(self.ledger.moderators() | owner)
        return [knock.sender] if knock is not None and room_id == knock.room_id else None


def urgency(row: OutboxRow) -> tuple[int, int]:
    """Sort key: what protects people first, then what is said, then redactions; oldest first."""
    if row.kind == "action":
        urgent = row.content.get("type") in {kind.__name__ for kind in URGENT}
        return (0 if urgent else 1, row.id)
    return (2 if row.kind == "message" else 3, row.id)
