"""Sealed redemptions: one length, for one key and one round, and everything else has a name."""

from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import assume, given
from hypothesis import strategies as st
from support.token_keys import CIRCLE, SCOPE, flipped

from peerroom.pseudonym import sealing
from peerroom.pseudonym.ed25519 import _SMALL_ORDER
from peerroom.pseudonym.sealing import (
    BLOCK,
    CONTENT_LIMIT,
    SEALED_LENGTH,
    SUITE,
    ContentMalformed,
    ContentTooLong,
    NotSealedForUs,
    SealingError,
    SealingKey,
    SealingKeyUnsound,
    bound_to,
    seal,
)
from peerroom.pseudonym.tokens import TOKEN_LENGTH, Scope
from peerroom.wire.records import DeviceKeys, Seated
from peerroom.wire.rotation import Redemption, encode_seat

P = 2**255 - 19
KEY = SealingKey.generate()
INFO = bound_to(SCOPE)

scopes = st.builds(
    Scope,
    lineage=st.binary(min_size=16, max_size=16),
    epoch=st.integers(0, 2**32 - 1),
    round=st.integers(0, 255),
)


def seat(user_id: str, devices: int = 1) -> bytes:
    """What a redemption seals, for an account of that name with so many devices."""
    keys = tuple(DeviceKeys(f"DEVICE{n}", bytes(32), bytes(32)) for n in range(devices))
    token, proof = secrets.token_bytes(TOKEN_LENGTH), secrets.token_bytes(64)
    return encode_seat(Seated(user_id, bytes(32), keys, token, proof))


def test_the_suite_is_the_one_of_the_rfc() -> None:
    """RFC 9180, appendix A.2.1, the first encryption; it has associated data, ours has none."""
    private = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    )
    assert private.public_key().public_bytes_raw() == bytes.fromhex(
        "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
    )
    sealed = bytes.fromhex(
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
    )
    decrypt = openssl.hpke._decrypt_with_aad  # what `Suite.decrypt` is, without associated data
    opened = decrypt(SUITE, sealed, private, b"Ode on a Grecian Urn", b"Count-0")
    assert opened == b"Beauty is truth, truth beauty"


@given(content=st.binary(max_size=CONTENT_LIMIT), scope=scopes)
def test_what_is_sealed_opens_and_is_always_as_long(content: bytes, scope: Scope) -> None:
    sealed = seal(KEY.public, content, info=bound_to(scope))
    assert len(sealed) == SEALED_LENGTH == 2096
    assert KEY.open(sealed, info=bound_to(scope)) == content


@pytest.mark.parametrize("length", [0, 1, BLOCK - 3, CONTENT_LIMIT])
def test_the_ends_of_what_fits(length: int) -> None:
    sealed = seal(KEY.public, b"\xff" * length, info=INFO)
    assert len(sealed) == SEALED_LENGTH
    assert KEY.open(sealed, info=INFO) == b"\xff" * length


def test_more_than_fits_is_not_sealed_into_something_longer() -> None:
    with pytest.raises(ContentTooLong):
        seal(KEY.public, bytes(CONTENT_LIMIT + 1), info=INFO)


def test_neither_the_length_of_a_name_nor_the_number_of_devices_shows() -> None:
    seats = [
        seat("@a:b"),
        seat("@" + "a" * 240 + ":example.org"),
        seat("@a:b", devices=2),
        seat("@" + "a" * 240 + ":example.org", devices=9),
    ]
    assert len({len(content) for content in seats}) == 4
    events = [
        Redemption(SCOPE.epoch, SCOPE.round, seal(KEY.public, content, info=INFO)).content()
        for content in seats
    ]
    assert len({len(str(event)) for event in events}) == 1


def test_sealing_the_same_twice_gives_nothing_in_common() -> None:
    one, other = (seal(KEY.public, b"the same", info=INFO) for _ in range(2))
    assert one[:32] != other[:32]
    assert one[32:] != other[32:]


@given(bit=st.integers(0, SEALED_LENGTH * 8 - 1))
def test_no_bit_can_be_changed(bit: int) -> None:
    """The highest bit of the one-time key too, which X25519 itself does not look at."""
    sealed = seal(KEY.public, b"a seat", info=INFO)
    for altered in (flipped(sealed, bit), flipped(sealed, 31 * 8)):
        with pytest.raises(NotSealedForUs):
            KEY.open(altered, info=INFO)


