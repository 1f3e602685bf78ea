"""One account at work: its line to the server, its rooms, what it sends, and what comes of it.

A client is put together from this for the account that it is at the moment, and anew when it goes
on as another one (`peerroom.client.session`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import TYPE_CHECKING, Any, Final

from peerroom.client import moving
from peerroom.client.connecting import Link
from peerroom.client.identities import Identities
from peerroom.client.invitations import Invitations
from peerroom.client.outgoing import Outgoing
from peerroom.client.roster import Roster
from peerroom.client.sending import Sender
from peerroom.client.timeline import OUTBOX
from peerroom.client.views import Change
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.matrix.errors import MatrixError

if TYPE_CHECKING:
    from peerroom.client.audience import Audience
    from peerroom.matrix.sync import SyncBatch
    from peerroom.store.accounts import Account
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

OLDER: Final = 50
"""Events that one call of `Acting.load_older` asks for."""


class Acting:
    """The parts of one account, and how they hear of each other; nothing runs by itself.

    ``on_batch`` hears of each turn of sync and gives it to `take`, of this account or of the one
    that came after it: a line may outlive its account's turn. ``moved`` is set when something in
    the outbox changed.
    """

    def __init__(
        self,
        vault: Vault,
        account: Account,
        *,
        proxy: str | None,
        clock: Clock,
        random: Random,
        audience: Audience,
        on_batch: Callable[[SyncBatch], None],
        moved: asyncio.Event,
    ) -> None:
        self._vault = vault
        self._audience = audience
        self._moved = moved
        self.account = account
        self.roster = Roster(vault, account.id, account.user_id)
        self.outgoing = Outgoing(vault, account.id, account.user_id, clock)
        self.link = Link(
            vault,
            account,
            proxy=proxy,
            clock=clock,
            random=random,
            on_state=lambda _state: audience.tell(Change("connection")),
            on_batch=on_batch,
        )
        self.identities = Identities(vault, account, self.link)
        self._invitations = Invitations(vault, account, self.link)
        self._sender = Sender(
            vault,
            account.id,
            self.outgoing,
            self.link,
            clock=clock,
            random=random,
            changed=self._row_done,
        )

    def workers(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What is to run while the account is connected; the line to the server first."""
        self._vault.outbox.recover()
        self.outgoing.reconcile()
        return self.link.run(), self._sender.run(), self._invitations.run()

    def take(self, batch: SyncBatch) -> None:
        """A turn of sync is in the vault: tell who has something of it."""
        for delta in batch.rooms:
            if self._vault.outbox.of_room(delta.room_id):
                for event_id in (*delta.new_events, *delta.changed_events):
                    if (event := self._vault.events.get(event_id)) is not None:
                        self.outgoing.arrived(event)
            self.roster.changed(delta.room_id, people=delta.state_changed)
            self._audience.tell(Change("timeline", delta.room_id))
        for room_id in batch.left:
            self.roster.changed(room_id)
            room = self.roster.room(room_id)
            if room is not None and not moving.is_left_behind(
                self._vault, room_id, self.account.id
            ):
                words = _("You are no longer in “{room}”. What was said stays readable here.")
                self._audience.tell(Change("notice", room_id, words.format(room=room.title)))
        if batch.rooms or batch.left or batch.invites:
            self._invitations.wake()
            self._audience.tell(Change("rooms"))
        self._tell_identities()
        self._sender.wake()
        self._moved.set()

    def queued(self, room_id: str) -> None:
        """See `peerroom.client.session.Client.queued`."""
        self._sender.wake()
        self.row_moved(room_id)

    def row_moved(self, room_id: str) -> None:
        """Something in the room's outbox is not as it was."""
        self._moved.set()
        self.roster.changed(room_id)
        self._audience.tell(Change("outbox", room_id))

    def mark_read(self, room_id: str, position: int) -> None:
        """See `peerroom.client.session.Client.mark_read`."""
        room, latest = self._vault.rooms.get(room_id), self._vault.events.latest_position(room_id)
        if room is None or latest is None:
            return
        read = room.read_position
        if read is not None and read >= min(position, latest):
            return
        later = self.roster.timeline(room_id).page(after=position, limit=1)
        if not later or later[0].position >= OUTBOX:
            # What stands behind the last line is no line: nobody could ever read up to there.
            position = latest
        self._vault.rooms.set_read_position(room_id, position)
        self.roster.changed(room_id)
        self._audience.tell(Change("rooms", room_id))

    async def load_older(self, room_id: str) -> bool:
        """See `peerroom.client.session.Client.load_older`."""
        connection = self.link.connection
        room = self._vault.rooms.get(room_id)
        if connection is None or room is None or room.account_id != self.account.id:
            # An earlier name's room: to ask as who one is now would tell that they are the same.
            return False
        try:
            more = await connection.load_older(room_id, OLDER)
        except MatrixError:
            return False  # the transport has told `connection` already
        self.roster.changed(room_id)
        self._audience.tell(Change("timeline", room_id))
        return more

    def _tell_identities(self) -> None:
        if not self._audience.listens:
            return  # nobody would hear what is only said once
        for room_id, sentence in self.identities.news():
            self._audience.tell(Change("notice", room_id, sentence))

    def _row_done(self, row: OutboxRow, error: PeerRoomError | None) -> None:
        if error is not None and row.kind == "redaction":
            words = _("A message could not be deleted on the server. {why}")
            self._audience.tell(Change("notice", row.room_id, words.format(why=error.sentence())))
        if error is None and row.kind == "message":
            # To send, the keys of everyone here were looked at.
            self._tell_identities()
            if (warning := self.identities.new_warning(row.room_id)) is not None:
                self._audience.tell(Change("notice", row.room_id, warning))
        self.row_moved(row.room_id)
