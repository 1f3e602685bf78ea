"""What members say in private becomes cases, and nobody learns who said it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper_desk import (
    ANNA,
    BEN,
    BOT,
    CARA,
    CIRCLE,
    DESK,
    DOOR,
    GARDEN,
    MOD,
    PaperDesk,
    line,
    of_kind,
    spoken,
    steps,
    told_words,
)

from peerroom.moderation import actions as act
from peerroom.moderation.asks import AGAIN, APPEAL_AGAIN
from peerroom.moderation.case_lines import MOST, ROOM, fitted
from peerroom.wire import cases as wire
from peerroom.wire.cases import Line
from peerroom.wire.member import Appeal, Ask, AskModerator, Received, Reply, Report

REPORT = Report(room_id=CIRCLE, event_ids=("$a1",), why="this hurts")


def test_a_report_opens_a_case_with_the_bots_own_copy() -> None:
    desk = PaperDesk()
    forged = line("something that was never said")
    actions = desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",), lines=(forged,), why="it hurts"))
    assert steps(actions) == ["Opened", "Shown", "Shown"]
    case = desk.state.cases[1]
    assert (case.source, case.reason, case.about) == ("report", "report", ANNA)
    assert (case.name, case.room_id, case.event_ids) == (
        "Quiet Heron / 静かなサギ",
        CIRCLE,
        ("$a1",),
    )
    assert [(one.name, one.text) for one in case.lines][1:] == [
        ("Quiet Heron / 静かなサギ", "the message"),
        ("whoever reported it", "it hurts"),
    ]
    assert not case.unverified
    assert case.notes == ()
    assert [asker.user_id for asker in desk.state.askers[1]] == [BEN]
    [told] = of_kind(act.TellMember, actions)
    assert (told.user_id, told.room_id, told.tell) == (BEN, DOOR, Received(about="$ask"))


def test_what_the_bot_has_no_copy_of_is_shown_as_the_reporters() -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$unseen",), lines=(line("theirs"),)))
    case = desk.state.cases[1]
    assert case.unverified
    assert [one.text for one in case.lines] == ["theirs"]
    assert case.about is None  # who wrote it is only the reporter's word


def test_ten_reports_about_one_person_are_one_case() -> None:
    desk = PaperDesk()
    for reporter in (BEN, CARA):
        for n in range(1, 6):
            desk.later(minutes=6)
            desk.ask(Report(room_id=CIRCLE, event_ids=(f"$a{n}",)), sender=reporter)
    assert list(desk.state.cases) == [1]
    assert desk.state.cases[1].times == 10
    assert desk.state.cases[1].event_ids == ("$a1", "$a2", "$a3", "$a4", "$a5")
    assert [asker.user_id for asker in desk.state.askers[1]] == [BEN, CARA]


def test_who_reports_again_and_again_is_heard_once() -> None:
    desk = PaperDesk()
    desk.ask(REPORT)
    again = desk.ask(REPORT)
    assert [type(action) for action in again] == [act.TellMember]
    desk.later(seconds=AGAIN.total_seconds())
    assert steps(desk.ask(REPORT)) == ["More", "Shown"]


def test_a_report_from_another_room_is_said_to_be_nobodys_here() -> None:
    desk = PaperDesk()
    actions = desk.ask(Report(room_id="!elsewhere", event_ids=("$a1",)))
    [told] = actions
    assert isinstance(told.tell, Reply)
    assert "do not look after that room" in told_words(told)
    assert steps(desk.ask(Report(room_id=GARDEN, event_ids=("$g1",)))) == ["Opened"]


@pytest.mark.parametrize("ask", [REPORT, AskModerator(text="hello"), Appeal(deed=1)])
def test_unsigned_devices_and_strangers_open_nothing(ask: object) -> None:
    desk = PaperDesk()
    assert desk.ask(ask, signed=False) == [act.Count("asked from an unsigned device")]
    assert desk.ask(ask, sender="@stranger:z") == [act.Count("asked by a stranger")]


def test_who_asks_for_help_is_seen_first_and_every_word_is_heard() -> None:
    desk = PaperDesk()
    desk.ask(AskModerator(text="I cannot any more", help=True))
    case = desk.state.cases[1]
    assert (case.source, case.urgent, case.about) == ("request", True, BEN)
    assert case.lines[0].text == "I cannot any more"
    assert steps(desk.ask(AskModerator(text="please"))) == ["More", "Shown"]
    assert steps(desk.ask(AskModerator(help=True))) == ["More"]
    assert list(desk.state.cases) == [1]
    [told] = of_kind(act.TellMember, desk.type("!reply 1 hello"))
    assert told.user_id == BEN


def removed() -> PaperDesk:
    """A case in which a message of Anna's was removed, under deed 1."""
    desk = PaperDesk()
    desk.ask(REPORT)
    desk.type("!claim 1")
    desk.type("!remove 1")
    desk.type("!close 1")
    return desk