@given(data=st.binary(max_size=64) | st.binary(min_size=SEALED_LENGTH, max_size=SEALED_LENGTH))
def test_anything_else_is_not_for_us(data: bytes) -> None:
    with pytest.raises(NotSealedForUs):
        KEY.open(data, info=INFO)


@pytest.mark.parametrize("length", [0, 31, 32, 48, SEALED_LENGTH - 1, SEALED_LENGTH + 1])
def test_cut_off_or_longer_is_not_for_us(length: int) -> None:
    sealed = seal(KEY.public, b"a seat", info=INFO)
    with pytest.raises(NotSealedForUs):
        KEY.open(sealed[:length].ljust(length, b"\0"), info=INFO)


def test_another_key_does_not_open_it() -> None:
    sealed = seal(KEY.public, b"a seat", info=INFO)
    with pytest.raises(NotSealedForUs):
        SealingKey.generate().open(sealed, info=INFO)


@given(one=scopes, other=scopes)
def test_it_opens_for_no_other_circle_epoch_or_round(one: Scope, other: Scope) -> None:
    assume(one != other)
    assert bound_to(one) != bound_to(other)
    sealed = seal(KEY.public, b"a seat", info=bound_to(one))
    with pytest.raises(NotSealedForUs):
        KEY.open(sealed, info=bound_to(other))


def test_what_it_is_bound_to_is_what_the_design_says() -> None:
    expected = b"PeerRoom-redeem-v1\0" + CIRCLE + SCOPE.epoch.to_bytes(4) + SCOPE.round.to_bytes(1)
    assert bound_to(SCOPE) == expected


@pytest.mark.parametrize(
    "block",
    [
        b"\x00\x01ab".ljust(BLOCK, b"\0"),  # not zeros behind the content
        b"\x00\x01a".ljust(BLOCK - 1, b"\0") + b"\1",
        b"\x07\xff".ljust(BLOCK, b"\0"),  # a length of one byte more than there is
        b"\xff\xff".ljust(BLOCK, b"\0"),
    ],
    ids=["behind the content", "at the end", "one byte too long", "far too long"],
)
def test_a_block_has_one_spelling(block: bytes) -> None:
    public = X25519PublicKey.from_public_bytes(KEY.public)
    with pytest.raises(ContentMalformed):
        KEY.open(SUITE.encrypt(block, public, INFO), info=INFO)


def small_order() -> list[bytes]:
    """The X25519 keys under which every shared secret is zero, from Ed25519's: u = (1+y)/(1-y);
    then -1, which is on the twist, and what is the same modulo p."""
    points = {(1 + y) * pow(1 - y, -1, P) % P for y in _SMALL_ORDER if y != 1} | {P - 1}
    assert {0, 1} <= points and len(points) == 5
    return [n.to_bytes(32, "little") for u in points for n in (u, u + P) if n < 2**255]


@pytest.mark.parametrize("public", small_order(), ids=bytes.hex)
def test_a_key_with_which_anybody_could_open_is_refused(public: bytes) -> None:
    with pytest.raises(SealingKeyUnsound):
        seal(public, b"a seat", info=INFO)
    with pytest.raises(NotSealedForUs):  # as a one-time key
        KEY.open(public + bytes(SEALED_LENGTH - 32), info=INFO)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SealingKeyUnsound):
        seal(b"\x09" * length, b"a seat", info=INFO)
    with pytest.raises(SealingKeyUnsound):
        SealingKey.load(b"\x09" * length)


def test_a_key_comes_back_from_the_vault() -> None:
    stored = KEY.store()
    assert len(stored) == len(KEY.public) == sealing.KEY_LENGTH
    again = SealingKey.load(stored)
    assert again.public == KEY.public
    assert again.open(seal(KEY.public, b"a seat", info=INFO), info=INFO) == b"a seat"


def test_no_refusal_and_no_repr_says_what_is_secret() -> None:
    for shown in (repr(KEY), str(KEY), *(repr(kind()) for kind in SealingError.__subclasses__())):
        assert KEY.store().hex() not in shown
        assert repr(KEY.store()) not in shown
        assert "private" not in shown
