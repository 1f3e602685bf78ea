"""Blind RSA signatures: RSABSSA as in RFC 9474, a function for each step of the protocol.

What the signer sees (``request``) says nothing about what it signs, whatever key it made up: the
random prefix of the Randomized variants is there for that (RFC 9474, section 7.3). PeerRoom uses
`RANDOMIZED` alone; the other variants share the code and are here for the self-test.

Secrets of the client are bytes and `Integer`, never Python integers. Random bytes come from
``random``, which is the system's; tests pass their own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from peerroom.pseudonym.native import Integer, raw_private, strxor
from peerroom.pseudonym.round_keys import PublicKey, SigningKey
from peerroom.pseudonym.token_errors import (
    BadSignature,
    FinalizeFailed,
    NotCoprime,
    RequestMalformed,
    RequestOutOfRange,
    SigningFailed,
)

RandomBytes = Callable[[int], bytes]
"""As many random bytes as asked for."""


class Variant(NamedTuple):
    """A variant of RFC 9474, section 5: all with SHA-384 and MGF1 of it; lengths in bytes."""

    name: str
    salt: int
    prefix: int


RANDOMIZED: Final = Variant("RSABSSA-SHA384-PSS-Randomized", salt=48, prefix=32)
VARIANTS: Final = (
    RANDOMIZED,
    Variant("RSABSSA-SHA384-PSSZERO-Randomized", salt=0, prefix=32),
    Variant("RSABSSA-SHA384-PSS-Deterministic", salt=48, prefix=0),
    Variant("RSABSSA-SHA384-PSSZERO-Deterministic", salt=0, prefix=0),
)

_HASH_LENGTH: Final = hashlib.sha384().digest_size


@dataclass(frozen=True, slots=True)
class Blinded:
    """A ``request`` for the signer and the ``inverse`` that opens the answer, long as the modulus.

    The inverse is a secret: with it, the request and the token are seen to be one.
    """

    request: bytes
    inverse: bytes = field(repr=False)


def prepare(
    message: bytes, *, random: RandomBytes = secrets.token_bytes, variant: Variant = RANDOMIZED
) -> bytes:
    """``message`` behind its random prefix (section 4.1)."""
    return random(variant.prefix) + message


def blind(
    key: PublicKey,
    prepared: bytes,
    *,
    random: RandomBytes = secrets.token_bytes,
    variant: Variant = RANDOMIZED,
) -> Blinded:
    """A request for a signature of ``prepared`` (section 4.2). Draws the salt, then r.

    Raises `NotCoprime`: the key was made to be weak. An honest key does this to nobody in the
    lifetime of the universe, so there is no second try.
    """
    n = key.modulus
    encoded = Integer.from_bytes(
        _pss_encode(prepared, random(variant.salt), key.n.bit_length() - 1)
    )
    r = _below(key, random)
    try:
        encoded.inverse(n)  # exists if the encoded message is coprime to n
        inverse = r.inverse(n)
    except ValueError:
        raise NotCoprime from None
    request = encoded * pow(r, key.exponent, n) % n
    return Blinded(request.to_bytes(key.length), inverse.to_bytes(key.length))


def blind_sign(key: SigningKey, request: bytes) -> bytes:
    """The blind signature of ``request`` (section 4.3), checked before anyone sees it.

    Raises `RequestMalformed`, `RequestOutOfRange` (also for 0, which no client makes), and
    `SigningFailed` if the private operation went wrong: such a result may give the key away.
    """
    if len(request) != key.public.length:
        raise RequestMalformed
    number = Integer.from_bytes(request, public=True)
    if not 0 < number < key.public.modulus:
        raise RequestOutOfRange
    signature = raw_private(key.private, number)
    if not fits(key.public, request, signature):
        raise SigningFailed
    return signature


def fits(key: PublicKey, request: bytes, blind_signature: bytes) -> bool:
    """Whether s^e = m: whether the signer answered ``request`` with what it had to.

    Needs no secret. So anyone can see that an answer is wrong whose request is shown to them, and
    showing a request gives nothing away.
    """
    if len(blind_signature) != key.length:
        return False
    signature = Integer.from_bytes(blind_signature, public=True)
    if not signature < key.modulus:
        return False
    return pow(signature, key.exponent, key.modulus).to_bytes(key.length) == request


def finalize(
    key: PublicKey,
    prepared: bytes,
    inverse: bytes,
    blind_signature: bytes,
    *,
    variant: Variant = RANDOMIZED,
) -> bytes:
    """The signature of ``prepared``, opened with ``inverse`` and verified (section 4.4).

    Raises `FinalizeFailed`. Then prefix, salt and r are spent: decision 0007 says what the signer
    could learn from using any of them again.
    """
    if len(blind_signature) != key.length or len(inverse) != key.length:
        raise FinalizeFailed
    answer = Integer.from_bytes(blind_signature)
    if not answer < key.modulus:  # the one spelling of it, although the RFC would reduce it
        raise FinalizeFailed
    signature = (answer * Integer.from_bytes(inverse) % key.modulus).to_bytes(key.length)
    try:
        verify(key, prepared, signature, variant=variant)
    except BadSignature:
        raise FinalizeFailed from None
    return signature


def verify(
    key: PublicKey, prepared: bytes, signature: bytes, *, variant: Variant = RANDOMIZED
) -> None:
    """Check the signature of ``prepared`` (section 4.5; RFC 8017, RSASSA-PSS-VERIFY).

    Raises `BadSignature`, also for a signature of another length or not below n.
    """
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=variant.salt)
    try:
        key.verifier.verify(signature, prepared, pss, hashes.SHA384())
    except InvalidSignature:
        raise BadSignature from None


def _pss_encode(message: bytes, salt: bytes, bits: int) -> bytes:
    """EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) into ``bits`` bits."""
    length = (bits + 7) // 8
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(length - len(salt) - _HASH_LENGTH - 2) + b"\1" + salt
    masked = strxor(block, _mgf1(digest, len(block)))
    return bytes([masked[0] & (0xFF >> (8 * length - bits))]) + masked[1:] + digest + b"\xbc"


def _mgf1(seed: bytes, length: int) -> bytes:
    """MGF1 (RFC 8017, appendix B.2.1)."""
    blocks = -(-length // _HASH_LENGTH)
    return b"".join(hashlib.sha384(seed + n.to_bytes(4)).digest() for n in range(blocks))[:length]


def _below(key: PublicKey, random: RandomBytes) -> Integer:
    """A uniformly random number of 1 … n - 1, by rejection (at least half of the draws fit)."""
    while True:
        number = Integer.from_bytes(random(key.length))
        if 0 < number < key.modulus:
            return number
