"""What moderators do about people, messages and rooms; what is broad is shown first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper_desk import (
    ANNA,
    BEN,
    BOT,
    CIRCLE,
    GARDEN,
    LEAD,
    MOD,
    NOW,
    STATE,
    WATCHER,
    PaperDesk,
    of_kind,
    spoken,
    told_words,
)

from peerroom.moderation import actions as act
from peerroom.moderation.decide import decide
from peerroom.moderation.facts import Said
from peerroom.moderation.state import Kept, Limits, Retired, Rotation
from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import CODE, COMMANDS

DOES_NOTHING = (act.Say, act.Count)


def code_in(actions: list[act.Action]) -> str:
    """The code that is asked for."""
    return spoken(actions).partition("`yes ")[2][:3]


def kept(event: str) -> Kept:
    """What is kept of a message of Anna's."""
    room = GARDEN if event.startswith("$g") else CIRCLE
    return Kept(event, room, ANNA, "words", NOW, NOW + timedelta(days=30))


# --- one person -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("!slow {}", act.NoteSlow),
        ("!mute {}", act.NoteMute),
        ("!mute {} 2h", act.NoteMute),
        ("!ban {}", act.NoteBan),
        ("!ban {} 3d: sold courses", act.NoteBan),
        ("!tell {}: hello", act.TellMember),
    ],
)
def test_a_person_is_found_or_nothing_is_done(command: str, kind: type[Any]) -> None:
    actions = PaperDesk().type(command.format("Quiet Heron"))
    assert [action.user_id for action in of_kind(kind, actions)] == [ANNA]
    for name, answer in [
        ("Quiet Hern", "Did you mean Quiet Heron"),
        ("Zebra", "I know no one called “Zebra”"),
        ("Moderator Larch", "left alone"),
        ("PeerRoom bot", "left alone"),
    ]:
        actions = PaperDesk().type(command.format(name))
        assert [type(action) for action in actions] == [act.Say]
        assert answer in spoken(actions)
    twins = PaperDesk()
    twins.knows(members={**twins.state.members, BEN: "Quiet Heron"})
    actions = twins.type(command.format("Quiet Heron"))
    assert [type(action) for action in actions] == [act.Say]
    assert ANNA in spoken(actions)
    assert BEN in spoken(actions)
    refused = PaperDesk().type(command.format("Quiet Heron"), by=WATCHER)
    assert [type(action) for action in refused] == [act.Say]


@pytest.mark.parametrize("command", ["!slow Quiet Heron 10m", "!slow Quiet Heron"])
def test_a_pause_ends_by_itself(command: str) -> None:
    actions = PaperDesk().type(command)
    [slowed] = of_kind(act.NoteSlow, actions)
    assert slowed.until in (NOW + timedelta(minutes=10), NOW + timedelta(minutes=5))
    assert "ends by itself" in spoken(actions)
    [told] = of_kind(act.TellMember, actions)
    assert told.tell.what == "slowed"


def test_who_cannot_write_is_not_slowed() -> None:
    desk = PaperDesk()
    desk.type("!mute Quiet Heron")
    assert "cannot write just now anyway" in spoken(desk.type("!slow Quiet Heron"))


def test_a_mute_is_for_every_room_and_can_be_taken_back() -> None:
    desk = PaperDesk()
    actions = desk.type("!mute Quiet Heron 2h")
    assert {one.room_id for one in of_kind(act.SetVoice, actions)} == {CIRCLE, GARDEN}
    lifted = desk.type("!unban Quiet Heron")
    assert act.NoteUnmute(ANNA) in lifted
    assert "can write again" in spoken(lifted)
    assert "neither banned nor muted" in spoken(desk.type("!unmute Quiet Heron"))


def test_a_ban_for_a_while_and_its_reason_stays_among_moderators() -> None:
    desk = PaperDesk()
    actions = desk.type("!ban Quiet Heron 3d: sold courses")
    assert act.NoteBan(ANNA, NOW + timedelta(days=3)) in actions
    [note] = of_kind(act.Note, actions)
    assert note.reason == "sold courses"
    [told] = of_kind(act.TellMember, actions)
    assert "sold courses" not in told_words(told, "both")
    assert "is removed for 3 days" in spoken(actions)
    assert "ban of" in spoken(desk.type("!unban Quiet Heron"))


