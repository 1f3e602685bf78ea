"""The token of one seat for one round of one epoch: asked for by one name, shown by the next.

A member asks for it under the old name, the circle signs without seeing it, and it comes back under
a new name. What is signed says which circle, epoch, round and key the token is for, and holds a
fresh Ed25519 key, whose holder alone can use the token (`peerroom.pseudonym.possession`):

    message  "PeerRoom-token-v1\\0" ‖ u16 length ‖ lineage ‖ u32 epoch ‖ u8 round ‖ key id ‖ holder
    token    prefix (32 bytes) ‖ message ‖ signature (384 bytes)

Numbers are big-endian. Every part has one length, so a token has one encoding (`TOKEN_LENGTH`).

Whether a token was shown before is the caller's to remember, by `Token.id`.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from peerroom.pseudonym import blind
from peerroom.pseudonym.blind_selftest import self_test
from peerroom.pseudonym.ed25519 import is_sound
from peerroom.pseudonym.round_keys import MODULUS_LENGTH, PublicKey, SigningKey
from peerroom.pseudonym.token_errors import (
    HolderKeyUnsound,
    TokenNotCanonical,
    TokenTruncated,
    WrongCircle,
    WrongEpoch,
    WrongKey,
    WrongRound,
)

DOMAIN: Final = b"PeerRoom-token-v1\0"
LINEAGE_LENGTH: Final = 16

_MESSAGE: Final = struct.Struct(f">{len(DOMAIN)}sH{LINEAGE_LENGTH}sIB32s32s")
_TOKEN: Final = struct.Struct(f">{blind.RANDOMIZED.prefix}s{_MESSAGE.size}s{MODULUS_LENGTH}s")
TOKEN_LENGTH: Final = _TOKEN.size


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is for: ``lineage`` (16 random bytes, the circle), ``epoch`` and ``round``.

    Raises ValueError for what fits no token (epoch: 32 bits, round: 8 bits).
    """

    lineage: bytes
    epoch: int
    round: int

    def __post_init__(self) -> None:
        if len(self.lineage) != LINEAGE_LENGTH:
            raise ValueError("a lineage has 16 bytes")
        if not (0 <= self.epoch < 1 << 32 and 0 <= self.round < 1 << 8):
            raise ValueError("epoch or round out of range")


@dataclass(frozen=True, slots=True)
class Pending:
    """A request under way, for the vault: it is written there before `request` goes out.

    The rest is secret until the token is shown: ``seed`` of the holder's Ed25519 key (32 bytes),
    ``prefix`` (32 bytes) and ``inverse`` (384 bytes). Bytes and numbers only: msgspec can
    store it. It ends as a token or is burnt; nothing in this module blinds any of it again.
    """

    scope: Scope
    key_id: bytes
    request: bytes
    seed: bytes = field(repr=False)
    prefix: bytes = field(repr=False)
    inverse: bytes = field(repr=False)

    def message(self) -> bytes:
        """What the circle signs unseen."""
        return _message(self.scope, self.key_id, _holder(self.seed))


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is shown: ``holder`` is the Ed25519 public key that may use it."""

    scope: Scope
    key_id: bytes
    holder: bytes
    prefix: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """SHA-256 of the holder's key (32 bytes): what must be unique among tokens that were used.

        Not of the whole token: its owner can have one message signed twice, which gives two tokens
        that differ, for the one seat.
        """
        return hashlib.sha256(self.holder).digest()

    def message(self) -> bytes:
        """What was signed, without the random prefix."""
        return _message(self.scope, self.key_id, self.holder)

    def encode(self) -> bytes:
        """The token in `TOKEN_LENGTH` bytes."""
        return _TOKEN.pack(self.prefix, self.message(), self.signature)

    @classmethod
    def decode(cls, data: bytes) -> Token:
        """The token in ``data``, which may be anything; the signature is looked at by `check`.

        Raises `TokenTruncated` or `TokenNotCanonical`.
        """
        if len(data) < TOKEN_LENGTH:
            raise TokenTruncated
        if len(data) > TOKEN_LENGTH:
            raise TokenNotCanonical
        prefix, message, signature = _TOKEN.unpack(data)
        domain, length, lineage, epoch, round_, key_id, holder = _MESSAGE.unpack(message)
        if domain != DOMAIN or length != LINEAGE_LENGTH:
            raise TokenNotCanonical
        return cls(Scope(lineage, epoch, round_), key_id, holder, prefix, signature)


def request(
    key: PublicKey, scope: Scope, *, random: blind.RandomBytes = secrets.token_bytes
) -> Pending:
    """A new request, everything in it drawn anew.

    Raises `BadKey` for a key made to be weak, and `SelfTestFailed`.
    """
    self_test()
    seed = random(32)
    prepared = blind.prepare(_message(scope, key.id, _holder(seed)), random=random)
    blinded = blind.blind(key, prepared, random=random)
    prefix = prepared[: blind.RANDOMIZED.prefix]
    return Pending(scope, key.id, blinded.request, seed, prefix, blinded.inverse)


def sign(key: SigningKey, requested: bytes) -> bytes:
    """The circle's answer to a request: 384 bytes, checked (s^e = m) before they are returned.

    Raises `RequestMalformed`, `RequestOutOfRange`, `SigningFailed` and `SelfTestFailed`.
    """
    self_test()
    return blind.blind_sign(key, requested)


def finish(key: PublicKey, pending: Pending, blind_signature: bytes) -> Token:
    """The token that the circle's answer opens to. Doing it twice gives the same token.

    Raises `WrongKey` if ``key`` is not the one that was asked, and `FinalizeFailed`: then the
    request is to be burnt, and if `blind.fits` says no to the answer, that is proof of it.
    """
    self_test()
    if key.id != pending.key_id:
        raise WrongKey
    signature = blind.finalize(
        key, pending.prefix + pending.message(), pending.inverse, blind_signature
    )
    return Token(pending.scope, key.id, _holder(pending.seed), pending.prefix, signature)


def check(token: Token, key: PublicKey, scope: Scope) -> None:
    """Hold ``token`` to the round that is being redeemed. The proof of possession comes after.

    Raises `WrongCircle`, `WrongEpoch`, `WrongRound`, `WrongKey`, `HolderKeyUnsound` or
    `BadSignature`.
    """
    if token.scope.lineage != scope.lineage:
        raise WrongCircle
    if token.scope.epoch != scope.epoch:
        raise WrongEpoch
    if token.scope.round != scope.round:
        raise WrongRound
    if token.key_id != key.id:
        raise WrongKey
    if not is_sound(token.holder):
        raise HolderKeyUnsound
    blind.verify(key, token.prefix + token.message(), token.signature)


def _message(scope: Scope, key_id: bytes, holder: bytes) -> bytes:
    return _MESSAGE.pack(
        DOMAIN, LINEAGE_LENGTH, scope.lineage, scope.epoch, scope.round, key_id, holder
    )


def _holder(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
