"""What a circle publishes about its epochs: one chain of signed records, in plain room state.

A record is a state event of type `RECORD` whose state key is its sequence number; the rows of a
ledger are state events of type `PAGE` with state key ``<sequence>.<index>``, whose hashes stand in
the record. Plain, because everyone must see the same; nothing in here is a secret.

What is signed are bytes, carried as they are (base64), so no rule about canonical JSON is needed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from peerroom.wire.content import BadContent

RECORD: Final = "org.peerroom.record"
PAGE: Final = "org.peerroom.page"

ROUNDS: Final = 3
PAGE_BYTES: Final = 40_000
"""Most bytes of rows in one page: with base64 and the event around it, below the 65,536 of Matrix
(client-server API, "Size limits")."""
MOST_PAGES: Final = 256

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
RoundKey = Annotated[bytes, Meta(min_length=388, max_length=388)]
"""`peerroom.pseudonym.round_keys.PublicKey.encode`."""
RoundKeys = tuple[RoundKey, RoundKey, RoundKey]
UserId = Annotated[str, Meta(min_length=1, max_length=255)]
Milliseconds = Annotated[int, Meta(ge=0, le=1 << 47)]
"""A moment since 1970, before the year 6430: what a calendar of four digits can count on from."""
Length = Annotated[int, Meta(ge=0, le=1 << 36)]
"""A length of time in milliseconds, about two years at most."""
Epoch = Annotated[int, Meta(ge=1, lt=1 << 32)]
Round = Annotated[int, Meta(ge=0, lt=ROUNDS)]
Count = Annotated[int, Meta(ge=0, le=1 << 24)]
Pages = Annotated[tuple[Hash, ...], Meta(max_length=MOST_PAGES)]


class _Row(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """One row of a page."""


class NamesUsed(_Row, frozen=True):
    """Names of one of the last epochs, as `peerroom.pseudonym.names.pack` packs them."""

    epoch: Epoch
    names: bytes


class Signed(_Row, frozen=True):
    """An old pseudonym's request (its SHA-256) was signed; ``answer`` is the blind signature."""

    user_id: UserId
    request: Hash
    answer: Annotated[bytes, Meta(min_length=384, max_length=384)]


class Declined(_Row, frozen=True):
    """An old pseudonym asked and got nothing: banned, sitting out, or a resident."""

    user_id: UserId
    request: Hash


class DeviceKeys(msgspec.Struct, frozen=True, array_like=True):
    """`peerroom.pseudonym.possession.Device`."""

    device_id: Annotated[str, Meta(min_length=1, max_length=255)]
    ed25519: Key
    curve25519: Key


class Seated(_Row, frozen=True):
    """An account that showed a token: what everyone needs to check that, and to know its keys."""

    user_id: UserId
    master_key: Key
    devices: Annotated[tuple[DeviceKeys, ...], Meta(min_length=1, max_length=64)]
    token: Annotated[bytes, Meta(max_length=1024)]
    proof: Annotated[bytes, Meta(min_length=64, max_length=64)]


class Carried(_Row, frozen=True):
    """An account that goes on under its name: its owner was away, or does not rotate.

    ``name`` is the name's number, because the new names must be unlike it and an account that has
    just come knows no older ledger; None for a name that was not drawn.
    """

    user_id: UserId
    why: Literal["away", "resident"]
    name: Annotated[int, Meta(ge=0, lt=1 << 32)] | None = None


Row = NamesUsed | Signed | Declined | Seated | Carried


class _Body(msgspec.Struct, frozen=True, tag=True):
    """What one record says."""


class EpochOpened(_Body, frozen=True):
    """An epoch has begun. Times in milliseconds since 1970; ``window`` and ``freeze`` lengths.

    ``keys`` sign this epoch's three rounds and are the ``next_keys`` of the epoch before;
    ``sealing_key`` (X25519) is what a redemption is sealed to. Pages: `NamesUsed`.
    """

    epoch: Epoch
    opened: Milliseconds
    cut_off: Milliseconds
    window: Length
    freeze: Length
    floor: Count
    keys: RoundKeys
    next_keys: RoundKeys
    sealing_key: Key
    pages: Pages = ()