# --- with everything they wrote -------------------------------------------------------------------


def test_a_sweep_is_shown_first_and_says_how_much_and_how_long() -> None:
    desk = PaperDesk()
    shown = desk.type("!sweep Quiet Heron: sold courses")
    assert all(isinstance(action, act.Say | act.Remember) for action in shown)
    words = spoken(shown)
    assert "Quiet Heron / 静かなサギ would go from every room for good" in words
    assert "42 messages by 1 person in 2 rooms. It takes about 3 minutes" in words
    assert "In PeerRoom they are gone at once." in words
    assert "for 3 days" in spoken(desk.type("!sweep Quiet Heron 3d"))
    desk.knows(limits=Limits(exempt=True))
    assert "It takes" not in spoken(desk.type("!sweep Quiet Heron"))


def test_a_sweep_is_one_deed_the_bans_first_and_what_they_wrote_is_kept() -> None:
    desk = PaperDesk()
    deed = desk.state.next_deed
    done = desk.type(f"!yes {code_in(desk.type('!sweep Quiet Heron: sold courses'))}")
    [note] = of_kind(act.Note, done)
    assert (note.what, note.about, note.reason) == ("banned", ANNA, "sold courses")
    requests = [one for one in done if isinstance(one, act.BanMember | act.RedactMessage)]
    newest = [f"$a{n}" for n in range(40, 0, -1)]
    assert requests == [
        act.BanMember(CIRCLE, ANNA, redact=True),
        act.BanMember(GARDEN, ANNA, redact=True),
        *(act.RedactMessage(CIRCLE, event) for event in newest),
        act.RedactMessage(GARDEN, "$g2"),
        act.RedactMessage(GARDEN, "$g1"),
    ]
    kept = of_kind(act.KeepEvidence, done)
    assert {event for one in kept for event in one.event_ids} == {*newest, "$g1", "$g2"}
    answer = spoken(done)
    assert "cannot come back" in answer
    assert "Removing 42 messages" in answer
    assert f"`!undo {deed}` also puts back what they wrote, for 30 days." in answer
    [told] = of_kind(act.TellMember, done)
    assert told.tell.what == "banned"
    assert "sold courses" not in told_words(told, "both")


def test_a_sweep_is_taken_back_with_what_they_wrote() -> None:
    desk = PaperDesk()
    deed = desk.state.next_deed
    desk.type(f"!yes {code_in(desk.type('!sweep Quiet Heron'))}")
    posts = {event: kept(event) for event in ("$a40", "$g1")}
    desk.knows(evidence=posts)
    back = desk.type(f"!undo {deed}")
    assert {one.event_id for one in of_kind(act.Repost, back)} == set(posts)
    assert {one.room_id for one in of_kind(act.UnbanMember, back)} == {CIRCLE, GARDEN}
    assert ANNA not in desk.state.banned


def test_a_sweep_after_a_ban_takes_the_messages_and_back_leaves_the_ban() -> None:
    desk = PaperDesk()
    desk.type("!ban Quiet Heron")
    deed = desk.state.next_deed
    done = desk.type(f"!yes {code_in(desk.type('!sweep Quiet Heron'))}")
    assert len(of_kind(act.RedactMessage, done)) == 42
    desk.knows(evidence={"$a40": kept("$a40")})
    back = desk.type(f"!undo {deed}")
    assert len(of_kind(act.Repost, back)) == 1
    assert of_kind(act.UnbanMember, back) == of_kind(act.InviteMember, back) == []
    assert ANNA in desk.state.banned


def test_who_wrote_nothing_is_swept_all_the_same() -> None:
    desk = PaperDesk()
    shown = desk.type("!sweep Misty Hare")
    assert "I see no messages of theirs" in spoken(shown)
    done = desk.type(f"!yes {code_in(shown)}")
    assert {one.room_id for one in of_kind(act.BanMember, done)} == {CIRCLE, GARDEN}
    assert "!undo" not in spoken(done)


