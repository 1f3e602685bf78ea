"""What a machine makes of events: honest ones are read once, hostile ones never raise."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerroom.clock import SystemClock
from peerroom.matrix.crypto import Machine, NotShared
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.matrix.outbound import MARKER
from peerroom.matrix.outcome import Decrypted, Reason, Unattributable, Undecryptable
from peerroom.matrix.trust import Trust
from peerroom.store.vault import Vault

USER, DEVICE = "@heron:example.org", "HERONDEVICE"
ROOM, OTHER_ROOM = "!circle:example.org", "!elsewhere:example.org"


def new_machine() -> Machine:
    store = CryptoStore(USER, DEVICE, ":memory:", key=b"k" * 32, pickle_key=b"p" * 32)
    return Machine(store, Vault.ephemeral(), USER, DEVICE, SystemClock())


@pytest.fixture
def machine() -> Machine:
    return new_machine()


def writing(machine: Machine, room_id: str = ROOM) -> None:
    """Start a session in the room; there is nobody to share it with."""
    machine.start_outbound(room_id, 0).ready = True


def event(
    machine: Machine, content: Any = None, *, event_id: str = "$1", **more: Any
) -> dict[str, Any]:
    content = {"body": "hello"} if content is None else content
    return sealed(machine.encrypt(ROOM, "m.room.message", content), event_id=event_id, **more)


def sealed(content: dict[str, Any], *, event_id: str = "$1", **more: Any) -> dict[str, Any]:
    return {
        "type": "m.room.encrypted", "sender": USER, "event_id": event_id,
        "origin_server_ts": 1, "content": content, **more,
    }  # fmt: skip


def payload(machine: Machine, plaintext: str, *, event_id: str = "$1") -> dict[str, Any]:
    """An event whose plaintext is anything at all."""
    session = machine.outbound[ROOM]
    content = machine.encrypt(ROOM, "m.room.message", {})
    content["ciphertext"] = session.session.encrypt(plaintext.encode()).to_base64()
    return sealed(content, event_id=event_id)


def test_our_own_message_is_ours(machine: Machine) -> None:
    writing(machine)
    one = event(machine, {"body": "こんにちは", MARKER: "txn1"})
    session_id = machine.outbound[ROOM].session_id
    expected = Decrypted("m.room.message", {"body": "こんにちは"}, Trust.SIGNED, session_id, "txn1")
    assert machine.decrypt(ROOM, one) == expected
    assert machine.decrypt(ROOM, one) == expected  # the same event may be read again


def test_nothing_is_encrypted_before_the_key_is_shared(machine: Machine) -> None:
    with pytest.raises(NotShared):
        machine.encrypt(ROOM, "m.room.message", {})
    machine.start_outbound(ROOM, 0)
    with pytest.raises(NotShared):
        machine.encrypt(ROOM, "m.room.message", {})


def test_a_replayed_ciphertext_is_not_shown_again(machine: Machine) -> None:
    writing(machine)
    one = event(machine)
    assert isinstance(machine.decrypt(ROOM, one), Decrypted)
    outcome = machine.decrypt(ROOM, {**one, "event_id": "$2"})
    assert isinstance(outcome, Unattributable)
    assert outcome.reason is Reason.REPLAYED


def test_a_message_of_another_room_is_not_shown_here(machine: Machine) -> None:
    """The room inside the ciphertext counts, also if the key was stored for this one."""
    writing(machine)
    content = machine.encrypt(ROOM, "m.room.message", {"body": "for the circle"})
    session = machine.outbound[ROOM]
    machine.room_keys.add(
        OTHER_ROOM, session.session_id, session.session.session_key.to_base64(),
        sender_key=machine.curve25519, ed25519=machine.ed25519,
    )  # fmt: skip
    later = machine.encrypt(ROOM, "m.room.message", {"body": "for the circle"})
    assert isinstance(machine.decrypt(ROOM, sealed(content)), Decrypted)
    outcome = machine.decrypt(OTHER_ROOM, sealed(later, event_id="$2"))
    assert isinstance(outcome, Unattributable)
    assert outcome.reason is Reason.OTHER_ROOM


def test_our_ciphertext_under_another_sender_is_not_theirs(machine: Machine) -> None:
    writing(machine)
    outcome = machine.decrypt(ROOM, event(machine) | {"sender": "@mallory:example.org"})
    assert isinstance(outcome, Unattributable)
    assert outcome.reason is Reason.FORGED


@pytest.mark.parametrize("event_type", ["m.room.encrypted", "m.room.member", "m.room.redaction"])
def test_what_must_not_be_encrypted_is_refused(machine: Machine, event_type: str) -> None:
    writing(machine)
    outcome = machine.decrypt(ROOM, sealed(machine.encrypt(ROOM, event_type, {})))
    assert isinstance(outcome, Unattributable)
    assert outcome.reason is Reason.REFUSED


def test_encrypted_state_is_refused(machine: Machine) -> None:
    writing(machine)
    outcome = machine.decrypt(ROOM, event(machine, state_key=""))
    assert isinstance(outcome, Unattributable)
    assert outcome.reason is Reason.REFUSED
    inside = json.dumps({"type": "org.x", "content": {}, "room_id": ROOM, "state_key": ""})
    assert machine.decrypt(ROOM, payload(machine, inside)) == outcome


def test_a_relation_inside_counts_more_than_one_outside(machine: Machine) -> None:
    writing(machine)
    inside = {"rel_type": "m.replace", "event_id": "$mine"}
    one = event(machine, {"body": "x", "m.relates_to": inside})
    assert one["content"]["m.relates_to"] == inside  # the server aggregates by it
    one["content"]["m.relates_to"] = {"rel_type": "m.replace", "event_id": "$other"}
    outcome = machine.decrypt(ROOM, one)
    assert isinstance(outcome, Decrypted)
    assert outcome.content["m.relates_to"] == inside


def test_a_key_from_a_later_message_on_says_so_until_an_earlier_one_comes(
    machine: Machine,
) -> None:
    writing(machine)
    session, late = machine.outbound[ROOM], new_machine()

    def bring(session_key: str) -> bool:
        return late.room_keys.add(
            ROOM, session.session_id, session_key,
            sender_key=late.curve25519, ed25519=late.ed25519,
        )  # fmt: skip

    whole = session.session.session_key.to_base64()
    early = event(machine)
    later = session.session.session_key.to_base64()
    assert bring(later)
    assert late.decrypt(ROOM, early) == Undecryptable(Reason.KEY_TOO_LATE, session.session_id)
    assert bring(whole)
    assert isinstance(late.decrypt(ROOM, early), Decrypted)
    assert not bring(later)
    assert isinstance(late.decrypt(ROOM, early), Decrypted)


def test_nobody_can_overwrite_another_device_s_key_by_handing_it_on(machine: Machine) -> None:
    writing(machine)
    one, session = event(machine), machine.outbound[ROOM]
    machine.room_keys.add(
        ROOM, session.session_id, session.session.session_key.to_base64(),
        sender_key="A" * 43, ed25519="B" * 43,
    )  # fmt: skip
    assert isinstance(machine.decrypt(ROOM, one), Decrypted)
    assert len(machine.room_keys.holders(ROOM, session.session_id)) == 2


@pytest.mark.parametrize(
    "plaintext",
    [
        "", "null", "[]", "5", '"x"', "{", "[" * 50_000, '{"a":' * 50_000, "9" * 5000,
        '{"type":"m.room.message","content":[],"room_id":"!circle:example.org"}',
        '{"type":5,"content":{},"room_id":"!circle:example.org"}',
        '{"type":"","content":{},"room_id":"!circle:example.org"}',
        '{"type":"m.room.message","room_id":"!circle:example.org"}',
        '{"type":"m.room.message","content":{}}',
    ],
)  # fmt: skip
def test_a_plaintext_that_is_no_event_is_damaged(machine: Machine, plaintext: str) -> None:
    writing(machine)
    outcome = machine.decrypt(ROOM, payload(machine, plaintext))
    assert isinstance(outcome, Undecryptable)
    assert outcome.reason is Reason.BROKEN


def test_a_plaintext_longer_than_any_event_is_damaged(machine: Machine) -> None:
    """Honest ones are below 48 KB: an event has 65,536 bytes, and base64 takes a third."""
    writing(machine)

    def long(size: int, event_id: str) -> Any:
        text = f'{{"type":"m.room.message","content":{{"body":"\\ud800"}},"room_id":"{ROOM}"}}'
        return machine.decrypt(ROOM, payload(machine, text.ljust(size), event_id=event_id))

    assert isinstance(long(65_536, "$1"), Decrypted)
    outcome = long(65_537, "$2")
    assert isinstance(outcome, Undecryptable)
    assert outcome.reason is Reason.BROKEN


def test_a_lone_surrogate_inside_does_not_make_a_message_unreadable(machine: Machine) -> None:
    writing(machine)
    text = f'{{"type":"m.room.message","content":{{"body":"a\\ud800b"}},"room_id":"{ROOM}"}}'
    outcome = machine.decrypt(ROOM, payload(machine, text))
    assert isinstance(outcome, Decrypted)
    assert outcome.content == {"body": "a\ufffdb"}


STRINGS = ["m.megolm.v1.aes-sha2", "m.olm.v1.curve25519-aes-sha2", ROOM, USER, "A" * 43]
FIELDS = [
    "algorithm", "ciphertext", "sender_key", "session_id", "type", "content", "body", "code",
    "sender", "room_id", "event_id", "state_key", "m.relates_to",
]  # fmt: skip
keys = st.sampled_from(FIELDS) | st.text(max_size=5)
numbers = st.none() | st.booleans() | st.integers() | st.floats()
hostile = st.recursive(
    numbers | st.text(max_size=60) | st.sampled_from(STRINGS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=15,
)
FUZZED = new_machine()
writing(FUZZED)
HONEST = event(FUZZED)
assert isinstance(FUZZED.decrypt(ROOM, HONEST), Decrypted)


@given(st.lists(hostile, max_size=4))
def test_no_to_device_event_raises(events: list[Any]) -> None:
    FUZZED.handle_to_device(events)
    kinds = ("m.room.encrypted", "m.room_key.withheld", "m.room_key", "m.forwarded_room_key",
             "m.room_key_request", "m.key.verification.request", "m.dummy")  # fmt: skip
    wrapped = [
        {"type": kind, "sender": USER, "content": content} for kind in kinds for content in events
    ]
    assert FUZZED.handle_to_device(wrapped).other == ()


@given(
    st.sampled_from([0, 1, 2, "0", None]),
    st.text(max_size=80) | st.binary(max_size=200).map(bytes.hex),
)
def test_no_olm_message_raises(kind: Any, body: str) -> None:
    content = {
        "algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "A" * 43,
        "ciphertext": {FUZZED.curve25519: {"type": kind, "body": body}},
    }  # fmt: skip
    came = FUZZED.handle_to_device(
        [{"type": "m.room.encrypted", "sender": USER, "content": content}]
    )
    assert came.refused == 1


@given(hostile)
def test_no_event_raises(value: Any) -> None:
    for outcome in (
        FUZZED.decrypt(ROOM, value if isinstance(value, dict) else {}),
        FUZZED.decrypt(ROOM, sealed(value)),
        FUZZED.decrypt(ROOM, {**HONEST, "sender": value}) if value != USER else None,
        FUZZED.decrypt(ROOM, {**HONEST, "content": {**HONEST["content"], "ciphertext": value}}),
        FUZZED.decrypt(ROOM, {**HONEST, "content": {**HONEST["content"], "session_id": value}}),
    ):
        assert not isinstance(outcome, Decrypted)


@settings(max_examples=300)
@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_a_changed_ciphertext_never_reads_as_anything_else(place: int, letter: str) -> None:
    one = copy.deepcopy(HONEST)
    text: str = one["content"]["ciphertext"]
    place %= len(text)
    one["content"]["ciphertext"] = text[:place] + letter + text[place + 1 :]
    # vodozemac takes more than one spelling of the same bytes; nothing else may hold.
    assert FUZZED.decrypt(ROOM, one) in (Undecryptable(Reason.BROKEN), FUZZED.decrypt(ROOM, HONEST))
