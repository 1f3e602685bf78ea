"""RFC 9474: its vectors at every step, and every way in which a step is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import Crypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.token_keys import flipped, round_key, seeded

from peerroom.pseudonym import blind, blind_selftest, native
from peerroom.pseudonym.native import construct
from peerroom.pseudonym.round_keys import MODULUS_LENGTH, PublicKey, SigningKey
from peerroom.pseudonym.token_errors import (
    BadSignature,
    FinalizeFailed,
    NotCoprime,
    RequestMalformed,
    RequestOutOfRange,
    SelfTestFailed,
    SigningFailed,
)

PUBLISHED = json.loads((Path(__file__).parent / "data" / "rfc9474_vectors.json").read_text())
VECTORS = {vector["name"]: vector for vector in PUBLISHED["vectors"]}
PACKAGED = blind_selftest._VECTORS.read_text("ascii")
MESSAGE = b"a seat"


def raw(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name])


@cache
def rfc_key() -> SigningKey:
    n, e, d, p, q = (int(PUBLISHED["vectors"][0][name], 16) for name in "nedpq")
    return SigningKey(PublicKey(n, e), construct((n, e, d, p, q)))


@cache
def exchange() -> tuple[bytes, blind.Blinded, bytes]:
    """What was prepared, blinded and signed for `MESSAGE`."""
    prepared = blind.prepare(MESSAGE)
    blinded = blind.blind(round_key().public, prepared)
    return prepared, blinded, blind.blind_sign(round_key(), blinded.request)


@pytest.mark.parametrize("variant", blind.VARIANTS, ids=lambda variant: variant.name)
def test_the_vectors_of_the_rfc_at_every_step(variant: blind.Variant) -> None:
    vector, key = VECTORS[variant.name], rfc_key().public
    r = pow(int(vector["inv"], 16), -1, key.n).to_bytes(key.length)
    drawn: Iterator[bytes] = iter((raw(vector, "msg_prefix"), raw(vector, "salt"), r))

    def random(length: int) -> bytes:
        value = next(drawn)
        assert len(value) == length
        return value

    prepared = blind.prepare(raw(vector, "msg"), random=random, variant=variant)
    assert prepared == raw(vector, "prepared_msg")
    encoded = blind._pss_encode(prepared, raw(vector, "salt"), key.n.bit_length() - 1)
    assert encoded == raw(vector, "encoded_msg")
    blinded = blind.blind(key, prepared, random=random, variant=variant)
    assert blinded == blind.Blinded(raw(vector, "blinded_msg"), raw(vector, "inv"))
    answer = blind.blind_sign(rfc_key(), blinded.request)
    assert answer == raw(vector, "blind_sig")
    signature = blind.finalize(key, prepared, blinded.inverse, answer, variant=variant)
    assert signature == raw(vector, "sig")
    for other in blind.VARIANTS:
        if other.salt != variant.salt:
            with pytest.raises(BadSignature):
                blind.verify(key, prepared, signature, variant=other)


def test_the_packaged_vectors_are_the_published_ones() -> None:
    packaged = json.loads(PACKAGED)
    assert set(packaged) == {"source", "key", *VECTORS}
    for name, vector in VECTORS.items():
        assert packaged["key"] == {part: vector[part] for part in "nedpq"}
        assert packaged[name].items() <= vector.items()
        assert set(vector) - set(packaged[name]) == {"name", "encoded_msg", *"nedpq"}


def test_the_self_test_passes_here() -> None:
    blind_selftest.self_test()


def damaged_documents() -> Iterator[str]:
    """The packaged vectors with each single value changed, and with parts that are no vectors."""

    def other_than(part: str, name: str, value: object) -> str:
        document = json.loads(PACKAGED)
        document[part][name] = value
        return json.dumps(document)

    for part, values in json.loads(PACKAGED).items():
        for name, value in values.items() if isinstance(values, dict) else ():
            if value:
                yield other_than(part, name, value[:-1] + ("0" if value[-1] != "0" else "1"))
    for nonsense in ("", "00", "no", None, 7):
        yield other_than("key", "p", nonsense)
        yield other_than(blind.RANDOMIZED.name, "salt", nonsense)
    yield from ("", "[]", "{}", '""', '{"key": 1}', PACKAGED[:-9])
    yield json.dumps(json.loads(PACKAGED) | {blind.RANDOMIZED.name: []})


def test_the_self_test_refuses_every_damaged_document() -> None:
    documents = list(damaged_documents())
    assert len(documents) > 45
    for document in documents:
        with pytest.raises(SelfTestFailed):
            blind_selftest.check_vectors(document)


def test_integers_of_python_are_refused() -> None:
    """With pycryptodome's fallback the vectors would come out as well, but in telling times."""
    code = (
        "from peerroom.pseudonym.blind_selftest import self_test\n"
        "from peerroom.pseudonym.token_errors import SelfTestFailed\n"
        "try: self_test()\nexcept SelfTestFailed: print('refused')"
    )
    environment = os.environ | {"PYCRYPTODOME_INTEGER": "native"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "refused\n"


@pytest.mark.parametrize("version", [(3, 23, 0), (4, 3, 9), (5, 0, 0)])
def test_another_pycryptodome_is_refused(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(Crypto, "version_info", version)
    with pytest.raises(SelfTestFailed):
        native.assert_constant_time()


def test_the_same_randomness_gives_the_same_request_and_other_randomness_another() -> None:
    key, prepared = round_key().public, blind.prepare(MESSAGE, random=seeded(b"prefix"))
    first = blind.blind(key, prepared, random=seeded(b"one"))
    assert blind.blind(key, prepared, random=seeded(b"one")) == first
    assert blind.blind(key, prepared, random=seeded(b"two")) != first
    assert blind.blind(key, prepared) != blind.blind(key, prepared)


def test_r_is_drawn_again_when_it_is_zero_or_not_below_n() -> None:
    key, salt, good = round_key().public, bytes(48), (5).to_bytes(MODULUS_LENGTH)

    def drawn(*values: bytes) -> blind.Blinded:
        rest = iter(values)
        return blind.blind(key, MESSAGE, random=lambda _: next(rest))

    for bad in (bytes(MODULUS_LENGTH), key.n.to_bytes(MODULUS_LENGTH), b"\xff" * MODULUS_LENGTH):
        assert drawn(salt, bad, good) == drawn(salt, good)


def test_the_secret_half_of_a_blinding_is_not_in_its_repr() -> None:
    _, blinded, _ = exchange()
    assert repr(blinded.inverse) not in repr(blinded)


@settings(deadline=None)
@given(message=st.binary(max_size=300))
def test_whatever_was_prepared_is_signed(message: bytes) -> None:
    key = round_key()
    prepared = blind.prepare(message)
    blinded = blind.blind(key.public, prepared)
    answer = blind.blind_sign(key, blinded.request)
    signature = blind.finalize(key.public, prepared, blinded.inverse, answer)
    assert prepared[32:] == message
    assert len(signature) == MODULUS_LENGTH
    blind.verify(key.public, prepared, signature)
    with pytest.raises(BadSignature):
        blind.verify(key.public, prepared + b"\0", signature)
    with pytest.raises(BadSignature):
        blind.verify(round_key(1).public, prepared, signature)


@settings(deadline=None)
@given(request=st.binary(max_size=2 * MODULUS_LENGTH).filter(lambda r: len(r) != MODULUS_LENGTH))
def test_a_request_of_another_length_is_refused(request: bytes) -> None:
    with pytest.raises(RequestMalformed):
        blind.blind_sign(round_key(), request)


@settings(deadline=None)
@given(above=st.integers(min_value=0))
def test_a_request_outside_z_n_is_refused(above: int) -> None:
    n = round_key().public.n
    number = n + above % (2 ** (8 * MODULUS_LENGTH) - n)
    with pytest.raises(RequestOutOfRange):
        blind.blind_sign(round_key(), number.to_bytes(MODULUS_LENGTH))


def test_zero_is_refused_and_the_largest_number_is_not() -> None:
    with pytest.raises(RequestOutOfRange):
        blind.blind_sign(round_key(), bytes(MODULUS_LENGTH))
    largest = (round_key().public.n - 1).to_bytes(MODULUS_LENGTH)
    assert blind.fits(round_key().public, largest, blind.blind_sign(round_key(), largest))


def test_a_faulty_private_operation_lets_nothing_out() -> None:
    """A wrong half of the CRT would give a factor of n away with one signature (RFC 9474, 7.1)."""
    n, e, d, p, q = (int(PUBLISHED["vectors"][0][name], 16) for name in "nedpq")
    wrong_mod_p = d + 2 * (q - 1)  # right modulo q - 1, wrong modulo p - 1
    private = construct((n, e, wrong_mod_p, p, q), consistency_check=False)
    faulty = SigningKey(PublicKey(n, e), private)
    request = raw(VECTORS[blind.RANDOMIZED.name], "blinded_msg")
    out = native.raw_private(private, native.Integer.from_bytes(request))
    assert pow(int.from_bytes(out), e, q) == int.from_bytes(request) % q  # the fault that betrays q
    with pytest.raises(SigningFailed):
        blind.blind_sign(faulty, request)


def test_every_flipped_bit_of_an_answer_is_noticed() -> None:
    key, (prepared, blinded, answer) = round_key().public, exchange()
    assert blind.fits(key, blinded.request, answer)
    for bit in range(8 * MODULUS_LENGTH):
        wrong = flipped(answer, bit)
        assert not blind.fits(key, blinded.request, wrong)
        with pytest.raises(FinalizeFailed):
            blind.finalize(key, prepared, blinded.inverse, wrong)


Change = Callable[[bytes], bytes]
CHANGES: list[Change] = [
    lambda _: b"",
    lambda data: data[:-1],
    lambda data: data + b"\0",
    lambda data: b"\0" + data,
    lambda data: bytes(len(data)),
    lambda data: b"\xff" * len(data),
    lambda data: (int.from_bytes(data) + round_key().public.n).to_bytes(MODULUS_LENGTH + 1),
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_answer_that_is_no_number_below_n_is_refused(change: Change) -> None:
    key, (prepared, blinded, answer) = round_key().public, exchange()
    assert not blind.fits(key, blinded.request, change(answer))
    with pytest.raises(FinalizeFailed):
        blind.finalize(key, prepared, blinded.inverse, change(answer))
    with pytest.raises(FinalizeFailed):
        blind.finalize(key, prepared, change(blinded.inverse), answer)


def test_an_answer_has_one_spelling() -> None:
    """Also where n more still fits into as many bytes, and would be the same number modulo n."""
    key, (prepared, blinded, answer) = round_key().public, exchange()
    signature = blind.finalize(key, prepared, blinded.inverse, answer)
    small, second = (number.to_bytes(MODULUS_LENGTH) for number in (5, key.n + 5))
    request = pow(5, key.e, key.n).to_bytes(MODULUS_LENGTH)
    opens = int.from_bytes(signature) * pow(5, -1, key.n) % key.n
    inverse = opens.to_bytes(MODULUS_LENGTH)
    assert blind.fits(key, request, small)
    assert not blind.fits(key, request, second)
    assert blind.finalize(key, prepared, inverse, small) == signature
    with pytest.raises(FinalizeFailed):
        blind.finalize(key, prepared, inverse, second)


@pytest.mark.parametrize("change", CHANGES)
def test_a_signature_that_is_no_number_below_n_is_refused(change: Change) -> None:
    key, (prepared, blinded, answer) = round_key().public, exchange()
    signature = blind.finalize(key, prepared, blinded.inverse, answer)
    with pytest.raises(BadSignature):
        blind.verify(key, prepared, change(signature))


def test_the_answer_to_someone_else_does_not_open() -> None:
    key = round_key().public
    prepared, blinded, _ = exchange()
    other = blind.blind(key, prepared)
    with pytest.raises(FinalizeFailed):
        blind.finalize(key, prepared, blinded.inverse, blind.blind_sign(round_key(), other.request))


def test_a_key_that_shares_a_factor_with_what_is_blinded_is_refused() -> None:
    """With a factor of 3 in n a third of all r has no inverse: such a key was made on purpose."""
    key = PublicKey(3 * (2**3070 + 1))
    with pytest.raises(NotCoprime):
        for _ in range(200):
            blind.blind(key, blind.prepare(MESSAGE))
