"""Messages whose sender changed them: which words are shown, and where."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import FrozenClock
from support.conversation import OTHER, OWN, ROOM, Conversation, edit_of, hashed

from peerroom.client.edits import may_replace
from peerroom.client.outgoing import Outgoing
from peerroom.client.session import Client
from peerroom.client.timeline import Timeline
from peerroom.client.views import MessageView
from peerroom.config import Config
from peerroom.store.events import StoredEvent
from peerroom.store.rooms import StoredRoom

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
MALLORY = "@mallory:example.org"


FIRST = hashed("first")


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def shown(talk: Conversation) -> list[MessageView]:
    return Timeline(talk.vault, ROOM).page()


def lines(talk: Conversation) -> list[tuple[str, bool]]:
    return [(view.body, view.edited) for view in shown(talk)]


@pytest.mark.parametrize("sender", [OTHER, OWN])
def test_an_edit_is_shown_in_the_place_of_the_message(talk: Conversation, sender: str) -> None:
    talk.said("meet at 2", sender=sender, event_id=FIRST)
    before, _next = shown(talk)[0], talk.said("fine")
    edit = talk.edited(FIRST, "meet at 3", sender=sender)
    after = shown(talk)[0]
    assert lines(talk) == [("meet at 3", True), ("fine", False)]
    assert (after.key, after.event_id, after.position) == (FIRST, FIRST, before.position)
    assert (after.when, after.state, after.own) == (before.when, before.state, before.own)
    timeline = Timeline(talk.vault, ROOM)
    assert timeline.find(FIRST) == after
    assert timeline.find(edit.event_id) is None
    assert timeline.page(after=0) == timeline.page() == timeline.page(before=99)
    assert [view.body for view in timeline.page(limit=1)] == ["fine"]


def test_an_edit_may_change_what_kind_of_message_it_is(talk: Conversation) -> None:
    talk.said("waves", event_id=FIRST)
    content = edit_of(FIRST, "waves")
    content["m.new_content"]["msgtype"] = "m.emote"
    talk.said(content)
    assert [(view.kind, view.body) for view in shown(talk)] == [("action", "waves")]


def test_a_quote_in_an_edited_answer_is_the_senders_own(talk: Conversation) -> None:
    """New content has no fallback for the reply (spec: "Editing encrypted events" and replies)."""
    answer = {"m.in_reply_to": {"event_id": "$x"}}
    fallback = "> <@a:x> words\n\nyes"
    talk.said({"msgtype": "m.text", "body": fallback, "m.relates_to": answer}, event_id=FIRST)
    talk.edited(FIRST, "> as they say\nyes")
    assert lines(talk) == [("> as they say\nyes", True)]


def clear(event: StoredEvent) -> dict[str, Any]:
    assert event.clear is not None
    content = event.clear["content"]
    assert isinstance(content, dict)
    return content


def forged(talk: Conversation, how: str) -> None:
    """What must not change the words of `FIRST`, whoever comes up with it."""
    content = edit_of(FIRST, "call 555")
    match how:
        case "sender":
            talk.said(content, sender=MALLORY)
        case "clear":
            talk.said(content, encrypted=False)
        case "state":
            talk.said(content, state_key="")
        case "type":
            talk.said(content, event_type="m.sticker")
        case "nothing new":
            talk.said({**content, "m.new_content": None})
        case "no words":
            talk.said({**content, "m.new_content": {"msgtype": "m.text", "body": 7}})
        case "relation":
            reference = {"rel_type": "m.reference", "event_id": FIRST}
            talk.said({**content, "m.relates_to": reference})
        case "unattributable":
            talk.said(content, status="unattributable", trust="forged")
        case "undecryptable":
            talk.said(content, status="undecryptable", trust="no_key")
        case "other room":
            talk.vault.rooms.put(StoredRoom("!other:x", talk.account.id, encrypted=True))
            event = talk.said(content)
            talk.vault.events.redact(ROOM, event.event_id)
            elsewhere = StoredEvent(
                "!other:x", "$there", 1, OTHER, "m.room.encrypted", 9**15, {},
                {"type": "m.room.message", "content": content}, trust="signed",
            )  # fmt: skip
            talk.vault.events.upsert(elsewhere)


REACTION = {"type": "m.reaction", "content": edit_of(FIRST, "two")}
ELSEWHERE = {"type": "m.room.message", "content": edit_of(hashed("else"), "two")}


@pytest.mark.parametrize(
    ("original", "edit"),
    [
        ({"sender": MALLORY}, {}),
        ({}, {"sender": MALLORY}),
        ({"room_id": "!other:x"}, {}),
        ({"status": "unattributable"}, {}),
        ({"status": "malformed"}, {}),
        ({}, {"status": "undecryptable"}),
        ({}, {"status": "redacted"}),
        ({"raw": {"state_key": ""}}, {}),
        ({}, {"raw": {"state_key": ""}}),
        ({"clear": None}, {}),
        ({"clear": REACTION | {"content": {}}}, {"clear": REACTION}),
        ({}, {"clear": ELSEWHERE}),
        ({"clear": ELSEWHERE}, {}),
    ],
)
def test_the_rule_holds_by_itself(
    talk: Conversation, original: dict[str, Any], edit: dict[str, Any]
) -> None:
    """Whatever the vault's search for edits looks at already."""
    one, two = talk.said("one", event_id=FIRST), talk.edited(FIRST, "two")
    assert may_replace(two, one)
    assert not may_replace(replace(two, **edit), replace(one, **original))


