"""Taking a deed back needs the rank that doing the opposite would need."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from support.paper_desk import (
    ANNA,
    BOT,
    CIRCLE,
    GARDEN,
    LEAD,
    MOD,
    NOW,
    WATCHER,
    PaperDesk,
    of_kind,
    spoken,
)

from peerroom.moderation import actions as act
from peerroom.moderation.sparing import SPARED
from peerroom.moderation.state import Kept


@pytest.mark.parametrize(
    "given",
    [
        "!role Moderator Willow moderator",
        "!protect pace off",
        "!set pace.messages 9",
        "!words add tonic",
        "!rooms add !third",
        f"!rooms drop {GARDEN}",
        "!list subscribe !evil:x",
        "!list spare Quiet Heron",
    ],
)
def test_what_only_a_lead_does_only_a_lead_takes_back(given: str) -> None:
    desk = PaperDesk()
    desk.type(given, by=LEAD)
    assert 1 in desk.state.deeds
    before = desk.state
    refused = desk.type("!undo 1")
    assert [type(action) for action in refused] == [act.Say]
    assert "That is for leads" in spoken(refused)
    assert desk.state == before
    assert "Taken back" in spoken(desk.type("!undo 1", by=LEAD))


def test_who_was_lead_does_not_take_the_change_of_their_role_back() -> None:
    desk = PaperDesk().knows(roles={LEAD: "lead", MOD: "lead", WATCHER: "watcher"})
    desk.type("!role Moderator Maple moderator", by=LEAD)
    assert "That is for leads" in spoken(desk.type("!undo 1", by=MOD))
    assert desk.state.roles[MOD] == "moderator"
    desk.type("!undo 1", by=LEAD)
    assert desk.state.roles[MOD] == "lead"
    # What was taken back is no way round, either.
    desk.knows(roles={**desk.state.roles, MOD: "moderator"})
    assert "That is for leads" in spoken(desk.type("!undo 2", by=MOD))


@pytest.mark.parametrize(
    "undo",
    [
        (act.MakeModerator(ANNA),),
        (act.UnmakeModerator(WATCHER),),
        (act.SetRule("!own", "user", ANNA, None),),
        (act.OpenList("!own", open=True),),
        (act.SetAcl(CIRCLE, ()),),
        (act.Remember("list", "!own"),),
        (act.NoteUnmute(ANNA), act.SetRole(MOD, "lead")),
    ],
)
def test_one_thing_for_leads_makes_the_whole_deed_one(undo: tuple[act.Inverse, ...]) -> None:
    desk = PaperDesk().knows(deeds={1: act.Note(LEAD, "x", undo=undo)}, next_deed=2)
    assert "That is for leads" in spoken(desk.type("!undo 1"))
    assert "That is for leads" not in spoken(desk.type("!undo 1", by=LEAD))


def confirmed(desk: PaperDesk, given: str) -> list[act.Action]:
    """A lead gives an order, and the word for it where it is broad."""
    shown = desk.type(given, by=LEAD)
    found = re.search(r"`(yes \w+)`", spoken(shown))
    return shown if found is None else desk.type(found[1], by=LEAD)


@pytest.mark.parametrize("given", ["!lock all", "!lock 2h all"])
def test_no_part_of_what_a_lead_closed_is_opened_by_a_moderator(given: str) -> None:
    desk = PaperDesk()
    confirmed(desk, given)
    assert set(desk.state.locks) == {CIRCLE, GARDEN}
    for line in ("!undo 1", "!undo 2", "!unlock", "!unlock all"):
        before = desk.state
        assert "That is for leads" in spoken(desk.type(line)), line
        assert desk.state == before
    # Neither by what a moderator did before or after it.
    desk.type("!lock 9d")
    for number in desk.state.deeds:
        desk.type(f"!undo {number}")
    assert set(desk.state.locks) == {CIRCLE, GARDEN}
    assert "Taken back" in spoken(desk.type("!undo 2", by=LEAD))
    # Undoing the undoing is no way round.
    last = desk.state.next_deed - 1
    assert "That is for leads" in spoken(desk.type(f"!undo {last}"))
    assert set(desk.state.locks) == {CIRCLE}
    assert "open again" in spoken(desk.type("!unlock", by=LEAD))
    assert "That is for leads" in spoken(desk.type(f"!undo {last + 1}"))


def test_a_moderators_lock_that_a_lead_made_longer_is_the_leads() -> None:
    desk = PaperDesk()
    desk.type("!lock 30m")
    assert desk.state.locks[CIRCLE].least == "moderator"
    confirmed(desk, "!lock 2h all")
    assert "That is for leads" in spoken(desk.type("!undo 1"))
    assert "Taken back" in spoken(desk.type("!undo 2", by=LEAD))
    # It is the moderator's own again.
    assert "Taken back" in spoken(desk.type("!undo 1"))


def test_what_a_lead_opened_everywhere_no_moderator_closes_in_parts() -> None:
    desk = PaperDesk()
    confirmed(desk, "!lock all")
    confirmed(desk, "!unlock all")
    assert "That is for leads" in spoken(desk.type("!undo 4"))
    assert not desk.state.locks


def test_a_moderators_message_that_a_lead_removed_comes_back_by_a_lead() -> None:
    desk = PaperDesk()
    desk.knows(
        authors={**desk.state.authors, "$m": MOD},
        written={**desk.state.written, "$m": (CIRCLE, MOD)},
    )
    desk.type("!remove $m", by=LEAD)
    assert "That is for leads" in spoken(desk.type("!undo 1"))


def test_a_word_of_a_leads_that_moderators_have_too_is_theirs_to_take_back() -> None:
    desk = PaperDesk()
    desk.type("!lock 30m", by=LEAD)
    assert "Taken back" in spoken(desk.type("!undo 1"))


def test_what_moderators_do_they_take_back() -> None:
    desk = PaperDesk()
    for number, given in enumerate(
        ("!mute Quiet Heron 2h", "!slow room", "!template other en Be kind.", "!ban Calm Otter"), 1
    ):
        answer = desk.type(given)
        assert number in desk.state.deeds, spoken(answer)
    for number in (1, 2, 3, 4):
        assert "Taken back" in spoken(desk.type(f"!undo {number}"))


def test_a_ban_by_a_list_and_its_end_are_a_moderators() -> None:
    undo = (act.Remember(SPARED, ANNA, {"by": MOD}), act.NoteUnban(ANNA))
    desk = PaperDesk().knows(deeds={1: act.Note(BOT, "banned", undo=undo)}, next_deed=2)
    assert "Taken back" in spoken(desk.type("!undo 1"))


def test_who_is_lead_no_more_does_not_confirm_it() -> None:
    desk = PaperDesk().knows(roles={LEAD: "lead", MOD: "lead", WATCHER: "watcher"})
    posts = tuple(act.Repost(CIRCLE, f"$a{n}", "x") for n in range(1, 8))
    kept = {
        post.event_id: Kept(post.event_id, CIRCLE, ANNA, "words", NOW, NOW + timedelta(days=9))
        for post in posts
    }
    note = act.Note(LEAD, "x", undo=(*posts, act.SetAcl(CIRCLE, ())))
    desk.knows(deeds={1: note}, next_deed=2, evidence=kept)
    shown = spoken(desk.type("!undo 1"))
    found = re.search(r"`(yes \w+)`", shown)
    assert found is not None, shown
    desk.knows(roles={LEAD: "lead", MOD: "moderator", WATCHER: "watcher"})
    answer = desk.type(found[1])
    assert "That is for leads" in spoken(answer)
    assert of_kind(act.Repost, answer) == []
