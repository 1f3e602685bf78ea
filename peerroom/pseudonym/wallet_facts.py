"""What can happen to a wallet: the facts that `peerroom.pseudonym.wallet.advance` takes.

A fact may come late, twice or not in order; the wallet then makes nothing of it or asks for what it
lacks by a step. Facts that an account saw go to the wallets that name it (`Wallet.concerns`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from peerroom.pseudonym.possession import Device
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.wire.records import SignedRecord
from peerroom.wire.rotation import Entry

# --- what the circle publishes ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SawRecord:
    """The server showed this record in the room ``room_id`` of the circle."""

    signed: SignedRecord
    room_id: str = ""


@dataclass(frozen=True, slots=True)
class SawPages:
    """All pages of the record with this number that are here, by their index."""

    sequence: int
    pages: Mapping[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """``user_id`` is joined to a room of the circle, whose records, all of them, are ``records``.

    To be said of every room when a program starts, and of a room that was just joined. Which epoch
    the room is of, the records say. ``room_id`` is for noticing that it had newer ones before.
    """

    user_id: str
    records: tuple[SignedRecord, ...] = field(repr=False)
    room_id: str = ""


# --- what the bot and other members say -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """The bot said, encrypted in the old room, how new accounts are made in this round."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class HeadHeard:
    """A member's message carried the number and hash (32 bytes) of the last record they saw."""

    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """A member showed this record. Anybody can say anything: only the bot's signature counts."""

    signed: SignedRecord


# --- what became of a step --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestSent:
    """The server has acknowledged the event of `SendRequest` (now)."""


@dataclass(frozen=True, slots=True)
class AccountMade:
    """The account of `MakeAccount` exists, with these keys, uploaded and signed."""

    user_id: str = field(repr=False)
    master_key: bytes = field(repr=False)
    devices: tuple[Device, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NameTaken:
    """The name of `MakeAccount` belongs to somebody else: another one is drawn."""

    localpart: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RedemptionSent:
    """The server has acknowledged the event of `Redeem`."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """The account of `Look` is in no room of the circle, or cannot come in at all any more."""


@dataclass(frozen=True, slots=True)
class StaySent:
    """The server has acknowledged the event of `SendStay`."""


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The new account has read a message of somebody else in the new room."""


@dataclass(frozen=True, slots=True)
class Retired:
    """`Retire` is done."""


@dataclass(frozen=True, slots=True)
class KeysDestroyed:
    """`DestroyOldKeys` is done."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`ForgetAccount` is done for this localpart."""

    localpart: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """`ShowRecord` (this number) has been sent."""

    sequence: int


@dataclass(frozen=True, slots=True)
class RequestShown:
    """`ShowRequest` has been sent."""


@dataclass(frozen=True, slots=True)
class Told:
    """The person has been told; `Notice.STOPPED` for `Stop`."""

    notice: Notice


# --- the rest ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The program starts, or the machine wakes up. To be said before any account connects.

    ``ran_until`` is when it ran last, None if nobody knows. ``pace`` is how far apart a timer may
    start it, if one does: then a break of that length is none.
    """

    ran_until: datetime | None = None
    pace: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Cleared:
    """The person has spoken with a moderator and wants to go on after a `Stop`."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed; due at the moments of `peerroom.pseudonym.wallet.wake`."""


Fact = (
    SawRecord
    | SawPages
    | Arrived
    | Heard
    | HeadHeard
    | Evidence
    | RequestSent
    | AccountMade
    | NameTaken
    | RedemptionSent
    | Nowhere
    | StaySent
    | Decrypted
    | Retired
    | KeysDestroyed
    | Forgotten
    | Shown
    | RequestShown
    | Told
    | Started
    | Cleared
    | Ticked
)
