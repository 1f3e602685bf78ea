"""One round of the registrar: who is signed, what is published, and when it comes to nothing."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from support.registrar_desk import DAY, HOUR, Desk, user

from peerroom.pseudonym import registrar
from peerroom.pseudonym import registrar_effects as do
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.registrar_effects import Refusal, Saying
from peerroom.wire.records import Admitted, Declined, EpochOpened, Issued, Signed, Skipped, Voided

ALL = ("ann", "ben", "cem", "dia", "eva")


def kinds(effects: tuple[do.Effect, ...]) -> list[type[do.Effect]]:
    return [type(effect) for effect in effects]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_epoch_opens_when_its_keys_and_those_of_the_next_are_there(desk: Desk) -> None:
    assert [type(body) for body in desk.bodies] == [EpochOpened]
    opened = desk.bodies[0]
    assert isinstance(opened, EpochOpened)
    assert opened.keys == desk.office.keys[1].rounds
    assert opened.next_keys == desk.office.keys[2].rounds
    assert desk.effects(do.MakeKeys)[-1].epoch == 3


# --- asking ---------------------------------------------------------------------------------------


def test_a_later_request_replaces_an_earlier_one(desk: Desk) -> None:
    desk.ask(*ALL)
    first = desk.office.requests[user("ann")]
    desk.ask("ann")
    assert desk.office.requests[user("ann")] != first
    desk.cut_off()
    assert desk.office.requests[user("ann")][0] in desk.effects(do.SignBatch)[0].requests


def test_who_may_not_ask(desk: Desk) -> None:
    good = (b"\1" * 384,) * 3
    desk.tell(facts.Asked(user("nobody"), 1, good))
    desk.tell(facts.Asked(user("ann"), 2, good))
    desk.tell(facts.Asked(user("ann"), 1, (bytes(384), *good[1:])))
    desk.tell(facts.Asked(user("ann"), 1, (b"\xff" * 384, *good[1:])))
    assert desk.refused == [
        Refusal.NOT_A_SEAT,
        Refusal.WRONG_EPOCH,
        Refusal.REQUEST_OUT_OF_RANGE,
        Refusal.REQUEST_OUT_OF_RANGE,
    ]
    assert not desk.office.requests


def test_after_the_cut_off_nothing_changes_the_list(desk: Desk) -> None:
    desk.ask("ann", "ben", "cem")
    desk.cut_off()
    desk.ask("dia")
    assert desk.refused == [Refusal.TOO_LATE]
    assert len(desk.effects(do.SignBatch)[0].requests) == 3


def test_what_came_while_the_bot_was_off_counts(desk: Desk) -> None:
    """Time stands still until everything was read."""
    desk.ask("ann", "ben")
    desk.now += timedelta(hours=18)
    desk.ask("cem")
    desk.now = desk.office.times().cut_off + HOUR / 2
    desk.tell(facts.Ticked())
    assert len(desk.effects(do.SignBatch)[0].requests) == 3


# --- signing --------------------------------------------------------------------------------------


def test_the_ledger_has_everyone_who_asked(desk: Desk) -> None:
    desk.tell(facts.SatOut(user("dia")))
    desk.ask("ann", "ben", "cem", "dia")
    desk.tell(facts.Excluded(user("ben")))
    desk.ask("eva")
    desk.cut_off()
    desk.sign()
    ledger = desk.bodies[-1]
    assert isinstance(ledger, Issued)
    assert ledger.count == 3
    rows = {row.user_id: row for row in desk.rows(ledger) if isinstance(row, Signed | Declined)}
    assert [*rows] == sorted(map(user, ALL))
    assert {name for name, row in rows.items() if isinstance(row, Declined)} == {
        user("ben"),
        user("dia"),
    }
    for name in ALL:
        asked = desk.pendings[name][0].request
        assert rows[user(name)].request == hashlib.sha256(asked).digest()


def test_a_banned_one_who_asks_later_is_declined_in_public(desk: Desk) -> None:
    desk.tell(facts.Excluded(user("ann")))
    desk.ask(*ALL)
    desk.cut_off()
    desk.sign()
    ledger = desk.bodies[-1]
    assert Declined in {type(row) for row in desk.rows(ledger)}


def test_the_way_in_is_one_for_all_and_stands_in_the_ledger(desk: Desk) -> None:
    desk.issue("ann", "ben", "cem")
    (told,) = desk.effects(do.TellEntry)
    assert told.readers == (user("ann"), user("ben"), user("cem"))
    assert "entry" not in repr(told).replace("tell", "")
    ledger = desk.bodies[-1]
    assert isinstance(ledger, Issued)
    assert ledger.entry == hashlib.sha256(told.token.encode()).digest()


def test_nothing_is_published_before_the_way_in_is_there(desk: Desk) -> None:
    desk.ask("ann", "ben", "cem")
    desk.cut_off()
    (batch,) = desk.effects(do.SignBatch)
    key = desk.office.keys[1].rounds[0]
    answers = tuple(desk.mint.sign(key, request) for request in batch.requests)
    assert desk.tell(facts.BatchSigned(1, 0, answers)) == ()
    assert kinds(desk.tell(facts.EntryOpened(1, 0, "way"))) == [do.Publish, do.TellEntry]


def test_a_wrong_answer_of_the_signer_is_never_published(desk: Desk) -> None:
    desk.ask("ann", "ben", "cem")
    desk.cut_off()
    desk.tell(facts.EntryOpened(1, 0, "way"))
    desk.office, wanted = registrar.decide(
        facts.BatchSigned(1, 0, (bytes(384),) * 3),
        desk.office,
        now=desk.now,
        policy=desk.policy,
        mint=desk.mint,
    )
    assert kinds(wanted) == [do.Say]
    assert not desk.effects(do.TellEntry)
    desk.sign()
    assert desk.office.stage == "window"


@pytest.mark.parametrize("answers", [(), (b"",) * 3])
def test_answers_of_another_number_or_length_are_wrong(
    desk: Desk, answers: tuple[bytes, ...]
) -> None:
    desk.ask("ann", "ben", "cem")
    desk.cut_off()
    _, wanted = registrar.decide(
        facts.BatchSigned(1, 0, answers),
        desk.office,
        now=desk.now,
        policy=desk.policy,
        mint=desk.mint,
    )
    assert [effect.what for effect in wanted if isinstance(effect, do.Say)] == [Saying.SIGNER_WRONG]


def test_answers_for_another_round_are_nothing(desk: Desk) -> None:
    desk.ask("ann", "ben", "cem")
    desk.cut_off()
    assert desk.tell(facts.BatchSigned(1, 1, ())) == ()
    assert desk.tell(facts.EntryOpened(2, 0, "way")) == ()
    assert desk.office.stage == "signing"


def test_a_ban_while_the_signer_works_is_still_declined(desk: Desk) -> None:
    desk.ask(*ALL)
    desk.cut_off()
    desk.tell(facts.Excluded(user("ann")))
    desk.sign()
    ledger = desk.bodies[-1]
    assert isinstance(ledger, Issued)
    assert ledger.count == 4
    assert desk.effects(do.TellEntry)[0].readers == tuple(map(user, ALL[1:]))
    for name in ALL[1:]:
        desk.show(name)
    desk.commit()
    assert isinstance(desk.bodies[-2], Admitted)  # no round was lost by it


# --- the end of the window ------------------------------------------------------------------------


def test_with_enough_the_room_is_frozen_and_then_the_names_change(desk: Desk) -> None:
    desk.issue(*ALL)
    for name in ALL[:4]:
        desk.show(name)
    assert kinds(desk.end_window()) == [do.CloseEntry, do.Freeze]
    assert desk.wait(desk.policy.freeze - timedelta(seconds=1)) == ()
    assert do.MakeRoom in kinds(desk.wait(timedelta(seconds=1)))
    ledger = desk.bodies[-2]
    assert isinstance(ledger, Admitted)
    assert (ledger.issued, ledger.count) == (5, 4)


@pytest.mark.parametrize(("shown", "enough"), [(2, False), (3, False), (4, True)])
def test_two_thirds_of_the_tokens_must_come_back(shown: int, enough: bool) -> None:
    desk = Desk()
    desk.issue(*ALL)
    for name in ALL[:shown]:
        desk.show(name)
    desk.end_window()
    assert (desk.office.stage == "frozen") is enough
    assert (Voided(1, 0, "too few") in desk.bodies) is not enough


def test_fewer_than_the_floor_are_not_enough() -> None:
    desk = Desk(ALL[:3])
    desk.issue(*ALL[:3])
    for name in ALL[:2]:
        desk.show(name)
    desk.end_window()
    assert desk.bodies[-1] == Voided(1, 0, "too few")


def test_a_void_deactivates_who_came_in_and_issues_the_next_round_at_once(desk: Desk) -> None:
    desk.issue(*ALL)
    desk.show("ann")
    begin = desk.now
    assert kinds(desk.end_window()) == [
        do.CloseEntry,
        do.Publish,
        do.Say,
        do.DeactivateStrangers,
        do.SignBatch,
        do.OpenEntry,
    ]
    (strangers,) = desk.effects(do.DeactivateStrangers)
    assert (strangers.since, strangers.token) == (begin, "entry 1 0")
    assert "entry" not in repr(strangers)
    assert user("ann") in strangers.keep
    assert user("new-ann") not in strangers.keep
    desk.sign()
    for name in ALL:
        desk.show(name, f"again-{name}")
    desk.commit()
    assert user("again-ann") in desk.office.seats


def test_what_was_shown_in_a_void_round_is_not_taken_again(desk: Desk) -> None:
    desk.issue(*ALL)
    desk.show("ann", "fresh")
    desk.end_window()
    desk.sign()
    desk.show("ann", "fresh")
    assert desk.refused == [Refusal.KEYS_TAKEN]


def test_three_voids_skip_the_epoch_and_the_next_opens_in_the_same_room(desk: Desk) -> None:
    desk.issue(*ALL)
    for _ in range(2):
        desk.end_window()
        desk.sign()
    desk.end_window()
    assert desk.bodies[-3:-1] == [Voided(1, 2, "too few"), Skipped(1, "rounds")]
    assert desk.office.number == 2
    assert desk.office.room_id == "!one"
    assert not desk.effects(do.MakeRoom)
    assert desk.effects(do.DestroyKeys)[-1].epoch == 1
    desk.rotate(*ALL)
    assert desk.office.number == 3


def test_a_circle_that_is_too_small_says_so(desk: Desk) -> None:
    desk.ask("ann", "ben")
    desk.cut_off()
    assert desk.bodies[1] == Skipped(1, "too few")
    assert not desk.effects(do.SignBatch)
    (said,) = desk.effects(do.Say)
    assert (said.what, said.number) == (Saying.TOO_SMALL, 2)
    assert desk.office.number == 2


# --- lateness -------------------------------------------------------------------------------------


def test_a_bot_that_was_off_over_the_cut_off_leaves_the_round_out(desk: Desk) -> None:
    desk.ask(*ALL)
    desk.now = desk.office.times().visits(0)[0]
    desk.tell(facts.Ticked())
    assert desk.bodies[-1] == Voided(1, 0, "late")
    assert not desk.effects(do.SignBatch)
    desk.cut_off()
    desk.sign()
    assert isinstance(desk.bodies[-1], Issued)
    assert desk.bodies[-1].round == 1


def test_a_bot_that_was_off_for_all_rounds_skips(desk: Desk) -> None:
    desk.ask(*ALL)
    desk.now = desk.office.times().ends(2)
    desk.tell(facts.Ticked())
    assert desk.bodies[1:5] == [*(Voided(1, n, "late") for n in range(3)), Skipped(1, "rounds")]


def test_a_signer_that_does_not_answer_costs_the_round_and_no_more(desk: Desk) -> None:
    desk.ask(*ALL)
    desk.cut_off()
    desk.wait(HOUR)
    assert desk.bodies[-1] == Voided(1, 0, "late")
    assert not desk.effects(do.DeactivateStrangers)
    assert len(desk.effects(do.CloseEntry)) == 1
    desk.cut_off()
    desk.sign()
    assert desk.office.stage == "window"


# --- bans in the window ---------------------------------------------------------------------------


def test_a_ban_of_one_who_was_signed_voids_once_at_the_end_of_the_window(desk: Desk) -> None:
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    for name in ALL[:2]:
        assert kinds(desk.tell(facts.Excluded(user(name)))) == [do.RemoveAccount]
    desk.end_window()
    assert desk.bodies[-1] == Voided(1, 0, "ban")
    desk.sign()
    ledger = desk.bodies[-1]
    assert isinstance(ledger, Issued)
    assert (ledger.round, ledger.count) == (1, 3)
    for name in ALL[2:]:
        desk.show(name, f"again-{name}")
    desk.commit()
    assert {*desk.office.seats} == {user(f"again-{name}") for name in ALL[2:]}


def test_a_ban_of_one_who_was_not_signed_costs_nobody_else(desk: Desk) -> None:
    desk.issue(*ALL[:4])
    for name in ALL[:4]:
        desk.show(name)
    desk.tell(facts.Excluded(user("eva")))
    desk.commit()
    assert isinstance(desk.bodies[-2], Admitted)
    assert user("eva") not in desk.office.seats


def test_a_ban_in_the_frozen_time_still_counts(desk: Desk) -> None:
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)
    desk.end_window()
    desk.wait(timedelta(minutes=10))
    wanted = desk.tell(facts.Excluded(user("ann")))
    assert kinds(wanted)[:3] == [do.RemoveAccount, do.Thaw, do.Publish]
    assert desk.effects(do.Thaw)[0].number == desk.effects(do.Freeze)[0].number
    assert desk.bodies[-1] == Voided(1, 0, "ban")
    desk.sign()
    assert desk.office.stage == "window"


def test_a_ban_after_the_switch_comes_too_late_and_says_so(desk: Desk) -> None:
    desk.rotate(*ALL, absent=["eva"])
    desk.tell(facts.Excluded(user("ann")))
    desk.tell(facts.Excluded(user("eva")))
    retired = [said for said in desk.effects(do.Say) if said.what is Saying.NAME_RETIRED]
    assert [said.about for said in retired] == [user("ann"), user("eva")]
    assert user("ann-1") in desk.office.seats  # nobody knows that this was Ann
    desk.stay("eva")
    assert desk.refused == [Refusal.BANNED]


# --- holding --------------------------------------------------------------------------------------


def show_all(desk: Desk) -> None:
    desk.issue(*ALL)
    for name in ALL:
        desk.show(name)


def test_open_reports_hold_the_switch_until_they_are_dealt_with(desk: Desk) -> None:
    show_all(desk)
    desk.tell(facts.HoldSet(desk.office.times().ends(0) + 2 * HOUR))
    assert kinds(desk.end_window()) == [do.CloseEntry, do.Say]
    desk.wait(HOUR)
    assert kinds(desk.tell(facts.HoldReleased())) == [do.Freeze]
    desk.wait(desk.policy.freeze)
    assert desk.office.number == 1 or isinstance(desk.bodies[-1], EpochOpened)
    assert any(isinstance(body, Admitted) for body in desk.bodies)


def test_a_hold_ends_by_itself_and_at_the_latest_after_the_hosts_patience(desk: Desk) -> None:
    show_all(desk)
    desk.tell(facts.HoldSet(desk.now + 100 * DAY))
    desk.end_window()
    assert desk.wait(desk.policy.hold - timedelta(seconds=1)) == ()
    assert kinds(desk.wait(timedelta(seconds=1))) == [do.Freeze]


def test_a_hold_that_is_over_before_the_end_holds_nothing(desk: Desk) -> None:
    show_all(desk)
    desk.tell(facts.HoldSet(desk.now + HOUR))
    desk.end_window()
    assert desk.office.stage == "frozen"


def test_a_report_in_the_frozen_time_thaws_the_room(desk: Desk) -> None:
    show_all(desk)
    desk.end_window()
    assert kinds(desk.tell(facts.HoldSet(desk.now + HOUR))) == [do.Thaw, do.Say]
    assert kinds(desk.wait(HOUR)) == [do.Freeze]
    assert [effect.number for effect in desk.effects(do.Freeze)] == [1, 2]


def test_a_ban_in_a_hold_voids_at_once_and_goes_on_with_the_next_round_that_is_not_late(
    desk: Desk,
) -> None:
    show_all(desk)
    desk.tell(facts.HoldSet(desk.now + DAY))
    desk.end_window()
    desk.wait(2 * HOUR)  # round 1 has its visits by now
    desk.tell(facts.Excluded(user("ann")))
    assert desk.bodies[-2:] == [Voided(1, 0, "ban"), Voided(1, 1, "late")]
    desk.tell(facts.HoldReleased())
    desk.cut_off()
    desk.sign()
    assert isinstance(desk.bodies[-1], Issued)
    assert desk.bodies[-1].round == 2
