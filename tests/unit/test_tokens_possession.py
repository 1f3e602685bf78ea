"""Proofs of possession: for this use, this account and these keys, by the holder alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.token_keys import SCOPE, flipped, issued

from peerroom.pseudonym import possession
from peerroom.pseudonym.ed25519 import _SMALL_ORDER, is_sound
from peerroom.pseudonym.possession import Account, Device, Use, check_proof, prove
from peerroom.pseudonym.token_errors import (
    AccountMalformed,
    BadProof,
    HolderKeyUnsound,
    TokenError,
    WrongUse,
)
from peerroom.pseudonym.tokens import Scope

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def public_key(seed: int) -> bytes:
    private = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32))
    return private.public_key().public_bytes_raw()


DEVICE = Device("ABCDEFGHIJ", public_key(1), public_key(2))
ACCOUNT = Account("@a8f2k:example.org", public_key(3), (DEVICE,))


@cache
def proof(use: Use = Use.REDEEM) -> bytes:
    pending, token = issued()
    return prove(pending.seed, token, use, ACCOUNT)


def test_a_proof_is_good_for_its_use_and_the_same_each_time() -> None:
    pending, token = issued()
    for use in Use:
        assert prove(pending.seed, token, use, ACCOUNT) == proof(use)
        check_proof(token, use, ACCOUNT, proof(use))


@pytest.mark.parametrize("use", Use)
def test_a_proof_of_the_other_use_is_named(use: Use) -> None:
    other = Use.STAY if use is Use.REDEEM else Use.REDEEM
    with pytest.raises(WrongUse):
        check_proof(issued()[1], other, ACCOUNT, proof(use))


def test_nobody_proves_for_a_token_of_others() -> None:
    _, token = issued()
    with pytest.raises(BadProof):
        prove(issued(member=1)[0].seed, token, Use.REDEEM, ACCOUNT)
    with pytest.raises(BadProof):
        check_proof(issued(member=1)[1], Use.REDEEM, ACCOUNT, proof())


OTHERS = [
    Account("@b8f2k:example.org", ACCOUNT.master_key, ACCOUNT.devices),
    Account("@a8f2k:example.com", ACCOUNT.master_key, ACCOUNT.devices),
    Account(ACCOUNT.user_id, public_key(9), ACCOUNT.devices),
    Account(ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, device_id="ABCDEFGHIK"),)),
    Account(ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, ed25519=public_key(9)),)),
    Account(ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, curve25519=public_key(9)),)),
    Account(ACCOUNT.user_id, ACCOUNT.master_key, (DEVICE, replace(DEVICE, device_id="B"))),
]


@pytest.mark.parametrize("other", OTHERS)
def test_a_proof_is_for_no_other_account_or_key(other: Account) -> None:
    with pytest.raises(BadProof) as refused:
        check_proof(issued()[1], Use.REDEEM, other, proof())
    assert refused.type is BadProof


@pytest.mark.parametrize(
    "scope", [Scope(bytes(16), 7, 1), replace(SCOPE, epoch=8), replace(SCOPE, round=2)]
)
def test_a_proof_is_for_no_other_circle_epoch_or_round(scope: Scope) -> None:
    _, token = issued()
    for other in (replace(token, scope=scope), replace(token, key_id=bytes(32))):
        with pytest.raises(BadProof):
            check_proof(other, Use.REDEEM, ACCOUNT, proof())


def test_every_flipped_bit_of_a_proof_is_noticed() -> None:
    _, token = issued()
    for bit in range(8 * 64):
        with pytest.raises(BadProof):
            check_proof(token, Use.REDEEM, ACCOUNT, flipped(proof(), bit))


def test_a_proof_has_one_spelling() -> None:
    """s + L would be the same number in the exponent (RFC 8032, section 5.1.7)."""
    s = int.from_bytes(proof()[32:], "little") + L
    with pytest.raises(BadProof):
        check_proof(issued()[1], Use.REDEEM, ACCOUNT, proof()[:32] + s.to_bytes(32, "little"))


@settings(deadline=None)
@given(data=st.binary(max_size=70))
def test_any_other_bytes_are_no_proof(data: bytes) -> None:
    assume(data != proof())
    with pytest.raises(BadProof):
        check_proof(issued()[1], Use.REDEEM, ACCOUNT, data)


def test_what_is_signed_is_what_the_module_says() -> None:
    def field(value: bytes) -> bytes:
        return len(value).to_bytes(2) + value

    pending, token = issued()
    statement = (
        b"PeerRoom-possession-v1\0\0\6redeem"
        + field(token.message())
        + b"\0\x12@a8f2k:example.org"
        + field(ACCOUNT.master_key)
        + b"\0\1"
        + b"\0\x0aABCDEFGHIJ"
        + field(DEVICE.ed25519)
        + field(DEVICE.curve25519)
    )
    Ed25519PublicKey.from_public_bytes(token.holder).verify(proof(), statement)
    assert Ed25519PrivateKey.from_private_bytes(pending.seed).sign(statement) == proof()


ids = st.text("ABCab", min_size=1, max_size=3)
devices = st.builds(
    Device, ids, st.integers(1, 3).map(public_key), st.integers(1, 3).map(public_key)
)
accounts = st.builds(
    Account,
    ids.map(lambda name: f"@{name.lower()}:a"),
    st.integers(1, 3).map(public_key),
    st.lists(devices, min_size=1, max_size=3, unique_by=lambda d: d.device_id).map(
        lambda found: tuple(sorted(found, key=lambda d: d.device_id))
    ),
)


@settings(deadline=None)
@given(one=accounts, other=accounts, uses=st.tuples(*[st.sampled_from(list(Use))] * 2))
def test_no_two_statements_have_the_same_bytes(
    one: Account, other: Account, uses: tuple[Use, Use]
) -> None:
    token = issued()[1]
    first = possession._statement(token, uses[0], one)
    second = possession._statement(token, uses[1], other)
    assert (first == second) == ((uses[0], one) == (uses[1], other))
    assert not second.startswith(first + b"\0")


SMALL = bytes([1]) + bytes(31)
MALFORMED = [
    ("a8f2k:example.org", ACCOUNT.master_key, (DEVICE,)),
    ("@a:b c", ACCOUNT.master_key, (DEVICE,)),
    ("@" + "a" * 250 + ":b.example", ACCOUNT.master_key, (DEVICE,)),
    (ACCOUNT.user_id, b"", (DEVICE,)),
    (ACCOUNT.user_id, SMALL, (DEVICE,)),
    (ACCOUNT.user_id, ACCOUNT.master_key, ()),
    (ACCOUNT.user_id, ACCOUNT.master_key, (DEVICE, DEVICE)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, device_id="B"), DEVICE)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, device_id=""),)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, device_id="A" * 256),)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, device_id="サギ"),)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, device_id="A\n"),)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, ed25519=SMALL),)),
    (ACCOUNT.user_id, ACCOUNT.master_key, (replace(DEVICE, curve25519=bytes(31)),)),
    (
        ACCOUNT.user_id,
        ACCOUNT.master_key,
        tuple(replace(DEVICE, device_id=f"D{n:03}") for n in range(65)),
    ),
]


@pytest.mark.parametrize(("user_id", "master_key", "devices"), MALFORMED)
def test_an_account_that_cannot_be_admitted(
    user_id: str, master_key: bytes, devices: tuple[Device, ...]
) -> None:
    with pytest.raises(AccountMalformed):
        Account(user_id, master_key, devices)


# --- Ed25519 keys that bind nobody, from the curve's own equations --------------------------


def add(a: Point, b: Point) -> Point:
    k = D * a[0] * b[0] * a[1] * b[1] % P
    return (
        (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P,
    )


def times(k: int, a: Point) -> Point:
    total = (0, 1)
    while k:
        total, a, k = (add(total, a) if k & 1 else total), add(a, a), k >> 1
    return total


def on_curve(y: int) -> Point | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x, y) if (x * x - square) % P == 0 else None


def torsion() -> list[Point]:
    """The eight points whose order divides 8."""
    for y in range(2, 100):
        point = on_curve(y)
        if point is None:
            continue
        multiples = [times(k, times(L, point)) for k in range(8)]
        if len(set(multiples)) == 8:
            return multiples
    raise AssertionError


def spelled(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def test_the_small_order_keys_are_all_of_them() -> None:
    assert {y for _, y in torsion()} == _SMALL_ORDER


@pytest.mark.parametrize("sign", [0, 1])
def test_keys_of_small_order_and_second_spellings_are_unsound(sign: int) -> None:
    for y in sorted(_SMALL_ORDER):
        assert not is_sound(spelled(y, sign))
    for y in range(P, 2**255):  # the 19 numbers that fit into 255 bits and are not below p
        assert not is_sound(spelled(y, sign))


@settings(deadline=None)
@given(seed=st.integers(0, 2**256 - 1), length=st.integers(0, 64).filter(lambda n: n != 32))
def test_honest_keys_are_sound_and_other_lengths_are_not(seed: int, length: int) -> None:
    assert is_sound(public_key(seed))
    assert not is_sound((public_key(seed) * 2)[:length])


def test_under_an_unsound_key_anybody_could_prove() -> None:
    """Why it matters: the library takes it, for both uses and for every account."""
    identity = (1).to_bytes(32, "little")
    anybodys = identity + bytes(32)  # R is the identity and s is 0
    Ed25519PublicKey.from_public_bytes(identity).verify(anybodys, b"whatever")
    token = replace(issued()[1], holder=identity)
    for use in Use:
        with pytest.raises(HolderKeyUnsound):
            check_proof(token, use, ACCOUNT, anybodys)


def test_a_key_off_the_curve_proves_nothing() -> None:
    off = next(y for y in range(2, 100) if on_curve(y) is None)
    token = replace(issued()[1], holder=spelled(off, 0))
    with pytest.raises(BadProof):
        check_proof(token, Use.REDEEM, ACCOUNT, proof())


def test_every_refusal_says_what_to_do() -> None:
    classes, found = [TokenError], []
    while classes:
        found.append(classes.pop())
        classes += found[-1].__subclasses__()
    assert len(found) > 20
    for error in found:
        assert error().sentence().endswith(".")
