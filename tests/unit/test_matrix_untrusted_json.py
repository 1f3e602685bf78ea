"""One hostile value inside an answer never costs the rest of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.matrix.untrusted_json import DEEPEST, NotJson, parse


def nested(levels: int, opening: str = "[", closing: str = "]") -> str:
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize(
    ("hostile", "read"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"a\udc00b"', "a\ufffdb"),
        (r'{"\ud800": 1}', {"\ufffd": 1}),
        ("1e999", None),
        ("NaN", None),
        ("-Infinity", None),
        ("9" * 5000, None),
        (nested(3000), None),
        ('{"a": "]]]}}} \\" [[[", "b": ' + nested(3000) + "}", None),
    ],
)
def test_the_rest_of_the_answer_survives(hostile: str, read: object) -> None:
    value = parse(f'{{"before": 1, "hostile": {hostile}, "after": "ok"}}'.encode())
    assert isinstance(value, dict)
    assert (value["before"], value["after"]) == (1, "ok")
    if read is not None:
        assert value["hostile"] == read
    json.dumps(value, allow_nan=False).encode()


def test_bytes_that_are_not_utf8_cost_only_themselves() -> None:
    assert parse(b'{"a": "x\xffy", "b": 2}') == {"a": "x\ufffdy", "b": 2}


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"{", b'{"a"}', b'"', b"[1]x", b"\x00", b"[" * 9000]
)
def test_what_is_no_json_is_said_so(data: bytes) -> None:
    with pytest.raises(NotJson):
        parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except NotJson:
        return


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_honest_json_comes_through_unchanged(value: object) -> None:
    assert parse(json.dumps(value).encode("utf-8", "surrogatepass")) == value


_LONG = 1_000_000
"""Bytes for which anything slower than linear takes an hour, far beyond pytest's own timeout."""


@pytest.mark.parametrize(
    "pattern",
    [
        '\\"',
        '"',
        '"\\',
        "\\",
        "[",
        "]",
        '{"a":',
        '"a',
        '["\\ud800",',
        "[1e999,",
        '"\\"[]',
        "1",
        "-",
    ],
)
@pytest.mark.parametrize("beginning", ["", '"', "[1e999,"])
def test_no_pattern_takes_longer_than_its_length(beginning: str, pattern: str) -> None:
    data = beginning + pattern * (_LONG // len(pattern))
    for whole in (data, data + '"'):
        try:
            parse(whole.encode())
        except NotJson:
            continue


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_honest_json_is_not_changed_by_the_repair_of_what_stands_beside_it(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert parse(f"[{text}, NaN]".encode()) == [value, None]


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_pruned_answers_are_never_deeper_than_the_limit(opening: str, closing: str) -> None:
    value, levels = parse(nested(5000, opening, closing).encode()), 0
    while isinstance(value, dict | list):
        value, levels = (value["a"] if isinstance(value, dict) else value[0]), levels + 1
    assert levels == DEEPEST
