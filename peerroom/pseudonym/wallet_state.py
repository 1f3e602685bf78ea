"""What a wallet remembers: one frozen value, stored as bytes in the vault.

A wallet belongs to one epoch and to the account that began it. When the next epoch opens, the
account that is then in use begins another wallet (`peerroom.pseudonym.wallet.succeed`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

import msgspec

from peerroom.errors import PeerRoomError
from peerroom.pseudonym.epochs import REMEMBERED, SKEW, Times, moment
from peerroom.pseudonym.following import Trail
from peerroom.pseudonym.possession import Account
from peerroom.pseudonym.record_errors import LedgerOverdrawn, LedgerThin
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.pseudonym.wallet_errors import WalletDamaged
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.wire.records import Admitted, EpochOpened, Issued, Seated

KEPT: Final = timedelta(hours=24)
"""How long the old account's keys are kept after the new one has joined."""
MARGIN: Final = 20
"""A request counts as sent in time if it arrived this part of an epoch before the cut-off (and at
most `SKEW` before): then the bot has had time to read it, whatever the two clocks say."""
GRACE: Final = 288
"""A visit may begin later than drawn by this part of the window (5 minutes of a day), for a machine
that is slow. Not for one that was off: when it wakes up is seen at the old account."""
LEAST_GRACE: Final = timedelta(seconds=5)
DELAY: Final = 48
"""After the switch the new account comes, and the old one goes, at one of the moments that lie this
part of a window apart from one another (45 minutes of 36 hours)."""
LEAST_DELAY: Final = timedelta(seconds=2)


class Stage(StrEnum):
    """Where a wallet is. Whether it has stopped is not a stage: `Wallet.stop`."""

    IDLE = "idle"
    """Waits for its random moment to ask."""
    ASKING = "asking"
    """The three requests are made and stored, and on their way."""
    REQUESTED = "requested"
    """The server has them; or a round came to nothing and the next ledger is awaited."""
    SIGNED = "signed"
    """Holds the token of this round, unused."""
    REGISTERED = "registered"
    """The new account has been asked for."""
    REDEEM_SENT = "redeem_sent"
    """The token may be on its way to the bot as the new account's."""
    ADMITTED = "admitted"
    """The final ledger has the new account."""
    JOINED = "joined"
    """The new account is in the new room."""
    RETIRED = "retired"
    """The old account has neither token nor password any more."""
    FINISHED = "finished"
    """Nor its keys."""

    UNSIGNED = "unsigned"
    """Has no token in this epoch and expects to be carried: was away, stopped, or is a resident."""
    DECLINED = "declined"
    """The circle gave no token or no place: waits outside for a later epoch."""
    STRANDED = "stranded"
    """The ledger says that we have a token, and we do not: only moderators can help."""
    CARRIED = "carried"
    """The circle goes on with the old account."""
    SKIPPED = "skipped"
    """Everyone keeps their account for another epoch."""
    STAY_SENT = "stay_sent"
    """The final ledger does not have us: the token is used for the old account to stay."""
    STAYED = "stayed"
    """The old account is in a newer room."""
    LAPSED = "lapsed"
    """The token is too old to stay with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was drawn when the epoch began, in answer to nothing that happens in it.

    ``visits``: for each round the moments at which a visit may begin; the first is the one, the
    others are for a machine that was off at all before. ``arrive_after``, ``leave_after``:
    seconds from the planned switch to the first of the moments at which the new account may come,
    and the old one go (`beat`).
    """

    request_at: datetime
    visits: tuple[tuple[datetime, ...], ...]
    arrive_after: float
    leave_after: float


@dataclass(frozen=True, slots=True)
class Fresh:
    """The account of one round, drawn anew for each. ``account`` once it exists, with its keys."""

    localpart: str = field(repr=False)
    password: str = field(repr=False)
    account: Account | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WayIn:
    """The registration token of ``round``, heard at ``at``."""

    round: int
    token: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Showing:
    """A record to be shown to the room at ``at``, unless somebody else does it first."""

    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A request that was answered wrongly: the public half of it."""

    round: int
    request: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the ledger of the record with this number: the name of an error.

    A ledger is signed and stays as it is, so what was found out about it once is true for good.
    """

    sequence: int
    error: str