FORGERIES = [
    "sender", "clear", "state", "type", "nothing new", "no words", "relation", "unattributable",
    "undecryptable", "other room",
]  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
def test_what_is_no_edit_changes_nothing(talk: Conversation, how: str) -> None:
    talk.member(MALLORY, "Sly Fox")
    talk.said("the number is 119", event_id=FIRST)
    forged(talk, how)
    first = shown(talk)[0]
    assert (first.body, first.edited, first.trust) == ("the number is 119", False, None)


@pytest.mark.parametrize("how", FORGERIES)
def test_it_does_not_stand_in_the_way_of_a_true_one(talk: Conversation, how: str) -> None:
    talk.said("the number is 555", event_id=FIRST)
    talk.edited(FIRST, "the number is 119")
    forged(talk, how)
    assert lines(talk)[0] == ("the number is 119", True)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("sender", ("Sly Fox", "* call 555", "received")),
        ("nothing new", ("Small Otter", "* call 555", "received")),
        ("clear", ("Small Otter", "A message that was not encrypted", "unattributable")),
        ("unattributable", ("Small Otter", "It is not certain who wrote", "unattributable")),
        ("undecryptable", ("Small Otter", "The key for this message", "undecryptable")),
    ],
)
def test_it_is_a_message_of_its_sender_and_cannot_hide(
    talk: Conversation, how: str, said: tuple[str, str, str]
) -> None:
    talk.member(MALLORY, "Sly Fox")
    talk.said("the number is 119", event_id=FIRST)
    forged(talk, how)
    view = shown(talk)[1]
    assert (view.sender_name, view.state, view.edited) == (said[0], said[2], False)
    assert view.body.startswith(said[1])


def test_an_edit_cannot_be_edited(talk: Conversation) -> None:
    talk.said("one", event_id=FIRST)
    edit = talk.edited(FIRST, "two", event_id=hashed("two"))
    talk.edited(edit.event_id, "three")
    assert lines(talk) == [("two", True), ("* three", False)]


def test_where_nothing_is_encrypted_edits_are_not_either() -> None:
    talk = Conversation(encrypted=False)
    talk.said("one", event_id=FIRST, encrypted=False)
    talk.edited(FIRST, "two", encrypted=False)
    talk.edited(FIRST, "three")  # encrypted, and so by somebody who was asked for more
    assert lines(talk)[0] == ("two", True)


def test_the_latest_counts_and_of_two_at_once_the_greater_id(talk: Conversation) -> None:
    talk.said("0", event_id=FIRST)
    talk.edited(FIRST, "late", origin_ts=2_000, event_id="$b")
    talk.edited(FIRST, "early", origin_ts=1_000, event_id="$c")
    assert lines(talk) == [("late", True)]
    talk.edited(FIRST, "lesser", origin_ts=2_000, event_id="$a")
    assert lines(talk) == [("late", True)]
    talk.edited(FIRST, "greater", origin_ts=2_000, event_id="$bb")
    assert lines(talk) == [("greater", True)]


def test_an_edit_that_came_first_is_said_and_then_finds_its_place(talk: Conversation) -> None:
    talk.edited(FIRST, "three o'clock")
    assert lines(talk) == [("Changed to: three o'clock", False)]
    talk.said("two o'clock", event_id=FIRST)
    assert lines(talk) == [("three o'clock", True)]


def test_an_edit_waits_for_what_cannot_be_decrypted_yet(talk: Conversation) -> None:
    original = talk.said("two", event_id=FIRST, status="undecryptable", trust="no_key")
    talk.edited(FIRST, "three")
    assert [view.state for view in shown(talk)] == ["undecryptable", "received"]
    assert shown(talk)[1].body == "Changed to: three"
    two = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "two"}}
    talk.vault.events.set_clear(original.event_id, two, trust="signed")
    assert lines(talk) == [("three", True)]


