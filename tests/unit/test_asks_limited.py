"""One person's asks fill no case without end, and none of them is lost without a word."""

from __future__ import annotations

from support.paper_desk import ANNA, BEN, CIRCLE, PaperDesk, of_kind, steps

from peerroom.moderation import actions as act
from peerroom.moderation.asks import MOST_ASKS
from peerroom.moderation.case_words import calls
from peerroom.moderation.respond import QUIET
from peerroom.wire.cases import Cleared, Opened, Shown, content, read
from peerroom.wire.member import Appeal, AskModerator, Received, Reply, Report


def rings(desk: PaperDesk, actions: list[act.Action]) -> int:
    """How often moderators are called by what is said."""
    return sum(
        calls(one.step, desk.state.cases[one.step.case]) for one in of_kind(act.TakeStep, actions)
    )


def test_asking_without_end_fills_no_case() -> None:
    desk = PaperDesk()
    for n in range(MOST_ASKS):
        assert "Shown" in steps(desk.ask(AskModerator(text=f"word {n}")))
    first = desk.ask(AskModerator(text="and more"))
    assert steps(first) == ["Noted"]
    assert [type(told.tell) for told in of_kind(act.TellMember, first)] == [Received, Reply]
    for _more in range(50):
        again = desk.ask(AskModerator(text="and more"))
        assert [type(action) for action in again] == [act.TellMember]
    desk.later(hours=1)
    assert "Shown" in steps(desk.ask(AskModerator(text="an hour later")))


def test_reports_about_many_are_limited_too_and_name_nobody() -> None:
    desk = PaperDesk()
    desk.knows(written={f"$x{n}": (CIRCLE, f"@x{n}:x") for n in range(40)})
    for n in range(40):
        desk.ask(Report(room_id=CIRCLE, event_ids=(f"$x{n}",)), sender=BEN)
    assert len(desk.state.cases) == MOST_ASKS
    [note] = desk.state.cases[MOST_ASKS].notes
    assert BEN not in note.text and desk.state.people[BEN] not in note.text
    # Nobody else has to wait for it.
    assert steps(desk.ask(Report(room_id=CIRCLE, event_ids=("$x39",)), sender=ANNA)) == ["Opened"]


def test_moderators_are_called_once_in_a_while_for_one_case() -> None:
    desk = PaperDesk()
    called = [rings(desk, desk.ask(AskModerator(text="please", help=True))) for _n in range(30)]
    assert called == [1] + [0] * 29
    assert desk.state.cases[1].urgent
    desk.later(seconds=QUIET.total_seconds())
    assert rings(desk, desk.ask(AskModerator(text="please", help=True))) == 1


def test_a_cry_for_help_comes_through_whatever_was_asked_before() -> None:
    desk = PaperDesk()
    for n in range(MOST_ASKS + 5):
        desk.ask(AskModerator(text=f"word {n}"))
    asked = desk.ask(AskModerator(text="I cannot go on", help=True))
    assert rings(desk, asked) == 1
    assert desk.state.cases[1].urgent
    assert desk.state.cases[1].lines[-1].text == "I cannot go on"
    assert steps(desk.ask(AskModerator(text="again", help=True))) == []


def test_who_is_banned_can_appeal() -> None:
    desk = PaperDesk().knows(banned=frozenset({"@gone:x"}))
    deed = act.Note("@mod:x", "banned", "@gone:x", rooms=(CIRCLE,))
    desk.knows(deeds=dict.fromkeys(range(1, 40), deed), next_deed=40)
    appeals = [steps(desk.ask(Appeal(deed=n), sender="@gone:x")) for n in range(1, 40)]
    assert appeals[:MOST_ASKS] == [["Opened", "Noted"]] * MOST_ASKS
    assert appeals[MOST_ASKS:] == [["Noted"], *[[]] * (38 - MOST_ASKS)]


def test_what_was_shown_often_is_cleared_in_steps_that_can_be_read() -> None:
    desk = PaperDesk()
    for n in range(101):
        desk.ask(AskModerator(text=f"hour {n}"))
        desk.later(minutes=10)
    done = [one.step for one in of_kind(act.TakeStep, desk.later(days=30).tick())]
    cleared = [step for step in done if isinstance(step, Cleared)]
    assert [len(step.shown) for step in cleared] == [50, 50, 1]
    assert all(read(content(step)) == step for step in cleared)
    case = desk.state.cases[1]
    assert case.complete and case.lines == () and case.shown_at is None
    assert {n for step in cleared for n in step.shown} == {
        step.n for step in case.steps if isinstance(step, Shown)
    }
    assert "Cleared" not in steps(desk.later(days=1).tick())


def test_looking_at_messages_again_keeps_them_no_longer() -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",)))
    assert steps(desk.later(days=29).type("!case 1")) == ["Shown"]
    assert "just" in str(desk.type("!case 1")) or "above" in str(desk.type("!case 1"))
    assert "Cleared" in steps(desk.later(days=1, minutes=1).tick())
    assert desk.state.cases[1].lines == ()


def test_what_came_later_is_kept_as_long_as_anything_else() -> None:
    desk = PaperDesk()
    desk.ask(AskModerator(text="old"))
    desk.later(days=29).ask(AskModerator(text="new"))
    assert "Cleared" in steps(desk.later(days=1, minutes=1).tick())
    case = desk.state.cases[1]
    assert [one.text for one in case.lines] == ["new"]
    assert isinstance(case.steps[0], Opened)
    assert "Cleared" in steps(desk.later(days=29).tick())
    assert desk.state.cases[1].lines == ()
