"""What a wallet remembers: one frozen value, stored as bytes in the vault.

A wallet belongs to one epoch and to the account that began it. When the next epoch opens, the
account that is then in use begins another wallet (`peerroom.pseudonym.wallet.succeed`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

import msgspec

from peerroom.pseudonym.epochs import Times
from peerroom.pseudonym.possession import Account
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.pseudonym.wallet_errors import WalletDamaged
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.wire.records import EpochOpened


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
    others are for a machine that was off at those before. ``arrive_after``, ``leave_after``:
    seconds from the commit until the new account connects, and until the old one does no more.
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


class Wallet(msgspec.Struct, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """The wallet of ``account`` in the epoch that ``opened``.

    ``heads`` are the hashes of the last records, the newest last, so that a second record with one
    of their numbers is noticed. ``latest`` is the highest number of any record under the bot's
    signature, ``latest_epoch`` that of any epoch. ``pendings`` are those of the three rounds, each
    None once it is burnt. ``asked_at`` is when the server had the request; ``ledger_at`` when this
    round's issue ledger was read. ``issue`` and ``admission`` are the numbers of the ledgers that
    have been seen, to be read until they are ``…_read``. ``signed`` are the accounts of this
    round's issue ledger. ``sent``: the last message of this stage was acknowledged. ``look``: the
    new account is to look first. ``elsewhere``: the old account is in a newer room already.
    ``decrypted``, ``joined_at``, ``succeeded``: the new account reads; since when; has begun its
    own wallet. ``notices`` are still to be said, ``told`` were.
    """

    account: Account
    chain: Chain
    opened: EpochOpened
    plan: Plan
    stage: Stage = Stage.IDLE
    round: int = 0
    heads: tuple[bytes, ...] = ()
    latest: int = 0
    latest_epoch: int = 0
    pendings: tuple[Pending | None, ...] = ()
    asked_at: datetime | None = None
    issue: int = 0
    issue_read: bool = False
    ledger_at: datetime | None = None
    signed: frozenset[str] = frozenset()
    way_in: WayIn | None = None
    token: Token | None = None
    fresh: Fresh | None = None
    sent: bool = False
    admission: int = 0
    admission_read: bool = False
    committed: datetime | None = None
    look: bool = False
    elsewhere: bool = False
    joined_at: datetime | None = None
    decrypted: bool = False
    forget: tuple[str, ...] = ()
    stop: str | None = None
    spoilt: Spoilt | None = None
    showing: tuple[Showing, ...] = ()
    shown: tuple[int, ...] = ()
    notices: tuple[Notice, ...] = ()
    told: tuple[Notice, ...] = ()
    resident: bool = False
    succeeded: bool = False

    @property
    def epoch(self) -> int:
        """The number of the wallet's epoch."""
        return self.opened.epoch

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
    def moved(self) -> bool:
        """Whether the new account has taken the place of the old one."""
        return self.stage in (Stage.JOINED, Stage.RETIRED, Stage.FINISHED)

    @property
    def over(self) -> bool:
        """Whether nothing is left to do: the wallet may be forgotten."""
        ended = Stage.FINISHED, Stage.CARRIED, Stage.STAYED, Stage.SKIPPED
        return self.succeeded and self.stage in ended and not self.forget

    def concerns(self, user_id: str) -> bool:
        """Whether what this account sees is the wallet's business."""
        new = self.new_account
        return user_id == self.account.user_id or (new is not None and user_id == new.user_id)

    def encode(self) -> bytes:
        """The wallet for the vault, secrets in it."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The wallet in ``data``. Raises `WalletDamaged`."""
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise WalletDamaged from None

    def __repr__(self) -> str:
        return f"Wallet(epoch={self.epoch}, round={self.round}, stage={self.stage!s})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("epoch", self.epoch), ("round", self.round), ("stage", self.stage)]


HEADS: Final = 128
"""How many hashes of records a wallet remembers."""