def test_an_edit_that_cannot_be_decrypted_yet_follows(talk: Conversation) -> None:
    talk.said("two", event_id=FIRST)
    edit = talk.edited(FIRST, "three", status="undecryptable", trust="no_key")
    assert lines(talk)[0] == ("two", False)
    content = {"type": "m.room.message", "content": edit_of(FIRST, "three")}
    talk.vault.events.set_clear(edit.event_id, content, trust="signed")
    assert lines(talk) == [("three", True)]


def test_a_deleted_edit_leaves_the_words_before_it_and_no_line(talk: Conversation) -> None:
    talk.said("one", event_id=FIRST)
    two, three = (talk.edited(FIRST, text, event_id=hashed(text)) for text in ("two", "three"))
    talk.vault.events.redact(ROOM, three.event_id, by=OTHER)
    assert lines(talk) == [("two", True)]
    talk.vault.events.redact(ROOM, two.event_id, by=OTHER)
    assert lines(talk) == [("one", False)]


@pytest.mark.parametrize("edits_first", [True, False])
def test_a_deleted_message_takes_its_edits_along(talk: Conversation, edits_first: bool) -> None:
    talk.said("one", event_id=FIRST)
    if edits_first:
        talk.edited(FIRST, "two", event_id=hashed("two"))
    talk.vault.events.redact(ROOM, FIRST, by=OTHER)
    talk.edited(FIRST, "three", event_id=hashed("three"))
    [view] = shown(talk)
    assert (view.state, view.body, view.edited) == ("deleted", "This message was deleted.", False)
    assert "three" not in repr([event.clear for event in talk.vault.events.page(ROOM)])


def test_what_was_no_edit_leaves_a_tombstone_as_every_message(talk: Conversation) -> None:
    talk.said("one", event_id=FIRST)
    talk.edited(FIRST, "call 555", sender=MALLORY, event_id=hashed("no"))
    talk.vault.events.redact(ROOM, hashed("no"), by=OWN)
    assert [view.state for view in shown(talk)] == ["received", "deleted"]


@pytest.mark.parametrize("hidden", ["my name is Ann", "$my name is Ann", "$" + "x" * 300])
def test_no_words_survive_in_what_is_kept_of_a_deleted_edit(
    talk: Conversation, hidden: str
) -> None:
    edit = talk.edited(hidden, "two", event_id=hashed("two"))
    talk.vault.events.redact(ROOM, edit.event_id)
    assert hidden not in repr(talk.vault.events.get(edit.event_id))


def test_deleting_ones_own_takes_the_edits_back_from_the_server_too(
    talk: Conversation, frozen_clock: FrozenClock
) -> None:
    talk.said("one", sender=OWN, event_id=FIRST)
    mine = talk.edited(FIRST, "two", sender=OWN, event_id=hashed("two"))
    talk.edited(FIRST, "three", sender=MALLORY, event_id=hashed("three"))
    outgoing = Outgoing(talk.vault, talk.account.id, OWN, frozen_clock)
    assert outgoing.delete(ROOM, FIRST)
    asked = [row.content["redacts"] for row in talk.vault.outbox.queued(talk.account.id)]
    assert asked == [FIRST, mine.event_id]
    assert [view.state for view in shown(talk)] == ["deleted", "received"]


def test_who_sent_the_words_that_are_shown_is_said(talk: Conversation) -> None:
    talk.said("one", event_id=FIRST)
    talk.edited(FIRST, "two", trust="unsigned")
    [view] = shown(talk)
    assert view.trust == "Sent from a device that its owner has not confirmed."


def test_an_edit_is_no_news(
    talk: Conversation, frozen_clock: FrozenClock, seeded: random.Random
) -> None:
    client = Client(talk.vault, talk.account, config=Config(), clock=frozen_clock, random=seeded)
    talk.said("one", event_id=FIRST)
    talk.edited(FIRST, "two")
    talk.edited(FIRST, "call 555", sender=MALLORY)
    room = client.room(ROOM)
    assert room is not None and room.unread == 2
    assert room.last is not None and room.last.endswith("* call 555")
    client.mark_read(ROOM, client.timeline(ROOM).page()[-1].position)
    talk.edited(FIRST, "three")
    room = client.room(ROOM)
    assert room is not None and room.unread == 0


def test_what_was_changed_is_found_without_a_line_of_its_own(talk: Conversation) -> None:
    talk.said("one", event_id=FIRST)
    last = talk.said("last")
    timeline = Timeline(talk.vault, ROOM)
    assert timeline.changed_after(last.position) == []
    for number in range(250):
        talk.edited(FIRST, f"try {number}")
    assert [view.body for view in timeline.changed_after(last.position)] == ["try 249"]
    assert timeline.changed_after(last.position + 250) == []


