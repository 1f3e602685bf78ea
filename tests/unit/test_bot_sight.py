"""What protections see of a stored event, whatever it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.bot.sight import seen_of
from peerroom.moderation.seen import Seen
from peerroom.moderation.window import Window
from peerroom.store.events import StoredEvent

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ANNA = "@anna:x"


def stored(clear: object, raw: dict[str, Any] | None = None, **changes: Any) -> StoredEvent:
    event = StoredEvent(
        room_id="!r",
        event_id="$e",
        position=1,
        sender=ANNA,
        type="m.room.encrypted",
        origin_ts=int(NOW.timestamp() * 1000),
        raw=raw or {"type": "m.room.encrypted", "content": {}},
        clear=clear,  # type: ignore[arg-type]
        trust="signed",
    )
    return replace(event, **changes)


def message(content: dict[str, Any], kind: str = "m.room.message") -> StoredEvent:
    return stored({"type": kind, "content": content})


def member(content: dict[str, Any], before: object = None, target: str = ANNA) -> StoredEvent:
    raw = {"type": "m.room.member", "state_key": target, "content": content}
    if before is not None:
        raw["unsigned"] = {"prev_content": before}
    return stored(None, raw, type="m.room.member", trust=None)


def read(event: StoredEvent) -> Seen:
    return seen_of(event, NOW)


def test_a_text() -> None:
    seen = read(message({"msgtype": "m.text", "body": "hello"}))
    assert (seen.kind, seen.encrypted, seen.signed, seen.sender) == ("text", True, True, ANNA)
    assert seen.text is not None and seen.text.line() == "hello"
    assert read(stored(None, {"type": "m.room.message", "content": {"msgtype": "m.text",
        "body": "hello"}}, trust=None)).encrypted is False  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"msgtype": "m.emote", "body": "waves"}, "text"),
        ({"msgtype": "m.image", "body": "cat.jpg", "url": "mxc://x/y"}, "media"),
        ({"msgtype": "org.other", "body": "?"}, "other"),
        ({"msgtype": "m.text"}, "malformed"),
        ({"msgtype": "m.text", "body": 7}, "malformed"),
        ({"body": "no type"}, "malformed"),
        ({"msgtype": ["m.text"], "body": "list"}, "malformed"),
    ],
)
def test_kinds_of_messages(content: dict[str, Any], kind: str) -> None:
    assert read(message(content)).kind == kind


def test_an_edit_is_judged_by_its_new_text() -> None:
    relation = {"rel_type": "m.replace", "event_id": "$old"}
    fresh = {"msgtype": "m.text", "body": "new"}
    body = {"msgtype": "m.text", "body": "* new", "m.relates_to": relation, "m.new_content": fresh}
    seen = read(message(body))
    assert (seen.kind, seen.target) == ("edit", "$old")
    assert seen.text is not None and seen.text.line() == "new"
    assert read(message(body | {"m.new_content": "x"})).kind == "malformed"
    assert read(message(body | {"m.new_content": {}})).kind == "malformed"
    assert read(message(body | {"m.relates_to": {"rel_type": "m.replace"}})).kind == "malformed"


def test_a_reaction_and_a_redaction() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$old", "key": "👍"}
    raw = {"type": "m.reaction", "content": {"m.relates_to": relation}}
    seen = read(stored(None, raw, type="m.reaction"))
    assert (seen.kind, seen.target) == ("reaction", "$old")
    raw = {"type": "m.room.redaction", "content": {"redacts": "$old"}}
    assert read(stored(None, raw)).target == "$old"
    raw = {"type": "m.reaction", "content": {"m.relates_to": [1]}}
    assert read(stored(None, raw, type="m.reaction")).kind == "malformed"


def test_members_come_go_and_change_names() -> None:
    seen = read(member({"membership": "join", "displayname": "Anna"}))
    assert (seen.kind, seen.membership, seen.was, seen.named) == ("member", "join", None, True)
    same = {"membership": "join", "displayname": "Anna"}
    seen = read(member({"membership": "join", "displayname": "Anna"}, same))
    assert (seen.was, seen.named) == ("join", False)
    assert read(member({"membership": "leave"}, same)).named is False
    assert read(member({"membership": "emperor"}, same)).kind == "malformed"
    seen = read(member({"membership": "ban"}, same, "@ben:x"))
    assert (seen.sender, seen.target) == (ANNA, "@ben:x")


def test_mentions_each_once() -> None:
    mentions = {"user_ids": ["@a:x", "@b:x", "@a:x", 7, None], "room": True}
    seen = read(message({"msgtype": "m.text", "body": "x", "m.mentions": mentions}))
    assert (seen.mentions, seen.mentions_room) == (("@a:x", "@b:x"), True)
    seen = read(message({"msgtype": "m.text", "body": "x", "m.mentions": {"room": 1}}))
    assert seen.mentions_room is False


def test_what_cannot_be_read_or_is_gone() -> None:
    assert read(stored(None, status="undecryptable")).kind == "unreadable"
    assert read(stored(None, status="malformed", raw={"event_id": "$e"})).kind == "malformed"
    assert read(stored(None, status="unattributable")).kind == "other"
    assert read(stored(None, status="redacted")).kind == "text"


def test_its_time_is_the_servers_but_never_later_than_ours() -> None:
    early = NOW - timedelta(hours=2)
    seen = read(stored(None, origin_ts=int(early.timestamp() * 1000)))
    assert (seen.at, seen.late) == (early, timedelta(hours=2))
    assert read(stored(None, origin_ts=2**62)).at == NOW
    assert read(stored(None, origin_ts=-5)).at == datetime(1970, 1, 1, tzinfo=UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["type", "content", "body", "msgtype", "m.relates_to", "m.new_content", "event_id",
             "rel_type", "m.mentions", "user_ids", "room", "unsigned", "prev_content", "key",
             "membership", "displayname", "state_key", "redacts"]
        ),
        inner | st.sampled_from(["m.room.message", "m.replace", "m.reaction", "m.room.member"]),
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
EVENT = st.dictionaries(
    st.sampled_from(["type", "content", "state_key", "unsigned"]),
    JSON | st.sampled_from(["m.room.message", "m.reaction", "m.room.member"]),
)
STATUS = st.sampled_from(["ok", "undecryptable", "unattributable", "redacted", "malformed"])


@given(EVENT, st.none() | EVENT, STATUS, st.integers(-(2**63), 2**63 - 1))
def test_nothing_that_an_event_holds_stops_it(raw: Any, clear: Any, status: Any, ts: int) -> None:
    seen = read(stored(clear, raw or {"a": 1}, status=status, origin_ts=ts))
    assert seen.at <= NOW
    assert isinstance(hash(seen), int)


def test_what_is_read_late_does_not_find_itself_in_the_window() -> None:
    window = Window()
    unreadable = read(stored(None, status="undecryptable"))
    window.add(unreadable)
    assert list(window.of(ANNA, NOW)) == [unreadable]
    window.take_back("$e")
    assert list(window.of(ANNA, NOW)) == []
    text = read(message({"msgtype": "m.text", "body": "hello"}))
    window.add(text)
    assert list(window.of(ANNA, NOW)) == [text]
    assert list(window.kind("unreadable", NOW)) == []
    window.add(replace(text, at=NOW + timedelta(hours=2)))
    assert len(window) == 1
