"""From a decided request to a row of the outbox, and the order in which rows may go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from peerroom.bot.evidence import reposted
from peerroom.bot.ledger import Ledger
from peerroom.bot.timelines import removal_key
from peerroom.clock import Clock
from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation.case_words import calls, formatted, words
from peerroom.moderation.cases import Case
from peerroom.moderation.explaining import words as told
from peerroom.moderation.facts import Knocked
from peerroom.store.accounts import Account
from peerroom.store.outbox import OutboxKind, OutboxRow
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText
from peerroom.wire import cases, door, member, texts
from peerroom.wire.cases import Step
from peerroom.wire.member import Tell

URGENT: Final = (
    act.BanMember,
    act.RemoveMember,
    act.SetVoice,
    act.SetRoomLevel,
    act.TakeRole,
    act.UnbanMember,
)


def row_content(request: act.Request, tongues: str) -> tuple[OutboxKind, dict[str, Any]]:
    """What the outbox keeps: messages and redactions as `matrix.delivery` reads them. ``tongues``
    is in which language members are told something, as in the settings."""
    match request:
        case act.TellMember(room_id=str(), tell=tell):
            return "message", _told(tell, told(tell, tongues))
        case act.Say(text=text, html=html, texts=written):
            said = {texts.FIELD: texts.content(written)} if written else {}
            return "message", _notice(text, html, **said)
        case act.AnswerDoor():
            answer = door.Answer(request.result, request.circle, request.via)
            return "message", {"type": door.ANSWER, "content": answer.content()}
        case act.RedactMessage(event_id=event_id):
            return "redaction", {"redacts": event_id}
        case _:
            return "action", act.to_content(request)


def _told(tell: Tell, words: str) -> dict[str, Any]:
    said = _notice(words)
    said["content"][member.TELL] = member.content(tell)
    if isinstance(tell, member.Reply):
        # Somebody waits for it, and a notice rings nowhere (client-server API, "Default override
        # rules").
        said["content"]["msgtype"] = "m.text"
    return said


def _notice(text: str, html: str | None = None, **more: object) -> dict[str, Any]:
    content: dict[str, Any] = {"msgtype": "m.notice", "body": text, **more}
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return {"type": "m.room.message", "content": content}


def _in_reply_to(event_id: str | None) -> dict[str, Any]:
    """Client-server API, "Rich replies"; the server sees what is answered, and not with what."""
    return {} if event_id is None else {"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}


def order_key(request: act.Request, door_room: str | None) -> str:
    """Requests of one key go out one after another.

    Letting someone in and telling them so belong together (the direct room's key). What protects
    people never waits behind a long row of redactions; what concerns one person keeps its order.
    """
    if door_room is not None:
        return door_room
    match request:
        case act.SetVoice() | act.GiveRole() | act.TakeRole() | act.SetRoomLevel():
            # One state event holds them all.
            return f"levels {request.room_id}"
        case act.BanMember() | act.UnbanMember() | act.RemoveMember() | act.InviteMember():
            return f"person {request.user_id} {request.room_id}"
        case act.RedactMessage(event_id=event_id):
            return removal_key(event_id)
        case act.FindList() | act.MakeList():
            # Some other server may be slow to answer: nothing else waits for it.
            return type(request).__name__
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
    tongues: str = "auto"
    """In which language members are told something in private, as in the settings."""

    def add(
        self,
        request: act.Request,
        key: str,
        knock: Knocked | None = None,
        *,
        readers: list[str] | None = None,
        answers: str | None = None,
    ) -> OutboxRow | None:
        """Keep ``request`` for the executor; the same ``key`` twice is kept once, and a message is
        removed once whatever the key. None for what cannot be put back any more, and for what
        nobody is there to read.

        ``readers``: for these alone, where the room does not say it. ``answers`` is the event id of
        a command: what is said where it was given shows that it answers it.
        """
        if isinstance(request, act.Repost):
            return self._put_back(request, key)
        if isinstance(request, act.RedactMessage):
            key = removal_key(request.event_id)
        kind, content = row_content(request, self.tongues)
        room_id = request.room_id or self.management
        if isinstance(request, act.Say) and room_id == self.management:
            content["content"] |= _in_reply_to(answers)
        if isinstance(request, act.TellMember):
            readers = [request.user_id]
        readers = readers or self._readers(room_id, knock)
        row = self._add(room_id, kind, content, readers, key, order_key(request, _door(knock)))
        if row is not None and row.state == "failed" and row.kind == "redaction":
            self.vault.outbox.requeue(row.id)  # it was decided again
        return row

    def say_step(
        self,
        step: Step,
        case: Case,
        people: Mapping[str, str],
        key: str,
        *,
        answers: str | None = None,
    ) -> OutboxRow | None:
        """Say a step of a case, in words that every program shows."""
        text, html = words(step, case, people), formatted(step, case, people)
        said = {cases.FIELD: cases.content(step), **_in_reply_to(answers)}
        content = _notice(text, html, **said)
        readers = self._readers(self.management, None)
        if calls(step, case):
            # A notice rings nowhere, whomever it mentions, and this is to.
            mentions = {"user_ids": sorted(self.ledger.moderators())}
            content["content"] |= {"msgtype": "m.text", "m.mentions": mentions}
        return self._add(self.management, "message", content, readers, key, self.management)

    def _put_back(self, request: act.Repost, key: str) -> OutboxRow | None:
        content = self.ledger.evidence.content(request.event_id)
        if content is None:
            return None
        # As it was when it was kept: since then anybody may have taken any name.
        name = self.ledger.evidence.name(request.event_id) or request.name or _("someone")
        said = _("Posted by a moderator for {name}:").format(name=ForeignText(name).line(80))
        message = {"type": "m.room.message", "content": reposted(content, said)}
        return self._add(request.room_id, "message", message, None, key, request.room_id)

    def _add(
        self,
        room_id: str,
        kind: OutboxKind,
        content: dict[str, Any],
        readers: list[str] | None,
        key: str,
        order: str,
    ) -> OutboxRow | None:
        if kind == "message" and readers is not None:
            if not readers:
                return None
            content["readers"] = readers
        return self.vault.outbox.add(
            self.account.id,
            room_id,
            kind,
            content,
            now=self.clock.now(),
            order_key=order,
            idempotency_key=key,
        )

    def _readers(self, room_id: str, knock: Knocked | None) -> list[str] | None:
        """None: everyone in the room."""
        if room_id == self.management:
            owner = {self.recovery} if self.recovery else set()
            return sorted(self.ledger.moderators() | owner)
        return [knock.sender] if knock is not None and room_id == knock.room_id else None


def _door(knock: Knocked | None) -> str | None:
    return None if knock is None else knock.room_id


def urgency(row: OutboxRow) -> tuple[int, int]:
    """Sort key: what protects people first, then what is said, then redactions; oldest first."""
    if row.kind == "action":
        urgent = row.content.get("type") in {kind.__name__ for kind in URGENT}
        return (0 if urgent else 1, row.id)
    return (2 if row.kind == "message" else 3, row.id)
