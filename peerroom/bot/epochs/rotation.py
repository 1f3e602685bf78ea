"""All that makes names change in one circle, put together for the bot's runtime."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from peerroom.bot import circle as circles
from peerroom.bot.epochs.accounts import Accounts
from peerroom.bot.epochs.desk import Desk, is_missing
from peerroom.bot.epochs.errands import Errands
from peerroom.bot.epochs.hearing import Hearing, number_of
from peerroom.bot.epochs.keyring import Keyring
from peerroom.bot.epochs.queueing import Queueing, until
from peerroom.bot.epochs.redeeming import Redeeming
from peerroom.bot.epochs.rooms import EpochRooms
from peerroom.bot.epochs.signing import Signing
from peerroom.bot.epochs.view import rotation_of
from peerroom.bot.ledger import Ledger
from peerroom.bot.requests import Requests
from peerroom.bot.signer.life import COMMAND
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.matrix.admin import Admin
from peerroom.matrix.connection import Connection
from peerroom.matrix.rooms import Rooms
from peerroom.moderation import actions as act
from peerroom.moderation.state import Rotation
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.epochs import Policy
from peerroom.pseudonym.registrar_effects import Publish
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.events import StoredEvent
from peerroom.store.outbox import OutboxRow
from peerroom.store.vault import Vault
from peerroom.wire.invite import Pinned
from peerroom.wire.records import RECORD, SignedRecord

log = logging.getLogger("peerroom.bot")

AGAIN = 2.0
"""Seconds until redemptions that could not be dealt with are looked at again."""


class Epochs:
    """Tells the registrar what happens, and carries out what it wants."""

    def __init__(
        self,
        vault: Vault,
        connection: Connection,
        config: BotConfig,
        ledger: Ledger,
        requests: Requests,
        policy: Policy,
        *,
        clock: Clock,
        signer_command: Sequence[str] = COMMAND,
    ) -> None:
        lineage = circles.lineage_of(vault)
        self._vault = vault
        self._connection = connection
        self._ledger = ledger
        self._requests = requests
        self._clock = clock
        self._rhythm = policy.rhythm
        keyring = Keyring(vault)
        account = vault.accounts.get(requests.account.id)
        assert account.cross_signing is not None, "the connection was started"
        queueing = Queueing(vault, requests, ledger, keyring, connection.identity)
        self._desk = Desk(vault, bytes.fromhex(lineage), policy, queueing, clock)
        owner = {config.recovery} if config.recovery else set()
        self._hearing = Hearing(vault, ledger, frozenset({account.user_id, *owner}))
        self._signing = Signing(vault, keyring, bytes.fromhex(lineage), signer_command)
        # Without retries: a request that waited inside itself would hold up everything else.
        session = connection.session.without_retries()
        admin, rooms = Admin(session), Rooms(session)
        self._errands = Errands(
            vault,
            account.id,
            self._desk,
            keyring,
            ledger,
            self._signing,
            admin,
            EpochRooms(vault, connection, rooms, config, lineage, clock),
            Accounts(vault, admin, rooms),
            self._settled,
            account.cross_signing[:32],
        )
        self._redeeming = Redeeming(
            vault, connection.waiting, self._desk, keyring, admin, ledger, clock
        )
        self._waiting = asyncio.Event()
        self._owed = False
        """Whether time goes on once the redemptions that wait now were dealt with."""
        self._opened = asyncio.Event()

    @property
    def office(self) -> Office:
        """What the registrar knows now."""
        return self._desk.office

    def view(self, now: datetime) -> Rotation:
        """How things stand, for moderators."""
        return rotation_of(self._desk.office, self._ledger, self._rhythm, now)

    def pinned(self) -> Pinned:
        """What an invite names, so that a newcomer is shown no older story: the newest record that
        stands in the room, which may not be the newest that was decided on."""
        lineage = self._desk.office.lineage
        room_id = circles.current(self._vault).circle
        numbers = [
            int(event.state_key) for event in self._vault.rooms.state_events(room_id, RECORD)
        ]
        if not numbers:
            return Pinned(lineage)
        newest = self._vault.rooms.state(room_id, RECORD, str(max(numbers)))
        return Pinned(lineage, max(numbers), SignedRecord.read(newest).hash)

    def invites_until(self) -> datetime | None:
        """When invites that are made now end, if before their usual time."""
        return until(self._desk.office, self._clock.now())

    def begin(self, *, limited: bool) -> None:
        """Names begin to rotate in this circle; those who are in it have its seats. Nothing happens
        if that was so already."""
        if self._desk.office.room_id is not None:
            return
        room_id = circles.current(self._vault).circle
        moderators = self._ledger.moderators()
        members = {
            user: member
            for user, member in self._vault.rooms.members(room_id).items()
            if member.get("membership") == "join" and user not in self._hearing.apart
        }
        with self._vault.transaction():
            for user in members:
                self._ledger.note_arrival(user)
            self._desk.tell(
                facts.Began(
                    room_id,
                    {user: number_of(member) for user, member in members.items()},
                    tuple(sorted(moderators & members.keys())),
                    limited,
                )
            )

    # what happens --------------------------------------------------------------------------------

    def hear(self, event: StoredEvent) -> bool:
        """Judge one event, inside the transaction that moves past it; whether it was for us."""
        fact = self._hearing.heard(event, self._desk.office)
        if fact is None:
            return False
        self._desk.tell(fact)
        return True

    def look_around(self) -> bool:
        """See who is where, and whether a redemption came; whether anything was new."""
        self._waiting.set()
        news = False
        for fact in list(self._hearing.whereabouts(self._desk.office)):
            with self._vault.transaction():
                if isinstance(fact, facts.Joined):
                    self._ledger.note_arrival(fact.user_id)
                elif isinstance(fact, facts.Excluded):
                    self._ledger.apply(act.NoteBan(fact.user_id), self._clock.now())
                news |= self._desk.tell(fact)
        return news

    def caught_up(self) -> None:
        """Everything that came has been judged. Time goes on, unless something is still missing.

        If redemptions wait, it goes on as soon as these were dealt with, whatever comes meanwhile:
        otherwise anyone could stop it by sending one after another.
        """
        if is_missing(self._vault):
            return
        self._owed = bool(self._connection.waiting.all())
        if not self._owed:
            self._desk.in_touch()

    def decided(self, action: act.Ledger | act.Renewal) -> None:
        """A moderator's decision, inside the transaction that keeps it."""
        fact = _fact_of(action)
        if isinstance(fact, facts.Joined) and fact.user_id not in self._desk.office.seats:
            return  # how someone stands counts from when they come in
        if fact is not None:
            self._desk.tell(fact)

    # what is to be done --------------------------------------------------------------------------

    async def carry_out(self, row: OutboxRow) -> None:
        """Do what an outbox row of type `peerroom.bot.epochs.queueing.EPOCH` says.

        Raises `PeerRoomError` if it has to be tried again.
        """
        if isinstance(await self._errands.carry_out(row), Publish):
            self._opened.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Follow the clock and take redemptions, until cancelled; ``changed`` hears of rows."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._desk.run(changed))
            tasks.create_task(self._redeem(changed))

    async def opened(self) -> None:
        """Wait until the first epoch is open."""
        if self._desk.office.number > 1:
            return
        room_id = circles.current(self._vault).circle
        if self._vault.rooms.state(room_id, RECORD, "1") is None:
            await self._opened.wait()

    async def close(self) -> None:
        """End the signing process."""
        await self._signing.close()

    async def _redeem(self, changed: Callable[[], None]) -> None:
        while True:
            self._waiting.clear()
            owed, self._owed = self._owed, False
            if await self._redeeming.take(changed):
                if owed:
                    self._desk.in_touch()
                await self._waiting.wait()
            else:
                self._owed |= owed
                await self._clock.sleep(AGAIN)

    def _settled(self, room_id: str) -> None:
        """The room of an epoch is there: from now on it is the circle's.

        Who was in the old one has used up their invite. Who was let in and has not come yet is
        asked into the new room, and so are moderators who have not been in the circle yet.
        """
        before = circles.current(self._vault).circle
        members = self._vault.rooms.members(before)
        circles.replace_circle(self._vault, room_id)
        asked = {user for user, member in members.items() if member.get("membership") == "invite"}
        for user in members.keys() - asked:
            self._ledger.note_arrival(user)
        invites = self._ledger.invites().values()
        coming = {one.used_by for one in invites if one.used_by is not None and not one.arrived}
        coming |= asked & self._ledger.moderators()
        for user in sorted(coming - self._desk.office.seats.keys() - self._ledger.bans()):
            self._requests.add(act.InviteMember(room_id, user), f"awaited:{room_id}{user}")


def _fact_of(action: act.Ledger | act.Renewal) -> facts.Fact | None:
    """What a decision means for names."""
    match action:
        case act.NoteBan(user_id=user):
            return facts.Excluded(user)
        case act.NoteMute(user_id=user, until=until):
            return facts.SatOut(user, until)
        case act.NoteUnmute(user_id=user):
            return facts.Restored(user)
        case act.UnmakeModerator(user_id=user):
            return facts.Joined(user)
        case act.SetHold(until=until):
            return facts.HoldSet(until)
        case act.ReleaseHold():
            return facts.HoldReleased()
        case act.SetRotating(user_id=user, rotates=rotates):
            return facts.Joined(user, standing="member" if rotates else "resident")
        case act.ReplaceSeat(user_id=user, by=by):
            return facts.ReplacementAsked(user, by)
        case _:
            return None
