"""Protections that read: what they find, what they only nearly find, whom they leave alone."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError
from support.long_texts import HOSTILE
from support.watching import MODERATOR, NIGHT, comes, room, seen, verbs, watched

from peerroom.moderation.protection import Protection, Room
from peerroom.moderation.protections import words
from peerroom.moderation.protections.contact import CONTACT
from peerroom.moderation.protections.newcomers import NEWCOMERS
from peerroom.moderation.protections.risk import RISK
from peerroom.moderation.protections.scam import SCAM
from peerroom.moderation.protections.words import (
    WORDS,
    BadEntry,
    BoundlessPattern,
    BrokenPattern,
    EmptyEntry,
    WordList,
    check,
)
from peerroom.moderation.reading import reading
from peerroom.moderation.seen import Kind
from peerroom.text.foreign import ForeignText

READING = [WORDS, NEWCOMERS, CONTACT, SCAM, RISK]
LISTS = {"remove": ["casino*"], "hold": ["秘密の", "/pay ?day/"], "flag": ["loan"]}
NEW = "@new:example.org"
EVERYTHING = (
    "副業で月収50万、LINE追加してください。死にたい。casino 090-0000-0000 https://x.example.com"
)


def newly(hours: float = 1.0) -> Room:
    """A room into which `NEW` came so long ago."""
    return room(newcomers={NEW: NIGHT - timedelta(hours=hours)})


# words


def test_the_strongest_list_that_finds_something_counts() -> None:
    found = watched(WORDS, [seen("a CASINO loan")], settings=LISTS)

    assert verbs(found) == ["remove"]
    assert found[0].cues == ("casino*",)


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("c.a.s.i.n.o", "remove"),
        ("casinos", "remove"),
        ("秘 密 の話", "hold"),
        ("a PAYDAY advance", "hold"),
        ("l0an", "flag"),
    ],
)
def test_each_list_does_what_it_says(text: str, verb: str) -> None:
    assert verbs(watched(WORDS, [seen(text)], settings=LISTS)) == [verb]


@pytest.mark.parametrize("text", ["loaned", "秘密に", "pay the day", "", "キャシー"])
def test_near_misses_of_a_list(text: str) -> None:
    assert watched(WORDS, [seen(text)], settings=LISTS) == []


@pytest.mark.parametrize("lists", [{}, {"remove": []}, {"remove": [], "hold": [], "flag": []}])
def test_an_empty_list_finds_nothing(lists: dict[str, list[str]]) -> None:
    events = [seen(EVERYTHING), seen(""), seen("x", kind="media")]

    assert watched(WORDS, events, settings=lists) == []


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("", EmptyEntry),
        (" \u200b ", EmptyEntry),
        ("**", EmptyEntry),
        ("/a(/", BrokenPattern),
        ("/a\\1/", BrokenPattern),  # RE2 has no back-references: they are what hangs
        ("/(?=a)/", BrokenPattern),
        ("/(((a{1000}){1000}){1000}){1000}/", BrokenPattern),
        ("/\ud800/", BrokenPattern),
        ("/.*/", BoundlessPattern),
        ("/a|/", BoundlessPattern),
        ("/./", BoundlessPattern),
        (r"/\S+/", BoundlessPattern),
    ],
)
def test_an_entry_that_cannot_be_kept_says_why(entry: str, error: type[BadEntry]) -> None:
    with pytest.raises(error) as caught:
        check(entry)
    assert caught.value.sentence().endswith(".")
    with pytest.raises(BadEntry):
        WORDS.armed({"flag": [entry]}) if entry else check(entry)


def test_patterns_that_are_too_large_together_are_an_error_and_not_silence() -> None:
    with pytest.raises(BrokenPattern):
        WordList([f"/x{n}(?:[a-zあ-ん]{{1,90}}q){{1,10}}/" for n in range(120)])


def test_an_entry_is_kept_without_the_space_around_it() -> None:
    assert check("  two words ") == "two words"
    assert WordList(["two words"]).found(reading("these two  words")) == ("two words",)


def test_a_list_is_tried_on_the_past_before_it_counts() -> None:
    past = [
        seen("casino tonight", after=1),
        seen("good night", after=2),
        seen("casino", kind="reaction", after=3),
        seen(None, kind="unreadable", after=4),
        seen("c a s i n o", "@other:example.org", after=5),
    ]

    hits = words.test(["casino"], past)

    assert [(hit.event_id, hit.sender, hit.entries) for hit in hits] == [
        (past[0].event_id, past[0].sender, ("casino",)),
        (past[4].event_id, "@other:example.org", ("casino",)),
    ]
    assert words.test([], past) == []
    with pytest.raises(BadEntry):
        words.test(["/(/"], past)


def test_a_long_entry_is_no_setting() -> None:
    with pytest.raises(ValidationError):
        WORDS.armed({"flag": ["a" * 201]})


# newcomers


@pytest.mark.parametrize(
    "text",
    [
        "https://chat.example.com/a",
        "hxxps://chat.example.com",
        "see www.example.com",
        "chat.example.com です",
        "example [.] com",
        "example dot com",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "0120-000-000",
        "write to me@example.org",
        "message me on Telegram",
    ],
)
def test_links_and_contacts_of_newcomers_wait(text: str) -> None:
    assert verbs(watched(NEWCOMERS, [seen(text, NEW)], newly())) == ["hold"]


@pytest.mark.parametrize("kind", ["text", "edit", "media"])
def test_so_do_edits_and_captions(kind: Kind) -> None:
    assert verbs(watched(NEWCOMERS, [seen("x.example.com", NEW, kind=kind)], newly())) == ["hold"]


def test_so_do_pictures_with_and_without_words() -> None:
    pictures = [seen(text, NEW, kind="media") for text in ("our rabbit", None)]

    assert verbs(watched(NEWCOMERS, pictures, newly())) == ["hold", "hold"]
    assert watched(NEWCOMERS, pictures, newly(), {"media": False}) == []


@pytest.mark.parametrize(
    "text",
    [
        "hello all, my son is 13",
        "死にたいです",
        "e.g. this, i.e. that... and so on",
        "at 8.30.He slept",
        "https://www.mext.go.jp/a.htm",
        "https://www.nhs.uk/x",
        "https://SCHOOLS.GOV.UK",
    ],
)
def test_what_newcomers_say_otherwise_stands(text: str) -> None:
    assert watched(NEWCOMERS, [seen(text, NEW)], newly()) == []


def test_a_host_that_only_ends_alike_is_not_public() -> None:
    for text in ("https://evilgov.uk", "https://gov.uk.example.com", "https://go.jp.example.net/"):
        assert verbs(watched(NEWCOMERS, [seen(text, NEW)], newly())) == ["hold"]


def test_moderators_may_allow_a_site() -> None:
    settings = {"allowed": ["example.com"]}

    assert watched(NEWCOMERS, [seen("https://a.example.com/b", NEW)], newly(), settings) == []
    assert watched(NEWCOMERS, [seen("https://example.net", NEW)], newly(), settings) != []


def test_nobody_is_new_for_ever_and_regulars_never() -> None:
    link = [seen("https://chat.example.com", NEW)]

    assert watched(NEWCOMERS, link, newly(71.9)) != []
    assert watched(NEWCOMERS, link, newly(72)) == []
    assert watched(NEWCOMERS, link, newly(30), {"hours": 24}) == []
    assert watched(NEWCOMERS, link, room()) == []


# all of them


@pytest.mark.parametrize("protection", READING, ids=lambda one: one.name)
def test_moderators_are_never_judged(protection: Protection[Any]) -> None:
    settings = LISTS if protection is WORDS else None
    where = newly()
    where = room(newcomers={NEW: NIGHT, MODERATOR: NIGHT})

    assert watched(protection, [seen(EVERYTHING, MODERATOR)], where, settings) == []
    assert watched(protection, [seen(EVERYTHING, NEW)], where, settings) != []


@pytest.mark.parametrize("protection", READING, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", ["reaction", "redaction", "state", "unreadable", "malformed"])
def test_only_what_is_written_is_read(protection: Protection[Any], kind: Kind) -> None:
    settings = LISTS if protection is WORDS else None
    events = [seen(EVERYTHING, NEW, kind=kind), seen(None, NEW, kind=kind)]

    assert watched(protection, [*events, comes(NEW, EVERYTHING)], newly(), settings) == []


def test_cues_are_short_and_never_the_message() -> None:
    for protection in READING:
        settings = LISTS if protection is WORDS else None
        for finding in watched(protection, [seen(EVERYTHING * 50, NEW)], newly(), settings):
            assert finding.cues
            assert all(0 < len(cue) <= 40 for cue in finding.cues)
            assert len(finding.cues) <= 12


@given(
    value=st.none() | st.integers() | st.lists(st.text()) | st.text(st.characters(), max_size=99)
)
def test_any_value_is_judged(value: object) -> None:
    event = replace(seen("x", NEW), text=ForeignText(value))
    for protection in READING:
        watched(protection, [event], newly(), LISTS if protection is WORDS else None)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long_to_judge(text: str) -> None:
    reading(text)
    for protection in READING:
        begun = time.perf_counter()
        watched(protection, [seen(text, NEW)], newly(), LISTS if protection is WORDS else None)
        assert time.perf_counter() - begun < 2.0, protection.name