def test_an_appeal_is_a_case_of_its_own_and_says_where_it_comes_from() -> None:
    desk = removed()
    actions = desk.ask(Appeal(deed=1, text="It was a joke"), sender=ANNA)
    assert steps(actions) == ["Opened", "Shown", "Noted", "Shown"]
    assert desk.state.cases[1].state == "closed"
    case = desk.state.cases[2]
    assert (case.source, case.appealed, case.about) == ("appeal", 1, ANNA)
    assert case.event_ids == ("$a1",)
    assert case.notes[-1].text.endswith("under 1 in case 1.")
    assert (case.lines[-1].text, case.lines[-1].about) == ("It was a joke", True)
    again = desk.ask(Appeal(deed=1), sender=ANNA)
    assert [type(action) for action in again] == [act.TellMember]
    desk.later(seconds=APPEAL_AGAIN.total_seconds())
    assert steps(desk.ask(Appeal(deed=1), sender=ANNA)) == ["More", "Noted"]
    assert list(desk.state.cases) == [1, 2]


def test_who_reported_and_whom_it_is_about_are_never_answered_together() -> None:
    desk = removed()
    desk.ask(Appeal(deed=1), sender=ANNA)
    desk.later(minutes=10).ask(Report(room_id=CIRCLE, event_ids=("$a2",)), sender=CARA)
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a3",), why="look at that"), sender=ANNA)
    desk.ask(AskModerator(text="may I ask"), sender=ANNA)
    for number, case in desk.state.cases.items():
        told = of_kind(act.TellMember, desk.type(f"!reply {number} Thank you for telling us."))
        assert told
        if case.source == "report":
            assert ANNA not in {one.user_id for one in told}
        else:
            assert {one.user_id for one in told} == {ANNA}


def test_who_reports_their_own_message_asks_about_themselves() -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",), why="can this go"), sender=ANNA)
    desk.ask(REPORT, sender=BEN)
    own, other = desk.state.cases[1], desk.state.cases[2]
    assert (own.source, own.about, other.source, other.about) == ("request", ANNA, "report", ANNA)
    assert "can this go" in [one.text for one in own.lines]
    assert [asker.user_id for asker in desk.state.askers[2]] == [BEN]


def test_what_is_taken_back_is_also_done_in_the_case_that_asked_for_it() -> None:
    desk = removed()
    desk.ask(Appeal(deed=1), sender=ANNA)
    desk.type("!undo 1")
    assert [deed.what for deed in desk.state.cases[1].deeds] == ["removed", "undone"]
    assert [deed.what for deed in desk.state.cases[2].deeds] == ["undone"]
    [told] = of_kind(act.TellMember, desk.type("!reply 2"))
    assert told.user_id == ANNA
    assert "stays as it is" not in told_words(told)


def test_an_appeal_against_what_was_in_no_case_is_a_case() -> None:
    desk = PaperDesk()
    desk.type("!mute Quiet Heron 2h")
    desk.ask(Appeal(deed=1), sender=ANNA)
    case = desk.state.cases[1]
    assert (case.source, case.appealed, case.about) == ("appeal", 1, ANNA)
    assert "no reason" in case.notes[0].text
    [told] = of_kind(act.TellMember, desk.type("!reply 1"))
    assert told.user_id == ANNA
    assert "stays as it is" in told_words(told)


@pytest.mark.parametrize(("deed", "sender"), [(1, BEN), (2, ANNA), (999, ANNA)])
def test_nobody_appeals_for_somebody_else_or_against_nothing(deed: int, sender: str) -> None:
    desk = removed()
    actions = desk.ask(Appeal(deed=deed), sender=sender)
    [told] = actions
    assert "no decision about you" in told_words(told)
    assert ANNA not in told_words(told)


def test_what_is_taken_back_needs_no_appeal() -> None:
    desk = removed()
    desk.type("!undo 1")
    [told] = desk.ask(Appeal(deed=1), sender=ANNA)
    assert "taken back already" in told_words(told)


@given(
    st.lists(
        st.builds(
            Line, name=st.text(max_size=200), text=st.text(), at=st.just(0), about=st.booleans()
        )
        | st.builds(Line, name=st.just("あ" * 90), text=st.just("あ" * 4_000), at=st.just(0)),
        max_size=60,
    )
)
def test_lines_always_fit_into_one_event(lines: list[Line]) -> None:
    kept = fitted(lines)
    assert len(kept) <= MOST
    assert bool(kept) == bool(lines)
    assert sum(len((one.name + one.text).encode()) for one in kept) <= ROOM
    step = wire.Shown(case=1, n=1, at=0, lines=kept)
    assert wire.read(wire.content(step)) == step


def test_what_a_case_is_about_is_cut_last() -> None:
    around = [Line(name="a", text="x" * 3_000, at=n) for n in range(20)]
    about = Line(name="b", text="y" * 1_000, at=20, about=True)
    kept = fitted([*around, about, *around])
    [middle] = [one for one in kept if one.about]
    assert len(middle.text) > max(len(one.text) for one in kept if not one.about)
    assert fitted([about]) == (about,)


# --- time -----------------------------------------------------------------------------------------


