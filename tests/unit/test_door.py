"""What is said at the door, by friends and by others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.wire.content import BadContent, OtherVersion
from peerroom.wire.door import Answer, Knock

IDENTITY = "A" * 43
ROOM = "!abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "v": st.sampled_from([1, 2, 0, -1, True, 1.0, "1", None, 10**30]),
        "secret": st.text(max_size=70) | json_values,
        "result": st.sampled_from(["admitted", "expired", "used", "full", "banned", "no", 1, None]),
        "room_id": st.sampled_from([ROOM, "!a:b.org", "#a:b.org", "", None, 5, ["!a"]]),
        "via": st.sampled_from([["a.org"], [], ["a.org"] * 4, "a.org", [1], ["a b"], None]),
        "more": json_values,
    },
)


@pytest.mark.parametrize(
    "said",
    [
        Knock("s" * 22, IDENTITY),
        Answer("admitted", ROOM, ("a.org", "b.org:8448")),
        Answer("admitted", "!room:a.org"),
        *(Answer(result) for result in ("expired", "used", "full", "banned")),
    ],
)
def test_there_and_back(said: Knock | Answer) -> None:
    content = json.loads(json.dumps(said.content()))
    assert type(said).read(content) == said
    assert content["v"] == 1
    assert None not in content.values()
    assert type(said).read(content | {"later": ["addition"]}) == said


def test_the_secret_is_in_no_repr() -> None:
    assert "sss" not in repr(Knock("sss", IDENTITY))


@given(json_values | shaped)
def test_hostile_content_raises_only_what_it_should(content: object) -> None:
    for kind in (Knock, Answer):
        try:
            said = kind.read(content)
        except BadContent as error:
            assert error.__suppress_context__  # the cause could quote the content
            assert error.sentence()
        else:
            assert kind.read(said.content()) == said


@pytest.mark.parametrize("version", [0, 2, 17, -1, 10**30])
def test_another_version_is_named(version: int) -> None:
    with pytest.raises(OtherVersion):
        Knock.read({"v": version, "secret": "s"})
    with pytest.raises(OtherVersion):
        Answer.read({"v": version, "verdict": "later"})


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "knock",
        {},
        {"v": 1},
        {"v": True, "secret": "s"},
        {"v": "2", "secret": "s"},
        {"v": 1, "secret": ""},
        {"v": 1, "secret": "s" * 65},
        {"v": 1, "secret": ["s"]},
        {"v": 1, "secret": None},
    ],
)
def test_what_is_no_knock(content: object) -> None:
    with pytest.raises(BadContent) as raised:
        Knock.read(content)
    assert type(raised.value) is BadContent


@pytest.mark.parametrize(
    "content",
    [
        {"result": "perhaps"},
        {"result": "admitted"},
        {"result": "admitted", "room_id": None},
        {"result": "admitted", "room_id": "#alias:a.org"},
        {"result": "admitted", "room_id": ROOM, "via": ["a.org"] * 4},
        {"result": "admitted", "room_id": ROOM, "via": ["not a server"]},
        {"result": "admitted", "room_id": ROOM, "via": "a.org"},
        {"result": "full", "room_id": ROOM},
    ],
)
def test_what_is_no_answer(content: dict[str, object]) -> None:
    with pytest.raises(BadContent):
        Answer.read({"v": 1} | content)


def test_deep_nesting_is_passed_over() -> None:
    deep: object = []
    for _level in range(100_000):
        deep = [deep]
    assert Answer.read({"v": 1, "result": "full", "deep": deep}) == Answer("full")
    with pytest.raises(BadContent):
        Knock.read({"v": 1, "secret": deep})


def test_the_maker_is_held_to_the_same_rules() -> None:
    for wrong in (("admitted",), ("full", ROOM), ("admitted", "room"), ("full", None, ("a b",))):
        with pytest.raises(ValueError, match=r"room|via"):
            Answer(*wrong)
