"""A circle whose names rotate, on a real server: members as plain as can be, whom a test steers.

The wallet that decides what a member's program does is tested elsewhere. Here every step is taken
by hand, so that it can also be taken wrongly: with a bent token, twice, too late, or not at all.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any, Self, TypeVar

from support.members import Member, connect
from support.patience import PATIENCE

from peerroom.client.joining import join
from peerroom.clock import SystemClock
from peerroom.matrix.canonical import from_base64
from peerroom.matrix.visit import Message, NewAccount, visit
from peerroom.pseudonym import localparts, tokens
from peerroom.pseudonym.possession import Account as Card
from peerroom.pseudonym.possession import Device, Use, prove
from peerroom.pseudonym.records import Chain, rows_of
from peerroom.pseudonym.round_keys import PublicKey
from peerroom.pseudonym.sealing import bound_to, seal
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.store.accounts import new_circuit
from peerroom.store.vault import Vault
from peerroom.wire import rotation
from peerroom.wire.invite import Invite
from peerroom.wire.records import (
    PAGE,
    RECORD,
    Admitted,
    DeviceKeys,
    EpochOpened,
    Issued,
    Record,
    Row,
    Seated,
    Signed,
    SignedRecord,
    decode_record,
    read_page,
)

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Walker:
    """One account of someone, syncing by itself."""

    member: Member
    bot: str
    room_id: str
    lineage: bytes
    key: bytes
    """The bot's public master key."""
    pending: tuple[Pending, ...] = ()
    patience: float = PATIENCE
    """Seconds for the bot to do one thing."""
    _turned: asyncio.Event = field(default_factory=asyncio.Event)
    _work: asyncio.Task[None] | None = None

    @classmethod
    async def come(cls, invite: Invite) -> Self:
        """In by ``invite``, as the client comes in."""
        vault = Vault.ephemeral()
        async for _step in join(invite, vault, clock=SystemClock(), random=SystemRandom()):
            pass
        account = vault.accounts.current()
        assert account is not None and invite.pinned is not None
        key = from_base64(invite.bot_identity, 32)
        assert key is not None
        walker = cls(await connect(vault, account), invite.bot, "", invite.pinned.lineage, key)
        await walker.begin()
        walker.room_id = await walker.until(walker._circle)
        return walker

    async def begin(self) -> None:
        """Start syncing."""
        await self.member.connection.start()
        self._work = asyncio.create_task(self.member.connection.sync_forever(self._on_batch))

    async def _on_batch(self, _batch: object) -> None:
        self._turned.set()

    async def until(self, look: Callable[[], T | None]) -> T:
        """The first true thing that ``look`` finds, looking again after every turn of sync."""
        async with asyncio.timeout(self.patience):
            while not (found := look()):
                self._turned.clear()
                assert self._work is not None
                turned = asyncio.ensure_future(self._turned.wait())
                await asyncio.wait({turned, self._work}, return_when=asyncio.FIRST_COMPLETED)
                turned.cancel()
                if self._work.done():
                    self._work.result()
            return found

    async def close(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])
        await self.member.close()

    @property
    def user_id(self) -> str:
        return self.member.user_id

    @property
    def vault(self) -> Vault:
        return self.member.vault

    def _circle(self) -> str | None:
        rooms = self.vault.rooms.all()
        return next(
            (r.room_id for r in rooms if r.membership == "join" and self.records(r.room_id)), None
        )

    @property
    def door(self) -> str:
        """The room of two with the bot."""
        [room] = [room for room in self.vault.rooms.all() if room.is_direct]
        return room.room_id

    # what the circle publishes -------------------------------------------------------------------

    def records(self, room_id: str | None = None) -> list[Record]:
        """The records of a room (of ours), in order, unchecked."""
        events = self.vault.rooms.state_events(room_id or self.room_id, RECORD)
        found = [decode_record(SignedRecord.read(event.content).data) for event in events]
        return sorted(found, key=lambda record: record.sequence)

    def chain(self) -> Chain:
        """The whole chain of our room, every signature and link of it checked."""
        events = self.vault.rooms.state_events(self.room_id, RECORD)
        signed = [SignedRecord.read(event.content) for event in events]
        signed.sort(key=lambda one: decode_record(one.data).sequence)
        chain = Chain(self.lineage, self.key)
        for number, one in enumerate(signed):
            first = number == 0 and decode_record(one.data).sequence > 1
            if first:  # a later room begins with the ledger of the epoch before
                record = decode_record(one.data)
                chain = Chain(self.lineage, self.key, record.sequence, one.hash, record.at)
            elif chain.epoch is None and chain.sequence:
                chain = chain.resume(one)
            else:
                chain = chain.extend(one)
        return chain

    def rows(self, record: Record) -> tuple[Row, ...]:
        """The rows of a ledger, checked against the record."""
        assert isinstance(record.body, EpochOpened | Issued | Admitted)
        pages = {}
        for index in range(len(record.body.pages)):
            state = self.vault.rooms.state(self.room_id, PAGE, f"{record.sequence}.{index}")
            pages[index] = read_page(state)
        return rows_of(record.body, pages)

    def last(self, kind: type[R], **fields: object) -> R | None:
        """The newest body of this kind with these fields, or None."""
        for record in reversed(self.records()):
            body = record.body
            if isinstance(body, kind) and all(getattr(body, k) == v for k, v in fields.items()):
                return body
        return None

    def record_of(self, body: object) -> Record:
        return next(record for record in self.records() if record.body == body)

    async def sees(self, kind: type[R], **fields: object) -> R:
        return await self.until(lambda: self.last(kind, **fields))

    def name(self, user_id: str | None = None) -> str:
        """The name under which an account (ours) is in our room."""
        member = self.vault.rooms.members(self.room_id)[user_id or self.user_id]
        return str(member["displayname"])

    # what a member does --------------------------------------------------------------------------

    async def send(self, room_id: str, kind: str, content: dict[str, Any]) -> str:
        row = self.vault.outbox.add(
            self.member.account.id,
            room_id,
            "message",
            {"type": kind, "content": content},
            now=datetime.now(UTC),
        )
        event_id = await self.member.connection.deliver(row)
        self.vault.outbox.remove(row.id)
        return event_id

    async def say(self, text: str, room_id: str | None = None) -> str:
        body = {"msgtype": "m.text", "body": text}
        return await self.send(room_id or self.room_id, "m.room.message", body)

    def bodies(self, room_id: str | None = None) -> list[str]:
        page = self.vault.events.page(room_id or self.room_id, limit=500)
        clear = [event.clear["content"] for event in page if event.clear]
        return [content["body"] for content in clear if "body" in content]

    async def ask(self) -> EpochOpened:
        """Send three requests for the open epoch."""
        opened = await self.sees(EpochOpened)
        self.pending = tuple(
            tokens.request(
                PublicKey.decode(key),
                Scope(self.lineage, opened.epoch, round_),
                random=secrets.token_bytes,
            )
            for round_, key in enumerate(opened.keys)
        )
        first, second, third = (one.request for one in self.pending)
        request = rotation.Request(opened.epoch, (first, second, third))
        await self.send(self.door, rotation.REQUEST, request.content())
        return opened

    async def signed(self, round_: int = 0) -> Token:
        """Our token, from the ledger of this round."""
        epoch = self.pending[round_].scope.epoch
        issued = await self.sees(Issued, epoch=epoch, round=round_)
        rows = self.rows(self.record_of(issued))
        [row] = [row for row in rows if getattr(row, "user_id", "") == self.user_id]
        assert isinstance(row, Signed)
        key = self._opened(epoch).keys[round_]
        return tokens.finish(PublicKey.decode(key), self.pending[round_], row.answer)

    async def entry(self, round_: int = 0) -> rotation.Entry:
        """How accounts are made in this round, as the bot said it to us."""
        return await self.until(lambda: self._entry(round_))

    def _entry(self, round_: int) -> rotation.Entry | None:
        for event in self.vault.events.page(self.room_id, limit=500):
            clear = event.clear or {}
            if event.sender == self.bot and clear.get("type") == rotation.ENTRY:
                entry = rotation.Entry.read(clear["content"])
                if (entry.epoch, entry.round) == (self.pending[0].scope.epoch, round_):
                    return entry
        return None

    def _opened(self, epoch: int) -> EpochOpened:
        opened = self.last(EpochOpened, epoch=epoch)
        assert opened is not None
        return opened

    async def redeem(
        self, homeserver: str, round_: int = 0, bend: Callable[[Token], Token] = lambda token: token
    ) -> Walker:
        """A new account shows our token; returns it, before its first sync. ``homeserver`` is a
        way of its own to the server."""
        token = bend(await self.signed(round_))
        entry = await self.entry(round_)
        return await self.visit(homeserver, token, self.pending[round_], entry.registration_token)

    async def visit(
        self, homeserver: str, token: Token, pending: Pending, registration_token: str
    ) -> Walker:
        """One visit of a new account with this token."""
        opened = self._opened(token.scope.epoch)
        vault = Vault.ephemeral()

        def say(card: Card) -> Message:
            sealed = seal(
                opened.sealing_key,
                rotation.encode_seat(seated(card, token, pending, Use.REDEEM)),
                info=bound_to(token.scope),
            )
            content = rotation.Redemption(token.scope.epoch, token.scope.round, sealed).content()
            return Message(rotation.REDEEM, self.bot, content, f"redeem{secrets.token_hex(8)}")

        new = NewAccount(
            homeserver,
            localparts.draw(registration_token, secrets.token_bytes),
            secrets.token_urlsafe(24),
            registration_token,
            new_circuit(),
        )
        account = await visit(
            vault, new, say, proxy=None, clock=SystemClock(), random=SystemRandom()
        )
        vault.accounts.set_current(account.id)
        member = await connect(vault, account)
        return Walker(member, self.bot, "", self.lineage, self.key)

    async def arrive(self) -> None:
        """The first sync of a new account: it is in the next room."""
        await self.begin()
        self.room_id = await self.until(self._circle)

    async def stay(self, round_: int = 0) -> None:
        """Take our seat back with the token that was not shown."""
        pending = self.pending[round_]
        token = await self.signed(round_)
        card = self.member.connection.identity.card()
        seat = rotation.encode_seat(seated(card, token, pending, Use.STAY))
        stay = rotation.Stay(token.scope.epoch, token.scope.round, seat)
        await self.send(self.door, rotation.STAY, stay.content())

    async def invited(self) -> None:
        """Accept the invitation into a room that is not ours yet."""
        known = {self.room_id}

        def invitation() -> str | None:
            rooms = self.vault.rooms.all()
            return next(
                (
                    room.room_id
                    for room in rooms
                    if room.membership == "invite" and room.room_id not in known
                ),
                None,
            )

        room_id = await self.until(invitation)
        await self.member.connection.rooms.join(room_id)
        await self.until(lambda: bool(self.records(room_id)) or None)
        self.room_id = room_id


def seated(card: Card, token: Token, pending: Pending, use: Use) -> Seated:
    """The row of an account that shows a token."""
    devices = tuple(Device(d.device_id, d.ed25519, d.curve25519) for d in card.devices)
    account = Card(card.user_id, card.master_key, devices)
    proof = prove(pending.seed, token, use, account)
    keys = tuple(DeviceKeys(d.device_id, d.ed25519, d.curve25519) for d in devices)
    return Seated(card.user_id, card.master_key, keys, token.encode(), proof)