def test_a_claimed_case_is_free_again_when_nothing_happens() -> None:
    desk = removed()
    desk.type("!undo 1")  # open again
    desk.type("!claim 1")
    assert steps(desk.later(hours=3).tick()) == []
    desk.type("!note 1 still at it")
    assert steps(desk.later(hours=3).tick()) == []
    assert steps(desk.later(hours=1).tick()) == ["LetGo"]
    assert desk.state.cases[1].state == "open"
    assert steps(desk.tick()) == []


def test_an_urgent_case_that_nobody_takes_is_said_again() -> None:
    desk = PaperDesk()
    desk.ask(AskModerator(text="help", help=True))
    assert steps(desk.later(minutes=9).tick()) == []
    assert steps(desk.later(minutes=1).tick()) == ["Reminded"]
    assert steps(desk.later(minutes=59).tick()) == []
    assert steps(desk.later(minutes=1).tick()) == ["Reminded"]
    desk.type("!claim 1")
    assert steps(desk.later(hours=1).tick()) == []


def test_any_other_case_is_said_again_after_half_a_day() -> None:
    desk = PaperDesk()
    desk.ask(REPORT)
    assert steps(desk.later(hours=11).tick()) == []
    assert steps(desk.later(hours=1).tick()) == ["Reminded"]
    assert steps(desk.later(hours=23).tick()) == []
    desk.type("!close 1 nothing")
    assert steps(desk.later(days=5).tick()) == []


def test_a_case_that_became_urgent_does_not_wait_its_turn() -> None:
    desk = PaperDesk()
    desk.ask(AskModerator(text="may I ask"))
    desk.later(hours=12).tick()
    desk.ask(AskModerator(text="now", help=True))
    assert steps(desk.later(minutes=1).tick()) == ["Reminded"]


def test_messages_are_shown_as_long_as_they_are_kept() -> None:
    desk = PaperDesk()
    desk.ask(REPORT)
    # In a room that was replaced since, and in the one of today.
    desk.knows(shown={(1, 2): ("$before", "$notice"), (9, 9): ("$other",)})
    desk.knows(written={**desk.state.written, "$before": ("!old", BOT), "$notice": (DESK, BOT)})
    assert "Cleared" not in steps(desk.later(days=29, hours=23).tick())
    actions = desk.later(hours=2).tick()
    assert "Cleared" in steps(actions)
    assert of_kind(act.RedactMessage, actions) == [
        act.RedactMessage("!old", "$before"),
        act.RedactMessage(DESK, "$notice"),
    ]
    assert desk.state.cases[1].lines == ()
    assert desk.state.cases[1].complete
    assert "the message" not in spoken(desk.type("!case 1", by=MOD))


@pytest.mark.parametrize("source", ["report", "request", "appeal"])
def test_what_somebody_said_to_the_moderators_is_kept_no_longer_than_evidence(source: str) -> None:
    desk = PaperDesk() if source == "request" else removed()
    words = "words of my own"
    ask: Ask = {
        "report": Report(room_id=CIRCLE, event_ids=("$a2",), why=words),
        "request": AskModerator(text=words),
        "appeal": Appeal(deed=1, text=words),
    }[source]
    desk.later(minutes=10).ask(ask, sender=ANNA if source == "appeal" else BEN)
    case = desk.state.cases[max(desk.state.cases)]
    assert words in str(case.steps)
    desk.later(days=20).type(f"!case {case.number}")
    desk.later(days=10, minutes=1).tick()
    left = desk.state.cases[case.number]
    assert left.complete
    assert words not in f"{left.lines} {left.notes}"
    assert words not in spoken(desk.type(f"!case {case.number}"))


def test_all_that_is_kept_of_a_case_is_shown_again() -> None:
    desk = PaperDesk()
    desk.ask(REPORT)
    taken = of_kind(act.TakeStep, desk.later(hours=13).type("!case 1"))
    assert [one.step.lines[-1].text for one in taken] == ["the message", "this hurts"]


@pytest.mark.parametrize("where", [0, 30, 59])
def test_of_many_long_lines_those_around_what_it_is_about_are_kept(where: int) -> None:
    lines = [
        Line(name="あ" * 90, text=f"{n} " + "い" * 4_000, at=n, about=n == where) for n in range(60)
    ]
    kept = fitted(lines)
    assert 1 < len(kept) <= MOST
    assert where in [one.at for one in kept]
    assert [one.at for one in kept] == sorted(one.at for one in kept)
    assert sum(len((one.name + one.text).encode()) for one in kept) <= ROOM
    alone = fitted(lines[:2])
    assert all(len(one.text) >= 500 for one in alone)


def test_lines_about_two_messages_close_to_each_other_are_shown_once() -> None:
    desk = PaperDesk()
    both = (line("one", BEN, about=False), line("two"))
    other = (line("one", BEN), line("two", about=False))
    desk.knows(context={"$a1": both, "$a2": other})
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1", "$a2")))
    assert [(one.text, one.about) for one in desk.state.cases[1].lines] == [
        ("one", True),
        ("two", True),
    ]