class Issued(_Body, frozen=True):
    """The issue ledger of a round. ``count`` rows are `Signed`, the others `Declined`.

    ``entry`` is the SHA-256 of the round's registration token, which is the same for everyone: one
    token a member would tell whoever can look into the server which account is whose.
    """

    epoch: Epoch
    round: Round
    count: Count
    pages: Pages = ()
    entry: Hash = bytes(32)


class Admitted(_Body, frozen=True):
    """The admission ledger, final: ``count`` of the ``issued`` tokens were shown (`Seated`), and
    who is `Carried`."""

    epoch: Epoch
    round: Round
    issued: Count
    count: Count
    pages: Pages = ()


class Voided(_Body, frozen=True):
    """A round came to nothing: its tokens are worth nothing, another round follows.

    ``late``: its visits would have begun before its ledger could be published (the bot was off, or
    a hold lasted into its window), so it was not issued at all.
    """

    epoch: Epoch
    round: Round
    why: Literal["ban", "too few", "late"]


class Skipped(_Body, frozen=True):
    """Everyone keeps their name for another epoch: three rounds came to nothing, or too few asked
    for a round to be worth anything."""

    epoch: Epoch
    why: Literal["rounds", "too few"]


class Stayed(_Body, frozen=True):
    """A token of ``epoch`` that had not been redeemed was used by the old account to stay."""

    epoch: Epoch
    round: Round
    seat: Seated


Body = EpochOpened | Issued | Admitted | Voided | Skipped | Stayed


class Record(msgspec.Struct, frozen=True):
    """One link of the chain: ``previous`` is the hash of the one before (zeros for the first),
    ``at`` when it was written."""

    lineage: Annotated[bytes, Meta(min_length=16, max_length=16)]
    sequence: Annotated[int, Meta(ge=1, lt=1 << 32)]
    previous: Hash
    at: Milliseconds
    body: Body


class SignedRecord(msgspec.Struct, frozen=True):
    """A record as it travels: the bytes that were signed, and the signature over them."""

    data: Annotated[bytes, Meta(max_length=48_000)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]

    @property
    def hash(self) -> bytes:
        """SHA-256 of the signed bytes (32 bytes): what the next record names."""
        return hashlib.sha256(self.data).digest()

    def content(self) -> dict[str, Any]:
        """The content of the state event."""
        return {"v": 1, "record": _unpadded(self.data), "signature": _unpadded(self.signature)}

    @classmethod
    def read(cls, content: object) -> SignedRecord:
        """What an event's content holds, not looked at further. Raises `BadContent`."""
        data, signature = _bytes(content, "record"), _bytes(content, "signature")
        return _converted({"data": data, "signature": signature}, cls)


def encode_record(record: Record) -> bytes:
    """The bytes to be signed."""
    return msgspec.msgpack.encode(record)


def decode_record(data: bytes) -> Record:
    """The record in ``data``, which may be anything. Raises `BadContent`."""
    return _decoded(data, Record)


def encode_pages(rows: Sequence[Row]) -> tuple[bytes, ...]:
    """The rows, in order, in pages of at most `PAGE_BYTES`."""
    pages: list[bytes] = []
    page: list[Row] = []
    size = 0
    for row in rows:
        length = len(msgspec.msgpack.encode(row))
        if page and size + length > PAGE_BYTES:
            pages.append(msgspec.msgpack.encode(page))
            page, size = [], 0
        page.append(row)
        size += length
    if page:
        pages.append(msgspec.msgpack.encode(page))
    return tuple(pages)


def decode_page(data: bytes) -> tuple[Row, ...]:
    """The rows of one page. Raises `BadContent`."""
    return _decoded(data, tuple[Row, ...])


def page_content(page: bytes) -> dict[str, Any]:
    """The content of a page's state event."""
    return {"v": 1, "rows": _unpadded(page)}


def read_page(content: object) -> bytes:
    """The bytes of the page in an event's content. Raises `BadContent`."""
    return _bytes(content, "rows")


def page_key(sequence: int, index: int) -> str:
    """The state key of a page."""
    return f"{sequence}.{index}"


T = TypeVar("T")


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadContent from None


def _converted(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.MsgspecError, ValueError):
        raise BadContent from None


def _bytes(content: object, key: str) -> bytes:
    """The bytes of unpadded base64 under ``key``; only the one right spelling of them."""
    text = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(text, str) or not text.isascii():
        raise BadContent
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise BadContent from None
    if _unpadded(data) != text:
        raise BadContent
    return data


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()
