"""Roles, shifts, digests, texts, how things stand, and what was done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paper_desk import (
    ANNA,
    BEN,
    CARA,
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
)

from peerroom.i18n import said_in
from peerroom.moderation import actions as act
from peerroom.moderation import rota, templates
from peerroom.moderation.docket import Docket
from peerroom.moderation.findings import REASONS
from peerroom.moderation.roles import refused
from peerroom.moderation.state import Health, Lock
from peerroom.wire.commands import COMMANDS, may

# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", COMMANDS)
def test_each_command_is_for_those_it_names(kind: type) -> None:
    for user, rank in ((WATCHER, "watcher"), (MOD, "moderator"), (LEAD, "lead")):
        said = refused(kind.word, kind.least, user, STATE)
        assert (said is None) == may(rank, kind.least)
        if said is not None:
            assert "Moderator Larch" in said
            assert "!" not in said.replace(f"`!{kind.word}`", "")


def test_a_role_is_given_by_leads_and_moves_power_levels_no_further_than_it_needs() -> None:
    desk = PaperDesk()
    assert "for leads" in spoken(desk.type("!role Moderator Maple watcher"))
    actions = desk.type("!role Moderator Maple watcher", by=LEAD)
    assert act.SetRole(MOD, "watcher") in actions
    assert of_kind(act.TakeRole, actions) == [act.TakeRole(CIRCLE, MOD), act.TakeRole(GARDEN, MOD)]
    assert of_kind(act.GiveRole, actions) == []
    [note] = of_kind(act.Note, actions)
    assert act.SetRole(MOD, "moderator") in note.undo
    assert act.GiveRole(CIRCLE, MOD) in note.undo
    lead = desk.type("!role Moderator Maple lead", by=LEAD)
    assert of_kind(act.GiveRole, lead) == [act.GiveRole(CIRCLE, MOD), act.GiveRole(GARDEN, MOD)]
    assert of_kind(act.GiveRole, desk.type("!role Moderator Maple moderator", by=LEAD)) == []
    assert "is moderator already" in spoken(desk.type("!role Moderator Maple moderator", by=LEAD))


def test_somebody_stays_lead() -> None:
    desk = PaperDesk()
    actions = desk.type("!role Moderator Larch moderator", by=LEAD)
    assert [type(action) for action in actions] == [act.Say]
    assert "Make another one first" in spoken(actions)
    desk.type("!role Moderator Maple lead", by=LEAD)
    assert of_kind(act.SetRole, desk.type("!role Moderator Larch watcher", by=LEAD))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Quiet Heron", "is no moderator"),
        ("Moderator Mapel", "Did you mean Moderator Maple"),
        ("Zebra", "I know no one"),
    ],
)
def test_a_role_is_for_moderators(name: str, answer: str) -> None:
    actions = PaperDesk().type(f"!role {name} watcher", by=LEAD)
    assert [type(action) for action in actions] == [act.Say]
    assert answer in spoken(actions)


def test_who_was_never_said_to_be_anything_is_a_moderator() -> None:
    desk = PaperDesk().knows(roles={})
    assert of_kind(act.NoteMute, desk.type("!mute Quiet Heron 1h"))
    assert "there is none yet" in spoken(desk.type("!role Moderator Maple lead"))


# --- shifts ---------------------------------------------------------------------------------------


def test_who_comes_back_reads_what_happened() -> None:
    desk = PaperDesk()
    first = spoken(desk.type("!shift on"))
    assert "Moderator Maple is here." in first
    assert "In the last day: 0 cases, 0 open now." in first
    assert "here already" in spoken(desk.type("!shift on"))
    desk.type("!shift off")
    docket = Docket({}, 1, desk.later(hours=1).at)
    for reason in ("words", "scam", "contact", "risk"):
        docket.open("flag", reason, about=ANNA, name="Quiet Heron", urgent=reason == "risk")
    desk.knows(cases=docket.cases, next_case=5)
    for number in (1, 2, 3):
        desk.later(minutes=5).type(f"!close {number} nothing", by=LEAD)
    said = spoken(desk.type("!shift on"))
    assert "Since your last shift: 4 cases, 1 open now." in said
    assert "Case 4 · someone may not be well · Quiet Heron · look at this first" in said
    assert spoken(desk.type("!digest")) in said


def test_the_rota_says_who_is_here_and_who_was() -> None:
    desk = PaperDesk()
    assert "Nobody has said" in spoken(desk.type("!rota", by=WATCHER))
    desk.type("!shift on")
    desk.later(minutes=40).type("!shift on", by=LEAD)
    said = spoken(desk.type("!rota", by=WATCHER))
    assert said.index("Moderator Maple, since 40 minutes ago") < said.index("Moderator Larch")
    goes = spoken(desk.type("!shift off"))
    assert "have a good rest" in goes
    assert "Nobody else" not in goes
    assert "Moderator Maple was here until just now" in spoken(desk.type("!rota"))
    assert "Nobody else has said" in spoken(desk.type("!shift off", by=LEAD))
    assert "not on a shift" in spoken(desk.type("!shift off"))


def test_who_goes_hears_what_they_still_have() -> None:
    docket = Docket({}, 1, NOW)
    docket.open("flag", "words", about=ANNA)
    desk = PaperDesk().knows(cases=docket.cases, next_case=2)
    desk.type("!shift on")
    desk.type("!claim 1")
    assert "still look after: 1. `!drop 1` gives" in spoken(desk.type("!shift off"))


def test_a_shift_that_nobody_ended_is_over_after_half_a_day() -> None:
    desk = PaperDesk()
    desk.type("!shift on")
    assert desk.later(hours=11).tick() == []
    assert "Maple, since" in spoken(desk.type("!rota"))
    desk.later(hours=1).tick()
    assert desk.state.books["shift"] == {}
    assert rota.last_here(MOD, desk.state) == desk.at
    assert desk.tick() == []


@given(st.dictionaries(st.sampled_from([MOD, LEAD]), st.none() | st.text() | st.integers()))
def test_shifts_kept_in_another_shape_are_nobodys(kept: dict[str, object]) -> None:
    desk = PaperDesk().knows(books={"shift": kept, "digest": kept})
    assert desk.type("!rota")
    assert desk.type("!digest")


# --- texts ----------------------------------------------------------------------------------------


def test_every_reason_has_its_text_in_both_languages() -> None:
    for reason in REASONS:
        name = templates.of_reason(reason)
        assert name == reason or reason in {"risk", "request", "appeal"}
    for name, texts in templates.ALL.items():
        assert set(texts) == {"en", "ja"}, name
        for said in texts.values():
            assert 20 < len(said) < 400
            assert "!" not in said
            assert "！" not in said
    assert templates.why(None, STATE) == templates.text("other", STATE)
    assert templates.why("of another version", STATE) == templates.text("other", STATE)


def test_a_text_is_shown_written_anew_and_brought_back() -> None:
    desk = PaperDesk()
    assert "thanks" in spoken(desk.type("!templates", by=WATCHER))
    assert "Thank you for telling us" in spoken(desk.type("!template thanks"))
    assert "Thank" not in spoken(desk.type("!template thanks ja"))
    desk.type("!template thanks en Thank you, dear neighbour.")
    assert templates.in_language("thanks", "en", desk.state) == "Thank you, dear neighbour."
    assert "お知らせ" in templates.text("thanks", desk.state)["ja"]
    assert "Written anew: thanks." in spoken(desk.type("!templates"))
    deed = desk.state.next_deed
    desk.type("!template thanks en default")
    assert "Thank you for telling us" in templates.text("thanks", desk.state)["en"]
    desk.type(f"!undo {deed}")
    assert "dear neighbour" in templates.text("thanks", desk.state)["en"]
    assert "no text called “nothing-such”" in spoken(desk.type("!template nothing-such"))
    long = spoken(desk.type("!template thanks en " + "word " * 400))
    assert "1500 characters are the most" in long
    assert "for moderators" in spoken(desk.type("!template thanks en hi", by=WATCHER))


# --- how things stand, and what was done ----------------------------------------------------------


def test_the_state_of_the_room_is_told_with_what_cannot_be_read() -> None:
    desk = PaperDesk()
    said = spoken(desk.type("!status", by=WATCHER))
    assert "I can read this room." in said
    assert "Rooms I look after: 2." in said
    assert "Open cases" not in said
    health = Health(since=NOW, unreadable=5, withholding=2)
    docket = Docket({}, 1, NOW)
    docket.open("flag", "risk", about=ANNA, urgent=True)
    locks = {CIRCLE: Lock(NOW + timedelta(minutes=20)), GARDEN: Lock()}
    desk.knows(health=health, cases=docket.cases, locks=locks)
    said = spoken(desk.type("!status"))
    assert "I can read this room; 2 members' devices withhold keys." in said
    assert "could not read: 5" in said
    assert "Open cases: 1, urgent: 1." in said
    assert "for 20 minutes more" in said
    assert "until `!unlock`" in said


def test_the_log_is_looked_through_by_name_kind_and_number() -> None:
    desk = PaperDesk()
    assert "Nothing of that was done" in spoken(desk.type("!audit"))
    desk.type("!mute Quiet Heron 2h")
    desk.later(minutes=10).type("!ban Calm Otter: sold courses", by=LEAD)
    desk.later(minutes=10).type("!undo 1")
    said = spoken(desk.type("!audit", by=WATCHER))
    assert "1. · muted · Quiet Heron / 静かなサギ · by Moderator Maple · 20 minutes ago" in said
    assert "taken back" in said.splitlines()[2]
    assert said.index("3.") < said.index("2.") < said.index("1.")
    about = spoken(desk.type("!audit Calm Otter"))
    assert "banned" in about
    assert "muted" not in about
    assert "banned" in spoken(desk.type("!audit Moderator Larch"))
    assert "banned" in spoken(desk.type("!audit banned"))
    assert "Nothing of that" in spoken(desk.type("!audit Misty Hare"))
    whole = spoken(desk.type("!audit 2"))
    assert "In their words: sold courses" in whole
    assert "`!undo 2` takes it back." in whole
    assert "taken back under 3" in spoken(desk.type("!audit 1"))
    assert "nothing under number 9" in spoken(desk.type("!audit 9"))


def test_the_log_says_who_was_let_in_and_as_what() -> None:
    """Nobody lets themself in, and no code stands for a role."""
    note = act.Note(ANNA, "admitted", "moderator", at=NOW)
    desk = PaperDesk().knows(deeds={1: note}, next_deed=2)
    first = spoken(desk.type("!audit")).splitlines()[0]
    assert first == "1. · let in · Quiet Heron / 静かなサギ · moderator · just now"
    assert " · 見守り役 · " in said_in("ja", lambda: spoken(desk.type("!audit")))


def test_who_has_gone_without_a_name_is_no_address_in_the_log() -> None:
    notes = {1: act.Note("@pe312:x", "muted", "@pe313:x"), 2: act.Note("@pe312:x", "admitted")}
    said = spoken(PaperDesk().knows(deeds=notes, next_deed=3).type("!audit"))
    assert "muted · someone who has left · by someone who has left" in said
    assert "let in · someone who has left" in said
    assert "@pe31" not in said


def test_the_log_shows_the_newest_of_many() -> None:
    deeds = {n: act.Note(MOD, "muted", BEN, at=NOW) for n in range(1, 101)}
    desk = PaperDesk().knows(deeds=deeds, next_deed=101)
    lines = spoken(desk.type("!audit")).splitlines()
    assert lines[0].startswith("100.")
    assert len(lines) == 16


def test_taking_back_a_large_removal_is_shown_first() -> None:
    desk = PaperDesk()
    shown = spoken(desk.type("!remove Quiet Heron: 9"))
    code = shown.partition("`yes ")[2][:3]
    deed = desk.state.next_deed
    desk.type(f"yes {code}")
    shown = desk.type(f"!undo {deed}")
    assert of_kind(act.Repost, shown) == []
    assert "This puts 9 messages back." in spoken(shown)
    code = spoken(shown).partition("`yes ")[2][:3]
    done = desk.type(f"yes {code}")
    assert len(of_kind(act.Repost, done)) == 9
    [told] = of_kind(act.TellMember, done)
    assert (told.user_id, told.tell.what) == (ANNA, "put back")


# --- names to type --------------------------------------------------------------------------------


def test_half_a_name_is_enough_to_type_where_it_means_one_person() -> None:
    desk = PaperDesk()
    said = spoken(desk.type("!ban Quiet Heron"))
    assert "Quiet Heron / 静かなサギ is removed" in said
    assert "`!unban Quiet Heron` takes it back." in said
    assert "ban of" in spoken(desk.type("!unban Quiet Heron"))
    assert "until `!unban Quiet Heron`" in spoken(desk.type("!mute Quiet Heron"))
    desk.knows(members={**STATE.members, CARA: "Quiet Heron / 別のサギ"})
    assert "`!unban 静かなサギ` takes" in spoken(desk.type(f"!ban {ANNA}"))
    desk.knows(members={**desk.state.members, CARA: desk.state.members[ANNA]})
    assert f"`!unban {ANNA}` takes" in spoken(desk.type(f"!ban {ANNA}"))
