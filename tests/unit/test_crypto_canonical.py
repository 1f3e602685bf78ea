"""Canonical JSON and signatures over it, against the specification's own examples."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from peerroom.matrix.canonical import (
    NotCanonical,
    canonical,
    from_base64,
    is_signed,
    sign,
    to_base64,
)

LARGEST = 2**53 - 1

# Appendices, "Canonical JSON", examples: (value, canonical form).
EXAMPLES: list[tuple[Any, str]] = [
    ({}, "{}"),
    ({"one": 1, "two": "Two"}, '{"one":1,"two":"Two"}'),
    ({"b": "2", "a": "1"}, '{"a":"1","b":"2"}'),
    (
        {"auth": {"success": True, "mxid": "@john.doe:example.com", "profile": {
            "display_name": "John Doe",
            "three_pids": [{"medium": "email", "address": "john.doe@example.org"}],
        }}},
        '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe",'
        '"three_pids":[{"address":"john.doe@example.org","medium":"email"}]},"success":true}}',
    ),
    ({"a": "日本語"}, '{"a":"日本語"}'),
    ({"本": 2, "日": 1}, '{"日":1,"本":2}'),
    ({"a": "\u65e5"}, '{"a":"日"}'),
    ({"a": None}, '{"a":null}'),
]  # fmt: skip

# Appendices, "Cryptographic Test Vectors", "Signing JSON".
SEED = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"
EMPTY_SIGNED = (
    "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"
)
DATA_SIGNED = (
    "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
)


@pytest.mark.parametrize(("value", "form"), EXAMPLES)
def test_the_specification_s_examples(value: Any, form: str) -> None:
    assert canonical(value).decode() == form


@pytest.mark.parametrize(
    "value",
    [1.0, {"a": 0.5}, [2**53], -(2**53), {1: 2}, {"a": b"bytes"}, "\ud800", {"\udc00": 1}, {1, 2}],
)
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_nesting_beyond_the_stack_has_no_canonical_form() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical(value)


def test_the_specification_s_signatures() -> None:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SEED + "="))
    assert sign({}, key) == EMPTY_SIGNED
    assert sign({"one": 1, "two": "Two", "unsigned": {"x": 0.5}}, key) == DATA_SIGNED


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=5))
def test_canonical_json_is_json_and_stands_for_the_same_value(value: dict[str, Any]) -> None:
    assert json.loads(canonical(value)) == value


@given(st.binary(min_size=32, max_size=32), json_values)
def test_only_what_was_signed_is_signed(seed: bytes, extra: Any) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = to_base64(key.public_key().public_bytes_raw())
    value: dict[str, Any] = {"content": "as it was"}
    value["signatures"] = {"@a:b": {f"ed25519:{public}": sign(value, key)}}
    value["unsigned"] = extra
    assert is_signed(value, "@a:b", public, public)
    assert not is_signed({**value, "content": "changed"}, "@a:b", public, public)
    assert not is_signed({**value, "more": extra}, "@a:b", public, public)
    assert not is_signed(value, "@c:b", public, public)


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=12), hostile, max_size=4), hostile, st.text(), st.text())
def test_checking_a_signature_never_raises(
    value: dict[str, Any], signatures: Any, key_id: str, public: str
) -> None:
    value["signatures"] = signatures
    assert is_signed(value, "@a:b", key_id, public) is False
    value["signatures"] = {"@a:b": {f"ed25519:{key_id}": signatures}}
    assert is_signed(value, "@a:b", key_id, public) is False


def test_a_key_has_one_spelling() -> None:
    raw = bytes(range(32))
    good = to_base64(raw)
    assert from_base64(good, 32) == raw
    other_tail = good[:-1] + chr(ord(good[-1]) + 1)  # the same bytes, unused bits set
    for bad in (good + "=", other_tail, good[:-1], good[:-1] + "\n", good.encode(), None, 5):
        assert from_base64(bad, 32) is None
