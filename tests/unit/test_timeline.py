"""Pages of a room, as they are read from the vault."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conversation import OTHER, OWN, ROOM, Conversation

from peerroom.client import messages
from peerroom.client.timeline import OUTBOX, Timeline
from peerroom.client.views import MessageView

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


def bodies(views: list[MessageView]) -> list[str]:
    return [view.body for view in views]


def queue(talk: Conversation, text: str, **more: Any) -> str:
    content = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}}
    row = talk.vault.outbox.add(talk.account.id, ROOM, "message", content, now=NOW, **more)
    return row.transaction_id


def test_pages_are_ascending_and_meet_without_overlap(talk: Conversation) -> None:
    for number in range(10):
        talk.said(f"message {number}")
    timeline = Timeline(talk.vault, ROOM)

    newest = timeline.page(limit=4)
    older = timeline.page(before=newest[0].position, limit=4)
    oldest = timeline.page(before=older[0].position, limit=4)

    assert bodies([*oldest, *older, *newest]) == [f"message {n}" for n in range(10)]
    assert timeline.page(before=oldest[0].position) == []
    assert timeline.page(after=older[-1].position, limit=99) == newest
    assert timeline.count() == 10


def test_what_is_no_line_of_a_conversation_does_not_shorten_a_page(talk: Conversation) -> None:
    talk.said("first")
    for _ in range(120):
        talk.said({"m.relates_to": {}}, event_type="m.reaction", encrypted=False)
    talk.said("last")
    assert bodies(Timeline(talk.vault, ROOM).page(limit=2)) == ["first", "last"]
    assert bodies(Timeline(talk.vault, ROOM).page(after=1, limit=2)) == ["last"]


def test_own_messages_stand_after_the_stored_ones_until_they_come_back(talk: Conversation) -> None:
    talk.said("hello")
    key = queue(talk, "hi there")
    timeline = Timeline(talk.vault, ROOM)

    echo = timeline.page()[-1]
    assert (echo.key, echo.state, echo.own, echo.event_id) == (key, "sending", True, None)
    assert echo.position > OUTBOX and echo.pending and echo.words == "sending"

    row = talk.vault.outbox.by_transaction(key)
    assert row is not None
    talk.vault.outbox.mark_sending(row.id, NOW)
    talk.vault.outbox.mark_sent(row.id, "$event2")
    assert timeline.page()[-1].state == "sent"

    # The event is in the vault, the row not removed yet: one line, under the same key.
    talk.said("hi there", sender=OWN, transaction_id=key)
    views = timeline.page()
    assert bodies(views) == ["hello", "hi there"]
    assert (views[-1].key, views[-1].state, views[-1].event_id) == (key, "sent", "$event2")
    assert timeline.find(key) == views[-1]

    talk.vault.outbox.remove(row.id)
    assert timeline.page() == views
    assert timeline.find(key) == views[-1]


def test_an_echo_whose_answer_was_lost_is_not_doubled(talk: Conversation) -> None:
    key = queue(talk, "did it go?")
    talk.said("did it go?", sender=OWN, transaction_id=key)
    assert bodies(Timeline(talk.vault, ROOM).page()) == ["did it go?"]


def test_a_failed_message_says_why(talk: Conversation) -> None:
    key = queue(talk, "too long")
    row = talk.vault.outbox.by_transaction(key)
    assert row is not None
    talk.vault.outbox.mark_sending(row.id, NOW)
    talk.vault.outbox.mark_failed(row.id, "This message is too long for the server.")
    view = Timeline(talk.vault, ROOM).page()[-1]
    assert (view.state, view.problem) == ("failed", "This message is too long for the server.")


def test_paging_within_the_outbox(talk: Conversation) -> None:
    talk.said("stored")
    for number in range(5):
        queue(talk, f"queued {number}")
    timeline = Timeline(talk.vault, ROOM)
    last = timeline.page(limit=2)
    before = timeline.page(before=last[0].position, limit=2)
    assert bodies(before + last) == [f"queued {n}" for n in (1, 2, 3, 4)]
    assert bodies(timeline.page(before=before[0].position)) == ["stored", "queued 0"]
    assert timeline.page(after=before[-1].position) == last
    assert bodies(timeline.page(after=0, limit=3)) == ["stored", "queued 0", "queued 1"]


@pytest.mark.parametrize(
    ("status", "trust", "state", "words"),
    [
        ("undecryptable", "no_key", "undecryptable", "The key for this message has not arrived"),
        ("undecryptable", "m.unverified", "undecryptable", "gave no key to this device"),
        ("unattributable", "forged", "unattributable", "not certain who wrote this"),
        ("unattributable", None, "unattributable", "not certain who wrote this"),
        ("malformed", None, "malformed", "could not be shown"),
    ],
)
def test_trouble_is_said_in_words(
    talk: Conversation, status: Any, trust: str | None, state: str, words: str
) -> None:
    talk.said("secret", status=status, trust=trust)
    view = Timeline(talk.vault, ROOM).page()[0]
    assert view.state == state
    assert words in view.body
    assert "secret" not in view.body


def test_a_deleted_message_leaves_a_line_that_says_so(talk: Conversation) -> None:
    event = talk.said("regretted")
    talk.vault.events.redact(ROOM, event.event_id, by=OTHER)
    view = Timeline(talk.vault, ROOM).page()[0]
    assert (view.state, view.body) == ("deleted", "This message was deleted.")


@pytest.mark.parametrize(
    ("trust", "words"),
    [
        ("signed", None),
        ("unsigned", "Sent from a device that its owner has not confirmed."),
        ("identity_changed", "This person's encryption identity has changed."),
        ("nonsense", "The sender's device could not be checked yet."),
    ],
)
def test_trust_is_said_only_when_it_is_missing(
    talk: Conversation, trust: str, words: str | None
) -> None:
    talk.said("hello", trust=trust)
    said = Timeline(talk.vault, ROOM).page()[0].trust
    assert said is None if words is None else said is not None and said.startswith(words)


def test_where_nothing_is_encrypted_it_is_said() -> None:
    talk = Conversation(encrypted=False)
    talk.said("from the server itself", encrypted=False)
    assert Timeline(talk.vault, ROOM).page()[0].trust == "Sent without encryption."


@pytest.mark.parametrize("outer", [{}, {"state_key": None}])
@pytest.mark.parametrize("sender", [OTHER, OWN])
@pytest.mark.parametrize("event_type", ["m.room.message", "m.sticker"])
@pytest.mark.parametrize(
    "content", [{"msgtype": "m.text", "body": "call 555"}, {"body": "call 555"}, {}, ["call 555"]]
)
def test_a_clear_message_is_never_taken_for_an_encrypted_one(
    talk: Conversation, content: object, event_type: str, sender: str, outer: dict[str, object]
) -> None:
    event = talk.said(content, event_type=event_type, encrypted=False, sender=sender, **outer)
    timeline = Timeline(talk.vault, ROOM)
    [view] = timeline.page()
    assert (view.state, view.trust) == ("unattributable", None)
    assert view.body.startswith("A message that was not encrypted is not shown here")
    assert timeline.find(event.event_id) == view


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("status", ["ok", "redacted"])
@pytest.mark.parametrize("event_type", ["m.room.message", "m.sticker", "m.room.encrypted"])
def test_state_is_never_a_message(event_type: str, status: Any, encrypted: bool) -> None:
    talk = Conversation(encrypted=encrypted)
    for state_key in ("", OTHER):
        talk.said("call 555", event_type=event_type, encrypted=False, status=status,
                  state_key=state_key)  # fmt: skip
    assert Timeline(talk.vault, ROOM).page() == []


@pytest.mark.parametrize(
    ("event_type", "outer", "shown"),
    [
        ("m.room.member", {"state_key": OTHER}, ["Small Otter came in."]),
        ("m.room.member", {"state_key": None}, []),
        ("m.room.member", {}, []),
        ("m.room.topic", {"state_key": ""}, []),
        ("m.room.encryption", {"state_key": ""}, []),
        ("m.room.redaction", {}, []),
        ("m.reaction", {}, []),
        ("org.peerroom.door.answer", {}, []),
        ("org.matrix.msc1767.message", {}, []),
    ],
)
def test_what_else_is_a_line_in_clear(
    talk: Conversation, event_type: str, outer: dict[str, object], shown: list[str]
) -> None:
    content = {"membership": "join", "msgtype": "m.text", "body": "call 555"}
    talk.said(content, event_type=event_type, encrypted=False, **outer)
    assert bodies(Timeline(talk.vault, ROOM).page()) == shown


@pytest.mark.parametrize("event_type", ["m.room.member", "m.room.topic", "m.reaction", "m.room.x"])
def test_only_messages_are_lines_out_of_the_envelope(talk: Conversation, event_type: str) -> None:
    talk.said({"membership": "join", "msgtype": "m.text", "body": "hi"}, event_type=event_type)
    assert Timeline(talk.vault, ROOM).page() == []


def test_ones_own_name_proves_nothing(talk: Conversation) -> None:
    talk.said("I said that", sender=OWN)
    talk.said("I never said that", sender=OWN, trust="unsigned")
    mine, forged = Timeline(talk.vault, ROOM).page()
    assert mine.own and mine.trust is None
    assert forged.own and forged.trust == "Sent from a device that its owner has not confirmed."


def test_a_message_of_ones_own_that_is_being_deleted_says_only_that(talk: Conversation) -> None:
    event = talk.said("regretted", sender=OWN, trust="unsigned")
    talk.vault.outbox.add(talk.account.id, ROOM, "redaction", {"redacts": event.event_id}, now=NOW)
    [view] = Timeline(talk.vault, ROOM).page()
    assert (view.state, view.trust) == ("deleted", None)


def test_names_that_look_alike_are_told_apart(talk: Conversation) -> None:
    talk.member("@fake:example.org", "Small 0tter")
    talk.member("@gone:example.org", "Small Otter", "leave")
    talk.said("one")
    talk.said("two", sender="@fake:example.org")
    talk.said("three", sender="@gone:example.org")
    talk.said("four", sender="@stranger:example.org")
    names = [view.sender_name for view in Timeline(talk.vault, ROOM).page()]
    assert len(set(names)) == 4
    assert "@fake:example.org" in names[1]


def test_names_follow_the_members(talk: Conversation) -> None:
    talk.said("hello")
    timeline = Timeline(talk.vault, ROOM)
    assert timeline.page()[0].sender_name == "Small Otter"
    talk.member(OTHER, "Brave Otter")
    timeline.forget_names()
    assert timeline.page()[0].sender_name == "Brave Otter"


def test_who_comes_and_goes(talk: Conversation) -> None:
    talk.state("m.room.member", OTHER, {"membership": "join"})
    talk.state(
        "m.room.member",
        OTHER,
        {"membership": "join", "displayname": "new"},
        unsigned={"prev_content": {"membership": "join"}},
    )
    talk.state("m.room.member", OTHER, {"membership": "leave"}, sender="@mod:example.org")
    talk.state("m.room.member", OTHER, {"membership": "ban"}, sender="@mod:example.org")
    talk.state("m.room.topic", "", {"topic": "not a line"})
    views = Timeline(talk.vault, ROOM).page()
    assert bodies(views) == [
        "Small Otter came in.",
        "Small Otter was removed.",
        "Small Otter was removed and cannot come back.",
    ]
    assert {view.kind for view in views} == {"membership"}


def test_a_gap_is_a_line_of_its_own(talk: Conversation) -> None:
    talk.said("before")
    gap = talk.vault.gaps.open(ROOM, "token")
    assert gap is not None
    views = Timeline(talk.vault, ROOM).page()
    assert [view.kind for view in views] == ["text", "gap"]
    assert Timeline(talk.vault, ROOM).page(before=gap.older + 1) == views[:1]
    assert Timeline(talk.vault, ROOM).page(after=views[0].position) == views[1:]
    talk.vault.gaps.close(gap)
    assert bodies(Timeline(talk.vault, ROOM).page()) == ["before"]


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [
        ({"msgtype": "m.text", "body": "plain"}, "text", "plain"),
        ({"msgtype": "m.emote", "body": "waves"}, "action", "waves"),
        ({"msgtype": "m.notice", "body": "welcome"}, "notice", "welcome"),
        ({"msgtype": "org.example.new", "body": "fallback"}, "text", "fallback"),
        (
            {"msgtype": "m.image", "body": "cat.jpg"},
            "file",
            "A picture: cat.jpg. PeerRoom cannot show it yet.",
        ),
        (
            {
                "msgtype": "m.text",
                "body": "> <@someone:example.org> their words\n> more\n\nmy answer",
                "m.relates_to": {"m.in_reply_to": {"event_id": "$x"}},
            },
            "text",
            "my answer",
        ),
    ],
)
def test_what_a_message_says(content: dict[str, Any], kind: str, body: str) -> None:
    reading = messages.read("m.room.message", content)
    assert (reading.kind, reading.body, reading.trouble) == (kind, body, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ("msgtype", "body", "m.relates_to", "m.new_content", "membership", "displayname", "url")
HOSTILE = st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON


@given(content=HOSTILE, previous=JSON, key=JSON)
@settings(max_examples=300)
def test_no_content_is_too_strange_to_read(content: object, previous: object, key: object) -> None:
    for event_type in ("m.room.message", "m.sticker"):
        reading = messages.read(event_type, content)
        assert not [
            c for c in reading.body if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")
        ]
    messages.read_move(content, previous, key, "@x:example.org", lambda user: user)


@pytest.mark.parametrize(
    "wrong",
    [None, True, 7, 1.5, [], ["a"], {}, {"body": "x"}, "", "\x1b]0;x\x07", "\u202e", "\ud800"],
)
@pytest.mark.parametrize("field", ["msgtype", "body", "m.relates_to", "m.new_content"])
def test_wrong_types_in_every_field(talk: Conversation, field: str, wrong: object) -> None:
    content: dict[str, object] = {
        "msgtype": "m.text",
        "body": "fine",
        "m.relates_to": {"rel_type": "m.replace"},
        "m.new_content": {"body": "new"},
    }
    talk.said({**content, field: wrong})
    talk.said("after")
    views = Timeline(talk.vault, ROOM).page()
    assert len(views) == 2 and views[1].body == "after"
    assert not any(mark in views[0].body for mark in "\x1b\x07\u202e")
    if field in ("msgtype", "body") and not isinstance(wrong, str):
        assert views[0].state == "malformed"
        assert views[0].body == "A message that could not be shown."


@pytest.mark.parametrize("claimed", [-(2**53), 0, 2**53 - 1])
def test_any_clock_can_be_shown(talk: Conversation, claimed: int) -> None:
    from peerroom.client.wording import event_time

    moment = event_time(claimed)
    assert moment.tzinfo is UTC
    moment.astimezone(datetime.now().astimezone().tzinfo)


@pytest.mark.parametrize(
    ("formatted", "covered"),
    [
        ("<b>Otter</b>: <span data-mx-spoiler>words</span>", True),
        ("<b>Otter</b>: words", False),
        ({"data-mx-spoiler": 1}, False),
        (None, False),
    ],
)
def test_what_is_a_spoiler_to_any_client_is_covered(formatted: object, covered: bool) -> None:
    content = {"msgtype": "m.notice", "body": "words", "formatted_body": formatted}
    assert messages.read(messages.MESSAGE, content).covered is covered
