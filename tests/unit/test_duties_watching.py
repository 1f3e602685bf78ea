"""What the bot watches for, by commands: shown, switched, set, tried on the day behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper_desk import (
    ANNA,
    BEN,
    CIRCLE,
    GARDEN,
    LEAD,
    MOD,
    NOW,
    PaperDesk,
    of_kind,
    spoken,
)

from peerroom.moderation import actions as act
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.seen import Seen
from peerroom.moderation.settings_words import described, parsed
from peerroom.moderation.state import Standing
from peerroom.text.foreign import ForeignText


def talk(text: str, user: str = ANNA, n: int = 0, room: str = CIRCLE) -> Seen:
    return Seen(
        f"$past{n}",
        room,
        user,
        NOW - timedelta(hours=3) + timedelta(seconds=n),
        "text",
        ForeignText(text),
        encrypted=True,
        signed=True,
    )


def test_every_protection_is_listed_with_what_it_does() -> None:
    said = spoken(PaperDesk().type("!protect"))
    for name, protection in PROTECTIONS.items():
        assert f"{name} · " in said
        assert protection.summary in said


@pytest.mark.parametrize("name", PROTECTIONS)
def test_every_setting_is_shown_with_its_value(name: str) -> None:
    said = spoken(PaperDesk().type(f"!protect {name}"))
    lines = said.splitlines()[1:]
    settings = PROTECTIONS[name].settings
    assert len(lines) == len(settings.__struct_fields__)
    for field, shown in zip(settings.__struct_fields__, lines, strict=True):
        assert shown.startswith(f"{name}.{field} = ")
        assert " – " in shown, "every setting says what it is"


def test_an_empty_setting_does_not_look_like_a_slip() -> None:
    said = spoken(PaperDesk().type("!protect contact"))
    assert "contact.allowed = (nothing) – " in said
    assert "– –" not in said


def test_switching_is_for_leads_and_can_be_taken_back() -> None:
    desk = PaperDesk()
    assert "for leads" in spoken(desk.type("!protect pace trial"))
    actions = desk.type("!protect pace trial", by=LEAD)
    assert of_kind(act.SetProtection, actions) == [act.SetProtection("pace", mode="trial")]
    assert "pace · on trial" in spoken(desk.type("!protect"))
    desk.type("!undo 1", by=LEAD)
    assert "pace · on –" in spoken(desk.type("!protect"))


@pytest.mark.parametrize(
    "command", ["!protect zebra", "!protect zebra on", "!set zebra.messages 4", "!try zebra"]
)
def test_a_protection_that_there_is_not(command: str) -> None:
    actions = PaperDesk().type(command, by=LEAD)
    assert [type(action) for action in actions] == [act.Say]
    assert "no protection called “zebra”" in spoken(actions)


def test_a_setting_is_kept_with_the_others() -> None:
    desk = PaperDesk()
    assert "for leads" in spoken(desk.type("!set pace.messages 30"))
    desk.type("!set pace.messages 30", by=LEAD)
    desk.type("!set pace.pause = 60", by=LEAD)
    assert desk.state.standings["pace", None].settings == {"messages": 30, "pause": 60}
    assert "pace.messages = 30" in spoken(desk.type("!protect pace"))
    desk.type("!undo 2", by=LEAD)
    assert desk.state.standings["pace", None].settings == {"messages": 30}


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("!set pace.messages many", "“many” does not fit pace.messages (3–200)."),
        ("!set pace.messages 1", "does not fit pace.messages (3–200)."),
        ("!set pace.speed 5", "“pace” has no setting “speed”. It has: messages · seconds · pause."),
        ("!set quiet.zone Moon/Crater", "There is no such time zone."),
        ("!set quiet.closes 06:00", "The room would never be open. Give two different times."),
        ("!set quiet.closes late", "does not fit quiet.closes"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_changed(command: str, answer: str) -> None:
    actions = PaperDesk().type(command, by=LEAD)
    assert [type(action) for action in actions] == [act.Say]
    assert answer in spoken(actions)


@given(
    st.sampled_from(sorted(PROTECTIONS)),
    st.sampled_from(["messages", "closes", "members", "remove", "x"]),
    st.text(min_size=1, max_size=12),
)
def test_whatever_is_typed_as_a_setting_is_answered(name: str, field: str, value: str) -> None:
    desk = PaperDesk()
    desk.type(f"!set {name}.{field} {value}", by=LEAD)
    for (protection, _room), standing in desk.state.standings.items():
        PROTECTIONS[protection].armed(standing.settings)


def test_values_of_every_kind_are_read() -> None:
    words = PROTECTIONS["words"]
    assert parsed(words, "hold", "cheap pills, seminar、勧誘") == (
        ("cheap pills", "seminar", "勧誘"),
    )
    for name, protection in PROTECTIONS.items():
        for shown in described(protection, {}):
            field, _is, rest = shown.removeprefix(f"{name}.").partition(" = ")
            value = rest.rpartition(" – ")[0]
            if value in {"(nothing)", ""} or ", " in value:
                continue
            assert not isinstance(parsed(protection, field, value), str), shown


# --- the day behind -------------------------------------------------------------------------------


def test_a_protection_is_tried_on_the_day_behind_and_nothing_is_done() -> None:
    fast = [talk(f"one more {n}", n=n) for n in range(60)]
    desk = PaperDesk().knows(past={CIRCLE: fast, GARDEN: []})
    actions = desk.type("!try pace")
    assert [type(action) for action in actions] == [act.Say]
    said = spoken(actions)
    assert "I looked at 60 events of the last day." in said
    assert "It would have given" in said
    assert "Quiet Heron" in said
    assert "one more" not in said


def test_moderators_are_not_judged_when_trying_either() -> None:
    fast = [talk("hello", MOD, n) for n in range(60)]
    said = spoken(PaperDesk().knows(past={CIRCLE: fast}).type("!try pace"))
    assert "would have done nothing" in said
    assert "0 events" in spoken(PaperDesk().type("!try pace"))


# --- words ----------------------------------------------------------------------------------------


def test_words_go_in_and_out_and_are_tried_first() -> None:
    past = {CIRCLE: [talk("buy cheap pills now"), talk("good evening", BEN, 1)]}
    desk = PaperDesk().knows(past=past)
    assert "no words that I watch for" in spoken(desk.type("!words"))
    assert "1 message by 1 person" in spoken(desk.type("!words test cheap pills"))
    assert "would have found nothing" in spoken(desk.type("!words test zebra"))
    assert "for leads" in spoken(desk.type("!words add cheap pills"))
    desk.type("!words add cheap pills", by=LEAD)
    desk.type("!words add flag: seminar", by=LEAD)
    settings = desk.state.standings["words", None].settings
    assert settings == {"hold": ["cheap pills"], "flag": ["seminar"]}
    assert "on that list already" in spoken(desk.type("!words add cheap pills", by=LEAD))
    said = spoken(desk.type("!words"))
    assert "held back until you decide: cheap pills" in said
    assert "told to you: seminar" in said
    assert "1 message by 1 person" in spoken(desk.type("!words test"))
    desk.type("!words remove cheap pills", by=LEAD)
    assert desk.state.standings["words", None].settings == {"flag": ["seminar"]}
    assert "on no list" in spoken(desk.type("!words remove zebra", by=LEAD))


@pytest.mark.parametrize("entry", ["/(/", "/.*/", "*"])
def test_a_word_that_no_list_can_take(entry: str) -> None:
    for command in (f"!words add {entry}", f"!words test {entry}"):
        actions = PaperDesk().type(command, by=LEAD)
        assert [type(action) for action in actions] == [act.Say]
        assert "on from now" not in spoken(actions)


def test_words_of_the_room_itself_are_not_lost_from_sight() -> None:
    standings = {("words", CIRCLE): Standing(settings={"remove": ["zebra"]})}
    assert "removed: zebra" in spoken(PaperDesk().knows(standings=standings).type("!words"))
