"""Who has a seat: bans, mutes, newcomers, those who leave, and laptops that were lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.registrar_desk import HOUR, Desk, user

from peerroom.pseudonym import registrar_effects as do
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.registrar_effects import Saying
from peerroom.pseudonym.registrar_people import OBJECTION
from peerroom.wire.records import Admitted, Carried, Declined, Issued

ALL = ("ann", "ben", "cem", "dia", "eva")
MOD = user("mod")


@pytest.fixture
def desk() -> Desk:
    return Desk(ALL, ["mod"])


def carried(desk: Desk) -> dict[str, str]:
    """Who went on under their name at the last switch, and why."""
    ledger = next(body for body in reversed(desk.bodies) if isinstance(body, Admitted))
    rows = desk.rows(ledger)
    return {row.user_id: row.why for row in rows if isinstance(row, Carried)}


def test_a_circle_begins_once(desk: Desk) -> None:
    before = desk.office
    assert desk.tell(facts.Began("!other", {})) == ()
    assert desk.office == before


# --- those who go on under their name -------------------------------------------------------------


def test_who_did_not_ask_and_who_does_not_rotate_is_carried(desk: Desk) -> None:
    desk.rotate(*ALL[:4])
    assert carried(desk) == {user("eva"): "away", MOD: "resident"}
    assert desk.office.seats[user("eva")].waits is None
    (invited,) = desk.effects(do.InviteCarried)
    assert {*invited.users} == {user("eva"), MOD}
    assert invited.room_id == "!2"


def test_a_ledger_names_the_names_that_go_on(desk: Desk) -> None:
    desk.tell(facts.Joined(user("odd"), None))
    desk.rotate(*ALL[:4])
    ledger = next(body for body in desk.bodies if isinstance(body, Admitted))
    names = {row.user_id: row.name for row in desk.rows(ledger) if isinstance(row, Carried)}
    assert names == {user("eva"): 4000, MOD: 5000, user("odd"): None}


# --- sitting out ----------------------------------------------------------------------------------


def test_who_sits_out_is_declined_and_waits_outside(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("ann")))
    desk.rotate(*ALL)
    assert user("ann") not in carried(desk)
    assert desk.office.seats[user("ann")].waits == 1
    assert desk.office.room_of(user("ann")) == "!one"


def test_who_waits_asks_at_a_later_cut_off_and_comes_back_with_the_others(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("ann")))
    desk.rotate(*ALL)
    desk.tell(facts.Restored(user("ann")))
    assert desk.office.seats[user("ann")].waits == 1  # nobody sees that they are back
    new = [f"{name}-1" for name in ALL[1:]]
    desk.issue(*new, "ann")
    told = {effect.room_id: effect.readers for effect in desk.effects(do.TellEntry)[-2:]}
    assert told["!one"] == (user("ann"),)
    assert len(told["!2"]) == 4
    for name in (*new, "ann"):
        desk.show(name, f"{name}-2")
    desk.commit()
    assert desk.office.seats[user("ann-2")].waits is None


def test_every_record_is_also_where_somebody_waits(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("ann")))
    desk.rotate(*ALL)
    desk.issue(*(f"{name}-1" for name in ALL[1:]))
    newest = desk.office.sequence
    rooms = [e.room_id for e in desk.effects(do.Publish) if e.record.sequence == newest]
    assert rooms == ["!one", "!2"]


def test_a_mute_that_is_over_at_the_switch_costs_the_token_but_not_the_place(desk: Desk) -> None:
    desk.ask(*ALL)
    desk.tell(facts.SatOut(user("ann"), desk.office.times().cut_off + HOUR))
    desk.cut_off()
    desk.sign()
    for name in ALL[1:]:
        desk.show(name)
    desk.commit()
    assert carried(desk)[user("ann")] == "away"
    assert not desk.office.sat_out


def test_a_mute_that_is_over_before_the_cut_off_costs_nothing(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("ann"), desk.now + HOUR))
    desk.rotate(*ALL)
    assert user("ann-1") in desk.office.seats


def test_a_resident_who_sat_out_is_called_back(desk: Desk) -> None:
    desk.tell(facts.SatOut(MOD, desk.now + 30 * HOUR))
    desk.rotate(*ALL)
    assert desk.office.seats[MOD].waits == 1
    wanted = desk.wait(10 * HOUR)
    assert do.InviteCarried("!2", (MOD,), f"back {MOD} 1") in wanted
    assert desk.office.seats[MOD].waits is None


def test_a_sit_out_after_the_list_was_fixed_does_not_hold_the_seat(desk: Desk) -> None:
    """Known and said: a mute belongs to a name, and this name ends with the switch."""
    desk.issue(*ALL)
    desk.tell(facts.SatOut(user("ann")))
    for name in ALL:
        desk.show(name)
    desk.commit()
    assert user("new-ann") in desk.office.seats


# --- bans -----------------------------------------------------------------------------------------


def test_a_ban_removes_the_seat_and_its_place_in_the_next_room(desk: Desk) -> None:
    desk.tell(facts.Excluded(user("eva")))
    desk.rotate(*ALL[:4])
    assert user("eva") not in carried(desk)
    assert user("eva") not in desk.office.seats


def test_a_ban_while_the_room_is_made_keeps_its_account_out(desk: Desk) -> None:
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    desk.tell(facts.Excluded(user("new-ann")))
    desk.tell(facts.Excluded(MOD))
    desk.move()
    assert user("new-ann") not in desk.effects(do.SeatAll)[0].users
    assert not desk.effects(do.InviteCarried)


def test_a_ban_of_one_who_waits_ends_the_waiting(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("ann")))
    desk.rotate(*ALL)
    wanted = desk.tell(facts.Excluded(user("ann")))
    assert wanted == (do.RemoveAccount(user("ann"), ("!one", "!2"), 2),)
    assert user("ann") not in desk.office.seats
    assert Saying.NAME_RETIRED not in desk.said


def test_a_ban_of_one_who_stayed_is_a_ban(desk: Desk) -> None:
    desk.rotate(*ALL, absent=["eva"])
    desk.stay("eva")
    desk.tell(facts.Excluded(user("eva")))
    assert user("eva") not in desk.office.seats
    assert Saying.NAME_RETIRED not in desk.said


def test_a_new_invite_after_a_lifted_ban_is_a_new_seat(desk: Desk) -> None:
    desk.tell(facts.Excluded(user("eva")))
    desk.tell(facts.Restored(user("eva")))
    assert user("eva") not in desk.office.seats
    desk.tell(facts.Joined(user("eva"), 7))
    desk.rotate(*ALL)
    assert user("eva-1") in desk.office.seats


# --- coming and going -----------------------------------------------------------------------------


def test_a_newcomer_rotates_with_the_others(desk: Desk) -> None:
    desk.tell(facts.Joined(user("new"), 9))
    assert 9 in desk.office.recent[1]
    desk.rotate(*ALL, "new")
    assert user("new-1") in desk.office.seats


def test_a_newcomer_while_the_room_is_made_is_invited_to_it(desk: Desk) -> None:
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.commit()
    desk.tell(facts.Joined(user("new"), 9))
    desk.move()
    assert user("new") in desk.effects(do.InviteCarried)[0].users


def test_a_member_who_becomes_a_moderator_keeps_the_name_and_does_not_rotate(desk: Desk) -> None:
    desk.tell(facts.Joined(user("ann"), None, "resident"))
    desk.rotate(*ALL[1:])
    assert carried(desk)[user("ann")] == "resident"
    assert desk.office.seats[user("ann")].name == 0


def test_a_moderator_who_asks_in_the_epoch_they_came_in_is_declined_in_public(desk: Desk) -> None:
    """Their program cannot know yet that their name stays: unanswered, it would have to take the
    circle for one that leaves people out, and stop."""
    desk.tell(facts.Joined(user("mod"), 9, "resident"))
    desk.ask(*ALL, "mod")
    assert not desk.refused
    desk.cut_off()
    desk.sign()
    ledger = desk.bodies[-1]
    assert isinstance(ledger, Issued)
    assert [row.user_id for row in desk.rows(ledger) if isinstance(row, Declined)] == [user("mod")]
    assert ledger.count == len(ALL)


def test_who_leaves_gives_up_the_seat_and_is_declined(desk: Desk) -> None:
    desk.ask(*ALL)
    desk.tell(facts.Left(user("ann"), "!one"))
    desk.cut_off()
    desk.sign()
    ledger = desk.bodies[-1]
    assert isinstance(ledger, Issued)
    assert [row.user_id for row in desk.rows(ledger) if isinstance(row, Declined)] == [user("ann")]


def test_leaving_an_old_room_is_nothing_for_who_is_in_the_new_one(desk: Desk) -> None:
    desk.rotate(*ALL[:4])
    desk.tell(facts.Left(user("eva"), "!one"))
    assert user("eva") in desk.office.seats
    desk.tell(facts.Left(user("eva"), "!2"))
    assert user("eva") not in desk.office.seats


def test_who_waits_and_leaves_is_gone(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("ann")))
    desk.rotate(*ALL)
    desk.tell(facts.Left(user("ann"), "!one"))
    assert user("ann") not in desk.office.seats


def test_who_leaves_with_a_token_can_still_use_it(desk: Desk) -> None:
    desk.issue(*ALL)
    desk.tell(facts.Left(user("ann"), "!one"))
    for name in ALL:
        desk.show(name)
    desk.commit()
    assert user("new-ann") in desk.office.seats


# --- lost laptops ---------------------------------------------------------------------------------


def test_a_lost_laptops_seat_goes_to_a_new_invite_after_48_hours(desk: Desk) -> None:
    desk.tell(facts.ReplacementAsked(user("ann"), MOD))
    desk.wait(OBJECTION - timedelta(seconds=1))
    assert user("ann") in desk.office.seats
    assert not desk.effects(do.GrantInvite)
    wanted = desk.wait(timedelta(seconds=1))
    remove = do.RemoveAccount(user("ann"), ("!one",), desk.office.number)
    assert wanted == (remove, do.GrantInvite(user("ann"), MOD))
    assert user("ann") not in desk.office.seats


def test_while_a_seat_is_in_doubt_it_gets_no_token(desk: Desk) -> None:
    desk.tell(facts.ReplacementAsked(user("ann"), MOD))
    desk.rotate(*ALL)
    assert carried(desk)[user("ann")] == "away"


def test_an_objection_ends_it_and_it_can_be_asked_again(desk: Desk) -> None:
    desk.tell(facts.ReplacementAsked(user("ann"), MOD))
    desk.tell(facts.ReplacementObjected(user("ann")))
    desk.tell(facts.ReplacementAsked(user("ann"), MOD))
    desk.tell(facts.ReplacementObjected(user("ann")))
    desk.wait(OBJECTION)
    assert not desk.effects(do.GrantInvite)
    assert desk.said[:4] == [Saying.REPLACEMENT_ASKED, Saying.REPLACEMENT_STOPPED] * 2


def test_where_a_token_is_out_no_seat_can_be_replaced(desk: Desk) -> None:
    desk.issue(*ALL)
    desk.tell(facts.ReplacementAsked(user("ann"), MOD))
    for name in ALL[:4]:
        desk.show(name)
    desk.commit()
    desk.move()
    desk.tell(facts.ReplacementAsked(user("eva"), MOD))
    desk.wait(OBJECTION)
    assert desk.said.count(Saying.REPLACEMENT_REFUSED) == 2
    assert not desk.effects(do.GrantInvite)


@pytest.mark.parametrize("fact", [facts.Excluded(user("ann")), facts.Left(user("ann"), "!one")])
def test_a_seat_that_is_gone_is_not_replaced(desk: Desk, fact: facts.Fact) -> None:
    desk.tell(facts.ReplacementAsked(user("ann"), MOD))
    desk.tell(fact)
    desk.wait(OBJECTION)
    assert not desk.effects(do.GrantInvite)
