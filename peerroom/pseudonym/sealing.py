"""What a new account shows to the bot, sealed so that only the bot reads it: HPKE (RFC 9180).

Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. A redemption goes to the bot
as one event in the clear, before any room or key is shared, so it is sealed to the epoch's key in
the signed record. Whoever seals stays unnamed: the token inside says what they may do.

Everything sealed has one length, `SEALED_LENGTH`. The content is filled up to `BLOCK`: otherwise
the length would tell how long the new account's name is, or how many devices it has.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from peerroom.pseudonym.token_errors import BadKey, TokenError
from peerroom.pseudonym.tokens import LINEAGE_LENGTH, Scope

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
DOMAIN: Final = b"PeerRoom-redeem-v1\0"

KEY_LENGTH: Final = 32
BLOCK: Final = 2048
"""Bytes of the plaintext: two of length, the content, zeros."""

_LENGTH: Final = struct.Struct(">H")
_TAG: Final = 16
CONTENT_LIMIT: Final = BLOCK - _LENGTH.size
"""Most bytes that can be sealed."""
SEALED_LENGTH: Final = KEY_LENGTH + BLOCK + _TAG

_SCOPE: Final = struct.Struct(f">{len(DOMAIN)}s{LINEAGE_LENGTH}sIB")


class SealingError(TokenError):
    """Something that cannot be sealed, or was not sealed for us. No message quotes it."""


class NotSealedForUs(SealingError):
    """Not what this key opens for this round: foreign, altered, cut off, or of another round."""


class ContentMalformed(SealingError):
    """It opens, and what is inside was not filled up as `seal` does it."""


class ContentTooLong(SealingError):
    """More than `CONTENT_LIMIT` bytes: sealing it would make it stand out by its length."""


class SealingKeyUnsound(BadKey):
    """Not an X25519 key, or one of small order, with which anybody could open."""


def bound_to(scope: Scope) -> bytes:
    """HPKE's ``info`` for a round: domain ‖ lineage ‖ u32 epoch ‖ u8 round. What is sealed for one
    round opens for no other."""
    return _SCOPE.pack(DOMAIN, scope.lineage, scope.epoch, scope.round)


def seal(public_key: bytes, plaintext: bytes, *, info: bytes) -> bytes:
    """``plaintext`` for the holder of ``public_key``, in `SEALED_LENGTH` bytes.

    The one-time key comes from the library, which takes no randomness from outside.

    Raises `ContentTooLong` and `SealingKeyUnsound`.
    """
    if len(plaintext) > CONTENT_LIMIT:
        raise ContentTooLong
    block = (_LENGTH.pack(len(plaintext)) + plaintext).ljust(BLOCK, b"\0")
    try:
        return SUITE.encrypt(block, X25519PublicKey.from_public_bytes(public_key), info)
    except ValueError:  # another length, or the shared secret is zero (RFC 9180, section 7.1.4)
        raise SealingKeyUnsound from None


@dataclass(frozen=True, eq=False, slots=True)
class SealingKey:
    """The bot's half of an epoch's sealing key (X25519). Its repr does not show it."""

    private: X25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SealingKey:
        """A new key, with randomness of the system."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, stored: bytes) -> SealingKey:
        """The key that `store` made. Raises `SealingKeyUnsound` for anything but 32 bytes."""
        try:
            return cls(X25519PrivateKey.from_private_bytes(stored))
        except ValueError:
            raise SealingKeyUnsound from None

    def store(self) -> bytes:
        """32 bytes in clear: for the bot's vault and for nothing else."""
        return self.private.private_bytes_raw()

    @property
    def public(self) -> bytes:
        """32 bytes, for the epoch's record."""
        return self.private.public_key().public_bytes_raw()

    def open(self, sealed: bytes, *, info: bytes) -> bytes:
        """What `seal` was given; ``sealed`` may be anything.

        Raises `NotSealedForUs` and `ContentMalformed`.
        """
        if len(sealed) != SEALED_LENGTH:
            raise NotSealedForUs
        try:
            block = SUITE.decrypt(sealed, self.private, info)
        except InvalidTag:  # also for a one-time key of small order
            raise NotSealedForUs from None
        (length,) = _LENGTH.unpack_from(block)
        end = _LENGTH.size + length
        if end > BLOCK or any(block[end:]):
            raise ContentMalformed
        return block[_LENGTH.size : end]
