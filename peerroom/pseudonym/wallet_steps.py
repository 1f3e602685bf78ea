"""What a wallet wants done: the steps that `peerroom.pseudonym.wallet.steps` names.

A step follows from the stored wallet alone and is named again until its fact (in brackets) has been
said or its time is over, so each must do no harm when it is done twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from peerroom.pseudonym.tokens import Scope
from peerroom.wire.records import Seated
from peerroom.wire.rotation import Request, Stay


class Notice(StrEnum):
    """What a person should know. The words are the client's. Each is said once an epoch."""

    RENEWED = "renewed"
    """This is a new account, with a new name."""
    NOT_RENEWED = "not renewed"
    """The switch passed without us, and we come back under the old name."""
    CARRIED = "carried"
    """The circle has moved on and we are there under the old name."""
    DECLINED = "declined"
    """The circle gave no token this time, or no place in the next room."""
    VOIDED = "voided"
    """A round came to nothing; another one follows."""
    SKIPPED = "skipped"
    """Three rounds came to nothing: everyone keeps their name."""
    CLOCK = "clock"
    """This machine's clock is more than ten minutes behind that of the circle."""
    LAPSED = "lapsed"
    """The token to come back with is too old: a moderator has to help."""
    STRANDED = "stranded"
    """There is nothing to come back with: a moderator has to help."""
    RESIDENT = "resident"
    """The final ledger has begun to call us a resident, whose name does not change."""
    STOPPED = "stopped"
    """See `Stop`."""


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """Find the records after this number, in the rooms of the circle [`SawRecord`]."""

    after: int


@dataclass(frozen=True, slots=True)
class ReadPages:
    """Find the pages of this record, in whatever room carries it [`SawPages`]."""

    sequence: int


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Send this in the direct room with the bot, as the old account [`RequestSent`]."""

    request: Request


@dataclass(frozen=True, slots=True)
class MakeAccount:
    """Begin the visit: register, upload keys [`AccountMade`], then `Redeem` on the same visit.

    After a crash the same names come again: then log in, and go on with the keys made before.
    """

    localpart: str = field(repr=False)
    password: str = field(repr=False)
    registration_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redeem:
    """As the new account, send ``seat`` sealed to ``sealing_key`` (X25519), in one to-device event
    to the bot, then disconnect [`RedemptionSent`]."""

    seat: Seated = field(repr=False)
    sealing_key: bytes
    scope: Scope


@dataclass(frozen=True, slots=True)
class Look:
    """As the new account, see whether the next room is there [`Arrived` or `Nowhere`].

    At moments that were drawn long before. If this machine was off at the switch, this comes first,
    and until it is answered the old account does not connect.
    """

    user_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """From now on the old account does not connect any more, without a word to the server."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Disconnect the old account and forget its token and password, without a word to the server:
    the host ends all of these accounts together, days later [`Retired`]."""

    user_id: str


@dataclass(frozen=True, slots=True)
class DestroyOldKeys:
    """Destroy the crypto store of the old account and its key [`KeysDestroyed`]."""

    user_id: str


@dataclass(frozen=True, slots=True)
class ForgetAccount:
    """Forget the account with this localpart, made for nothing: never use it [`Forgotten`]."""

    localpart: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendStay:
    """Send this in the direct room with the bot, as the old account [`StaySent`]."""

    stay: Stay


@dataclass(frozen=True, slots=True)
class ShowRecord:
    """Send the signed record with this number to the room, encrypted: somebody seems to have seen
    another one [`Shown`]."""

    sequence: int


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """Show the circle what was asked in this round, because the answer does not fit. Its hash is in
    the issue ledger, it is a random number, and the answer is proof against who signed it
    (decision 0007) [`RequestShown`]."""

    epoch: int
    round: int
    request: bytes


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the person [`Told`]."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing is asked for and nothing is redeemed any more; tell the person why [`Told`].

    ``error`` is the name of the class, `peerroom.pseudonym.wallet_errors.error_named` gives it. The
    chat goes on, and so does the way back under the old name.
    """

    error: str


Step = (
    ReadRecords
    | ReadPages
    | SendRequest
    | MakeAccount
    | Redeem
    | Look
    | Disconnect
    | Retire
    | DestroyOldKeys
    | ForgetAccount
    | SendStay
    | ShowRecord
    | ShowRequest
    | Say
    | Stop
)