class Wallet(msgspec.Struct, frozen=True, omit_defaults=True):
    """The wallet of ``account`` in the epoch that ``opened``.

    ``trail`` is how far the records were followed. ``pendings`` are those of the three rounds, each
    None once it is burnt; ``asked_at`` is when the server had the request.

    Of ``round``: ``issued`` is its issue ledger with number ``issue``, waiting to be read until
    ``issue_read``; ``ledger_at`` when that was, ``signed`` the accounts in it; ``ways_in`` what the
    bot said about registering, of any round; ``token``, ``fresh`` the account that is made, and
    ``seat`` what is shown for it or, to stay, for the old one; ``sent``: the server has that.

    ``awake`` is since when this machine has been on without a long break: moments that were drawn
    before are past, because whoever then came at once would be known by when it was turned on.
    ``started`` is since when the program has run, for visits: one that was due, or was cut short,
    before that would follow on the old account's connecting.
    ``pace``: how far apart a timer starts the program, if one does. ``rests_until``: the new
    account has just looked, and in vain, so the old one comes at a moment of its own.

    ``admitted``, ``admission`` and ``admission_read`` are the same for the final ledger, which was
    ``committed`` then, and is known here since ``known_at``. ``look``: the new account is to look
    first; ``looked_at`` is when it last found nothing. ``joined_at``, ``decrypted``:
    since when the new account is in a newer room, and whether it can read. ``forget`` are accounts
    made for nothing. ``rooms``: the highest number of a record that each room had.

    ``resident``: the last final ledger says that the account does not rotate.

    ``stop`` names the error that stopped the wallet, ``spoilt`` the request that proves it;
    ``findings`` are what is wrong with ledgers, of this epoch or the one before, ``accepted`` those
    of which the person was told and said that all is well.
    ``showing`` and ``shown`` are records for the room; ``notices`` are still to be said, ``told``
    were. ``succeeded``: the next epoch has its wallet.
    """

    account: Account
    trail: Trail
    opened: EpochOpened
    plan: Plan
    stage: Stage = Stage.IDLE
    resident: bool = False
    pendings: tuple[Pending | None, ...] = ()
    asked_at: datetime | None = None

    round: int = 0
    issued: Issued | None = None
    issue: int = 0
    issue_read: bool = False
    ledger_at: datetime | None = None
    signed: frozenset[str] = frozenset()
    ways_in: tuple[WayIn, ...] = ()
    token: Token | None = None
    fresh: Fresh | None = None
    seat: Seated | None = None
    sent: bool = False

    awake: datetime | None = None
    started: datetime | None = None
    pace: timedelta = timedelta()
    rests_until: datetime | None = None

    admitted: Admitted | None = None
    admission: int = 0
    admission_read: bool = False
    committed: datetime | None = None
    known_at: datetime | None = None
    look: bool = False
    looked_at: datetime | None = None
    joined_at: datetime | None = None
    decrypted: bool = False
    forget: tuple[str, ...] = ()
    rooms: dict[str, int] = msgspec.field(default_factory=dict)

    stop: str | None = None
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Finding, ...] = ()
    spoilt: Spoilt | None = None
    showing: tuple[Showing, ...] = ()
    shown: tuple[int, ...] = ()
    notices: tuple[Notice, ...] = ()
    told: tuple[Notice, ...] = ()
    succeeded: bool = False

    # --- what follows from it ---------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """The number of the wallet's epoch."""
        return self.opened.epoch

    @property
    def chain(self) -> Chain:
        """How far the records were followed."""
        return self.trail.chain

    @property
    def times(self) -> Times:
        """The moments of the wallet's epoch."""
        return Times.of(self.opened)

    @property
    def scope(self) -> Scope:
        """What this round's token is for."""
        return Scope(self.chain.lineage, self.epoch, self.round)

    @property
    def new_account(self) -> Account | None:
        """The account that is being made, once it exists."""
        return self.fresh.account if self.fresh is not None else None

    @property
    def pending(self) -> Pending | None:
        """This round's request, if there is one and it was not burnt."""
        return self.pendings[self.round] if self.round < len(self.pendings) else None

    @property
    def way_in(self) -> WayIn | None:
        """This round's way in."""
        return next((way for way in self.ways_in if way.round == self.round), None)

    @property
    def asked_in_time(self) -> bool:
        """Whether the request was there early enough that it must be in the ledger."""
        times = self.times
        margin = min(SKEW, (times.cut_off - times.opened) / MARGIN)
        return self.asked_at is not None and self.asked_at <= times.cut_off - margin

    @property
    def ready(self) -> bool:
        """Whether the token can be used in this round: ledger and way in came before the visits
        begin. If what comes later counted, a server could give it late to one member alone, and
        the one new account that is made only after that would be theirs."""
        begin, _last = self.times.visits(self.round)
        way_in = self.way_in
        return (
            self.ledger_at is not None
            and self.ledger_at <= begin
            and way_in is not None
            and way_in.at <= begin
        )

    @property
    def misled(self) -> bool:
        """Whether the way in is another one than the record promises to everyone."""
        way_in, issued = self.way_in, self.issued
        if way_in is None or issued is None:
            return False
        return hashlib.sha256(way_in.token.encode()).digest() != issued.entry

    @property
    def withheld(self) -> bool:
        """Whether nobody is to go by the final ledger, because it has too few new accounts, or was
        found to have some of the bot's own before it was taken: the new account does not come and
        the old one does not ask to stay, because either would tell who the few are."""
        thin = Finding(self.admission, LedgerThin.__name__) in self.findings
        return thin or (self.overdrawn and not self.admission_read)

    @property
    def overdrawn(self) -> bool:
        """Whether more tokens are known of the final ledger's round than were issued."""
        return Finding(self.admission, LedgerOverdrawn.__name__) in self.findings

    @property
    def came(self) -> bool:
        """Whether the new account is in the new room, and in its ledger if that is known."""
        if self.joined_at is None:
            return False
        unknown = self.stage is Stage.REDEEM_SENT and self.admitted is None
        return unknown or self.stage is Stage.ADMITTED

    @property
    def moved(self) -> bool:
        """Whether the new account has taken the place of the old one."""
        return self.stage in (Stage.JOINED, Stage.RETIRED, Stage.FINISHED)

    @property
    def handed_on(self) -> bool:
        """Whether the new account has a wallet of its own, or is about to: then this one asks for
        nothing and shows nothing, because what it knows may be known to the old account alone."""
        opened = self.chain.epoch
        return self.moved and opened is not None and opened.epoch > self.epoch

    @property
    def over(self) -> bool:
        """Whether nothing is left to do and the next epoch has its wallet: it may be forgotten."""
        done = self.stage is Stage.FINISHED or not self.moved
        return self.succeeded and done and not self.forget and not self.notices

    def concerns(self, user_id: str) -> bool:
        """Whether what this account sees is the wallet's business."""
        new = self.new_account
        return user_id == self.account.user_id or (new is not None and user_id == new.user_id)

    def made_in_vain(self, user_id: str) -> bool:
        """Whether this is an account that the wallet made and has no use for any more."""
        localpart, _, server = user_id.removeprefix("@").partition(":")
        return localpart in self.forget and server == self.account.user_id.partition(":")[2]

    def skewed(self, now: datetime) -> bool:
        """Whether a record was written in what this machine takes for the future."""
        return moment(self.chain.at) - now > SKEW

    def may_redeem(self, now: datetime) -> bool:
        """Whether the token may be shown now, once the visit has begun."""
        return (
            self.stop is None
            and self.token is not None
            and self.admitted is None
            and not self.skewed(now)
            and now < self.times.ends(self.round)
        )

    @property
    def grace(self) -> timedelta:
        """How much later than drawn a visit may begin."""
        return max(self.times.window / GRACE, LEAST_GRACE, self.pace)

    @property
    def visits(self) -> tuple[datetime, ...]:
        """The moments of this round's visit that this machine did not sleep over."""
        since = [at for at in (self.awake, self.started) if at is not None]
        return tuple(at for at in self.plan.visits[self.round] if all(at >= one for one in since))

    @property
    def lapsed(self) -> bool:
        """Whether a token of this epoch lets nobody stay any more."""
        return self.trail.epoch > self.epoch + REMEMBERED

    # --- small changes ----------------------------------------------------------------------------

    def but(self, **changes: object) -> Self:
        """This wallet with some fields changed."""
        return msgspec.structs.replace(self, **changes)

    def stopped(self, error: PeerRoomError) -> Self:
        """The wallet after something that cannot be right. The first reason counts."""
        if self.stop is not None:
            return self
        return self.but(stop=type(error).__name__).saying(Notice.STOPPED)

    def found(self, sequence: int, error: PeerRoomError) -> Self:
        """The wallet after something is wrong with the ledger of the record with this number."""
        finding = Finding(sequence, type(error).__name__)
        if finding in self.findings or finding in self.accepted:
            return self
        found = self.but(findings=(*self.findings, finding)).stopped(error)
        return found.but(joined_at=None) if found.withheld else found

    def cleared(self) -> Self:
        """The wallet after people have talked about why it has stopped, and all is well.

        That goes for what the person was told, and for nothing else that is wrong with a ledger:
        the next reason stops the wallet again, to be told as well.
        """
        if Notice.STOPPED not in self.told:
            return self
        known = tuple(finding for finding in self.findings[:1] if finding.error == self.stop)
        left = self.findings[len(known) :]
        going_on = self.but(
            stop=None,
            findings=left,
            accepted=(*self.accepted, *known),
            told=tuple(notice for notice in self.told if notice is not Notice.STOPPED),
        )
        return going_on.but(stop=left[0].error).saying(Notice.STOPPED) if left else going_on

    def saying(self, notice: Notice) -> Self:
        """With something to tell the person, unless they know."""
        if notice in self.notices or notice in self.told:
            return self
        return self.but(notices=(*self.notices, notice))

    def forgetting(self) -> Self:
        """Without the account of this round, which was made for nothing."""
        if self.fresh is None:
            return self
        return self.but(fresh=None, forget=(*self.forget, self.fresh.localpart))

    # --- as bytes ---------------------------------------------------------------------------------

    def encode(self) -> bytes:
        """The wallet for the vault, secrets in it."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The wallet in ``data``. Raises `WalletDamaged`."""
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except (msgspec.MsgspecError, ValueError, PeerRoomError, RecursionError):
            raise WalletDamaged from None

    def __repr__(self) -> str:
        return f"Wallet(epoch={self.epoch}, round={self.round}, stage={self.stage!s})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("epoch", self.epoch), ("round", self.round), ("stage", self.stage)]
