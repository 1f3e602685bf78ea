"""Tokens: what one is for cannot be changed, and everything that is not one has a name."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import Crypto
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from support.token_keys import CIRCLE, SCOPE, flipped, issued, round_key, seeded

from peerroom.pseudonym import blind
from peerroom.pseudonym.blind_selftest import self_test
from peerroom.pseudonym.token_errors import (
    BadSignature,
    FinalizeFailed,
    HolderKeyUnsound,
    RequestMalformed,
    RequestOutOfRange,
    SelfTestFailed,
    TokenError,
    TokenNotCanonical,
    TokenTruncated,
    WrongCircle,
    WrongEpoch,
    WrongKey,
    WrongRound,
)
from peerroom.pseudonym.tokens import (
    DOMAIN,
    TOKEN_LENGTH,
    Pending,
    Scope,
    Token,
    check,
    finish,
    request,
    sign,
)

KEY = round_key().public
scopes = st.builds(
    Scope,
    lineage=st.binary(min_size=16, max_size=16),
    epoch=st.integers(0, 2**32 - 1),
    round=st.integers(0, 255),
)


def refusal(data: bytes) -> type[TokenError] | None:
    """How the round of `SCOPE` refuses ``data``; None if it takes it."""
    try:
        check(Token.decode(data), KEY, SCOPE)
    except TokenError as error:
        return type(error)
    return None


@settings(deadline=None)
@given(scope=scopes)
def test_a_token_is_good_for_what_it_was_asked_for(scope: Scope) -> None:
    pending = request(KEY, scope)
    token = finish(KEY, pending, sign(round_key(), pending.request))
    data = token.encode()
    assert len(data) == TOKEN_LENGTH == 521
    assert Token.decode(data) == token
    check(token, KEY, scope)


def test_what_is_signed_is_what_the_design_says() -> None:
    pending, token = issued()
    holder = Ed25519PrivateKey.from_private_bytes(pending.seed).public_key().public_bytes_raw()
    assert token.message() == (
        b"PeerRoom-token-v1\0\x00\x10"
        + CIRCLE
        + (7).to_bytes(4)
        + b"\x01"
        + hashlib.sha256(KEY.encode()).digest()
        + holder
    )
    assert token.encode() == pending.prefix + token.message() + token.signature
    assert token.id == hashlib.sha256(holder).digest()
    blind.verify(KEY, pending.prefix + token.message(), token.signature)


@settings(deadline=None)
@given(scope=scopes.filter(lambda scope: scope != SCOPE))
def test_a_token_is_good_for_nothing_else(scope: Scope) -> None:
    _, token = issued()
    with pytest.raises((WrongCircle, WrongEpoch, WrongRound)):
        check(token, KEY, scope)
    with pytest.raises(BadSignature):  # the same signature over other words
        check(replace(token, scope=scope), KEY, scope)


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        (Scope(bytes(16), SCOPE.epoch, SCOPE.round), WrongCircle),
        (Scope(CIRCLE, SCOPE.epoch + 1, SCOPE.round), WrongEpoch),
        (Scope(CIRCLE, SCOPE.epoch, SCOPE.round + 1), WrongRound),
    ],
)
def test_each_wrong_scope_has_its_name(scope: Scope, error: type[TokenError]) -> None:
    with pytest.raises(error):
        check(issued()[1], KEY, scope)
    with pytest.raises(error):
        check(issued(scope)[1], KEY, SCOPE)


def test_another_round_key_is_refused() -> None:
    pending, token = issued()
    other = round_key(1).public
    with pytest.raises(WrongKey):
        check(token, other, SCOPE)
    with pytest.raises(BadSignature):
        check(replace(token, key_id=other.id), other, SCOPE)
    # A request that is larger than the other key's modulus is refused by the signer already.
    with pytest.raises((WrongKey, RequestOutOfRange)):  # the circle changed its key meanwhile
        finish(other, pending, sign(round_key(1), pending.request))
    with pytest.raises((FinalizeFailed, RequestOutOfRange)):  # or answers with another
        finish(KEY, pending, sign(round_key(1), pending.request))


def test_every_flipped_bit_is_noticed_and_named() -> None:
    data = issued()[1].encode()
    assert refusal(data) is None
    parts: list[tuple[int, set[type[TokenError]]]] = [
        (32, {BadSignature}),  # prefix
        (len(DOMAIN) + 2, {TokenNotCanonical}),
        (16, {WrongCircle}),
        (4, {WrongEpoch}),
        (1, {WrongRound}),
        (32, {WrongKey}),
        (32, {BadSignature, HolderKeyUnsound}),
        (384, {BadSignature}),
    ]
    assert sum(length for length, _ in parts) == len(data)
    start = 0
    for length, allowed in parts:
        for bit in range(8 * start, 8 * (start + length)):
            assert refusal(flipped(data, bit)) in allowed
        start += length


@settings(deadline=None)
@given(length=st.integers(0, TOKEN_LENGTH - 1))
def test_a_truncated_token_is_refused(length: int) -> None:
    assert refusal(issued()[1].encode()[:length]) is TokenTruncated


@settings(deadline=None)
@given(rest=st.binary(min_size=1, max_size=TOKEN_LENGTH))
def test_a_token_with_more_behind_it_is_refused(rest: bytes) -> None:
    assert refusal(issued()[1].encode() + rest) is TokenNotCanonical


@settings(deadline=None)
@given(data=st.binary(max_size=2 * TOKEN_LENGTH) | st.binary(min_size=TOKEN_LENGTH))
def test_any_bytes_are_refused_by_name(data: bytes) -> None:
    assert refusal(data) is not None


def test_a_signature_has_one_spelling() -> None:
    token = issued()[1]
    number = int.from_bytes(token.signature) + KEY.n
    if number < 2**3072:
        assert refusal(replace(token, signature=number.to_bytes(384)).encode()) is BadSignature
    negated = (KEY.n - int.from_bytes(token.signature)).to_bytes(384)
    assert refusal(replace(token, signature=negated).encode()) is BadSignature


def test_a_token_shown_twice_has_one_id_also_when_its_message_was_signed_twice() -> None:
    """The owner of one holder key may have it signed under two salts: two tokens, and one use."""
    pending, token = issued()
    message = token.message()
    prepared = blind.prepare(message)
    blinded = blind.blind(KEY, prepared)
    signature = blind.finalize(KEY, prepared, blinded.inverse, sign(round_key(), blinded.request))
    twin = Token(SCOPE, KEY.id, token.holder, prepared[:32], signature)
    check(twin, KEY, SCOPE)
    assert twin != token
    assert twin.id == token.id == Token.decode(token.encode()).id
    assert finish(KEY, pending, sign(round_key(), pending.request)) == token  # after a crash


def test_the_holders_key_is_looked_at_although_it_was_signed() -> None:
    """The circle signs without seeing; a key that binds nobody is found when it is shown."""
    holder = bytes([1]) + bytes(31)  # the identity: anybody's signature fits it
    unsound = replace(issued()[1], holder=holder)
    prepared = blind.prepare(unsound.message())
    blinded = blind.blind(KEY, prepared)
    signature = blind.finalize(KEY, prepared, blinded.inverse, sign(round_key(), blinded.request))
    token = replace(unsound, prefix=prepared[:32], signature=signature)
    blind.verify(KEY, prepared, token.signature)
    with pytest.raises(HolderKeyUnsound):
        check(token, KEY, SCOPE)


def test_requests_share_nothing() -> None:
    pendings = [request(KEY, SCOPE) for _ in range(30)]
    for part in ("request", "seed", "prefix", "inverse"):
        assert len({getattr(pending, part) for pending in pendings}) == 30
    assert len({pending.message() for pending in pendings}) == 30


def test_with_the_same_randomness_a_request_is_the_same() -> None:
    first = request(KEY, SCOPE, random=seeded(b"one"))
    assert request(KEY, SCOPE, random=seeded(b"one")) == first
    assert request(KEY, SCOPE, random=seeded(b"two")).request != first.request


def test_a_pending_request_survives_the_vault_and_hides_its_secrets() -> None:
    pending, token = issued()
    stored = msgspec.json.encode(pending)
    again = msgspec.json.decode(stored, type=Pending)
    assert again == pending
    assert finish(KEY, again, sign(round_key(), pending.request)) == token
    for secret in (pending.seed, pending.prefix, pending.inverse):
        assert repr(secret) not in repr(pending)


@settings(deadline=None)
@given(bit=st.integers(0, 8 * 384 - 1))
def test_a_damaged_pending_request_makes_no_token(bit: int) -> None:
    pending, _ = issued()
    answer = sign(round_key(), pending.request)
    for damaged in (
        replace(pending, seed=flipped(pending.seed, bit % 256)),
        replace(pending, prefix=flipped(pending.prefix, bit % 256)),
        replace(pending, inverse=flipped(pending.inverse, bit)),
        replace(pending, scope=Scope(CIRCLE, 8, 1)),
    ):
        with pytest.raises(FinalizeFailed):
            finish(KEY, damaged, answer)


def test_nothing_happens_before_the_self_test_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    pending, _ = issued()
    answer = sign(round_key(), pending.request)
    self_test.cache_clear()
    monkeypatch.setattr(Crypto, "version_info", (5, 0, 0))
    for step in (
        lambda: request(KEY, SCOPE),
        lambda: sign(round_key(), pending.request),
        lambda: finish(KEY, pending, answer),
    ):
        with pytest.raises(SelfTestFailed):
            step()
    monkeypatch.undo()
    assert sign(round_key(), pending.request) == answer


def test_the_circle_refuses_what_is_no_request() -> None:
    with pytest.raises(RequestMalformed):
        sign(round_key(), b"")


@pytest.mark.parametrize(
    ("lineage", "epoch", "round_"),
    [(b"short", 1, 1), (bytes(17), 1, 1), (CIRCLE, -1, 1), (CIRCLE, 2**32, 1), (CIRCLE, 1, 256)],
)
def test_a_scope_that_no_token_can_have(lineage: bytes, epoch: int, round_: int) -> None:
    with pytest.raises(ValueError):
        Scope(lineage, epoch, round_)
