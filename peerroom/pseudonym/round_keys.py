"""RSA keys that sign the tokens of one round of one epoch of one circle, and nothing else.

A public key travels in one form only: the modulus (384 bytes, big-endian, highest bit set), then
the exponent (4 bytes). No DER, because a form with one encoding needs no rule about which is the
right one; its SHA-256 is the key's id, and stands in every token.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from peerroom.pseudonym.native import Integer, RsaKey, construct
from peerroom.pseudonym.token_errors import (
    BadKey,
    ExponentNotAllowed,
    KeyNotCanonical,
    ModulusEven,
    ModulusTooShort,
)

BITS: Final = 3072
EXPONENT: Final = 65537
MODULUS_LENGTH: Final = BITS // 8
"""Bytes of the modulus of a round key, of a request and of a signature."""

_EXPONENT_LENGTH: Final = 4


@dataclass(frozen=True)
class PublicKey:
    """An RSA public key (RFC 8017), at least `BITS` long.

    Raises `BadKey`: `ModulusTooShort`, `ModulusEven`, `ExponentNotAllowed`, or `KeyNotCanonical`
    for a length that is not a whole number of bytes.
    """

    n: int
    e: int = EXPONENT

    def __post_init__(self) -> None:
        if self.n.bit_length() < BITS:
            raise ModulusTooShort
        if self.n.bit_length() % 8:
            raise KeyNotCanonical
        if self.n % 2 == 0:
            raise ModulusEven
        if self.e != EXPONENT:
            raise ExponentNotAllowed

    @property
    def length(self) -> int:
        """Bytes of the modulus (RFC 9474's ``modulus_len``)."""
        return self.n.bit_length() // 8

    def encode(self) -> bytes:
        """The canonical form."""
        return self.n.to_bytes(self.length) + self.e.to_bytes(_EXPONENT_LENGTH)

    @classmethod
    def decode(cls, data: bytes) -> PublicKey:
        """The round key in ``data``, exactly `BITS` long. Raises `BadKey`, as above."""
        if len(data) != MODULUS_LENGTH + _EXPONENT_LENGTH:
            raise KeyNotCanonical
        return cls(int.from_bytes(data[:MODULUS_LENGTH]), int.from_bytes(data[MODULUS_LENGTH:]))

    @cached_property
    def id(self) -> bytes:
        """SHA-256 of the canonical form (32 bytes)."""
        return hashlib.sha256(self.encode()).digest()

    @cached_property
    def modulus(self) -> Integer:
        """n for arithmetic; kept, because it carries what makes further powers faster."""
        return Integer(self.n, public=True)

    @cached_property
    def exponent(self) -> Integer:
        """e for arithmetic."""
        return Integer(self.e, public=True)

    @cached_property
    def verifier(self) -> rsa.RSAPublicKey:
        """The same key in the library that verifies, which is not the one that signs."""
        return rsa.RSAPublicNumbers(self.e, self.n).public_key()


@dataclass(frozen=True, eq=False, slots=True)
class SigningKey:
    """The private half, for the process that signs. Its repr does not show it."""

    public: PublicKey
    private: RsaKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new round key, with randomness of the system (FIPS 186; about 0.2 s, by OpenSSL)."""
        return cls._of(rsa.generate_private_key(EXPONENT, BITS))

    @classmethod
    def load(cls, stored: bytes) -> SigningKey:
        """The round key that `store` made. Raises `BadKey` if it is not whole and consistent."""
        try:
            key = load_der_private_key(stored, password=None)
            if isinstance(key, rsa.RSAPrivateKey) and key.key_size == BITS:
                return cls._of(key)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            pass  # no key, a damaged one, one under a password: the same to us
        raise BadKey

    def store(self) -> bytes:
        """PKCS #8 in DER, in clear: for the vault of the signing process and for nothing else."""
        return self.private.export_key("DER", pkcs=8)

    @classmethod
    def _of(cls, key: rsa.RSAPrivateKey) -> SigningKey:
        private = key.private_numbers()
        public = private.public_numbers
        return cls(
            PublicKey(public.n, public.e),
            construct((public.n, public.e, private.d, private.p, private.q)),
        )
