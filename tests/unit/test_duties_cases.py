"""Looking after cases by commands: right, by the wrong person, about nothing, twice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from support.paper_desk import (
    ANNA,
    BEN,
    BOT,
    CARA,
    CIRCLE,
    DESK,
    DOOR,
    LEAD,
    MOD,
    NOW,
    WATCHER,
    PaperDesk,
    line,
    of_kind,
    spoken,
    steps,
    told_words,
)

from peerroom.moderation import actions as act
from peerroom.moderation import templates
from peerroom.moderation.docket import Docket
from peerroom.moderation.state import Kept, Retired, Rotation
from peerroom.wire import cases as wire
from peerroom.wire.member import Explained, Reply, Report


def desk_with(*reasons: str, urgent: bool = False, about: str = ANNA) -> PaperDesk:
    """A case for each reason, 1, 2, …"""
    desk = PaperDesk()
    docket = Docket({}, 1, NOW)
    for reason in reasons:
        number = docket.open(
            "flag",
            reason,
            about=about,
            name="Quiet Heron",
            room_id=CIRCLE,
            event_ids=("$a1", "$a2"),
            urgent=urgent,
        )
        docket.add(number, wire.Shown, lines=(line("the message"),))
    return desk.knows(cases=docket.cases, next_case=len(reasons) + 1)


def test_claiming_is_for_one() -> None:
    desk = desk_with("words")
    assert steps(desk.type("!claim 1")) == ["Claimed"]
    assert desk.state.cases[1].claimed_by == MOD
    again = desk.type("!claim 1")
    assert steps(again) == []
    assert "You look after case 1 already" in spoken(again)
    other = desk.type("!claim 1", by=LEAD)
    assert steps(other) == []
    assert "Moderator Maple looks after case 1" in spoken(other)


def test_without_a_number_the_most_urgent_case_is_claimed() -> None:
    desk = desk_with("words", "scam")
    docket = Docket(desk.state.cases, 3, NOW)
    docket.open("flag", "risk", about=BEN, urgent=True)
    desk.knows(cases=docket.cases, next_case=4)
    desk.type("!claim")
    assert desk.state.cases[3].claimed_by == MOD
    desk.type("!claim", by=LEAD)
    assert desk.state.cases[1].claimed_by == LEAD


def test_a_case_without_its_number_is_the_only_one_it_can_be() -> None:
    desk = desk_with("words", "scam")
    assert "Which one?" in spoken(desk.type("!close"))
    desk.type("!claim 2")
    desk.type("!close nothing")
    assert desk.state.cases[2].outcome == "nothing"
    assert "No case is open" in spoken(desk_with().type("!close"))


@pytest.mark.parametrize(
    "command",
    [
        "!case 7",
        "!claim 7",
        "!drop 7",
        "!second 7",
        "!note 7 text",
        "!agree 7",
        "!disagree 7",
        "!close 7",
        "!allow 7",
        "!reply 7",
        "!tell 7",
        "!remove 7",
    ],
)
def test_a_case_that_there_is_not(command: str) -> None:
    desk = desk_with("words")
    actions = desk.type(command)
    assert [type(action) for action in actions] == [act.Say]
    assert "I know no case 7" in spoken(actions)


@pytest.mark.parametrize(
    "command", ["!claim 1", "!drop 1", "!second 1", "!close 1", "!allow 1", "!reply 1", "!tell 1"]
)
def test_who_watches_does_not_act_and_hears_who_can(command: str) -> None:
    actions = desk_with("words").type(command, by=WATCHER)
    assert [type(action) for action in actions] == [act.Say]
    assert "is for moderators. Ask one of them: Moderator Larch · Moderator Maple." in spoken(
        actions
    )


@pytest.mark.parametrize("command", ["!cases", "!case 1", "!note 1 hello", "!agree 1"])
def test_who_watches_reads_and_notes(command: str) -> None:
    assert "is for" not in spoken(desk_with("words").type(command, by=WATCHER))


def test_the_list_says_what_waits_and_who_has_it() -> None:
    desk = desk_with("words", "scam").later(minutes=30)
    desk.type("!claim 2")
    said = spoken(desk.type("!cases"))
    assert "Case 1 · words from the room's list · Quiet Heron · nobody looks" in said
    assert "Case 2" in said
    assert "Moderator Maple looks after it · 30 minutes ago" in said
    assert "Case 1" not in spoken(desk.type("!cases mine"))
    assert "No case was closed lately" in spoken(desk.type("!cases closed"))
    desk.type("!close 2 removed")
    assert "closed: removed" in spoken(desk.type("!cases closed"))
    assert "Case 2" not in spoken(desk.type("!cases"))


def test_a_case_is_shown_whole_and_its_messages_when_they_are_far_above() -> None:
    desk = desk_with("words")
    desk.type("!claim 1")
    desk.type("!note 1 they were upset", by=LEAD)
    actions = desk.type("!case 1")
    assert "they were upset" in spoken(actions)
    assert "stand above" in spoken(actions)
    assert steps(actions) == []
    later = desk.later(hours=2).type("!case 1")
    assert steps(later) == ["Shown"]


def test_giving_a_case_back_is_for_who_has_it_or_a_lead() -> None:
    desk = desk_with("words").knows(roles={MOD: "moderator", LEAD: "moderator"})
    assert "Nobody looks after case 1" in spoken(desk.type("!drop 1"))
    desk.type("!claim 1")
    assert steps(desk.type("!drop 1", by=LEAD)) == []
    desk.knows(roles={MOD: "moderator", LEAD: "lead"})
    assert steps(desk.type("!drop 1", by=LEAD)) == ["LetGo"]
    desk.type("!claim 1")
    assert steps(desk.type("!drop")) == ["LetGo"]


def test_a_second_opinion_is_somebody_elses() -> None:
    desk = desk_with("words")
    assert "`!claim 1` first" in spoken(desk.type("!second 1"))
    desk.type("!claim 1")
    assert steps(desk.type("!second 1")) == ["AskedSecond"]
    assert "asked already" in spoken(desk.type("!second 1"))
    assert "somebody else's" in spoken(desk.type("!agree 1"))
    said = desk.type("!disagree 1 it was a joke", by=WATCHER)
    assert steps(said) == ["SecondOpinion"]
    [opinion] = desk.state.cases[1].opinions
    assert (opinion.by, opinion.agrees, opinion.text) == (WATCHER, False, "it was a joke")


@pytest.mark.parametrize(
    ("commands", "outcome"),
    [
        ([], "nothing"),
        (["!remove 1"], "removed"),
        (["!mute Quiet Heron 1h"], "muted"),
        (["!ban Quiet Heron"], "banned"),
        (["!remove 1", "!tell 1"], "removed"),
        (["!tell 1"], "warned"),
    ],
)
def test_how_a_case_ended_follows_from_what_was_done(commands: list[str], outcome: str) -> None:
    desk = desk_with("words")
    desk.type("!claim 1")
    for command in commands:
        desk.type(command)
    desk.type("!close 1")
    assert desk.state.cases[1].outcome == outcome


def test_what_a_moderator_does_about_somebody_stands_in_the_case_they_look_after() -> None:
    desk = desk_with("words")
    desk.type("!mute Quiet Heron 1h")
    assert desk.state.cases[1].deeds == ()  # nobody looks after it: it may be about something else
    desk.type("!unban Quiet Heron")
    desk.type("!claim 1")
    deed = desk.state.next_deed
    actions = desk.type("!mute Quiet Heron 1h")
    assert [one.number for one in desk.state.cases[1].deeds] == [deed]
    [note] = of_kind(act.Note, actions)
    assert (note.case, note.code) == (1, "words")
    [told] = of_kind(act.TellMember, actions)
    assert isinstance(told.tell, Explained)
    assert told.tell.text == templates.why("words", desk.state)


def test_removing_what_a_case_is_about() -> None:
    desk = desk_with("words")
    actions = desk.type("!remove 1")
    assert [action.event_id for action in of_kind(act.RedactMessage, actions)] == ["$a2", "$a1"]
    assert steps(actions) == ["Done"]
    assert "removed already" in spoken(desk.type("!remove 1"))
    about_nothing = PaperDesk()
    about_nothing.ask(_request())
    assert "not about messages" in spoken(about_nothing.type("!remove 1"))


def _request() -> object:
    from peerroom.wire.member import AskModerator

    return AskModerator(text="may I ask something")


def test_a_case_about_a_moderator_removes_nothing() -> None:
    desk = desk_with("words", about=LEAD)
    assert "left alone" in spoken(desk.type("!remove 1"))
    assert of_kind(act.TellMember, desk.type("!tell 1")) == []


def test_what_is_held_comes_back_with_a_kind_word() -> None:
    desk = desk_with("words")
    kept = Kept("$a1", CIRCLE, ANNA, "hello", NOW, NOW + timedelta(days=30), case=1)
    desk.knows(held={1: (kept,)}, evidence={"$a1": kept})
    actions = desk.type("!allow 1")
    assert of_kind(act.Repost, actions) == [act.Repost(CIRCLE, "$a1", "Quiet Heron / 静かなサギ")]
    assert steps(actions) == ["Done", "Closed"]
    assert desk.state.cases[1].outcome == "released"
    [told] = of_kind(act.TellMember, actions)
    assert told.tell.what == "put back"
    assert "back in the room" in told_words(told)


GONE, FORMER = "@gone:example.org", "!former:example.org"
RENAMED = Rotation(3, "asking", None, retired={GONE: Retired("Misty Hare / 霧のノウサギ", FORMER)})


def desk_after_a_change(sender: str) -> PaperDesk:
    """What `sender` wrote is held, in a room that names have left since."""
    desk = desk_with("words", about=sender)
    kept = Kept("$a1", FORMER, sender, "hello", NOW, NOW + timedelta(days=30), case=1)
    return desk.knows(held={1: (kept,)}, evidence={"$a1": kept}, rotation=RENAMED)


def test_nothing_comes_back_once_its_author_has_another_name() -> None:
    """In the old room nobody writes; in the new one it could stand beside the same words, said anew
    by the same person under the new name."""
    desk = desk_after_a_change(GONE)
    actions = desk.type("!allow 1")
    assert [type(action) for action in actions] == [act.Say]
    assert "Names have changed since" in spoken(actions)
    assert "`!close 1 removed`" in spoken(actions)
    desk.type("!close 1 removed")
    closed = spoken(desk.type("!allow 1"))
    assert "Names have changed since" in closed
    assert "!close" not in closed


def test_what_somebody_wrote_who_keeps_their_name_comes_back_where_they_are() -> None:
    actions = desk_after_a_change(ANNA).type("!allow 1")
    assert [one.room_id for one in of_kind(act.Repost, actions)] == [CIRCLE]
    [note] = of_kind(act.Note, actions)
    assert note.rooms == (CIRCLE,)


@pytest.mark.parametrize(("sender", "rooms"), [(GONE, []), (ANNA, [CIRCLE])])
def test_a_removal_from_before_is_not_taken_back_into_a_closed_room(
    sender: str, rooms: list[str]
) -> None:
    desk = desk_after_a_change(sender)
    repost = act.Repost(FORMER, "$a1", "Misty Hare")
    desk.knows(deeds={7: act.Note(MOD, "removed", sender, undo=(repost,))}, next_deed=8)
    actions = desk.type("!undo 7")
    assert [one.room_id for one in of_kind(act.Repost, actions)] == rooms
    assert ("Names have changed since" in spoken(actions)) == (not rooms)
    told = [one.user_id for one in of_kind(act.TellMember, actions)]
    assert told == ([sender] if rooms else [])


@pytest.mark.parametrize("command", ["!tell 1 hello", "!mute 1 2h", "!slow 1"])
def test_who_cannot_be_reached_any_more_leaves_messages_and_a_case_that_ends(command: str) -> None:
    desk = desk_after_a_change(GONE)
    said = spoken(desk.type(command))
    assert "any more" in said
    assert GONE not in said
    assert "`!remove 1` removes what they wrote, if it is still there." in said
    assert "`!close 1` ends the case." in said
    desk.type("!close 1")
    assert "!close" not in spoken(desk.type(command))


@pytest.mark.parametrize(
    ("what", "stands"), [("put back", True), ("undone", True), ("held", False)]
)
def test_what_was_put_back_is_another_message(what: str, stands: bool) -> None:
    desk = desk_with("words")
    docket = Docket(desk.state.cases, 2, NOW)
    docket.add(1, wire.Done, by=MOD, what=what, deed=1)
    desk.knows(cases=docket.cases, removed={"$a1": True, "$a2": True})
    said = spoken(desk.type("!remove 1"))
    assert "removed already" in said
    assert ("`!remove` with its link" in said) == stands


def test_nothing_is_held() -> None:
    actions = desk_with("words").type("!allow 1")
    assert [type(action) for action in actions] == [act.Say]
    assert "holds nothing" in spoken(actions)


def test_who_reported_is_answered_and_named_nowhere() -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",), why="it hurts"), sender=CARA)
    actions = desk.type("!reply 1")
    [told] = of_kind(act.TellMember, actions)
    assert (told.user_id, told.room_id) == (CARA, DOOR)
    assert told.tell == Reply(text=templates.text("thanks", desk.state))
    assert steps(actions) == ["Replied"]
    everything = "".join(
        str(wire.content(action.step)) for action in of_kind(act.TakeStep, desk.log)
    ) + spoken(desk.log)
    assert CARA not in everything
    assert "Hare" not in everything


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("stays", "the message stays"),
        ("Ｓｔａｙｓ", "the message stays"),
        ("Thank you, we look into it.", "Thank you, we look into it."),
    ],
)
def test_an_answer_is_a_template_or_ones_own_words(words: str, text: str) -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",)), sender=BEN)
    [told] = of_kind(act.TellMember, desk.type(f"!reply 1 {words}"))
    assert text in told_words(told)
    assert MOD not in told_words(told, "both")


def test_the_fitting_answer_depends_on_what_was_done() -> None:
    desk = PaperDesk()
    desk.ask(Report(room_id=CIRCLE, event_ids=("$a1",)), sender=BEN)
    desk.type("!claim 1")
    desk.type("!remove 1")
    [told] = of_kind(act.TellMember, desk.type("!reply 1"))
    assert "done something about it" in told_words(told)


def test_nobody_asked_so_nobody_is_answered() -> None:
    actions = desk_with("words").type("!reply 1")
    assert [type(action) for action in actions] == [act.Say]
    assert "Nobody asked" in spoken(actions)


def test_a_word_to_whom_a_case_is_about() -> None:
    desk = desk_with("words", "risk")
    [told] = of_kind(act.TellMember, desk.type("!tell 1"))
    assert (told.user_id, told.room_id) == (ANNA, None)
    assert told.tell == Reply(text=templates.text("words", desk.state))
    [card] = of_kind(act.TellMember, desk.type("!tell 2"))
    assert "F1" in told_words(card)  # somebody may not be well: what helps, and no reproach
    [note, *_] = of_kind(act.Note, desk.log)
    assert (note.what, note.about, note.reason) == ("warned", ANNA, None)


def test_a_word_by_name() -> None:
    desk = PaperDesk()
    actions = desk.type("!tell Quiet Heron: are you all right?")
    [told] = of_kind(act.TellMember, actions)
    assert (told.user_id, told_words(told)) == (ANNA, "are you all right?")
    assert "I have written to Quiet Heron" in spoken(actions)
    assert "I know no one" in spoken(desk.type("!tell Zebra: hello"))
    assert "left alone" in spoken(desk.type("!tell Moderator Larch: hello"))


def test_who_closes_many_hard_cases_is_asked_to_rest_once() -> None:
    desk = desk_with("risk", "words", "scam", "contact", "repeated", urgent=True)
    said = ""
    for number in (1, 2):
        said += spoken(desk.later(minutes=10).type(f"!close {number} helped"))
    assert "break" not in said
    assert "break" in spoken(desk.later(minutes=10).type("!close 3 helped"))
    assert "break" not in spoken(desk.later(minutes=10).type("!close 4 helped"))
    assert "break" in spoken(desk.later(hours=3).type("!close 5 helped"))


def test_light_cases_and_other_peoples_cases_are_no_reason_for_a_break() -> None:
    desk = desk_with("words", "scam", "contact", "repeated")
    for number in (1, 2, 3, 4):
        assert "break" not in spoken(desk.type(f"!close {number}"))
    heavy = desk_with("risk", "words", "scam", urgent=True)
    for number, by in ((1, MOD), (2, LEAD), (3, MOD)):
        assert "break" not in spoken(heavy.type(f"!close {number} helped", by=by))


def test_a_case_of_another_is_not_closed_and_a_closed_one_not_twice() -> None:
    desk = desk_with("words")
    desk.type("!claim 1")
    assert steps(desk.type("!close 1", by=LEAD)) == []
    assert steps(desk.type("!close 1")) == ["Closed"]
    for command in ("!close 1", "!claim 1", "!agree 1"):
        assert "closed already" in spoken(desk.type(command, by=LEAD))


def test_what_is_taken_back_opens_the_case_again() -> None:
    desk = desk_with("words")
    desk.type("!claim 1")
    deed = desk.state.next_deed
    desk.type("!mute Quiet Heron 2h")
    desk.type("!close 1")
    actions = desk.type(f"!undo {deed}")
    assert steps(actions) == ["Reopened", "Done"]
    assert act.NoteUnmute(ANNA) in actions
    assert desk.state.cases[1].state == "open"
    assert desk.state.mutes == {}
    again = desk.type(f"!undo {deed}")
    assert [type(action) for action in again] == [act.Say]
    assert "taken back already" in spoken(again)
    desk.type(f"!undo {deed + 1}")  # taking back what was taken back
    assert ANNA in desk.state.mutes
    assert "nothing under number 99" in spoken(desk.type("!undo 99"))


def test_the_bot_says_steps_in_the_management_room_alone() -> None:
    desk = desk_with("words")
    for command in ("!claim 1", "!note 1 hello", "!remove 1", "!tell 1", "!close 1"):
        desk.type(command)
    for action in desk.log:
        if isinstance(action, act.Say):
            assert action.room_id == DESK
    assert BOT not in {case.claimed_by for case in desk.state.cases.values()}


def test_nobody_decides_about_themselves() -> None:
    desk = desk_with("words", about=LEAD)
    for command in ("!claim 1", "!agree 1", "!close 1"):
        actions = desk.type(command, by=LEAD)
        assert [type(action) for action in actions] == [act.Say]
        assert "Case 1 is about you" in spoken(actions)
    assert steps(desk.type("!claim 1")) == ["Claimed"]


def test_nobody_is_sent_to_the_telephone_twice() -> None:
    desk = desk_with("risk")
    assert of_kind(act.TellMember, desk.type("!tell 1"))
    again = desk.type("!tell Quiet Heron: Helpline", by=LEAD)
    assert of_kind(act.TellMember, again) == []
    assert "already" in spoken(again)
    assert of_kind(act.TellMember, desk.type("!tell 1 How is it now?"))
    assert of_kind(act.TellMember, desk.later(hours=6).type("!tell 1 helpline"))


def test_a_long_list_and_a_long_case_fit_into_an_answer() -> None:
    desk = PaperDesk()
    docket = Docket({}, 1, NOW)
    for n in range(60):
        docket.open("flag", "words", about=f"@{n}:x", name="長い名前" * 19)
    for _n in range(30):
        docket.add(1, wire.Noted, by=MOD, text="言葉" * 2_000)
    desk.knows(cases=docket.cases, next_case=61)
    listed = spoken(desk.type("!cases"))
    assert "and 30 more" in listed
    assert len(listed.encode()) < 24_100
    assert len(spoken(desk.type("!case 1")).encode()) < 24_100
    lost = spoken(desk.type("!mute " + "あ" * 3_000))
    assert len(lost) < 200


# --- people, by the case that is about them -------------------------------------------------------

BY_CASE = ["!slow {}", "!mute {} 2h", "!sitout {}", "!kick {}", "!ban {}: sold courses", "!warn {}"]
BY_CASE += ["!sweep {}: sold courses"]


def rotating(desk: PaperDesk) -> PaperDesk:
    return desk.knows(rotation=Rotation(3, "open", NOW + timedelta(days=5)))


@pytest.mark.parametrize("line", BY_CASE)
def test_a_case_number_means_whom_it_is_about(line: str) -> None:
    desk = rotating(desk_with("words", "spam", about=BEN))
    actions = desk.type(line.format(2))
    shown = re.search(r"`(yes \w+)`", spoken(actions))
    actions = actions if shown is None else desk.type(shown[1])
    [note] = of_kind(act.Note, actions)
    assert (note.about, note.case) == (BEN, 2)
    case = desk.state.cases[2]
    assert case.deeds or case.replies
    assert not desk.state.cases[1].deeds


@pytest.mark.parametrize("line", BY_CASE)
@pytest.mark.parametrize(
    ("about", "answer"),
    [
        (None, "about nobody"),
        (LEAD, "left alone"),
        ("@away:x", "not here any more"),
    ],
)
def test_a_case_about_nobody_who_can_be_meant(line: str, about: str | None, answer: str) -> None:
    docket = Docket({}, 1, NOW)
    docket.open("request", "other", about=about, name="Someone")
    desk = rotating(PaperDesk().knows(cases=docket.cases, next_case=2))
    actions = desk.type(line.format(1))
    assert [type(action) for action in actions] == [act.Say]
    assert answer in spoken(actions)
    assert "no case 9" in spoken(desk.type(line.format(9)))
