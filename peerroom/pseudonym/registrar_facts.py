"""What the registrar is told: what members asked, what moderators decided, what was carried out.

Every fact may be told again: the second time it changes nothing. Facts can be stored (MessagePack).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from peerroom.wire.records import Key, RoundKeys, Seated
from peerroom.wire.rotation import Blinded

Standing = Literal["member", "resident"]


class _Fact(msgspec.Struct, frozen=True, tag=True):
    """Something that happened."""


class Began(_Fact, frozen=True):
    """Names are to rotate in this circle: its room, its accounts with the numbers of their names
    (None for a name that was not drawn), and which of them do not rotate (moderators, guests with
    other clients).

    ``limited``: the server lets the bot put nobody into a room, so that everyone is invited.
    """

    room_id: str
    names: dict[str, int | None]
    residents: tuple[str, ...] = ()
    limited: bool = False


class KeysMade(_Fact, frozen=True):
    """The signer has an epoch's three keys, and the bot its sealing key (X25519, public)."""

    epoch: int
    keys: RoundKeys
    sealing_key: Key


class Asked(_Fact, frozen=True):
    """A `peerroom.wire.rotation.Request` came from an account, by its direct room."""

    user_id: str
    epoch: int
    requests: tuple[Blinded, Blinded, Blinded]


class BatchSigned(_Fact, frozen=True):
    """The signer answered `SignBatch`; ``answers`` are in the order of its requests."""

    epoch: int
    round: int
    answers: tuple[bytes, ...]


class EntryOpened(_Fact, frozen=True):
    """Accounts can be registered with ``token``: the answer to `OpenEntry`."""

    epoch: int
    round: int
    token: str


class Shown(_Fact, frozen=True):
    """A redemption came from ``user_id`` and could be opened.

    ``created``: when the server says that the account was made; None where nobody can ask it.
    """

    user_id: str
    epoch: int
    round: int
    seat: Seated
    created: datetime | None = None


class WantsToStay(_Fact, frozen=True):
    """A `peerroom.wire.rotation.Stay` came from an old account, by its direct room."""

    user_id: str
    epoch: int
    round: int
    seat: Seated


class Excluded(_Fact, frozen=True):
    """A moderator banned an account: its seat is gone for good."""

    user_id: str


class SatOut(_Fact, frozen=True):
    """A moderator muted an account or sent it out, until then or until `Restored`."""

    user_id: str
    until: datetime | None = None


class Restored(_Fact, frozen=True):
    """It may take part again. This does not lift a ban: for that a new invite is needed."""

    user_id: str


class Joined(_Fact, frozen=True):
    """A newcomer came in by an invite, under the name with this number (None: one that was not
    drawn); or a member became a moderator, who does not rotate (``standing``).

    To be told before they are let in: once inside they may ask at once."""

    user_id: str
    name: int | None = None
    standing: Standing = "member"


class Left(_Fact, frozen=True):
    """Someone left a room. From the circle's room, or an old one in which they waited, it means
    that they give up the seat."""

    user_id: str
    room_id: str


class HoldSet(_Fact, frozen=True):
    """Reports are open: do not switch before ``until``, or before `HoldReleased`."""

    until: datetime


class HoldReleased(_Fact, frozen=True):
    """No report is open any more."""


class RoomMade(_Fact, frozen=True):
    """The room of ``epoch`` is there: the answer to `MakeRoom`."""

    epoch: int
    room_id: str


class NamesSet(_Fact, frozen=True):
    """The accounts of ``epoch`` carry their names: the answer to `NameAccounts`."""

    epoch: int


class AllJoined(_Fact, frozen=True):
    """Everyone of ``epoch`` is in its room or invited: the answer to `SeatAll`."""

    epoch: int


class AllCame(_Fact, frozen=True):
    """Every new account of ``epoch`` was in its room, where they are only invited."""

    epoch: int


class ReplacementAsked(_Fact, frozen=True):
    """A moderator asks for a new invite in place of an account whose laptop was lost."""

    user_id: str
    by: str


class ReplacementObjected(_Fact, frozen=True):
    """The account says itself that it is not lost."""

    user_id: str


class Ticked(_Fact, frozen=True):
    """Time went by."""


Fact = (
    Began
    | KeysMade
    | Asked
    | BatchSigned
    | EntryOpened
    | Shown
    | WantsToStay
    | Excluded
    | SatOut
    | Restored
    | Joined
    | Left
    | HoldSet
    | HoldReleased
    | RoomMade
    | NamesSet
    | AllJoined
    | AllCame
    | ReplacementAsked
    | ReplacementObjected
    | Ticked
)