def test_who_writes_on_does_not_outrun_a_sweep_but_another_room_is_shown() -> None:
    desk = PaperDesk()
    shown = desk.type("!sweep Calm Otter")
    desk.knows(everywhere={BEN: {CIRCLE: ("$b3", "$b2", "$b1")}})
    done = desk.type(f"!yes {code_in(shown)}")
    assert [one.event_id for one in of_kind(act.RedactMessage, done)] == ["$b3", "$b2", "$b1"]
    desk = PaperDesk()
    shown = desk.type("!sweep Calm Otter")
    desk.knows(protected=(CIRCLE, GARDEN, "!new"))
    again = desk.type(f"!yes {code_in(shown)}")
    assert of_kind(act.BanMember, again) == []
    assert "It has become more since" in spoken(again)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Quiet Hern", "Did you mean Quiet Heron"),
        ("Moderator Larch", "left alone"),
        ("PeerRoom bot", "left alone"),
    ],
)
def test_a_sweep_leaves_moderators_and_the_bot_alone(name: str, answer: str) -> None:
    actions = PaperDesk().type(f"!sweep {name}")
    assert [type(action) for action in actions] == [act.Say]
    assert answer in spoken(actions)
    refused = PaperDesk().type("!sweep Quiet Heron", by=WATCHER)
    assert [type(action) for action in refused] == [act.Say]


def test_a_name_that_is_nobodys_any_more_is_not_swept() -> None:
    rotation = Rotation(3, "asking", None, retired={"@old:x": Retired("Old Owl", "!former")})
    actions = PaperDesk().knows(rotation=rotation).type("!sweep Old Owl")
    assert [type(action) for action in actions] == [act.Say]
    assert "`!ban Old Owl` and `!remove Old Owl 500`" in spoken(actions)


# --- out for a while ------------------------------------------------------------------------------


def test_sitting_out_needs_names_that_change() -> None:
    assert "names do not change" in spoken(PaperDesk().type("!sitout Quiet Heron"))
    switch = NOW + timedelta(days=2)
    desk = PaperDesk().knows(rotation=Rotation(3, "asking", switch))
    actions = desk.type("!sitout Quiet Heron")
    assert act.NoteMute(ANNA, switch) in actions
    [note] = of_kind(act.Note, actions)
    assert note.what == "sat out"
    longer = desk.type("!sitout Calm Otter 3")
    assert act.NoteMute(BEN, switch + timedelta(weeks=2)) in longer


def test_nobody_is_told_under_a_name_that_is_nobodys_any_more() -> None:
    rotation = Rotation(3, "asking", None, retired={"@old:x": Retired("Old Owl", "!former")})
    desk = PaperDesk().knows(rotation=rotation)
    assert of_kind(act.TellMember, desk.type("!ban Old Owl")) == []
    assert "cannot reach them" in spoken(desk.type("!tell Old Owl: hello"))


def test_out_of_one_room_at_once_and_out_of_several_on_a_word() -> None:
    desk = PaperDesk().knows(inside={CIRCLE: frozenset({ANNA, BEN}), GARDEN: frozenset({BEN})})
    actions = desk.type("!kick Quiet Heron")
    assert of_kind(act.RemoveMember, actions) == [act.RemoveMember(CIRCLE, ANNA)]
    shown = desk.type("!kick Calm Otter")
    assert of_kind(act.RemoveMember, shown) == []
    assert "from 2 rooms" in spoken(shown)
    done = desk.type(f"!yes {code_in(shown)}")
    assert len(of_kind(act.RemoveMember, done)) == 2


# --- messages -------------------------------------------------------------------------------------


