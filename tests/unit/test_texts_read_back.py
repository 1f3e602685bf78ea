"""A text that moderators write anew is heard by every moderator's program."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desks import BOT, DESK, OTHER, Place
from support.paper_desk import WATCHER, PaperDesk, of_kind

from peerroom.bot.requests import row_content
from peerroom.moderation import actions as act
from peerroom.moderation import templates
from peerroom.moderation.template_texts import REASON_TEXTS, REPLY_TEXTS
from peerroom.wire import texts as wire
from peerroom.wire.content import BadContent
from peerroom.wire.texts import Written

CAME_ALONG = REPLY_TEXTS["thanks"]["en"]


def told(actions: list[act.Action]) -> dict[str, Any]:
    """What the bot's answer holds, as it goes out."""
    [answer] = of_kind(act.Say, actions)
    _kind, row = row_content(answer, "en")
    content: dict[str, Any] = row["content"]
    return content


def test_what_is_written_anew_shown_and_taken_back_is_told_to_programs() -> None:
    desk = PaperDesk()
    deed = desk.state.next_deed
    anew = told(desk.type("!template thanks en Thank you, dear neighbour."))
    assert wire.read(anew[wire.FIELD]) == (Written("thanks", "en", "Thank you, dear neighbour."),)
    assert wire.read(told(desk.type("!templates", by=WATCHER))[wire.FIELD]) == (
        Written("thanks", "en", "Thank you, dear neighbour."),
        Written("thanks", "ja"),
    )
    assert len(wire.read(told(desk.type("!template thanks ja"))[wire.FIELD])) == 2
    assert wire.read(told(desk.type("!shift on"))[wire.FIELD])[0].name == "thanks"
    back = told(desk.type(f"!undo {deed}"))
    assert wire.read(back[wire.FIELD]) == (Written("thanks", "en"),)
    assert wire.FIELD not in told(desk.type("!templates"))
    assert wire.FIELD not in told(desk.type("!status"))


def test_all_texts_at_once_fit_into_one_event() -> None:
    desk = PaperDesk()
    for name in templates.NAMES:
        for tongue in ("en", "ja"):
            desk.type(f"!template {name} {tongue} {'語' * templates.LONGEST}")
    content = told(desk.type("!templates"))
    assert len(wire.read(content[wire.FIELD])) > 2
    assert len(str(content).encode()) < 30_000


@pytest.fixture
def place() -> Place:
    return Place(desk=True)


def say(place: Place, *texts: Written, **more: Any) -> None:
    content = {"msgtype": "m.notice", "body": "words", wire.FIELD: wire.content(texts)}
    place.said(DESK, more.pop("sender", BOT), content, **more)
    place.heard(DESK)


def thanks(place: Place) -> dict[str, str]:
    [work] = place.client.casework()
    return dict(work.texts().replies()["thanks"])


def test_the_bots_last_word_about_a_text_counts(place: Place) -> None:
    assert thanks(place) == dict(REPLY_TEXTS["thanks"])
    say(place, Written("thanks", "en", "second"), position=900)
    assert thanks(place) == {**REPLY_TEXTS["thanks"], "en": "second"}
    say(place, Written("thanks", "en", "first, and heard late"), position=800)
    assert thanks(place)["en"] == "second"
    say(place, Written("thanks", "en"), Written("thanks", "ja", "ありがとう"), position=901)
    assert thanks(place) == {"en": CAME_ALONG, "ja": "ありがとう"}
    say(place, Written("contact", "en", "no numbers"), Written("newer", "en", "?"), position=902)
    [work] = place.client.casework()
    assert work.texts().reasons()["contact"]["en"] == "no numbers"
    assert set(work.texts().reasons()) == set(REASON_TEXTS)


@pytest.mark.parametrize("more", [{"sender": OTHER}, {"trust": "unsigned"}, {"encrypted": False}])
def test_nobody_but_the_bot_writes_texts(place: Place, more: dict[str, Any]) -> None:
    say(place, Written("thanks", "en", "send me money"), **more)
    assert thanks(place)["en"] == CAME_ALONG


FOREIGN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "language", "text"]), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(FOREIGN)
def test_whatever_stands_there_is_read_or_refused(value: Any) -> None:
    try:
        texts = wire.read(value)
    except BadContent:
        return
    assert wire.read(wire.content(texts)) == texts
