"""What is said in private, in the words of whoever reads it; nobody says which these are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.paper_desk import ANNA, BEN, CIRCLE, DOOR, STATE, PaperDesk, of_kind

from peerroom import i18n
from peerroom.bot.requests import row_content
from peerroom.moderation import actions as act
from peerroom.moderation import templates
from peerroom.moderation.explaining import explain, words
from peerroom.wire import member
from peerroom.wire.member import Explained, Received, Reply, Report, Tell

REMOVED = explain(ANNA, 3, "removed", "contact", text=templates.why("contact", STATE)).tell
ENGLISH = (
    "A message of yours was removed: contact details or an address.\n"
    "There was a phone number, an address or an account in your message."
)
JAPANESE = "メッセージに電話番号や住所、アカウントなどがありました。"


@pytest.fixture(params=["en", "ja"])
def bots_own(request: pytest.FixtureRequest) -> Iterator[str]:
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


def test_the_circle_says_which_language_others_programs_show(bots_own: str) -> None:
    english, japanese = words(REMOVED, "en"), words(REMOVED, "ja")
    assert english.startswith(ENGLISH)
    assert JAPANESE in japanese
    assert "message" not in japanese
    assert i18n.language() == bots_own
    auto = {"en": english, "ja": japanese}[bots_own]
    assert words(REMOVED, "auto") == auto
    other = japanese if bots_own == "en" else english
    assert words(REMOVED, "both") == f"{auto}\n\n{other}"


def test_ones_own_words_are_said_once() -> None:
    assert words(Reply(text="I am here."), "both") == "I am here."
    assert words(Received(about="$1"), "both").count("\n\n") == 1


@pytest.mark.parametrize(
    "tell", [REMOVED, Reply(text="hi"), Reply(text={"en": "hi", "ja": "はい", "fr": "oui"})]
)
def test_what_is_told_can_be_read_again(tell: Tell) -> None:
    assert member.read_tell(member.content(tell)) == tell
    request = act.TellMember(ANNA, tell)
    assert act.from_content(act.to_content(request)) == request


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("as it is", "as it is"),
        ({"en": "yes", "ja": "はい"}, "はい"),
        ({"fr": "oui", "en": "yes"}, "yes"),
        ({"fr": "oui"}, "oui"),
        ({"ja": "", "en": "yes"}, "yes"),
        ({}, ""),
    ],
)
def test_who_reads_japanese_reads_this(text: Any, read: str) -> None:
    assert member.in_language(text, "ja") == read


def test_whatever_the_bot_itself_says_to_somebody_is_in_every_language() -> None:
    desk = PaperDesk()
    refused = desk.ask(Report(room_id="!other", event_ids=("$a1",)), sender=BEN)
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",)), sender=BEN)
    answered = desk.type("!reply 1 thanks")
    for actions in (refused, answered):
        [told] = of_kind(act.TellMember, actions)
        assert set(told.tell.text) == set(i18n.LANGUAGES)
        assert told.room_id == DOOR


def test_any_program_shows_what_is_told_and_calls_for_an_answer() -> None:
    for tell, kind in ((REMOVED, "m.notice"), (Reply(text="I am here."), "m.text")):
        how, row = row_content(act.TellMember(ANNA, tell, DOOR), "en")
        content = row["content"]
        assert (how, row["type"], content["msgtype"]) == ("message", "m.room.message", kind)
        assert content["body"] == words(tell, "en")
        assert member.read_tell(content[member.TELL]) == tell


def test_the_longest_texts_fit_into_one_event() -> None:
    """An encrypted event is a third longer; 65,536 bytes are the limit (client-server API)."""
    longest = dict.fromkeys(i18n.LANGUAGES, "語" * templates.LONGEST)
    ids = tuple("$" + "x" * 43 for _number in range(50))
    tell = Explained(deed=1, what="removed", reason="contact", text=longest, event_ids=ids)
    content = str(member.content(tell)) + words(tell, "both")
    assert len(content.encode()) * 4 / 3 < 40_000


@pytest.mark.parametrize("code", ["risk", "request", "appeal"])
def test_how_a_case_came_to_be_is_nobodys_fault(code: str) -> None:
    """Whoever is muted in such a case is not told that it was for asking, or for not being well."""
    tell = explain("@ann:example.org", 1, "muted", code).tell
    assert isinstance(tell, Explained) and tell.reason == "other"


def test_what_somebody_did_is_said() -> None:
    tell = explain("@ann:example.org", 1, "muted", "contact").tell
    assert isinstance(tell, Explained) and tell.reason == "contact"