def effort(talk: Conversation, look: Callable[[], object]) -> int:
    """Steps of SQLite's machine, in tens."""
    connection: Any = talk.vault.events._db._connection
    steps = itertools.count()
    connection.set_progress_handler(lambda: next(steps) < 0, 10)
    look()
    connection.set_progress_handler(None, 0)
    return next(steps)


def test_a_long_history_makes_no_page_slower(talk: Conversation) -> None:
    timeline = Timeline(talk.vault, ROOM)
    efforts = []
    for _round in range(2):
        for _number in range(300):
            talk.edited(talk.said("one").event_id, "two")
        efforts.append(effort(talk, timeline.page))
    assert efforts[1] < 1.2 * efforts[0]


# Whatever comes when: the same words in the end.

PIECES = ("original", "edit a", "edit b", "edit of edit", "foreign", "clear", "no words")
REDACTED = ("original", "edit a", "edit b", "foreign")


def content_of(piece: str) -> dict[str, Any]:
    if piece == "original":
        return {"msgtype": "m.text", "body": "original"}
    words = edit_of(hashed("edit a" if piece == "edit of edit" else "original"), piece)
    return {**words, "m.new_content": {"body": None}} if piece == "no words" else words


def put(talk: Conversation, piece: str, *, readable: bool) -> None:
    talk.said(
        content_of(piece),
        event_id=hashed(piece),
        sender=MALLORY if piece == "foreign" else OTHER,
        encrypted=piece != "clear",
        origin_ts=1_000 + 10 * PIECES.index(piece),
        **({} if readable else _unreadable(content_of(piece))),
    )


def _unreadable(content: dict[str, Any]) -> dict[str, Any]:
    """As it is before its key comes: the relation stands outside, for the server."""
    outside = {name: content[name] for name in ("m.relates_to",) if name in content}
    return {"status": "undecryptable", "trust": "no_key", "content": outside}


def decrypt(talk: Conversation, piece: str) -> None:
    envelope = {"type": "m.room.message", "content": content_of(piece)}
    talk.vault.events.set_clear(hashed(piece), envelope, trust="signed")


@given(
    order=st.permutations(PIECES),
    redactions=st.dictionaries(st.sampled_from(REDACTED), st.integers(0, 7), max_size=3),
    keys=st.dictionaries(st.sampled_from(("original", "edit a", "edit b")), st.integers(0, 7)),
)
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_means_nothing(
    order: list[str], redactions: dict[str, int], keys: dict[str, int]
) -> None:
    """Events, their keys and their redactions; the latter two after what they are about."""
    talk = Conversation()
    for step in range(2 * len(PIECES)):
        here = order[: step + 1]
        if step < len(order):
            put(talk, order[step], readable=order[step] not in keys)
        for piece in here:
            if keys.get(piece, step + 1) <= step:
                decrypt(talk, piece)
            if redactions.get(piece, step + 1) <= step:
                talk.vault.events.redact(ROOM, hashed(piece), by=OTHER)
        shown(talk)  # a face may look at any moment, and nothing hangs on it

    views = {view.event_id: view for view in shown(talk)}
    original = views[hashed("original")]
    left = [piece for piece in ("edit b", "edit a") if piece not in redactions]
    if "original" in redactions:
        expected = ("This message was deleted.", False)
    else:
        expected = (left[0], True) if left else ("original", False)
    assert (original.body, original.edited) == expected
    alone = {"original", "foreign", "clear", "no words", "edit of edit"}
    if "edit a" in redactions:
        alone.discard("edit of edit")  # gone with what it was an edit of
    if "original" in redactions:
        alone -= {"clear", "no words"}  # they were meant for what is gone, and are gone too
        # What was an edit of its edit is a message by itself, and may have come too late for it.
        alone.discard("edit of edit")
        views.pop(hashed("edit of edit"), None)
    assert set(views) == set(map(hashed, alone))


def test_pages_meet_whatever_is_folded_away(talk: Conversation) -> None:
    for number in range(30):
        talk.said(f"m{number}", event_id=hashed(f"m{number}"))
        for _again in range(number % 4):
            talk.edited(hashed(f"m{number // 2}"), f"edited {number // 2}")
    timeline = Timeline(talk.vault, ROOM)
    whole = timeline.page(limit=500)
    assert len(whole) == 30 and timeline.count() >= 30
    walked: list[MessageView] = []
    before = None
    for _step in itertools.count():
        page = timeline.page(before=before, limit=7)
        if not page:
            break
        walked, before = page + walked, page[0].position
    assert walked == whole
