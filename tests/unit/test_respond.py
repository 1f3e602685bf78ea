"""From findings to what is done: how far, once, and with its undo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper_desk import told_words

from peerroom.moderation import actions as act
from peerroom.moderation import measures
from peerroom.moderation.cases import fold
from peerroom.moderation.decide import decide
from peerroom.moderation.expiry import ended, next_end
from peerroom.moderation.facts import Ticked
from peerroom.moderation.findings import Finding, Verb
from peerroom.moderation.guard import Guard
from peerroom.moderation.measures import Cause
from peerroom.moderation.protection import Mode, Protection, Room, Settings
from peerroom.moderation.respond import QUIET, rehearsed, respond, watched
from peerroom.moderation.seen import Seen
from peerroom.moderation.state import Health, Kept, Lock, State
from peerroom.moderation.undo import CannotUndo, undo
from peerroom.moderation.window import Window
from peerroom.wire import cases as wire
from peerroom.wire.member import Explained

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
BOT, MOD, ANNA, BEN = "@bot:x", "@mod:x", "@anna:x", "@ben:x"
CIRCLE, DESK, OTHER = "!circle", "!desk", "!other"
NAMES = {BOT: "Bot", MOD: "Maple", ANNA: "Quiet Heron", BEN: "Calm Otter"}
STATE = State(
    bot=BOT,
    circle=CIRCLE,
    management=DESK,
    via=("x",),
    desk=frozenset({BOT, MOD}),
    moderators=frozenset({MOD}),
    exempt=frozenset({BOT, MOD}),
    members=NAMES,
    known={},
    seats=9,
    invites={},
    mutes={},
    banned=frozenset(),
    messages={},
    welcome={"en": "Welcome."},
    health=Health(since=NOW),
    protected=(CIRCLE, OTHER),
    people=NAMES,
    inside={CIRCLE: frozenset(NAMES), OTHER: frozenset({BOT, ANNA})},
    next_deed=7,
    next_case=3,
    authors={"$1": ANNA, "$2": ANNA, "$3": ANNA},
    context={"$1": [wire.Line(name="Quiet Heron", text="buy now", at=1, about=True)]},
)
SEEN = Seen("$1", CIRCLE, ANNA, NOW, "text", encrypted=True, signed=True)


def found(verb: Verb, **changes: Any) -> Finding:
    finding = Finding("words", verb, "words", CIRCLE, ANNA, ("$1",), lasts=timedelta(minutes=5))
    return replace(finding, **changes)


def answer(*findings: Finding, state: State = STATE, seen: Seen = SEEN) -> list[act.Action]:
    return respond(findings, seen, state)


def kinds(actions: list[act.Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


def only(kind: type[Any], actions: list[act.Action]) -> Any:
    [one] = [action for action in actions if isinstance(action, kind)]
    return one


def steps(actions: list[act.Action]) -> list[str]:
    return [type(one.step).__name__ for one in actions if isinstance(one, act.TakeStep)]


# --- each verb ------------------------------------------------------------------------------------


def test_a_flag_tells_moderators_and_does_nothing_else() -> None:
    actions = answer(found("flag", cues=("cue",)))
    assert set(kinds(actions)) == {"NoteMoment", "TakeStep"}
    assert steps(actions) == ["Opened", "Shown"]
    opened = actions[1].step if isinstance(actions[1], act.TakeStep) else None
    assert isinstance(opened, wire.Opened)
    assert (opened.case, opened.source, opened.about, opened.cues) == (3, "flag", ANNA, ("cue",))
    assert not opened.urgent


def test_words_of_despair_are_urgent_and_never_more_than_a_flag() -> None:
    actions = answer(found("flag", reason="risk"))
    step = next(one.step for one in actions if isinstance(one, act.TakeStep))
    assert isinstance(step, wire.Opened) and step.urgent
    for verb in ("hold", "remove", "slow", "mute", "ban", "lock"):
        guard = guarded(found(verb, reason="risk"))
        assert [one.verb for one in guard.judge(SEEN, Room(CIRCLE, Window()))] == ["flag"]


def test_a_hold_keeps_the_message_removes_it_opens_a_case_and_tells_its_author() -> None:
    actions = answer(found("hold"))
    assert steps(actions) == ["Opened", "Shown", "Done"]
    note = only(act.Note, actions)
    assert (note.what, note.by, note.about, note.code, note.case) == (
        "held", BOT, ANNA, "words", 3,
    )  # fmt: skip
    assert note.undo == (act.Repost(CIRCLE, "$1", "Quiet Heron"),)
    keep = only(act.KeepEvidence, actions)
    assert (keep.event_ids, keep.deed, keep.case) == (("$1",), 7, 3)
    assert keep.until == NOW + timedelta(days=30)
    assert only(act.RedactMessage, actions) == act.RedactMessage(CIRCLE, "$1")
    told = only(act.TellMember, actions)
    assert isinstance(told.tell, Explained)
    assert (told.user_id, told.room_id, told.tell.deed, told.tell.what) == (ANNA, None, 7, "held")
    # What is removed is kept before it goes, and all of it before anything is said.
    assert kinds(actions).index("KeepEvidence") < kinds(actions).index("RedactMessage")


def test_a_removal_is_told_to_moderators_with_its_number() -> None:
    actions = answer(found("remove"))
    assert steps(actions) == []
    assert only(act.Note, actions).what == "removed"
    assert "`!undo 7`" in only(act.Say, actions).text
    assert only(act.Say, actions).room_id == DESK


def test_a_pause_is_short_told_kindly_and_shown_to_a_human() -> None:
    actions = answer(found("slow", reason="pace", lasts=timedelta(seconds=30)))
    assert only(act.NoteSlow, actions) == act.NoteSlow(CIRCLE, ANNA, NOW + timedelta(seconds=30))
    assert only(act.SetVoice, actions) == act.SetVoice(CIRCLE, ANNA, may_write=False)
    assert "Take your time" in told_words(only(act.TellMember, actions))
    assert steps(actions) == ["Opened", "Shown"]
    assert not [one for one in actions if isinstance(one, act.NoteMute)]


def test_a_mute_holds_in_every_room_and_ends() -> None:
    actions = answer(found("mute"))
    assert only(act.NoteMute, actions).until == NOW + timedelta(minutes=5)
    voices = [one for one in actions if isinstance(one, act.SetVoice)]
    assert [(one.room_id, one.may_write) for one in voices] == [(CIRCLE, False), (OTHER, False)]


def test_a_lock_is_said_in_the_room_and_opens_by_itself() -> None:
    finding = found("lock", reason="raid", user_id=None, says_after="Open again.")
    actions = answer(finding)
    lock = only(act.NoteLock, actions)
    assert (lock.until, lock.before, lock.says_after) == (
        NOW + timedelta(minutes=5), 0, "Open again.",
    )  # fmt: skip
    assert only(act.SetRoomLevel, actions) == act.SetRoomLevel(CIRCLE, 50)
    said = {one.room_id: one.text for one in actions if isinstance(one, act.Say)}
    assert "5 minutes" in said[CIRCLE] and "`!undo 7`" in said[DESK]
    locked = replace(STATE, locks={CIRCLE: Lock(NOW + timedelta(minutes=5))})
    assert answer(finding, state=locked) == []


def test_a_ban_comes_from_a_list_alone() -> None:
    room = Room(CIRCLE, Window())
    assert [f.verb for f in guarded(found("ban")).judge(SEEN, room)] == ["mute"]
    listed = found("ban", reason="policy", lasts=None)
    assert list(guarded(listed).judge(SEEN, room)) == [listed]
    actions = answer(listed)
    bans = [one for one in actions if isinstance(one, act.BanMember)]
    assert [(one.room_id, one.redact) for one in bans] == [(CIRCLE, False), (OTHER, False)]
    assert only(act.NoteBan, actions).until is None


# --- never twice ----------------------------------------------------------------------------------


def test_of_several_findings_the_strongest_of_each_sort_is_done() -> None:
    actions = answer(found("slow"), found("mute"), found("hold"), found("remove"), found("flag"))
    assert [one.what for one in actions if isinstance(one, act.Note)] == ["muted", "removed"]
    assert kinds(actions).count("RedactMessage") == 1
    assert kinds(actions).count("NoteSlow") == 0
    assert steps(actions).count("Opened") == 1
    notes = [one for one in actions if isinstance(one, act.Note)]
    told = [one.tell.deed for one in actions if isinstance(one, act.TellMember)]  # type: ignore[union-attr]
    assert len(notes) == 2 and sorted(told) == [7, 8]


@pytest.mark.parametrize("verb", ["flag", "hold", "remove", "slow", "mute"])
def test_what_is_removed_already_leads_to_nothing(verb: Verb) -> None:
    assert answer(found(verb), state=replace(STATE, removed={"$1": True})) == []


def test_of_several_messages_only_those_are_removed_that_are_still_there() -> None:
    state = replace(STATE, removed={"$1": True})
    actions = answer(found("remove", event_ids=("$1", "$2")), state=state)
    assert only(act.RedactMessage, actions).event_id == "$2"
    assert only(act.Note, actions).event_ids == ("$2",)


def test_who_is_muted_banned_or_paused_already_is_not_punished_again() -> None:
    for state in (
        replace(STATE, mutes={ANNA: None}),
        replace(STATE, banned=frozenset({ANNA})),
    ):
        assert answer(found("mute"), state=state) == []
        assert answer(found("slow"), state=state) == []
    slowed = replace(STATE, slowed={(CIRCLE, ANNA): NOW + timedelta(seconds=9)})
    assert answer(found("slow"), state=slowed) == []
    assert answer(found("ban", reason="policy"), state=replace(STATE, banned={ANNA})) == []


def test_a_flood_is_one_case_and_one_word_to_its_author() -> None:
    state = STATE
    told = opened = more = removed = 0
    for number in range(30):
        event = f"${number}"
        finding = found("hold", event_ids=(event,))
        actions = answer(finding, state=state, seen=replace(SEEN, event_id=event))
        cases = state.cases
        for action in actions:
            if isinstance(action, act.TakeStep):
                cases = fold(cases, action.step)
                opened += isinstance(action.step, wire.Opened)
                more += isinstance(action.step, wire.More)
        told += kinds(actions).count("TellMember")
        removed += kinds(actions).count("RedactMessage")
        fresh = {one.key: one.until for one in actions if isinstance(one, act.NoteMoment)}
        state = replace(
            state,
            cases=cases,
            next_deed=state.next_deed + 1,
            next_case=max(cases, default=2) + 1,
            moments={**state.moments, **fresh},
        )
    assert (opened, more, told, removed) == (1, 0, 1, 30)
    assert len(state.cases[3].deeds) == 30
    later = replace(SEEN, event_id="$later", at=NOW + QUIET)
    again = answer(found("hold", event_ids=("$later",)), state=state, seen=later)
    assert steps(again)[0] == "More"


def test_a_pause_for_what_was_said_long_ago_is_none() -> None:
    late = replace(SEEN, late=timedelta(hours=1))
    assert answer(found("slow", lasts=timedelta(seconds=30)), seen=late) == []
    assert answer(found("lock", user_id=None), seen=late) == []
    until = only(act.NoteMute, answer(found("mute"), seen=late)).until
    assert until == NOW + timedelta(hours=1, minutes=5)


# --- the guard ------------------------------------------------------------------------------------


class _None(Settings, frozen=True):
    pass


def guarded(*findings: Finding, mode: Mode = "on") -> Guard:
    protection = Protection("words", "", _None, lambda _s: lambda _seen, _room: findings, mode)
    return Guard([protection], {}, {})


def test_nobody_who_is_exempt_is_judged_or_found() -> None:
    room = Room(CIRCLE, Window(), exempt=frozenset({BOT, MOD}))
    assert guarded(found("mute")).judge(replace(SEEN, sender=MOD), room) == ()
    assert guarded(found("mute", user_id=MOD)).judge(SEEN, room) == ()
    assert len(guarded(found("mute")).judge(SEEN, room)) == 1


def test_what_is_on_trial_is_told_and_not_done() -> None:
    guard = guarded(found("ban", reason="policy"), found("hold"), mode="trial")
    state = replace(STATE, guards={CIRCLE: guard}, rooms={CIRCLE: Room(CIRCLE, Window())})
    actions = decide(SEEN, state)
    assert set(kinds(actions)) == {"NoteMoment", "Say"}
    assert all("On trial" in one.text for one in actions if isinstance(one, act.Say))
    moments = {one.key: one.until for one in actions if isinstance(one, act.NoteMoment)}
    assert decide(SEEN, replace(state, moments=moments)) == []
    assert rehearsed([found("hold")], SEEN, replace(STATE, removed={"$1": True})) == []


def test_the_hour_closes_a_room() -> None:
    finding = found("lock", reason="quiet", user_id=None, event_ids=(), says="Quiet for {time}.")
    actions = watched([finding], NOW, STATE)
    assert only(act.Say, actions) == act.Say(CIRCLE, "Quiet for 5 minutes.")


# --- what ends ------------------------------------------------------------------------------------


def test_everything_that_has_a_time_ends_by_itself() -> None:
    past, soon = NOW - timedelta(seconds=1), NOW + timedelta(minutes=1)
    state = replace(
        STATE,
        mutes={ANNA: past, BEN: soon},
        slowed={(OTHER, BEN): past},
        bans_end={"@x:x": past},
        banned=frozenset({"@x:x"}),
        locks={CIRCLE: Lock(past, 0, "Good morning.")},
        expired=("$old",),
    )
    actions = ended(state, NOW)
    assert [one.what for one in actions if isinstance(one, act.Note)] == [
        "mute ended", "ban ended", "lock ended",
    ]  # fmt: skip
    assert act.NoteUnmute(ANNA) in actions and act.NoteUnmute(BEN) not in actions
    assert act.EndSlow(OTHER, BEN) in actions
    assert act.SetVoice(OTHER, BEN, may_write=True) not in actions  # still muted
    assert act.UnbanMember(OTHER, "@x:x") in actions
    assert act.SetRoomLevel(CIRCLE, 0) in actions
    assert act.Say(CIRCLE, "Good morning.") in actions
    assert actions[-1] == act.DropEvidence(("$old",))
    assert next_end(state) == past
    assert next_end(STATE) is None
    assert decide(Ticked(NOW), STATE) == []


# --- undo -----------------------------------------------------------------------------------------

CAUSE = Cause(MOD, NOW, 8)


def done(actions: list[act.Action], **changes: Any) -> State:
    return replace(STATE, deeds={7: only(act.Note, actions)}, **changes)


def test_a_removal_is_taken_back_from_what_is_kept() -> None:
    messages = {CIRCLE: ("$3", "$2"), OTHER: ("$1",)}
    actions = measures.remove(STATE, Cause(MOD, NOW, 7), messages, ANNA)
    assert [one.event_id for one in actions if isinstance(one, act.RedactMessage)] == [
        "$3", "$2", "$1",
    ]  # fmt: skip
    kept = {
        event: Kept(event, CIRCLE, ANNA, "x", NOW, NOW, removable=event != "$3")
        for event in ("$1", "$3")
    }
    back = undo(done(actions, evidence=kept), CAUSE, 7)
    assert isinstance(back, list)
    assert [one for one in back if isinstance(one, act.Repost)] == [
        act.Repost(OTHER, "$1", "Quiet Heron")
    ]
    assert only(act.Note, back).undoes == 7
    assert undo(done(actions), CAUSE, 7) == CannotUndo("gone")


def test_what_cannot_be_undone_says_why() -> None:
    assert undo(STATE, CAUSE, 1) == CannotUndo("unknown")
    note = act.Note(MOD, "invite")
    assert undo(replace(STATE, deeds={7: note}), CAUSE, 7) == CannotUndo("cannot")
    taken = act.Note(MOD, "muted", undo=(act.NoteUnmute(ANNA),), undone=9)
    assert undo(replace(STATE, deeds={7: taken}), CAUSE, 7) == CannotUndo("undone")


def test_an_undo_can_be_undone() -> None:
    actions = measures.mute(STATE, Cause(MOD, NOW, 7), ANNA, None)
    muted = done(actions, mutes={ANNA: None})
    back = undo(muted, CAUSE, 7)
    assert isinstance(back, list)
    assert act.NoteUnmute(ANNA) in back
    assert act.SetVoice(CIRCLE, ANNA, may_write=True) in back
    again = undo(replace(STATE, deeds={8: only(act.Note, back)}), Cause(MOD, NOW, 9), 8)
    assert isinstance(again, list)
    assert [one for one in again if not isinstance(one, act.Note)] == [
        one for one in actions if not isinstance(one, act.Note)
    ]


def test_a_second_mute_goes_back_to_the_first() -> None:
    until = NOW + timedelta(hours=1)
    muted = replace(STATE, mutes={ANNA: until})
    actions = measures.mute(muted, Cause(MOD, NOW, 7), ANNA, None)
    assert kinds(actions) == ["Note", "NoteMute"]
    assert only(act.Note, actions).undo == (act.NoteMute(ANNA, until),)


def test_a_ban_closes_the_rooms_first_the_busiest_before_the_others() -> None:
    said = {ANNA: {CIRCLE: ("$3",), OTHER: ("$2", "$1")}}
    actions = measures.ban(
        replace(STATE, everywhere=said), Cause(MOD, NOW, 7), ANNA, None, redact=True
    )
    requests = [one for one in actions if isinstance(one, act.BanMember | act.RedactMessage)]
    assert requests == [
        act.BanMember(OTHER, ANNA, redact=True),
        act.BanMember(CIRCLE, ANNA, redact=True),
        act.RedactMessage(OTHER, "$2"),
        act.RedactMessage(OTHER, "$1"),
        act.RedactMessage(CIRCLE, "$3"),
    ]
    undone = only(act.Note, actions).undo
    assert undone.index(act.UnbanMember(CIRCLE, ANNA)) > undone.index(
        act.Repost(OTHER, "$1", "Quiet Heron")
    )
    # Somebody can be asked in again only when no ban is in the way.
    unbanned = undone.index(act.UnbanMember(CIRCLE, ANNA))
    assert undone.index(act.InviteMember(CIRCLE, ANNA)) == unbanned + 1
    assert act.NoteUnban(ANNA) in undone


def test_a_lock_in_a_room_that_is_frozen_opens_it_afterwards() -> None:
    frozen = replace(STATE, levels={CIRCLE: 100})
    lock = only(act.NoteLock, measures.lock(frozen, CAUSE, CIRCLE, None))
    assert lock.before == 0
    longer = replace(STATE, locks={CIRCLE: Lock(NOW)})
    assert kinds(measures.lock(longer, CAUSE, CIRCLE, None)) == ["Note", "NoteLock"]
    assert measures.lock(replace(STATE, locks={CIRCLE: Lock()}), CAUSE, CIRCLE, NOW) == []


EVERYTHING = st.sampled_from(["flag", "slow", "hold", "remove", "mute", "lock", "ban"])


@given(st.lists(st.tuples(EVERYTHING, st.sampled_from([ANNA, None, MOD, "@z:z"])), max_size=5))
def test_every_line_of_the_audit_log_can_be_kept_and_read(findings: list[Any]) -> None:
    actions = answer(*(found(verb, user_id=user, reason="policy") for verb, user in findings))
    for action in actions:
        if isinstance(action, act.Note):
            assert act.note_from(act.to_content(action)) == action
            assert action.undo
        elif isinstance(action, act.Request):
            assert act.from_content(act.to_content(action)) == action
    told = [one.tell.deed for one in actions if isinstance(one, act.TellMember)]  # type: ignore[union-attr]
    numbers = range(7, 7 + kinds(actions).count("Note"))
    assert set(told) <= set(numbers)
