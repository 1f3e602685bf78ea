"""What the registrar wants done: values for the bot's outbox, carried out in the order given.

Each has a ``key``: doing the effects of one key twice is one effect too many. Those that make
something (`MakeKeys`, `SignBatch`, `OpenEntry`, `MakeRoom`) are answered by a fact; until it comes
the registrar waits. Room and user ids are in clear, and so is nothing else that is a secret.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from peerroom.wire.records import Record


class _Effect(msgspec.Struct, frozen=True, tag=True):
    """Something to do once: each has a ``key`` that is the same after a restart."""


class MakeKeys(_Effect, frozen=True):
    """Have the signer make the keys of an epoch, and make its sealing key. Answer: `KeysMade`."""

    epoch: int

    @property
    def key(self) -> str:
        return f"keys:{self.epoch}"


class DestroyKeys(_Effect, frozen=True):
    """End the private keys of an epoch and of all before it, the sealing key too."""

    epoch: int

    @property
    def key(self) -> str:
        return f"destroy:{self.epoch}"


class SignBatch(_Effect, frozen=True):
    """Have the signer answer the one batch of this round. Answer: `BatchSigned`."""

    epoch: int
    round: int
    requests: tuple[bytes, ...]

    @property
    def key(self) -> str:
        return f"sign:{self.epoch}.{self.round}"


class Publish(_Effect, frozen=True):
    """Sign the record (`records.sign_record`) and put it with its pages into a room's state,
    the pages first."""

    room_id: str
    record: Record
    pages: tuple[bytes, ...] = ()

    @property
    def key(self) -> str:
        return f"record:{self.record.sequence}:{self.room_id}"


class OpenEntry(_Effect, frozen=True):
    """Make one registration token for any number of accounts, that ends by itself at ``expires``.
    Answer: `EntryOpened`."""

    epoch: int
    round: int
    expires: datetime

    @property
    def key(self) -> str:
        return f"entry:{self.epoch}.{self.round}"


class TellEntry(_Effect, frozen=True):
    """Send the token (`peerroom.wire.rotation.Entry`), encrypted for ``readers`` alone."""

    epoch: int
    round: int
    room_id: str
    readers: tuple[str, ...]
    token: str

    @property
    def key(self) -> str:
        return f"tell:{self.epoch}.{self.round}:{self.room_id}"

    def __repr__(self) -> str:
        return f"TellEntry({self.key})"


class CloseEntry(_Effect, frozen=True):
    """Delete the round's registration token; if it is not made yet, it need not be."""

    epoch: int
    round: int

    @property
    def key(self) -> str:
        return f"close:{self.epoch}.{self.round}"


class Freeze(_Effect, frozen=True):
    """Make a room read-only: ``events_default`` 100, ``m.room.redaction`` 0."""

    room_id: str
    number: int

    @property
    def key(self) -> str:
        return f"freeze:{self.number}"


class Thaw(_Effect, frozen=True):
    """Let a room be written in again: the switch is off, or waits. ``number`` is its `Freeze`'s."""

    room_id: str
    number: int

    @property
    def key(self) -> str:
        return f"thaw:{self.number}"


class MakeRoom(_Effect, frozen=True):
    """Make the room of ``epoch``, read-only until `OpenRoom`. Answer: `RoomMade`."""

    epoch: int

    @property
    def key(self) -> str:
        return f"room:{self.epoch}"


class OpenRoom(_Effect, frozen=True):
    """Let the room of ``epoch``, made read-only, be written in: everyone is there who is on the
    way. What somebody wrote before could not be read by whom their program had not seen come in."""

    epoch: int
    room_id: str

    @property
    def key(self) -> str:
        return f"open:{self.epoch}"


class NameAccounts(_Effect, frozen=True):
    """Set display names (by the names' numbers), before anyone is in the room. Answer:
    `NamesSet`."""

    epoch: int
    names: dict[str, int]

    @property
    def key(self) -> str:
        return f"names:{self.epoch}"


class SeatAll(_Effect, frozen=True):
    """Put new accounts into the room, in this order. Answer: `AllJoined`, when the invitations of
    `InviteCarried` are out as well.

    ``by`` "invite": the server lets nobody be put anywhere, so everyone is invited ("limited").
    """

    epoch: int
    room_id: str
    users: tuple[str, ...]
    by: Literal["join", "invite"] = "join"

    @property
    def key(self) -> str:
        return f"seat:{self.epoch}"


class InviteCarried(_Effect, frozen=True):
    """Invite accounts that go on under their names, in this order. ``why`` is part of the key."""

    room_id: str
    users: tuple[str, ...]
    why: str

    @property
    def key(self) -> str:
        return f"carry:{self.why}:{self.room_id}"


class CloseRoom(_Effect, frozen=True):
    """Remove everyone from an old room at once."""

    room_id: str

    @property
    def key(self) -> str:
        return f"closed:{self.room_id}"


