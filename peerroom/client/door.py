"""The door: an encrypted room of two, where a newcomer says the invite's secret to the bot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, language
from peerroom.matrix.trust import Trust
from peerroom.wire import door
from peerroom.wire.content import BadContent

if TYPE_CHECKING:
    from peerroom.matrix.connection import Connection
    from peerroom.store.accounts import Account
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault


class Refused(PeerRoomError):
    """The bot answered, and the answer is no."""


class InviteExpired(Refused):
    """The invite is too old, or the bot does not know it."""

    what = N_("This invite has expired.")
    next_step = N_("Ask the person who gave it to you for a new one; your name here is kept.")


class InviteUsed(Refused):
    """Someone else came in with this invite."""

    what = N_("Someone has already come in with this invite.")
    next_step = N_("Ask the person who gave it to you for a new one; your name here is kept.")


class RoomFull(Refused):
    """Every seat is taken; the invite stays good."""

    what = N_("Every seat in this room is taken right now.")
    next_step = N_("Your invite stays good: try it again tomorrow.")


class NotLetIn(Refused):
    """This account is banned."""

    what = N_("A moderator decided that this name cannot come in.")
    next_step = N_("The help numbers stay open to you: `peerroom help-now`.")


class SomeoneElse(PeerRoomError):
    """Besides us and the bot there is somebody in the room of two. Nothing was said."""

    what = N_("The server let someone else in at the door, so PeerRoom stopped there.")
    next_step = N_("Do not go on. Ask the person who invited you for a new link, in another way.")


_REFUSALS: Final[dict[door.Result, type[Refused]]] = {
    "expired": InviteExpired,
    "used": InviteUsed,
    "full": RoomFull,
    "banned": NotLetIn,
}


class Door:
    """The room of two with ``bot``, and what is said in it."""

    def __init__(self, vault: Vault, account: Account, connection: Connection, bot: str) -> None:
        self._vault = vault
        self._account = account
        self._connection = connection
        self._bot = bot
        self._room_id = ""
        self._knocked = ""

    async def make(self, made: str | None = None) -> str:
        """Find the room of two, or make it and ask the bot in; returns its id. ``made`` was made
        before, and sync may not have brought it yet. Raises `MatrixError`."""
        self._room_id = (
            self._find()
            or made
            or await self._connection.rooms.create_room(invite=[self._bot], is_direct=True)
        )
        return self._room_id

    def _find(self) -> str | None:
        """A door that was made before (for another invite, or by a run that crashed)."""
        return next(rooms_of_two(self._vault, self._account, self._bot), None)

    def is_open(self) -> bool:
        """Whether both sides are in the room, as the vault knows it."""
        room = self._vault.rooms.get(self._room_id)
        bot = self._vault.rooms.state(self._room_id, "m.room.member", self._bot) or {}
        return room is not None and room.membership == "join" and bot.get("membership") == "join"

    def is_encrypted(self) -> bool:
        """Whether the room is recorded as encrypted."""
        return self._vault.rooms.is_encrypted(self._room_id)

    def is_of_two(self) -> bool:
        """Whether nobody but us and the bot is in the room or asked into it."""
        return self._vault.rooms.people(self._room_id) <= {self._account.user_id, self._bot}

    async def knock(self, secret: str, number: int, now: datetime) -> None:
        """Say the secret, to the bot alone. The same ``number`` says it once, however often this
        is called. Raises `SomeoneElse` before anything is said, `MatrixError`."""
        identity = self._connection.identity.master_key
        assert identity is not None, "the connection was started"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        content = door.Knock(secret, identity, language()).content()
        self._knocked = await self.say(door.KNOCK, content, f"knock {digest} {number}", now)

    async def say(self, kind: str, content: dict[str, Any], once: str, now: datetime) -> str:
        """Say something to the bot alone, ``once`` under this name; returns the transaction id.

        Raises `SomeoneElse` before anything is said, `MatrixError`.
        """
        if not self.is_of_two():
            raise SomeoneElse
        row = self._vault.outbox.add(
            self._account.id,
            self._room_id,
            "message",
            {
                "type": kind,
                "content": content,
                # Whoever comes in between our look and the sending gets no key.
                "readers": [self._account.user_id, self._bot],
            },
            now=now,
            idempotency_key=once,
        )
        if row.state == "sent":
            return row.transaction_id
        self._vault.outbox.mark_sending(row.id, now)
        try:
            event_id = await self._connection.deliver(row)
        except PeerRoomError:
            self._vault.outbox.requeue(row.id)
            raise
        self._vault.outbox.mark_sent(row.id, event_id)
        return row.transaction_id

    def answer(self) -> tuple[str, tuple[str, ...]] | None:
        """Where the bot lets us in: room id and servers that know it; None before it answers.

        Only an answer after our knock counts, and only one from the identity that the link names.
        Raises `Refused`.
        """
        own = self._vault.events.of_sender(self._room_id, self._account.user_id, limit=50)
        knock = next((event for event in own if event.transaction_id == self._knocked), None)
        if knock is None:
            return None
        for event in self._vault.events.page(self._room_id, after=knock.position, limit=100):
            said = read_answer(event, self._bot)
            if said is None:
                continue
            if said.room_id is not None:
                return said.room_id, said.via
            raise _REFUSALS[said.result]
        return None


def rooms_of_two(vault: Vault, account: Account, bot: str) -> Iterator[str]:
    """The encrypted rooms that the account is in with ``bot`` and nobody else, by room id; the bot
    may only be asked in so far."""
    for room in vault.rooms.all(account.id):
        of_two = vault.rooms.people(room.room_id) == {account.user_id, bot}
        if of_two and room.is_direct and room.encrypted and room.membership == "join":
            yield room.room_id


def read_answer(event: StoredEvent, bot: str) -> door.Answer | None:
    """What ``bot`` itself answered with this event; None when it is anything else.

    Nothing but an encrypted event from a device that the bot has signed counts.
    """
    clear = event.clear or {}
    if event.sender != bot or event.status != "ok" or event.trust != Trust.SIGNED:
        return None
    if clear.get("type") != door.ANSWER:
        return None
    try:
        return door.Answer.read(clear.get("content"))
    except BadContent:
        return None
