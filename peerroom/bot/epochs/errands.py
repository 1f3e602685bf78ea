"""Carries out what the registrar wants; the answer is told in the transaction that marks the row.

Every errand may be begun again from its start: what it makes on the server carries a mark by which
it is found, or has a name that was drawn before, or is a state that is the same the second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from peerroom.bot.epochs import points
from peerroom.bot.epochs.accounts import Accounts
from peerroom.bot.epochs.desk import Desk
from peerroom.bot.epochs.keyring import Keyring
from peerroom.bot.epochs.queueing import effect_of, key_of
from peerroom.bot.epochs.rooms import EpochRooms
from peerroom.bot.epochs.signing import Signing
from peerroom.bot.ledger import Ledger
from peerroom.matrix.admin import Admin
from peerroom.pseudonym import registrar_effects as want
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.registrar_effects import Effect
from peerroom.pseudonym.registrar_facts import Fact
from peerroom.store.outbox import OutboxRow
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")

Settled = Callable[[str], None]
"""Called with the id of the new room, inside the transaction in which it becomes the circle's."""


class Errands:
    """What is done on the server and at the signer for a change of names."""

    def __init__(
        self,
        vault: Vault,
        account_id: int,
        desk: Desk,
        keyring: Keyring,
        ledger: Ledger,
        signing: Signing,
        admin: Admin,
        rooms: EpochRooms,
        accounts: Accounts,
        settled: Settled,
        seed: bytes,
    ) -> None:
        self._vault = vault
        self._outbox = vault.outbox
        self._id = account_id
        self._desk = desk
        self._keyring = keyring
        self._ledger = ledger
        self._signing = signing
        self._admin = admin
        self._rooms = rooms
        self._accounts = accounts
        self._settled = settled
        self._seed = seed

    async def carry_out(self, row: OutboxRow) -> Effect:
        """Do what ``row`` says, mark it, return it. Raises `PeerRoomError` to be tried again."""
        effect = effect_of(row.content)
        points.reach("begun", effect.key)
        answer = await self._do(effect)
        points.reach("done", effect.key)
        with self._vault.transaction():
            self._outbox.mark_sent(row.id)
            self._forget(effect)
            if answer is None:
                answer = self._completion(effect)
            if isinstance(answer, facts.RoomMade):
                self._settled(answer.room_id)
            if answer is not None:
                self._desk.tell(answer)
        points.reach("kept", effect.key)
        return effect

    async def _do(self, effect: Effect) -> Fact | None:
        match effect:
            case want.MakeKeys(epoch=epoch):
                return await self._make_keys(epoch)
            case want.DestroyKeys(epoch=epoch):
                await (await self._signing.signer()).destroy(epoch)
            case want.SignBatch():
                return await self._sign(effect)
            case want.Publish():
                await self._rooms.publish(effect, self._seed)
            case want.OpenEntry():
                return await self._open_entry(effect)
            case want.CloseEntry(epoch=epoch, round=round_):
                token = self._keyring.entry(epoch, round_)
                if token is not None and not self._desk.office.limited:
                    await self._admin.delete_token(token)
            case _:
                return await self._move(effect)
        return None

    async def _move(self, effect: Effect) -> Fact | None:
        """What concerns rooms and who is in them."""
        match effect:
            case want.Freeze(room_id=room_id):
                await self._rooms.set_frozen(room_id, True)
            case want.Thaw(room_id=room_id) | want.OpenRoom(room_id=room_id):
                await self._rooms.set_frozen(room_id, False)
            case want.MakeRoom(epoch=epoch):
                return await self._make_room(epoch)
            case want.NameAccounts(epoch=epoch, names=numbers):
                if not self._desk.office.limited:
                    await self._accounts.name(numbers)
                return facts.NamesSet(epoch)
            case want.SeatAll(room_id=room_id, users=users, by=by):
                seat = self._accounts.join if by == "join" else self._accounts.invite
                await seat(room_id, users)
            case want.InviteCarried(room_id=room_id, users=users):
                await self._accounts.invite(room_id, users)
            case want.CloseRoom(room_id=room_id):
                await self._rooms.close(room_id)
            case want.RemoveAccount(user_id=user_id, rooms=room_ids):
                for room_id in room_ids:
                    await self._rooms.remove(room_id, user_id)
            case _:
                await self._clear(effect)
        return None

    async def _clear(self, effect: Effect) -> None:
        """Accounts that are not needed any more; only an administrator can end them."""
        if self._desk.office.limited:
            return
        match effect:
            case want.DeactivateStrangers():
                keep = {*effect.keep, *self._admitted(), *self._desk.office.seats}
                await self._accounts.end_strangers(effect.token, effect.since, keep)
            case want.DeactivateSpent(users=users):
                await self._accounts.end(users)
            case _:
                raise TypeError(type(effect).__name__)

    def _admitted(self) -> set[str]:
        used = (invite.used_by for invite in self._ledger.invites().values())
        return {user for user in used if user is not None}

    # answers -------------------------------------------------------------------------------------

    async def _make_keys(self, epoch: int) -> Fact | None:
        office = self._desk.office
        if epoch in office.keys or epoch < office.number:
            return None
        signer = await self._signing.signer()
        first, second, third = await signer.make(epoch)
        with self._vault.transaction():
            sealing = self._keyring.make_sealing_key(epoch)
        return facts.KeysMade(epoch, (first, second, third), sealing.public)

    async def _sign(self, effect: want.SignBatch) -> Fact | None:
        if not self._awaited(effect.epoch, effect.round):
            return None
        signer = await self._signing.signer()
        answers = await signer.sign(effect.epoch, effect.round, effect.requests)
        return facts.BatchSigned(effect.epoch, effect.round, tuple(answers))

    async def _open_entry(self, effect: want.OpenEntry) -> Fact | None:
        if not self._awaited(effect.epoch, effect.round):
            return None
        token = self._keyring.entry(effect.epoch, effect.round)
        assert token is not None, "it was drawn when this was decided"
        # A server that lets us make none must let people make accounts without: then accounts only
        # have their names from it.
        if not self._desk.office.limited and await self._admin.token(token) is None:
            await self._admin.create_token(uses=None, expires=effect.expires, token=token)
        return facts.EntryOpened(effect.epoch, effect.round, token)

    def _awaited(self, epoch: int, round_: int) -> bool:
        """Whether the registrar still waits for this round's answers: a row can come late."""
        office = self._desk.office
        return office.stage == "signing" and (epoch, round_) == (office.number, office.round)

    async def _make_room(self, epoch: int) -> Fact | None:
        move = self._desk.office.move
        if move is None or move.epoch != epoch or move.stage != "room":
            return None
        return facts.RoomMade(epoch, await self._rooms.make(epoch, self._ledger.moderators()))

    def _completion(self, effect: Effect) -> Fact | None:
        """What is to be told when everyone is in the room or invited, now that this is done."""
        office = self._desk.office
        if office.move is None or office.move.stage != "seats":
            return None
        if isinstance(effect, want.SeatAll):
            invitations = key_of(want.InviteCarried(effect.room_id, (), "switch"))
            if any(row.idempotency_key == invitations for row in self._outbox.queued(self._id)):
                return None
        elif not (isinstance(effect, want.InviteCarried) and effect.why == "switch"):
            return None
        return facts.AllJoined(office.move.epoch)

    def _forget(self, effect: Effect) -> None:
        """Secrets end in the transaction that says that they did."""
        match effect:
            case want.DestroyKeys(epoch=epoch):
                self._keyring.destroy(epoch)
            case want.CloseEntry(epoch=epoch, round=round_):
                self._keyring.forget_entry(epoch, round_)
