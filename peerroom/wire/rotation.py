"""What a member and the bot say to each other about names: asking, the way in, showing, staying.

`Request`, `Entry` and `Stay` travel encrypted in rooms; a `Redemption` is one to-device event in
the clear whose content is sealed to the bot's key for the epoch (`peerroom.pseudonym.sealing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from peerroom.wire.content import BadContent, decode, encode
from peerroom.wire.records import Epoch, Round, Seated

REQUEST: Final = "org.peerroom.epoch.request"
ENTRY: Final = "org.peerroom.epoch.entry"
STAY: Final = "org.peerroom.epoch.stay"
REDEEM: Final = "org.peerroom.epoch.redeem"
EVIDENCE: Final = "org.peerroom.epoch.evidence"
"""Member to members: a signed record (`SignedRecord.content`), where somebody has seen another."""
SPOILT: Final = "org.peerroom.epoch.spoilt"
"""Member to members: a request that was answered wrongly (`Spoilt`)."""
HEAD: Final = "org.peerroom.head"
"""Key of an encrypted message's content: number and hash (hex) of the sender's last record."""

Blinded = Annotated[bytes, Meta(min_length=384, max_length=384)]


@dataclass(frozen=True, slots=True)
class Request:
    """Member to bot: one blinded request for each round. A later one replaces it, until the
    cut-off."""

    epoch: Epoch
    requests: tuple[Blinded, Blinded, Blinded] = field(repr=False)
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `REQUEST`."""
        return encode(self)

    @classmethod
    def read(cls, content: object) -> Request:
        """The request in an event's content; raises `peerroom.wire.content.BadContent`."""
        return decode(cls, content)


@dataclass(frozen=True, slots=True)
class Entry:
    """Bot to those whose request was signed: what lets new accounts be made in this round."""

    epoch: Epoch
    round: Round
    registration_token: Annotated[str, Meta(min_length=1, max_length=64)] = field(repr=False)
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `ENTRY`."""
        return encode(self)

    @classmethod
    def read(cls, content: object) -> Entry:
        """The entry in an event's content; raises `peerroom.wire.content.BadContent`."""
        return decode(cls, content)


@dataclass(frozen=True, slots=True)
class Stay:
    """Old account to bot: the unused token of an epoch that has ended; ``seat`` is the MessagePack
    of `peerroom.wire.records.Seated` for the old account."""

    epoch: Epoch
    round: Round
    seat: Annotated[bytes, Meta(max_length=8192)] = field(repr=False)
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `STAY`."""
        return encode(self)

    @classmethod
    def read(cls, content: object) -> Stay:
        """The wish in an event's content; raises `peerroom.wire.content.BadContent`."""
        return decode(cls, content)


@dataclass(frozen=True, slots=True)
class Redemption:
    """New account to bot: `encode_seat`, sealed."""

    epoch: Epoch
    round: Round
    sealed: Annotated[bytes, Meta(max_length=8192)] = field(repr=False)
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of a to-device event of type `REDEEM`."""
        return encode(self)

    @classmethod
    def read(cls, content: object) -> Redemption:
        """The redemption in an event's content; raises `peerroom.wire.content.BadContent`."""
        return decode(cls, content)


@dataclass(frozen=True, slots=True)
class Spoilt:
    """Member to members: the answer to this request, whose hash stands in the issue ledger, is no
    signature (decision 0007)."""

    epoch: Epoch
    round: Round
    request: Blinded = field(repr=False)
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `SPOILT`."""
        return encode(self)


def encode_seat(seat: Seated) -> bytes:
    """An account with its token and proof, to be sealed or sent."""
    return msgspec.msgpack.encode(seat)


def decode_seat(data: bytes) -> Seated:
    """The account in ``data``, which may be anything. Raises `BadContent`."""
    try:
        return msgspec.msgpack.decode(data, type=Seated)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadContent from None
