"""A bot by hand: it publishes what a test says, signed and linked, good or bad.

And a member with the real wallet, who is told facts and whose wallet is stored and read again after
each. Tokens are on paper (`support.paper_mint`, a fake) where a test does not say otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.paper_mint import PaperMint, SigningMint
from support.token_keys import CIRCLE, seeded

from peerroom.pseudonym import wallet as wallets
from peerroom.pseudonym.epochs import milliseconds
from peerroom.pseudonym.possession import Account, Device, Use
from peerroom.pseudonym.records import Chain, paged, sign_record
from peerroom.pseudonym.tokens import Scope
from peerroom.pseudonym.wallet import Stage, Wallet
from peerroom.pseudonym.wallet_facts import (
    AccountMade,
    Arrived,
    Fact,
    Heard,
    RedemptionSent,
    RequestSent,
    SawPages,
    SawRecord,
    Ticked,
)
from peerroom.pseudonym.wallet_ledgers import seated
from peerroom.pseudonym.wallet_mint import Mint
from peerroom.pseudonym.wallet_steps import MakeAccount, Redeem, SendRequest, Step
from peerroom.wire.records import (
    Admitted,
    Body,
    Carried,
    Declined,
    EpochOpened,
    Issued,
    Record,
    Row,
    Seated,
    Signed,
    SignedRecord,
    Skipped,
    Stayed,
    Voided,
)
from peerroom.wire.rotation import Entry, Request

START = datetime(2026, 11, 1, tzinfo=UTC)
LENGTH = timedelta(days=6)
WINDOW = timedelta(hours=24)
FREEZE = timedelta(minutes=30)
SEED = bytes(31) + b"\1"
KEY = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
TOKEN = "comein"
OLD_ROOM, NEW_ROOM = "!old", "!new"


def public_key(name: str) -> bytes:
    """An Ed25519 public key of one's own."""
    seed = hashlib.sha256(name.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def account(user_id: str) -> Account:
    """The account with this id, always with the same keys."""
    device = Device("DEVICE", public_key(f"ed {user_id}"), public_key(f"curve {user_id}"))
    return Account(user_id, public_key(f"master {user_id}"), (device,))


ME = account("@old:example.org")


CROWD = 6
"""So many others ask in each round and come, where a test does not say otherwise: enough that one
may fail to come, or that two may be signed who never do."""


class Scribe:
    """The bot. ``records`` and ``pages`` are what it has published, by number."""

    def __init__(self, mint: SigningMint | None = None, *, floor: int = CROWD - 1) -> None:
        self.floor = floor
        self.mint = mint if mint is not None else PaperMint()
        self.draw = seeded(b"scribe")
        self.chain = Chain(CIRCLE, KEY)
        self.records: dict[int, SignedRecord] = {}
        self.pages: dict[int, dict[int, bytes]] = {}
        self.next_keys = self._new_keys()
        self.requests: dict[str, Request] = {}
        self.others: list[Seated] = []
        """The seats of the crowd, of the round that was issued last."""

    def _new_keys(self) -> tuple[bytes, bytes, bytes]:
        return (
            self.mint.new_key(self.draw),
            self.mint.new_key(self.draw),
            self.mint.new_key(self.draw),
        )

    @property
    def opened(self) -> EpochOpened:
        """The open epoch."""
        assert self.chain.epoch is not None
        return self.chain.epoch

    @property
    def seen(self) -> tuple[SignedRecord, ...]:
        """All records, in order."""
        return tuple(self.records[number] for number in sorted(self.records))

    @property
    def last(self) -> SignedRecord:
        """The last record."""
        return self.records[self.chain.sequence]

    def signed(self, body: Body, when: datetime, **changes: object) -> SignedRecord:
        """The next record, signed but not published; ``changes`` spoil it."""
        chain = self.chain
        at = max(milliseconds(when), chain.at)
        record = Record(chain.lineage, chain.sequence + 1, chain.head, at, body)
        return sign_record(SEED, msgspec.structs.replace(record, **changes))

    def publish(self, body: Body, rows: Sequence[Row] = (), at: datetime = START) -> SignedRecord:
        """The next record, with its rows."""
        if rows:
            pages, hashes = paged(rows)
            body = msgspec.structs.replace(body, pages=hashes)
            self.pages[self.chain.sequence + 1] = dict(enumerate(pages))
        signed = self.signed(body, at)
        self.chain = self.chain.extend(signed)
        self.records[self.chain.sequence] = signed
        return signed

    def open(self, at: datetime = START) -> SignedRecord:
        """The next epoch."""
        number = 1 if self.chain.epoch is None else self.chain.epoch.epoch + 1
        keys, self.next_keys = self.next_keys, self._new_keys()
        self.requests = {}
        body = EpochOpened(
            epoch=number,
            opened=milliseconds(at),
            cut_off=milliseconds(at + LENGTH),
            window=WINDOW // timedelta(milliseconds=1),
            freeze=FREEZE // timedelta(milliseconds=1),
            floor=self.floor,
            keys=keys,
            next_keys=self.next_keys,
            sealing_key=bytes(range(32)),
        )
        return self.publish(body, at=at)

    def row(self, user_id: str, round_: int = 0) -> Signed:
        """The row of somebody whose request was signed."""
        request = self.requests[user_id].requests[round_]
        answer = self.mint.sign(self.opened.keys[round_], request)
        return Signed(user_id, hashlib.sha256(request).digest(), answer)

    def declined(self, user_id: str, round_: int = 0) -> Declined:
        """The row of somebody whose request was not."""
        request = self.requests[user_id].requests[round_]
        return Declined(user_id, hashlib.sha256(request).digest())

    def seat(self, new: Account, round_: int = 0, use: Use = Use.REDEEM) -> tuple[Seated, Signed]:
        """Somebody's good token of this round, shown for ``new``; and how it was signed."""
        key = self.opened.keys[round_]
        scope = Scope(self.chain.lineage, self.opened.epoch, round_)
        pending = self.mint.request(key, scope, random=self.draw)
        answer = self.mint.sign(key, pending.request)
        token = self.mint.finish(key, pending, answer)
        shown = seated(new, token.encode(), self.mint.prove(pending, token, use, new))
        row = Signed(new.user_id, hashlib.sha256(pending.request).digest(), answer)
        return shown, row

    def _other(self, number: int, round_: int) -> Signed:
        """One of the crowd is signed, and will come."""
        if number == 0:
            self.others = []
        epoch = self.opened.epoch
        seat, row = self.seat(account(f"@crowd{epoch}.{round_}.{number}:example.org"), round_)
        self.others.append(seat)
        return msgspec.structs.replace(row, user_id=f"@before.{seat.user_id[1:]}")

    def issue(
        self,
        rows: Sequence[Row] | None = None,
        round_: int = 0,
        *,
        crowd: int = CROWD,
        token: str = TOKEN,
        **spoilt: int,
    ) -> SignedRecord:
        """The issue ledger; with everyone who asked, if ``rows`` are not given, and the crowd."""
        if rows is None:
            rows = [self.row(user_id, round_) for user_id in sorted(self.requests)]
        rows = [*rows, *(self._other(number, round_) for number in range(crowd))]
        entry = hashlib.sha256(token.encode()).digest()
        count = spoilt.get("count", sum(isinstance(row, Signed) for row in rows))
        body = Issued(self.opened.epoch, round_, count, entry=entry)
        return self.publish(body, rows, at=self.begins(round_))

    def admit(
        self,
        rows: Sequence[Row] = (),
        round_: int = 0,
        *,
        crowd: bool = True,
        late: timedelta = FREEZE,
        **spoilt: int,
    ) -> SignedRecord:
        """The final ledger; the crowd has come as well, if it was issued."""
        issued = self.chain.issued.count if self.chain.issued is not None else 0
        rows = [*rows, *(self.others if crowd else ())]
        count = spoilt.get("count", sum(isinstance(row, Seated) for row in rows))
        body = Admitted(self.opened.epoch, round_, spoilt.get("issued", issued), count)
        return self.publish(body, rows, at=self.begins(round_ + 1) + late)

    def void(self, round_: int = 0) -> SignedRecord:
        """The round comes to nothing."""
        body = Voided(self.opened.epoch, round_, "too few")
        return self.publish(body, at=self.begins(round_ + 1))

    def skip(self) -> SignedRecord:
        """The epoch comes to nothing."""
        return self.publish(Skipped(self.opened.epoch, "rounds"), at=self.begins(3))

    def stayed(self, seat: Seated, round_: int = 0) -> SignedRecord:
        """Somebody of the last epoch came back."""
        body = Stayed(self.opened.epoch - 1, round_, seat)
        return self.publish(body, at=self.begins(0))

    def begins(self, round_: int) -> datetime:
        """When the round begins."""
        cut_off = datetime.fromtimestamp(self.opened.cut_off / 1000, UTC)
        return cut_off + round_ * WINDOW

    def next_room(self) -> tuple[SignedRecord, ...]:
        """The records of the room that was made for the open epoch: from the ledger on that ended
        the one before."""
        return tuple(
            signed
            for number, signed in sorted(self.records.items())
            if number >= self.chain.sequence - 1
        )


S = TypeVar("S")


class Member:
    """A member with the real wallet. It is stored and read again after every fact."""

    def __init__(
        self,
        bot: Scribe,
        *,
        now: datetime = START,
        resident: bool = False,
        seed: int = 0,
        mint: Mint | None = None,
    ) -> None:
        self.bot = bot
        self.mint = mint if mint is not None else bot.mint
        self.now = now
        self.random = Random(seed)
        self.draw = seeded(b"member")
        self.wallet = wallets.begin(bot.chain, ME, now=now, random=self.random, resident=resident)

    @property
    def stage(self) -> Stage:
        """Where the wallet is."""
        return self.wallet.stage

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is to be done now."""
        return wallets.steps(self.wallet, self.now)

    def tell(self, fact: Fact, at: datetime | None = None) -> tuple[Step, ...]:
        """A fact, at a moment not before the last one."""
        self.now = max(self.now, at if at is not None else self.now)
        wallet, steps = wallets.advance(
            self.wallet, fact, now=self.now, random=self.random, draw=self.draw, mint=self.mint
        )
        self.wallet = Wallet.decode(wallet.encode())
        assert self.wallet == wallet
        assert wallets.steps(self.wallet, self.now) == steps
        return steps

    def tick(self, at: datetime) -> tuple[Step, ...]:
        """Time goes by."""
        return self.tell(Ticked(), at)

    def see(self, signed: SignedRecord, at: datetime | None = None) -> tuple[Step, ...]:
        """A record and its pages, where there are some."""
        self.tell(SawRecord(signed, OLD_ROOM), at)
        number = next(n for n, other in self.bot.records.items() if other.data == signed.data)
        return self.tell(SawPages(number, self.bot.pages.get(number, {})))

    def find(self, kind: type[S]) -> S:
        """The one step of this kind."""
        (step,) = (step for step in self.steps if isinstance(step, kind))
        return step

    # --- the way through an epoch ----------------------------------------------------------------

    def ask(self) -> None:
        """Up to the request being there."""
        self.tick(self.wallet.plan.request_at)
        step = self.find(SendRequest)
        self.bot.requests[ME.user_id] = step.request
        self.tell(RequestSent())

    def be_signed(self, round_: int = 0) -> None:
        """Up to the token, with the way in."""
        self.ask()
        self.see(self.bot.issue(round_=round_), self.bot.begins(round_))
        self.hear(round_)

    def hear(self, round_: int = 0, token: str = TOKEN) -> None:
        """The way in."""
        self.tell(Heard(Entry(self.wallet.epoch, round_, token)))

    def visit(self, round_: int = 0) -> Seated:
        """The visit, whole; returns what was shown."""
        self.tick(self.wallet.plan.visits[round_][0])
        step = self.find(MakeAccount)
        made = account(f"@{step.localpart}:example.org")
        self.tell(AccountMade(made.user_id, made.master_key, made.devices))
        redeem = self.find(Redeem)
        self.tell(RedemptionSent())
        return redeem.seat

    def be_admitted(self) -> Seated:
        """Up to the final ledger, which has the new account."""
        self.be_signed()
        seat = self.visit()
        self.see(self.bot.admit([seat]), self.bot.begins(1) + FREEZE)
        return seat

    def arrive(self, user_id: str, at: datetime | None = None) -> tuple[Step, ...]:
        """An account is in the room of the open epoch."""
        return self.tell(Arrived(user_id, self.bot.next_room(), NEW_ROOM), at)


def carried(user_id: str, why: Literal["away", "resident"] = "away") -> Carried:
    """The row of somebody who goes on under the same name."""
    return Carried(user_id, why)
