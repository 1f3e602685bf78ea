"""What is encrypted has one of a few lengths, whatever it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.matrix.errors import TooLarge
from peerroom.matrix.outbound import Outbound
from peerroom.matrix.padding import BUCKETS, FILLING, padded

ROOM = "!" + "r" * 43


def text(body: str) -> dict[str, object]:
    return {"msgtype": "m.text", "body": body}


def longest(bucket: int) -> int:
    """How many ASCII characters a message can have to end up in ``bucket``."""
    return bucket - len(json.dumps(_whole(""), separators=(",", ":")))


def _whole(body: str) -> dict[str, object]:
    return {"type": "m.room.message", "content": text(body) | {FILLING: ""}, "room_id": ROOM}


def test_messages_of_every_length_have_few() -> None:
    found: dict[int, list[int]] = {}
    edges = {longest(bucket) + more for bucket in BUCKETS[:-1] for more in (0, 1)}
    for length in sorted({*range(0, longest(BUCKETS[-1]), 29), *edges, longest(BUCKETS[-1])}):
        size = len(padded("m.room.message", text("x" * length), ROOM))
        found.setdefault(size, []).append(length)
    assert tuple(found) == BUCKETS
    for bucket, lengths in found.items():
        assert lengths[-1] == longest(bucket)


@given(st.text(max_size=3000).filter(lambda t: t.isprintable() or "\n" in t))
def test_any_writing_ends_up_in_a_bucket_and_comes_out_as_it_was(body: str) -> None:
    filled = padded("m.room.message", text(body), ROOM)
    assert len(filled) in BUCKETS
    whole = json.loads(filled)
    del whole["content"][FILLING]
    assert whole == {"type": "m.room.message", "content": text(body), "room_id": ROOM}


@pytest.mark.parametrize("one", ["静", "🦊", "\N{FAMILY}", "\n", '"'])
def test_the_length_is_counted_in_bytes_as_they_are_encrypted(one: str) -> None:
    assert {len(padded("m.room.message", text(one * n), ROOM)) for n in range(300)} <= {*BUCKETS}


def test_the_longest_fits_and_one_more_does_not() -> None:
    most = longest(BUCKETS[-1])
    assert len(padded("m.room.message", text("x" * most), ROOM)) == BUCKETS[-1]
    with pytest.raises(TooLarge) as raised:
        padded("m.room.message", text("x" * (most + 1)), ROOM)
    assert raised.value.sentence().startswith("This message is too long")


def test_nobody_s_own_filling_counts() -> None:
    content = text("hello") | {FILLING: "y" * 5000}
    assert padded("m.room.message", content, ROOM) == padded("m.room.message", text("hello"), ROOM)


def test_a_session_gives_every_message_of_a_bucket_one_length() -> None:
    """Also the hundredth: its number takes no more room than the first one's."""
    session = Outbound(ROOM, 0.0)
    lengths = {len(session.encrypt("m.room.message", text("x" * n))) for n in range(100)}
    assert len(lengths) == 1
