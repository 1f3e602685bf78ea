"""What goes over the pipe between the bot and its signer: MessagePack, with its length before it.

The bot writes one request and reads one reply. The first request is `Hello`.
"""

from __future__ import annotations

import struct
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from msgspec.msgpack import Decoder, encode

HEADER: Final = struct.Struct(">I")
LIMIT: Final = 16 * 1024 * 1024
"""Most bytes of one frame: 40,000 requests."""

Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Epoch = Annotated[int, Meta(ge=0, lt=1 << 32)]
Round = Annotated[int, Meta(ge=0, lt=1 << 8)]
Rounds = Annotated[int, Meta(ge=1, le=1 << 8)]


class _Frame(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """A request or a reply. Its repr shows nothing: there are keys in some."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Hello(_Frame, frozen=True):
    """What the process is to work with. Over the pipe, because arguments and environment of a
    process are open to others.

    ``folder`` is a path as the system spells it. Without one, ``kept`` is what the last process
    left behind (see `peerroom.bot.signer.shelf`). ``parent`` is the bot's process id.
    """

    key: Bytes32
    lineage: Bytes16
    parent: int
    folder: bytes | None
    kept: dict[str, bytes]


class Make(_Frame, frozen=True):
    """Make the keys of an epoch, or say which they are."""

    epoch: Epoch
    rounds: Rounds


class Sign(_Frame, frozen=True):
    """Sign the one batch of a round."""

    epoch: Epoch
    round: Round
    requests: list[bytes]


class Destroy(_Frame, frozen=True):
    """End the keys of an epoch and of those before it."""

    epoch: Epoch


class Ask(_Frame, frozen=True):
    """Say what is held."""


class _Reply(_Frame, frozen=True, kw_only=True):
    """``ends``: the process ends after this reply."""

    ends: bool = False


class Done(_Reply, frozen=True):
    """It was done. ``kept`` is what changed on a shelf without a folder; None: it is gone."""

    values: list[bytes]
    kept: dict[str, bytes | None]


class Held(_Reply, frozen=True):
    """The reply to `Ask`, as `peerroom.bot.signer.client.Status` describes it."""

    destroyed: Epoch | None
    made: list[Epoch]
    signed: list[tuple[Epoch, Round]]


class Refused(_Reply, frozen=True):
    """It was not done. ``error`` is a name in `peerroom.bot.signer.errors.BY_NAME`."""

    error: str


Request = Make | Sign | Destroy | Ask
Reply = Done | Held | Refused

HELLOS: Final = Decoder(Hello)
REQUESTS: Final[Decoder[Request]] = Decoder(Request)
REPLIES: Final[Decoder[Reply]] = Decoder(Reply)


def pack(frame: Hello | Request | Reply) -> bytes:
    """``frame`` with its length before it. Raises ValueError above `LIMIT`."""
    data = encode(frame)
    if len(data) > LIMIT:
        raise ValueError("too much for one frame")
    return HEADER.pack(len(data)) + data


def length(header: bytes) -> int:
    """How many bytes follow ``header``. Raises ValueError above `LIMIT`."""
    (following,) = HEADER.unpack(header)
    if following > LIMIT:
        raise ValueError("too much for one frame")
    return int(following)