def test_up_to_five_messages_go_at_once_and_more_on_a_word() -> None:
    desk = PaperDesk()
    few = desk.type("!remove Quiet Heron: 5")
    assert [one.event_id for one in of_kind(act.RedactMessage, few)] == [
        "$a40",
        "$a39",
        "$a38",
        "$a37",
        "$a36",
    ]
    desk = PaperDesk()
    shown = desk.type("!remove Quiet Heron: 14")
    assert all(isinstance(action, act.Say | act.Remember) for action in shown)
    assert "This removes 14 messages by 1 person in 1 room." in spoken(shown)
    done = desk.type(f"!yes {code_in(shown)}")
    assert len(of_kind(act.RedactMessage, done)) == 14
    assert desk.state.books["preview"] == {}
    again = desk.type(f"!yes {code_in(shown)}")
    assert [type(action) for action in again] == [act.Say]
    assert "Nothing waits" in spoken(again)


def test_the_preview_says_how_many_rooms_and_how_long() -> None:
    desk = PaperDesk().knows(limits=Limits(burst=10, per_second=0.2))
    shown = spoken(desk.type("!remove Quiet Heron: 500"))
    assert "42 messages by 1 person in 2 rooms" in shown
    assert "It takes about 3 minutes" in shown
    fast = PaperDesk().knows(limits=Limits(exempt=True))
    assert "It takes" not in spoken(fast.type("!remove Quiet Heron: 500"))


def test_one_message_by_its_link() -> None:
    desk = PaperDesk()
    actions = desk.type("!remove $a1")
    assert of_kind(act.RedactMessage, actions) == [act.RedactMessage(CIRCLE, "$a1")]
    [told] = of_kind(act.TellMember, actions)
    assert (told.user_id, told.tell.event_ids) == (ANNA, ("$a1",))
    assert "removed already" in spoken(desk.type("!redact $a1"))
    elsewhere = desk.type("!remove https://matrix.to/#/!other:x/$a1")
    assert [type(action) for action in elsewhere] == [act.Say]


@pytest.mark.parametrize("by", [MOD, LEAD])
def test_state_and_what_the_bot_never_saw_are_not_removed_by_a_link(by: str) -> None:
    desk = PaperDesk()
    desk.knows(authors={**desk.state.authors, "$topic": ANNA})  # it is in no list of messages
    for link, answer in (
        ("$topic", "a setting of the room"),
        ("$unseen", "have not seen that message"),
        (f"https://matrix.to/#/{CIRCLE}/$g1", "in a room I do not look after"),
    ):
        actions = desk.type(f"!remove {link}", by=by)
        assert [type(action) for action in actions] == [act.Say]
        assert answer in spoken(actions)


def test_a_link_without_a_room_is_found_in_any() -> None:
    actions = PaperDesk().type("!remove $g1")
    assert of_kind(act.RedactMessage, actions) == [act.RedactMessage(GARDEN, "$g1")]


def test_a_moderators_message_is_for_them_and_for_leads() -> None:
    def desk(author: str) -> PaperDesk:
        paper = PaperDesk()
        return paper.knows(
            authors={**paper.state.authors, "$m": author},
            written={**paper.state.written, "$m": (CIRCLE, author)},
        )

    refused = desk(LEAD).type("!remove $m")
    assert [type(action) for action in refused] == [act.Say]
    assert "Moderator Larch wrote that" in spoken(refused)
    # One's own, what the bot reposted, and a lead's word.
    for author, by in ((MOD, MOD), (BOT, MOD), (MOD, LEAD)):
        actions = desk(author).type("!remove $m", by=by)
        assert of_kind(act.RedactMessage, actions) == [act.RedactMessage(CIRCLE, "$m")]
        told = [one.user_id for one in of_kind(act.TellMember, actions)]
        assert told == ([] if author in (BOT, by) else [author])


# --- yes ------------------------------------------------------------------------------------------


@pytest.fixture
def shown() -> tuple[PaperDesk, str]:
    desk = PaperDesk()
    return desk, code_in(desk.type("!remove Quiet Heron: 14"))


def test_only_who_asked_can_confirm(shown: tuple[PaperDesk, str]) -> None:
    desk, code = shown
    other = desk.type(f"!yes {code}", by=LEAD)
    assert [type(action) for action in other] == [act.Say]
    assert "Moderator Maple asked for this" in spoken(other)
    assert of_kind(act.RedactMessage, desk.type(f"！ｙｅｓ　{code}"))


