"""Whatever a stranger sends as an event is stored as it is, or refused in one sentence."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.vaults import ROOM, furnish, message

from peerroom.store.drafts import Draft
from peerroom.store.encoding import DEEPEST, json_in, json_out
from peerroom.store.errors import NotStorable
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

anything = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates too
numbers = st.integers(-(10**400), 10**400) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | anything,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(anything, inner, max_size=4),
    max_leaves=20,
)
events = st.dictionaries(anything, json_values, max_size=5)


@pytest.fixture(scope="module")
def vault() -> Any:
    with Vault.ephemeral() as vault:
        furnish(vault)
        yield vault


@settings(max_examples=300, deadline=None)
@given(raw=events, clear=st.none() | events)
@example(raw={"type": "m.room.message", "\0": "\ud800", "n": 2**70}, clear={"": None})
def test_any_json_comes_back_as_it_was(
    vault: Vault, raw: dict[str, Any], clear: dict[str, Any] | None
) -> None:
    vault.events.upsert(message(1, raw=raw, clear=clear, status="undecryptable"))
    event = vault.events.get("$event-1")
    assert event is not None
    assert repr((event.raw, event.clear)) == repr((raw, clear))  # 1, True and 1.0 are not alike


@settings(max_examples=150, deadline=None)
@given(names=st.lists(anything, min_size=8, max_size=8, unique=True), content=events)
def test_any_string_serves_as_a_name(names: list[str], content: dict[str, Any]) -> None:
    room, event_id, sender, kind, session, transaction, key, token = names
    with Vault.ephemeral() as vault:
        account = furnish(vault)
        stored_room = StoredRoom(room, account.id, True, prev_batch=token)
        vault.rooms.put(stored_room)
        assert vault.rooms.get(room) == stored_room
        event = StoredEvent(
            room, event_id, 1, sender, kind, 5, {}, None, "undecryptable", session, transaction
        )
        vault.events.upsert(event)
        assert vault.events.get(event_id) == event
        assert vault.events.page(room) == [event]
        assert vault.events.of_sender(room, sender, 1) == [event]
        assert vault.events.undecryptable(room, session) == [event]
        vault.rooms.set_state(room, kind, key, content, sender=sender, event_id=event_id)
        assert repr(vault.rooms.state(room, kind, key)) == repr(content)
        vault.drafts.set(room, Draft(kind + "x", sender, session))
        assert vault.drafts.get(room) == Draft(kind + "x", sender, session)
        vault.identities.pin(sender, token)
        pinned = vault.identities.get(sender)
        assert pinned is not None
        assert (pinned.user_id, pinned.master) == (sender, token)
        vault.key_shares.record(room, session, sender, key, "sent")
        assert vault.key_shares.of_session(room, session) == {(sender, key): "sent"}
        vault.records.replace("kv", key, content)
        assert list(vault.records.items("kv")) == [key]
        gap = vault.gaps.open(room, token)
        assert gap is not None
        assert vault.gaps.of_room(room) == [gap]
        vault.accounts.set_next_batch(account.id, token)
        assert vault.accounts.get(account.id).next_batch == token
        assert vault.events.redact(room, event_id, by=sender)
        redacted = vault.events.get(event_id)
        assert redacted is not None
        assert (redacted.status, redacted.session_id) == ("redacted", None)


@settings(max_examples=200, deadline=None)
@given(raw=events, by=st.none() | anything)
def test_of_any_event_a_redaction_leaves_only_the_skeleton(
    vault: Vault, raw: dict[str, Any], by: str | None
) -> None:
    with vault.transaction():
        for number in (1, 2):
            vault.events.upsert(message(number, raw=raw | {"content": raw}, clear=raw))
            vault.events.redact(ROOM, f"$event-{number}", by)
            event = vault.events.get(f"$event-{number}")
            assert event is not None
            allowed = {"event_id", "type", "room_id", "sender", "state_key", "origin_server_ts"}
            assert set(event.raw) <= allowed | {"content", "unsigned"}
            assert event.clear is None
        vault._db.run("DELETE FROM events")


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        10**5000,
        {1, 2},
        b"bytes",
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_json_is_refused_and_changes_nothing(vault: Vault, value: object) -> None:
    vault._db.run("DELETE FROM events")
    for bad in ({"content": {"x": [value]}}, {"x": value}):
        with pytest.raises(NotStorable) as raised:
            vault.events.upsert(message(1, raw=bad))
        assert "malformed" in raised.value.sentence()
        with pytest.raises(NotStorable):
            vault.events.upsert(message(1, clear=bad))
        with pytest.raises(NotStorable):
            vault.settings.set("x", bad)
        with pytest.raises(NotStorable):
            vault.rooms.set_state(ROOM, "m.room.topic", "", bad)
    assert vault.events.page(ROOM) == []
    assert vault.rooms.state(ROOM, "m.room.topic") is None


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"x": inner}])
def test_nesting_is_bounded(wrap: Any) -> None:
    value: object = "core"
    for _ in range(DEEPEST):
        value = wrap(value)
    assert json_out(json_in(value)) == value
    for deeper in (wrap(value), _nested(wrap, 900), _nested(wrap, 100_000)):
        with pytest.raises(NotStorable):
            json_in(deeper)


def _nested(wrap: Any, depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = wrap(value)
    return value


def test_brackets_in_text_are_not_nesting() -> None:
    value = {"body": "[" * 10_000, "{" * 100: ["{"] * 500}
    assert json_out(json_in(value)) == value
