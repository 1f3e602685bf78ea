"""The headless client: everything a face can do, drivable without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import TYPE_CHECKING, Any, Final

from peerroom.client import moving, wallets
from peerroom.client.acting import Acting
from peerroom.client.audience import Audience
from peerroom.client.desks import Desks
from peerroom.client.pseudonym_view import greeting_of, pseudonym_of
from peerroom.client.reporting import MemberDesk
from peerroom.client.sending import NamesChanging
from peerroom.client.timeline import Timeline
from peerroom.client.views import (
    Change,
    ChangedIdentity,
    ConnectionState,
    MemberView,
    PseudonymView,
    RoomView,
)
from peerroom.client.workers import Broken, Workers
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.store.drafts import Draft

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.connecting import Link
    from peerroom.client.rotation.agent import Agent
    from peerroom.client.rotation.hours import Whose
    from peerroom.config import Config
    from peerroom.matrix.sync import SyncBatch
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

LAST_WORDS: Final = 15.0
"""Seconds that `Client.move` waits for deletions that are under way."""


class Client:
    """One account of an open vault.

    Reading (`rooms`, `timeline`) works from the first moment, without `start`, from the vault.
    Every method but those marked ``async`` returns at once: it writes the vault, tells the
    subscribers and wakes the workers. Nothing raises for a network reason: failures become the
    `connection` sentence or the state of the message they concern. A vault that cannot be written
    raises `VaultError`, and nothing was changed then.
    """

    def __init__(
        self,
        vault: Vault,
        account: Account,
        *,
        config: Config,
        clock: Clock,
        random: Random,
        speaks: bool = True,
        whose: Whose | None = None,
    ) -> None:
        """``speaks``: somebody is there to be told things (not so for the agent alone). ``whose``:
        as whom it may be seen, if only as one (where a timer starts it)."""
        self._speaks = speaks
        self.whose = whose
        self._vault = vault
        self._config = config
        self._clock = clock
        self._random = random
        self._audience = Audience()
        self._publish = self._audience.tell
        self._workers = Workers(self._broke)
        self._rows = asyncio.Event()
        self.agent: Agent | None = None
        """Who looks after the names, once there is something to look after."""
        self.desk = MemberDesk(self, vault, clock)
        """Where members talk with the moderators in private."""
        self._desks = Desks(self, vault, clock)
        self._acting = self._become(account)

    def _become(self, account: Account) -> Acting:
        """What works for one account, put together; nothing runs yet."""
        return Acting(
            self._vault,
            account,
            proxy=self._config.privacy.proxy,
            clock=self._clock,
            random=self._random,
            audience=self._audience,
            on_batch=self._take,
            moved=self._rows,
        )

    async def start(self) -> None:
        """Connect in the background and return at once; nio is only imported there.

        Where names change, the agent says who connects and when (`peerroom.client.rotation`).
        """
        if not wallets.any_kept(self._vault):
            self.work()
        self.accompany(self._rotate())
        self.accompany(self.desk.run())
        if (asked := self._vault.asked_fd) is not None:
            asyncio.get_running_loop().add_reader(asked, self._asked)

    async def _rotate(self) -> None:
        """Look after the names of this vault, once there is a circle where they change."""
        from peerroom.client.rotation.starting import look_after

        await look_after(
            self, self._vault, config=self._config, clock=self._clock, random=self._random
        )

    def work(self) -> None:
        """Let the account's workers run, if they do not; `start` does."""
        if self.working:
            return
        self._workers.begin(*self._acting.workers())

    def accompany(self, worker: Coroutine[Any, Any, None]) -> None:
        """Run ``worker`` until `stop`, whatever account the client becomes meanwhile."""
        self._workers.accompany(worker)

    async def stop(self) -> None:
        """Stop the workers and close the connection; what is unsent stays in the vault.

        Raises whatever unforeseen error stopped a worker earlier: none is kept quiet.
        """
        if (asked := self._vault.asked_fd) is not None:
            asyncio.get_running_loop().remove_reader(asked)
        await self._workers.stop()

    async def rest(self) -> None:
        """End the account's workers and close its connection, until `work` or `move`."""
        await self._workers.rest()

    async def part(self) -> None:
        """End the lines of accounts that were left and stayed connected (`move`)."""
        await self._workers.part()

    async def move(self, account: Account, *, linger: bool = False) -> None:
        """Go on as ``account``, another one of this vault: the faces keep this object.

        The old account's workers end and its connection closes first; what it has not sent stays
        in the vault (`arrive` hands it on). The new one is the vault's current account from one
        transaction on, so that a crash leaves either the one or the other. It works if the old one
        did (see `rest`). Waits at most `LAST_WORDS` seconds, and only for deletions that are on
        their way; nothing is raised for a network reason. Does nothing when it is that one already.
        With ``linger`` the old account stays connected until `part` or until its line fails, and
        only listens.
        """
        if account.id == self._acting.account.id:
            return
        working = self.working
        await self._finish_deletions()
        self._publish(Change("moving"))
        if linger:
            self._workers.let_linger()
            self._acting.link.linger()
        await self.rest()
        moving.leave(self._vault, self._acting.account, account)
        self._acting = self._become(account)
        if working:
            self.work()
        self._publish(Change("moved"))

    def arrive(self, old_room: str, new_room: str) -> None:
        """``new_room`` is known and checked to be where the circle of ``old_room`` goes on.

        What was not sent in the old one, and what was being written, is the new one's draft now.
        Under the same account too (someone who was away, or does not rotate). May be repeated.
        """
        if moving.follower(self._vault, old_room) == new_room:
            return
        self._publish(Change("moving"))
        moving.cross(self._vault, old_room, new_room)
        self._acting.roster.forget()
        self._publish(Change("rooms"))
        words = moving.welcome(self._vault, old_room, new_room)
        self._publish(Change("moved", new_room, words))

    async def _finish_deletions(self) -> None:
        """Let deletions go out that only the present account can send."""
        waited = asyncio.ensure_future(self._clock.sleep(LAST_WORDS))
        outgoing = self._acting.outgoing
        while self.working and self.connection.kind == "online" and outgoing.deleting():
            self._rows.clear()
            moved = asyncio.ensure_future(self._rows.wait())
            await asyncio.wait((waited, moved), return_when=asyncio.FIRST_COMPLETED)
            moved.cancel()
            if waited.done():
                break
        waited.cancel()

    @property
    def link(self) -> Link:
        """The present account's line to its server; another one after each `move`."""
        return self._acting.link

    @property
    def account(self) -> Account:
        """Who the client is now."""
        return self._acting.account

    def tell(self, change: Change) -> None:
        """Let the subscribers hear ``change``, and read what it concerns anew."""
        if change.kind == "pseudonym":
            self._acting.roster.forget()
        self._publish(change)

    def greeting(self, room_id: str) -> PseudonymView | None:
        """What a newcomer should hear of names in this room; once in an account's life."""
        return greeting_of(self._vault, self._acting.account, room_id)

    def pseudonym(self, room_id: str | None) -> PseudonymView:
        """Who one is in this room, or outside all rooms, and how far that goes."""
        proxied = self._config.privacy.proxy is not None
        return pseudonym_of(self._vault, self._acting.account, room_id, proxied=proxied)

    def change_names_again(self) -> bool:
        """Names had stopped changing here, and the person has heard from a moderator, in another
        way, that all is well.

        What is still wrong in the rooms stops them again, in the same words (`pseudonym`). False,
        and nothing done, if nothing had stopped, or if nobody looks after the names at the moment.
        """
        return self.agent is not None and self.agent.clear(self._acting.account.user_id)

    @property
    def connection(self) -> ConnectionState:
        """How things stand with the server now."""
        return self._acting.link.state

    @property
    def user_id(self) -> str:
        """Our own Matrix id, for comparing; never shown."""
        return self._acting.account.user_id

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``callback`` on the loop's thread for every `Change`; returns the way to stop it."""
        return self._audience.subscribe(callback)

    def watch(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """As `subscribe`, for companions: what is to be said once waits for a face all the same."""
        return self._audience.watch(callback)

    @property
    def working(self) -> bool:
        """Whether the account may be connected now (see `rest`)."""
        return self._workers.present

    @property
    def broken(self) -> bool:
        """Whether a worker has stopped by an unforeseen error; `stop` raises it."""
        return self._workers.crash is not None

    @property
    def heard(self) -> bool:
        """Whether somebody is there to be told what is said once."""
        return self._speaks and self._audience.listens

    def rooms(self) -> list[RoomView]:
        """The rooms: those we are in first, the most recently active first."""
        return self._acting.roster.rooms()

    def room(self, room_id: str) -> RoomView | None:
        """One room as `rooms` would show it."""
        return self._acting.roster.room(room_id)

    def members(self, room_id: str) -> list[MemberView]:
        """Who is in the room now, moderators first, then by name."""
        return self._acting.roster.members(room_id)

    def changed_identities(self, room_id: str) -> list[ChangedIdentity]:
        """Who in the room shows a new encryption identity: they get no keys until it is accepted.

        A "notice" says so when it happens; ask again after each.
        """
        return self._acting.identities.changed(room_id)

    def accept_identity(self, change: ChangedIdentity) -> bool:
        """The user is sure that it is them. False, and nothing done, if the identity has changed
        once more since `changed_identities` was asked."""
        if not self._acting.identities.accept(change):
            return False
        self._publish(Change("rooms"))
        return True

    def cannot_read(self, room_id: str) -> str | None:
        """Who did not get the key of what was last sent to the room, in one sentence; None when
        everyone did, or when nothing was sent since the start."""
        return self._acting.identities.cannot_read(room_id)

    def timeline(self, room_id: str) -> Timeline:
        """The room's timeline; the same object for the same room."""
        return self._acting.roster.timeline(room_id)

    def send(self, room_id: str, text: str) -> str:
        """Queue a text message, drop the room's draft, and return the message's key.

        The row is in the vault when this returns; it goes out in order, now or when the
        connection is back. A line that begins with ``/me `` is an action. Raises `NamesChanging`
        for a room that one has left behind, or is about to, and `desks.NotHere` for a command.
        """
        if moving.is_left_behind(self._vault, room_id, self._acting.account.id):
            raise NamesChanging
        self._desks.refuse_elsewhere(self._acting.account.id, room_id, text)
        row = self._acting.outgoing.message(room_id, text)
        self.queued(room_id)
        return row.transaction_id

    def say_event(self, room_id: str, kind: str, content: dict[str, Any], once: str) -> None:
        """Queue an event that no face shows, encrypted like a message; ``once`` under this name."""
        self._acting.outgoing.event(room_id, kind, content, once)
        self.queued(room_id)

    def retry(self, key: str) -> None:
        """Send a failed message again, with the same transaction id."""
        if (row := self._acting.outgoing.retry(key)) is not None:
            self.queued(row.room_id)

    def undo(self, key: str) -> str | None:
        """Take back what was not sent: removes it and returns its text for the composer.

        None when it is too late for that: then `delete` is the way.
        """
        taken = self._acting.outgoing.undo(key)
        if taken is None:
            return None
        row, text = taken
        self._acting.row_moved(row.room_id)
        return text

    def delete(self, room_id: str, key: str) -> bool:
        """Delete one's own message, by key or event id.

        Its text is gone from the vault when this returns; the redaction is queued for the server.
        A message that never left is simply gone. False when it is not ours or not there.
        """
        if not self._acting.outgoing.delete(room_id, key):
            return False
        self.queued(room_id)
        return True

    def casework(self) -> list[Casework]:
        """The moderators' desks that this account may sit at; none for most people."""
        return self._desks.of(self._acting.account.id)

    def draft(self, room_id: str) -> str:
        """The unsent text of this room's composer, or an empty string."""
        draft = self._vault.drafts.get(room_id)
        return draft.text if draft is not None else ""

    def set_draft(self, room_id: str, text: str) -> None:
        """Keep ``text`` as the room's draft; an empty string forgets it."""
        self._vault.drafts.set(room_id, Draft(text) if text else None)

    def mark_read(self, room_id: str, position: int) -> None:
        """Remember on this device only that everything up to ``position`` was read."""
        self._acting.mark_read(room_id, position)

    async def load_older(self, room_id: str) -> bool:
        """Fetch one more stretch of history; False when there is none or the server is away."""
        return await self._acting.load_older(room_id)

    async def outbox_empty(self) -> bool:
        """Wait until nothing waits to be sent: True when all went, False when some failed."""
        while self._acting.outgoing.waiting():
            self._rows.clear()
            await self._rows.wait()
        return not self._vault.outbox.failed(self._acting.account.id)

    def unsent(self) -> int:
        """How many messages and deletions have not reached the server."""
        return len(self._acting.outgoing.waiting()) + len(
            self._vault.outbox.failed(self._acting.account.id)
        )

    def queued(self, room_id: str) -> None:
        """There is a row for this room in the outbox: let it go out, and everyone see it."""
        self._acting.queued(room_id)

    def _take(self, batch: SyncBatch) -> None:
        # Whoever's turn it was: a line that lingers tells of rooms that the present account shows.
        self._acting.take(batch)

    def _broke(self, error: BaseException) -> None:
        """A worker stopped by itself: said from now on, and raised again by `stop`."""
        self._acting.link.say_broken(error if isinstance(error, PeerRoomError) else Broken())

    def _asked(self) -> None:
        """Another PeerRoom wants this vault, and we promised to make way."""
        words = _("PeerRoom was opened elsewhere, so it closes here.")
        self._publish(Change("notice", None, words))
        self._publish(Change("handed_over"))
