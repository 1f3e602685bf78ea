"""Round keys: one form, and a name for everything that is not one."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from support.token_keys import flipped, round_key

from peerroom.pseudonym.blind import blind, blind_sign, fits
from peerroom.pseudonym.round_keys import BITS, MODULUS_LENGTH, PublicKey, SigningKey
from peerroom.pseudonym.token_errors import (
    BadKey,
    ExponentNotAllowed,
    KeyNotCanonical,
    ModulusEven,
    ModulusTooShort,
)

LENGTH = MODULUS_LENGTH + 4
moduli = st.integers(2 ** (BITS - 1), 2**BITS - 1)


def encoded(n: int, e: int = 65537) -> bytes:
    return n.to_bytes(MODULUS_LENGTH) + e.to_bytes(4)


def test_a_key_survives_its_encoding() -> None:
    key = round_key().public
    data = key.encode()
    assert len(data) == LENGTH
    assert PublicKey.decode(data) == key
    assert key.n.bit_length() == BITS
    assert PublicKey.decode(data).id == key.id == hashlib.sha256(data).digest()


@settings(deadline=None)
@given(n=moduli, e=st.integers(0, 2**32 - 1))
def test_only_an_odd_modulus_and_one_exponent_pass(n: int, e: int) -> None:
    with pytest.raises(ModulusEven):
        PublicKey.decode(encoded(n & ~1))
    assert PublicKey.decode(encoded(n | 1)).encode() == encoded(n | 1)
    if e != 65537:
        with pytest.raises(ExponentNotAllowed):
            PublicKey.decode(encoded(n | 1, e))


@settings(deadline=None)
@given(n=st.integers(0, 2 ** (BITS - 1) - 1))
def test_a_short_modulus_is_refused(n: int) -> None:
    with pytest.raises(ModulusTooShort):
        PublicKey.decode(encoded(n | 1))


@settings(deadline=None)
@given(data=st.binary(max_size=2 * LENGTH).filter(lambda data: len(data) != LENGTH))
def test_another_length_is_refused(data: bytes) -> None:
    with pytest.raises(KeyNotCanonical):
        PublicKey.decode(data)


@settings(deadline=None)
@given(data=st.binary(min_size=LENGTH, max_size=LENGTH))
def test_any_other_bytes_are_refused_or_are_their_own_encoding(data: bytes) -> None:
    try:
        key = PublicKey.decode(data)
    except BadKey:
        return
    assert key.encode() == data


def test_every_flipped_bit_makes_another_key_or_none() -> None:
    data, key_id = round_key().public.encode(), round_key().public.id
    for bit in range(8 * LENGTH):
        changed = flipped(data, bit)
        try:
            assert PublicKey.decode(changed).id != key_id
        except (ModulusTooShort, ModulusEven, ExponentNotAllowed):
            assert bit in {0, BITS - 1} or bit >= BITS


def test_a_longer_modulus_is_a_key_but_no_round_key() -> None:
    long = PublicKey(2**4095 + 1)
    with pytest.raises(KeyNotCanonical):
        PublicKey.decode(long.encode())
    with pytest.raises(KeyNotCanonical):
        PublicKey(2**4096 + 1)


def test_a_signing_key_survives_its_storage_and_does_not_show_itself() -> None:
    key = round_key()
    again = SigningKey.load(key.store())
    assert again.public == key.public
    request = blind(key.public, b"a seat").request
    assert fits(key.public, request, blind_sign(again, request))
    n, d, p, q = (getattr(key.private, name) for name in "ndpq")
    assert str(n) in repr(key)
    for secret in (d, p, q):
        assert str(secret) not in repr(key)


def der(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption)


def test_what_is_no_stored_round_key_is_refused() -> None:
    stored = round_key().store()
    numbers = rsa.generate_private_key(65537, 2048)
    others = {
        "nothing": b"",
        "cut off": stored[:-1],
        "more": stored + b"\0",
        "too short": der(numbers),
        "exponent 3": der(rsa.generate_private_key(3, BITS)),
        "no RSA": der(ed25519.Ed25519PrivateKey.generate()),
        "under a password": der(numbers, b"password"),
    }
    for what, data in others.items():
        with pytest.raises(BadKey):
            SigningKey.load(data)
            pytest.fail(what)


def test_a_damaged_stored_key_never_signs_wrongly() -> None:
    """Whatever bit of the file turned: the key is refused, or still answers right."""
    stored = round_key().store()
    request = blind(round_key().public, b"a seat").request
    for bit in (*range(8 * 28), *range(8 * 28, 8 * len(stored), 797)):  # 28: up to the numbers
        try:
            damaged = SigningKey.load(flipped(stored, bit))
        except BadKey:
            continue
        assert fits(round_key().public, request, blind_sign(damaged, request))