def test_yes_needs_no_sign_before_it(shown: tuple[PaperDesk, str]) -> None:
    desk, code = shown
    assert desk.type("yes") == desk.type("yes, all of it") == desk.type("yes hey") == []
    assert of_kind(act.RedactMessage, desk.type(f"Yes {code}"))


def test_it_can_be_confirmed_for_five_minutes(shown: tuple[PaperDesk, str]) -> None:
    desk, code = shown
    desk.later(minutes=5)
    assert "Nothing waits" in spoken(desk.type(f"!yes {code}"))
    assert desk.tick() == [act.Remember("preview", code.lower())]
    assert desk.tick() == []


def test_what_has_grown_is_shown_again(shown: tuple[PaperDesk, str]) -> None:
    desk, code = shown
    newest = ("$a41", *desk.state.messages[ANNA])
    desk.knows(messages={ANNA: newest}, everywhere={ANNA: {CIRCLE: newest}})
    again = desk.type(f"!yes {code}")
    assert of_kind(act.RedactMessage, again) == []
    assert "It has become more since" in spoken(again)
    fresh = code_in(again)
    assert fresh != code
    assert len(of_kind(act.RedactMessage, desk.type(f"!yes {fresh}"))) == 14


def test_what_has_become_less_is_done(shown: tuple[PaperDesk, str]) -> None:
    desk, code = shown
    gone = {f"$a{n}": True for n in range(30, 41)}
    desk.knows(removed=gone)
    done = desk.type(f"!yes {code}")
    assert len(of_kind(act.RedactMessage, done)) == 3


def test_who_lost_the_role_meanwhile_confirms_nothing(shown: tuple[PaperDesk, str]) -> None:
    desk, code = shown
    desk.knows(roles={**desk.state.roles, MOD: "watcher"})
    assert of_kind(act.RedactMessage, desk.type(f"!yes {code}")) == []


@given(st.from_regex(CODE, fullmatch=True))
def test_a_guessed_code_does_nothing(code: str) -> None:
    actions = PaperDesk().type(f"!yes {code}")
    assert [type(action) for action in actions] == [act.Say]


@given(st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text()))
def test_what_waits_in_another_shape_is_forgotten(kept: dict[str, object]) -> None:
    desk = PaperDesk().knows(books={"preview": kept})
    desk.tick()
    assert desk.state.books["preview"] == {}


def test_two_previews_of_one_moment_have_two_codes() -> None:
    desk = PaperDesk()
    first = code_in(desk.type("!remove Quiet Heron: 14"))
    second = code_in(desk.type("!remove Quiet Heron: 15"))
    assert first != second
    assert set(desk.state.books["preview"]) == {first.lower(), second.lower()}


# --- rooms ----------------------------------------------------------------------------------------


def test_a_lock_with_an_end_is_done_and_one_without_is_shown() -> None:
    desk = PaperDesk()
    actions = desk.type("!lock 30m")
    assert of_kind(act.NoteLock, actions)[0].until == NOW + timedelta(minutes=30)
    assert "quiet for 30 minutes" in spoken(actions, CIRCLE)
    assert "closed to writing already" in spoken(desk.type("!lock 10m"))
    opened = desk.type("!unlock")
    assert act.NoteUnlock(CIRCLE) in opened
    assert "open again" in spoken(opened, CIRCLE)
    assert "open already" in spoken(desk.type("!unlock"))
    shown = desk.type("!lock")
    assert of_kind(act.NoteLock, shown) == []
    assert "closes 1 room to writing, until `!unlock`" in spoken(shown)
    done = desk.type(f"!yes {code_in(shown)}")
    assert of_kind(act.NoteLock, done)[0].until is None