class RemoveAccount(_Effect, frozen=True):
    """Take an account without a seat out of these rooms, and take back invitations to them: it was
    banned, or its seat went to another. ``epoch`` is when."""

    user_id: str
    rooms: tuple[str, ...]
    epoch: int

    @property
    def key(self) -> str:
        return f"remove:{self.user_id}:{self.epoch}"


class GrantInvite(_Effect, frozen=True):
    """Give the moderator ``by`` one invite, in place of the seat of ``user_id``."""

    user_id: str
    by: str

    @property
    def key(self) -> str:
        return f"invite:{self.user_id}"


class DeactivateStrangers(_Effect, frozen=True):
    """Deactivate accounts that were made with the round's registration token and not let in.

    They say themselves that they are (`peerroom.pseudonym.localparts`): other circles of the server
    and those who came by an invite have none of its mark. ``since`` is when the round began, and
    ``keep`` are those let in.
    """

    epoch: int
    round: int
    since: datetime
    keep: tuple[str, ...]
    token: str = ""
    """Missing where an earlier edition kept it: then there is nobody to end."""

    @property
    def key(self) -> str:
        return f"strangers:{self.epoch}.{self.round}"

    def __repr__(self) -> str:
        return f"DeactivateStrangers({self.key})"


class DeactivateSpent(_Effect, frozen=True):
    """Deactivate the old accounts of an epoch in one batch: none of them has a seat any more."""

    epoch: int
    users: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"spent:{self.epoch}"


class Saying(StrEnum):
    """What there is to say; the words are the bot's. To moderators, unless it says otherwise."""

    TOO_SMALL = "too small"
    """The circle is too small to change names (``number`` can). To members."""
    SKIPPED = "skipped"
    """Three rounds came to nothing, names stay for another epoch. To members."""
    VOIDED_BAN = "voided: ban"
    """A round came to nothing because somebody was banned who had a token; there is another."""
    VOIDED_FEW = "voided: too few"
    """A round came to nothing because only ``number`` came; there is another."""
    VOIDED_LATE = "voided: late"
    """A round was left out because its list could not be published in time."""
    SWITCHED = "switched"
    """Everyone has a new name; ``number`` accounts rotated. To members."""
    NAME_RETIRED = "name retired"
    """A ban came too late: ``about`` is a name that nobody has any more."""
    HELD = "held"
    """The switch waits for open reports."""
    LIMITED = "limited"
    """Everyone is invited one by one: the server lets the bot do no better. To members, in the old
    room: in the new one nobody could read it yet."""
    SIGNER_WRONG = "signer wrong"
    """The signer gave an answer that is no signature: nothing was published."""
    REPLACEMENT_ASKED = "replacement asked"
    """``about`` may object for 48 hours. To moderators and to ``about``, by the direct room."""
    REPLACEMENT_STOPPED = "replacement stopped"
    """``about`` objected."""
    REPLACEMENT_REFUSED = "replacement refused"
    """``about`` has no seat that could be given to another account."""
    SEAT_LAPSED = "seat lapsed"
    """``number`` accounts of ``epoch`` did not come back in time."""


class Say(_Effect, frozen=True):
    """Tell people something."""

    what: Saying
    epoch: int
    number: int = 0
    about: str | None = None
    round: int = 0

    @property
    def key(self) -> str:
        return f"say:{self.what}:{self.epoch}.{self.round}:{self.number}:{self.about or ''}"


class Refusal(StrEnum):
    """Why something was not accepted. Nobody is told; the bot counts them."""

    NOT_A_SEAT = "not a seat"
    WRONG_EPOCH = "wrong epoch"
    TOO_LATE = "too late"
    TOO_EARLY = "too early"
    REQUEST_OUT_OF_RANGE = "request out of range"
    OTHER_ACCOUNT = "other account"
    ACCOUNT_TOO_OLD = "account too old"
    NOT_IN_ORDER = "token or proof not in order"
    ALREADY_SPENT = "already spent"
    KEYS_TAKEN = "keys taken"
    BANNED = "banned"
    ALREADY_STAYED = "already stayed"


class Refuse(_Effect, frozen=True):
    """Count something that was not accepted. Happens as often as it happens: it needs no key."""

    why: Refusal

    @property
    def key(self) -> str:
        return f"refused:{self.why}"


Effect = (
    MakeKeys
    | DestroyKeys
    | SignBatch
    | Publish
    | OpenEntry
    | TellEntry
    | CloseEntry
    | Freeze
    | Thaw
    | OpenRoom
    | MakeRoom
    | NameAccounts
    | SeatAll
    | InviteCarried
    | CloseRoom
    | RemoveAccount
    | GrantInvite
    | DeactivateStrangers
    | DeactivateSpent
    | Say
    | Refuse
)
