"""The bytes of records, pages and messages about names: whole again, or one typed error."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.wire.content import BadContent, OtherVersion
from peerroom.wire.records import (
    MOST_PAGES,
    PAGE_BYTES,
    Admitted,
    Body,
    Carried,
    Declined,
    DeviceKeys,
    EpochOpened,
    Issued,
    NamesUsed,
    Record,
    Row,
    Seated,
    Signed,
    SignedRecord,
    Skipped,
    Stayed,
    Voided,
    decode_page,
    decode_record,
    encode_pages,
    encode_record,
    page_content,
    page_key,
    read_page,
)
from peerroom.wire.rotation import (
    Entry,
    Redemption,
    Request,
    Spoilt,
    Stay,
    decode_seat,
    encode_seat,
)

# Any JSON that a stranger may have sent.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def sized(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


hashes = sized(32)
numbers = st.integers(1, (1 << 32) - 1)
rounds = st.integers(0, 2)
counts = st.integers(0, 1 << 24)
users = st.text(min_size=1, max_size=255)
times = st.integers(0, 1 << 47)
lengths = st.integers(0, 1 << 36)
pages = st.lists(hashes, max_size=4).map(tuple)
round_keys = st.tuples(sized(388), sized(388), sized(388))
devices = st.lists(st.builds(DeviceKeys, users, hashes, hashes), min_size=1, max_size=3).map(tuple)
seats = st.builds(Seated, users, hashes, devices, st.binary(max_size=1024), sized(64))
rows: st.SearchStrategy[Row] = st.one_of(
    st.builds(NamesUsed, numbers, st.binary(max_size=100)),
    st.builds(Signed, users, hashes, sized(384)),
    st.builds(Declined, users, hashes),
    seats,
    st.builds(Carried, users, st.sampled_from(["away", "resident"]), st.none() | numbers),
)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(
        EpochOpened,
        numbers,
        times,
        times,
        lengths,
        lengths,
        counts,
        round_keys,
        round_keys,
        hashes,
        pages,
    ),
    st.builds(Issued, numbers, rounds, counts, pages, hashes),
    st.builds(Admitted, numbers, rounds, counts, counts, pages),
    st.builds(Voided, numbers, rounds, st.sampled_from(["ban", "too few", "late"])),
    st.builds(Skipped, numbers, st.sampled_from(["rounds", "too few"])),
    st.builds(Stayed, numbers, rounds, seats),
)
records = st.builds(Record, sized(16), numbers, hashes, times, bodies)


# --- records --------------------------------------------------------------------------------------


@given(records)
def test_a_record_is_whole_again(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


@given(records, sized(64))
def test_a_signed_record_travels_in_an_event(record: Record, signature: bytes) -> None:
    signed = SignedRecord(encode_record(record), signature)
    content = json.loads(json.dumps(signed.content()))
    assert SignedRecord.read(content) == signed
    assert signed.hash == hashlib.sha256(signed.data).digest()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_bad(data: bytes) -> None:
    for decode in (decode_record, decode_page, decode_seat):
        try:
            decode(data)
        except BadContent:
            continue


@given(record=records, cut=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 7))
def test_a_damaged_record_never_raises_anything_else(record: Record, cut: float, flip: int) -> None:
    data = encode_record(record)
    at = int(cut * len(data))
    with pytest.raises(BadContent):
        decode_record(data[:at])
    with pytest.raises(BadContent):
        decode_record(data + b"\0")
    changed = data[:at] + bytes([data[at] ^ 1 << flip]) + data[at + 1 :]
    with suppress(BadContent):
        decode_record(changed)


def test_nesting_without_end_is_bad() -> None:
    with pytest.raises(BadContent):
        decode_page(b"\x91" * 200_000)


WRONG = {
    "epoch 0": Voided(0, 0, "ban"),
    "a fourth round": Voided(1, 3, "ban"),
    "no reason": msgspec.structs.replace(Voided(1, 0, "ban"), why="whim"),
    "a short key": EpochOpened(1, 0, 0, 0, 0, 1, (b"",) * 3, (b"",) * 3, bytes(32)),
    "a moment beyond the calendar": EpochOpened(
        1, 1 << 53, 0, 0, 0, 1, (bytes(388),) * 3, (bytes(388),) * 3, bytes(32)
    ),
    "a window without end": EpochOpened(
        1, 0, 0, 1 << 40, 0, 1, (bytes(388),) * 3, (bytes(388),) * 3, bytes(32)
    ),
    "too many pages": Issued(1, 0, 0, (bytes(32),) * (MOST_PAGES + 1)),
    "less than nothing": Issued(1, 0, -1),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_record_that_cannot_be_is_bad(case: str) -> None:
    record = Record(bytes(16), 1, bytes(32), 0, WRONG[case])
    with pytest.raises(BadContent):
        decode_record(encode_record(record))


@given(anything)
def test_any_json_is_an_event_or_bad(content: object) -> None:
    with pytest.raises(BadContent):
        SignedRecord.read(content)
    with pytest.raises(BadContent):
        read_page(content)


@pytest.mark.parametrize(
    "text",
    ["AAA=", "AAAA\n", " AAAA", "AAB", "A", "AA-_", "ＡＡＡＡ", "", None, 3, ["AAAA"]],
)
def test_bytes_have_one_spelling(text: object) -> None:
    if text == "":
        assert read_page({"rows": ""}) == b""
    else:
        with pytest.raises(BadContent):
            read_page({"rows": text})


def test_a_record_too_long_for_an_event_is_bad() -> None:
    data = base64.b64encode(bytes(48_003)).decode().rstrip("=")
    signature = base64.b64encode(bytes(64)).decode().rstrip("=")
    with pytest.raises(BadContent):
        SignedRecord.read({"record": data, "signature": signature})


# --- pages ----------------------------------------------------------------------------------------


@given(st.lists(rows, max_size=30))
def test_pages_hold_all_rows_in_order(given_rows: list[Row]) -> None:
    encoded = encode_pages(given_rows)
    assert [row for page in encoded for row in decode_page(page)] == given_rows
    for page in encoded:
        assert read_page(json.loads(json.dumps(page_content(page)))) == page


def test_a_page_fits_into_an_event() -> None:
    many = [Signed(f"@{n:0>50}:example.org", bytes(32), bytes(384)) for n in range(500)]
    encoded = encode_pages(many)
    assert len(encoded) > 4
    for page in encoded:
        assert len(page) <= PAGE_BYTES + 5
        assert len(json.dumps(page_content(page))) < 60_000
    assert encode_pages([]) == ()


def test_a_row_longer_than_a_page_has_one_of_its_own() -> None:
    long = NamesUsed(1, bytes(PAGE_BYTES + 1))
    short = Declined("@a:b.c", bytes(32))
    assert [decode_page(page) for page in encode_pages([short, long, short])] == [
        (short,),
        (long,),
        (short,),
    ]


def test_the_state_keys_of_pages() -> None:
    assert page_key(12, 0) == "12.0"


# --- what members and the bot send ----------------------------------------------------------------

blinded = sized(384)
messages = st.one_of(
    st.builds(Request, numbers, st.tuples(blinded, blinded, blinded)),
    st.builds(Entry, numbers, rounds, st.text("abc~.-_9", min_size=1, max_size=64)),
    st.builds(Stay, numbers, rounds, st.binary(max_size=300)),
    st.builds(Redemption, numbers, rounds, st.binary(max_size=300)),
)
KINDS = (Request, Entry, Stay, Redemption)


@given(messages)
def test_a_message_is_whole_again(message: Request | Entry | Stay | Redemption) -> None:
    content = json.loads(json.dumps(message.content()))
    assert type(message).read(content) == message
    assert type(message).read({**content, "later": 1}) == message
    with pytest.raises(OtherVersion):
        type(message).read({**content, "v": 2})


@given(content=anything, kind=st.sampled_from(KINDS))
def test_any_json_is_a_message_or_bad(
    content: object, kind: type[Request] | type[Entry] | type[Stay] | type[Redemption]
) -> None:
    with pytest.raises(BadContent):
        kind.read(content)


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (Request(1, (bytes(384),) * 3), {"epoch": 0}),
        (Request(1, (bytes(384),) * 3), {"requests": ["AAAA"] * 3}),
        (Request(1, (bytes(384),) * 3), {"requests": []}),
        (Entry(1, 0, "a"), {"round": 3}),
        (Entry(1, 0, "a"), {"registration_token": ""}),
        (Entry(1, 0, "a"), {"registration_token": "a" * 65}),
        (Stay(1, 0, b""), {"seat": base64.b64encode(bytes(8193)).decode()}),
        (Redemption(1, 0, b""), {"sealed": 7}),
    ],
)
def test_a_message_out_of_bounds_is_bad(
    message: Request | Entry | Stay | Redemption, change: dict[str, object]
) -> None:
    with pytest.raises(BadContent):
        type(message).read({**message.content(), **change})


def test_messages_do_not_show_what_is_in_them() -> None:
    assert repr(Request(1, (bytes(384),) * 3)) == "Request(epoch=1, v=1)"
    assert repr(Entry(1, 0, "secret")) == "Entry(epoch=1, round=0, v=1)"
    assert repr(Stay(1, 0, b"secret")) == "Stay(epoch=1, round=0, v=1)"
    assert repr(Redemption(1, 0, b"secret")) == "Redemption(epoch=1, round=0, v=1)"
    spoilt = Spoilt(1, 0, bytes(384))
    assert repr(spoilt) == "Spoilt(epoch=1, round=0, v=1)"
    assert msgspec.convert(spoilt.content(), Spoilt) == spoilt


@given(seats)
def test_a_seat_is_whole_again(seat: Seated) -> None:
    assert decode_seat(encode_seat(seat)) == seat
    with pytest.raises(BadContent):
        decode_seat(msgspec.msgpack.encode(Declined("@a:b.c", bytes(32))))