def test_every_room_is_for_leads_and_shown_first() -> None:
    desk = PaperDesk()
    assert "for leads" in spoken(desk.type("!lock 30m all"))
    shown = desk.type("!lock 30m all", by=LEAD)
    assert "closes 2 rooms" in spoken(shown)
    deed = desk.state.next_deed
    done = desk.type(f"!yes {code_in(shown)}", by=LEAD)
    assert {one.room_id for one in of_kind(act.NoteLock, done)} == {CIRCLE, GARDEN}
    assert len(of_kind(act.Note, done)) == 2
    desk.type(f"!undo {deed + 1}", by=LEAD)
    assert set(desk.state.locks) == {CIRCLE}
    opened = desk.type("!open all", by=LEAD)
    assert act.NoteUnlock(CIRCLE) in opened


def test_a_slow_room_is_a_protection_that_moderators_tighten() -> None:
    desk = PaperDesk()
    [change] = of_kind(act.SetProtection, desk.type("!slow room"))
    assert (change.name, change.room_id, change.mode) == ("pace", CIRCLE, "on")
    assert change.settings["messages"] < 20
    [back] = of_kind(act.SetProtection, desk.type("!slow room off"))
    assert (back.mode, back.settings) == ("default", {})


def test_rooms_are_for_leads() -> None:
    desk = PaperDesk()
    assert "for leads" in spoken(desk.type("!rooms"))
    assert GARDEN in spoken(desk.type("!rooms", by=LEAD))
    added = desk.type("!rooms add https://matrix.to/#/!new:y?via=y", by=LEAD)
    assert added[1:3] == [act.AddRoom("!new:y"), act.EnterRoom("!new:y", ("y",))]
    desk.knows(circle="!circle:x", protected=("!circle:x", "!garden:x"))
    assert "already" in spoken(desk.type("!rooms add !garden:x", by=LEAD))
    assert "own room stays" in spoken(desk.type("!rooms drop !circle:x", by=LEAD))
    dropped = desk.type("!rooms drop !garden:x", by=LEAD)
    assert act.DropRoom("!garden:x") in dropped
    [note] = of_kind(act.Note, dropped)
    assert act.AddRoom("!garden:x") in note.undo
    assert "do not look after" in spoken(desk.type("!rooms drop !other:x", by=LEAD))


# --- everything -----------------------------------------------------------------------------------


@given(
    st.sampled_from(sorted({word for kind in COMMANDS for word in (kind.word, *kind.also)})),
    st.sampled_from(["", "1", "Quiet Heron", "Quiet Heron 2h", "on", "off", "all", "pace off"])
    | st.text(max_size=20),
    st.sampled_from([MOD, LEAD, WATCHER]),
)
def test_whatever_is_typed_is_answered_and_can_be_kept(word: str, rest: str, by: str) -> None:
    actions = PaperDesk().type(f"!{word} {rest}", by=by)
    assert actions
    for action in actions:
        if isinstance(action, act.Request):
            assert act.from_content(act.to_content(action)) == action
        if isinstance(action, act.Note):
            assert act.note_from(act.to_content(action)) == action


@given(st.text(max_size=40), st.sampled_from([kind.word for kind in COMMANDS]))
def test_who_watches_changes_nothing_but_notes_and_shifts(rest: str, word: str) -> None:
    kinds = {type(action) for action in PaperDesk().type(f"!{word} {rest}", by=WATCHER)}
    assert kinds <= {act.Say, act.TakeStep, act.Remember}


@pytest.mark.parametrize("line", [*(f"!{kind.word} 1" for kind in COMMANDS), "yes 7k2"])
@pytest.mark.parametrize(
    "how",
    [
        {"encrypted": False},
        {"signed": False},
        {"room_id": CIRCLE},
        {"room_id": "!door"},
        {"sender": ANNA},
        {"sender": "@stranger:z"},
    ],
)
def test_what_comes_the_wrong_way_is_counted_whatever_it_asks(
    line: str, how: dict[str, Any]
) -> None:
    said = Said("$c", "!desk", LEAD, ForeignText(line), NOW, True, True, NOW)
    [counted] = decide(replace(said, **how), STATE)
    assert isinstance(counted, act.Count)
