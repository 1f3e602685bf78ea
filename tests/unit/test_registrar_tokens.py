"""What the registrar takes for a token, and from whom; how an old account takes its seat back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from support.paper_errands import account_of
from support.registrar_desk import DAY, LINEAGE, Desk, user

from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.epochs import REMEMBERED
from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.registrar_effects import InviteCarried, Publish, Refusal, Refuse
from peerroom.pseudonym.tokens import Scope, Token
from peerroom.wire.records import Admitted, DeviceKeys, Seated, Stayed

ALL = ("ann", "ben", "cem", "dia", "eva")


@pytest.fixture
def desk() -> Desk:
    """With the ledger of round 0 out."""
    desk = Desk()
    desk.issue(*ALL)
    return desk


def refusal(desk: Desk, fact: facts.Fact) -> Refusal:
    """Why a fact is not accepted; nothing else may come of it."""
    before = desk.office
    (effect,) = desk.tell(fact)
    assert isinstance(effect, Refuse)
    assert desk.office == before
    return effect.why


def shown(desk: Desk, row: Seated, **changes: object) -> facts.Shown:
    fact = facts.Shown(row.user_id, 1, 0, row, desk.now)
    return msgspec.structs.replace(fact, **changes)


# --- redeeming ------------------------------------------------------------------------------------


def test_a_good_token_takes_a_seat_at_the_switch_and_not_before(desk: Desk) -> None:
    desk.show("ann")
    assert user("new-ann") in desk.office.shown
    assert user("new-ann") not in desk.office.seats
    for name in ALL[1:]:
        desk.show(name)
    desk.commit()
    assert user("new-ann") in desk.office.seats
    assert user("ann") not in desk.office.seats


def test_showing_it_again_from_the_same_account_is_no_second_use(desk: Desk) -> None:
    desk.show("ann")
    assert desk.show("ann") == ()


def test_a_second_account_gets_nothing_for_it(desk: Desk) -> None:
    desk.show("ann")
    fact = shown(desk, desk.row("ann", "other", Use.REDEEM))
    assert refusal(desk, fact) is Refusal.ALREADY_SPENT


def test_one_account_takes_one_seat(desk: Desk) -> None:
    desk.show("ann", "new")
    fact = shown(desk, desk.row("ben", "new", Use.REDEEM))
    assert refusal(desk, fact) is Refusal.KEYS_TAKEN


@pytest.mark.parametrize("what", ["master", "ed25519", "curve25519"])
def test_no_key_serves_two_accounts(desk: Desk, what: str) -> None:
    desk.show("ann", "first")
    first, second = account_of(user("first")), account_of(user("second"))
    device = second.devices[0]
    if what == "master":
        second = replace(second, master_key=first.master_key)
    else:
        key = getattr(first.devices[0], what)
        second = replace(second, devices=(replace(device, **{what: key}),))
    row = desk.row("ben", "second", Use.REDEEM, who=second)
    assert refusal(desk, shown(desk, row)) is Refusal.KEYS_TAKEN


def test_no_key_stands_twice_in_one_account(desk: Desk) -> None:
    who = account_of(user("new"))
    device = replace(who.devices[0], ed25519=who.master_key)
    row = desk.row("ann", "new", Use.REDEEM, who=replace(who, devices=(device,)))
    assert refusal(desk, shown(desk, row)) is Refusal.KEYS_TAKEN


def test_only_the_account_itself_can_show_it(desk: Desk) -> None:
    fact = shown(desk, desk.row("ann", "new", Use.REDEEM), user_id=user("thief"))
    assert refusal(desk, fact) is Refusal.OTHER_ACCOUNT


def test_an_account_with_a_past_is_not_taken(desk: Desk) -> None:
    row = desk.row("ann", "new", Use.REDEEM)
    begin = desk.office.times().begins(0)
    for created in (begin - timedelta(seconds=1), begin - DAY, None):
        assert refusal(desk, shown(desk, row, created=created)) is Refusal.ACCOUNT_TOO_OLD
    # A server that knows the second alone says a little less than it was.
    truncated = begin - timedelta(milliseconds=999)
    assert desk.tell(shown(desk, row, created=truncated)) == ()


@pytest.mark.parametrize("name", ["ann", "ben"])
def test_no_old_account_is_taken_whatever_the_server_says(desk: Desk, name: str) -> None:
    row = desk.row("ann", name, Use.REDEEM)
    assert refusal(desk, shown(desk, row)) is Refusal.ACCOUNT_TOO_OLD


def test_where_no_server_can_tell_only_what_the_circle_knows_counts() -> None:
    desk = Desk(limited=True)
    desk.issue(*ALL)
    row = desk.row("ann", "new", Use.REDEEM)
    assert desk.tell(shown(desk, row, created=None)) == ()
    old = desk.row("ben", "cem", Use.REDEEM)
    assert refusal(desk, shown(desk, old, created=None)) is Refusal.ACCOUNT_TOO_OLD


def test_the_account_of_a_banned_one_is_not_taken(desk: Desk) -> None:
    desk.tell(facts.Excluded(user("new")))
    assert refusal(desk, shown(desk, desk.row("ann", "new", Use.REDEEM))) is Refusal.BANNED


def test_a_new_account_that_is_banned_before_the_switch_gets_no_seat(desk: Desk) -> None:
    for name in ALL:
        desk.show(name)
    desk.tell(facts.Excluded(user("new-ann")))
    desk.commit()
    assert user("new-ann") not in desk.office.seats
    ledger = next(body for body in desk.bodies if isinstance(body, Admitted))
    assert ledger.count == 4


@pytest.mark.parametrize(("epoch", "round_"), [(1, 1), (2, 0)])
def test_another_round_is_another_matter(desk: Desk, epoch: int, round_: int) -> None:
    fact = shown(desk, desk.row("ann", "new", Use.REDEEM), epoch=epoch, round=round_)
    assert refusal(desk, fact) is Refusal.WRONG_EPOCH


def test_before_the_ledger_and_after_the_window_nothing_is_taken() -> None:
    desk = Desk()
    desk.ask(*ALL)
    desk.cut_off()
    device = DeviceKeys("DEVICE", bytes(32), bytes(32))
    early = Seated(user("new"), bytes(32), (device,), bytes(521), bytes(64))
    assert refusal(desk, shown(desk, early)) is Refusal.TOO_LATE
    desk.sign()
    for name in ALL:
        desk.show(name)
    desk.end_window()
    assert refusal(desk, shown(desk, desk.row("ann", "x", Use.REDEEM))) is Refusal.TOO_LATE


def test_what_the_circle_did_not_sign_is_nothing(desk: Desk) -> None:
    row = desk.row("ann", "new", Use.REDEEM)
    token = Token.decode(row.token)
    other = Scope(LINEAGE, 1, 1)
    for forged in (
        replace(token, signature=bytes(384)),
        replace(token, scope=other),
        replace(token, scope=Scope(bytes(16), 1, 0)),
        replace(token, key_id=bytes(32)),
    ):
        fact = shown(desk, msgspec.structs.replace(row, token=forged.encode()))
        assert refusal(desk, fact) is Refusal.NOT_IN_ORDER
    fact = shown(desk, msgspec.structs.replace(row, token=b"cut off"))
    assert refusal(desk, fact) is Refusal.NOT_IN_ORDER


def test_a_proof_for_the_other_use_is_no_proof(desk: Desk) -> None:
    fact = shown(desk, desk.row("ann", "new", Use.STAY))
    assert refusal(desk, fact) is Refusal.NOT_IN_ORDER


# --- staying --------------------------------------------------------------------------------------


@pytest.fixture
def after() -> Desk:
    """A switch that Eva slept through."""
    desk = Desk()
    desk.rotate(*ALL, absent=["eva"])
    return desk


def wish(desk: Desk, name: str, account: str, use: Use = Use.STAY) -> facts.WantsToStay:
    row = desk.row(name, account, use)
    scope = Token.decode(row.token).scope
    return facts.WantsToStay(user(account), scope.epoch, scope.round, row)


def test_who_was_away_comes_back_under_the_old_name(after: Desk) -> None:
    name = after.office.past[1].signed[user("eva")]
    wanted = after.stay("eva")
    assert isinstance(after.bodies[-1], Stayed)
    assert {effect.room_id for effect in wanted if isinstance(effect, Publish)} == {"!one", "!2"}
    assert wanted[-1] == InviteCarried("!2", (user("eva"),), f"stayed {user('eva')} 1")
    assert after.office.seats[user("eva")].name == name
    assert name in after.office.recent[2]


def test_staying_again_changes_nothing(after: Desk) -> None:
    after.stay("eva")
    assert refusal(after, wish(after, "eva", "eva")) is Refusal.ALREADY_STAYED


def test_a_token_that_was_shown_lets_nobody_stay(after: Desk) -> None:
    assert refusal(after, wish(after, "ann", "ann")) is Refusal.ALREADY_SPENT


def test_nobody_stays_before_the_ledger_is_final() -> None:
    desk = Desk()
    desk.issue(*ALL)
    assert refusal(desk, wish(desk, "ann", "ann")) is Refusal.TOO_EARLY
    for name in ALL:
        desk.show(name)
    desk.end_window()
    assert refusal(desk, wish(desk, "ann", "ann")) is Refusal.TOO_EARLY


def test_a_token_of_a_void_round_lets_nobody_stay() -> None:
    desk = Desk()
    desk.issue(*ALL)
    void = wish(desk, "eva", "eva")
    desk.end_window()
    desk.sign()
    for name in ALL[:4]:
        desk.show(name)
    desk.commit()
    assert refusal(desk, void) is Refusal.WRONG_EPOCH
    desk.stay("eva")
    assert user("eva") in desk.office.seats


def test_each_of_those_who_were_signed_stays_once_at_most() -> None:
    """Also with the token of somebody else: there are as many seats as tokens."""
    desk = Desk((*ALL, "fay"))
    desk.rotate(*ALL, "fay", absent=["eva", "fay"])
    desk.tell(wish(desk, "fay", "eva"))
    assert refusal(desk, wish(desk, "eva", "eva")) is Refusal.ALREADY_STAYED
    assert refusal(desk, wish(desk, "fay", "fay")) is Refusal.ALREADY_SPENT
    desk.tell(wish(desk, "eva", "fay"))
    assert {user("eva"), user("fay")} <= desk.office.seats.keys()


@pytest.mark.parametrize("account", ["ann-1", "stranger"])
def test_only_who_was_signed_can_stay(after: Desk, account: str) -> None:
    assert refusal(after, wish(after, "eva", account)) is Refusal.NOT_A_SEAT


def test_nobody_stays_for_another(after: Desk) -> None:
    fact = msgspec.structs.replace(wish(after, "eva", "eva"), user_id=user("ann"))
    assert refusal(after, fact) is Refusal.OTHER_ACCOUNT


def test_the_proof_must_be_for_staying(after: Desk) -> None:
    fact = wish(after, "eva", "eva", Use.REDEEM)
    assert refusal(after, fact) is Refusal.NOT_IN_ORDER


def test_who_sits_out_keeps_the_seat_and_waits(after: Desk) -> None:
    after.tell(facts.SatOut(user("eva")))
    after.stay("eva")
    assert not after.effects(InviteCarried)
    assert after.office.seats[user("eva")].waits == 1


def test_while_the_new_room_is_made_the_invitation_waits_for_it() -> None:
    desk = Desk()
    desk.issue(*ALL)
    for name in ALL[:4]:
        desk.show(name)
    desk.commit()
    desk.stay("eva")
    assert not desk.effects(InviteCarried)
    desk.move()
    assert desk.effects(InviteCarried) == [InviteCarried("!2", (user("eva"),), "switch")]


def test_the_way_back_is_open_for_eight_epochs() -> None:
    for wait, welcome in ((REMEMBERED - 1, True), (REMEMBERED, False)):
        desk = Desk(("ann", "ben", "cem", "dia", "eva"))
        desk.rotate(*ALL, absent=["eva"])
        for _ in range(wait):
            desk.cut_off()  # nobody asks: names stay
        fact = wish(desk, "eva", "eva")
        if welcome:
            desk.tell(fact)
            assert user("eva") in desk.office.seats
        else:
            assert refusal(desk, fact) is Refusal.WRONG_EPOCH
