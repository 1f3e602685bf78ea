"""Circles in which things go wrong: what must hold, holds all the same.

`paper_referee.Referee` watches while they run, and raises at once; here is asked how it ended. The
letters are those of the tests that the design asks for: (a) a lost answer, (b) seats, (c) a hostile
server.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest
from support.paper_circle import PaperCircle, Trace
from support.paper_member import PaperMember
from support.paper_mint import RealMint
from support.paper_puppets import Losing, seat_puppets
from support.paper_schedule import DAY, Schedule
from support.paper_server import Mischief
from support.token_keys import round_key

from peerroom.pseudonym import wallet_facts as saw
from peerroom.pseudonym.epochs import SKEW
from peerroom.pseudonym.record_errors import LedgerOverdrawn
from peerroom.pseudonym.wallet import Stage, Wallet
from peerroom.wire.records import Admitted, SignedRecord, Stayed, Voided

SCHEDULES = int(os.environ.get("PEERROOM_SCHEDULES", "100"))
"""How many schedules the ordinary run lives through."""


def hold(schedule: Schedule) -> None:
    """Live through it; what must be so in the end."""
    schedule.run()
    assert not schedule.lost()
    small = len(schedule.circle.inside()) < 6  # bans and good-byes may leave too few to rotate
    assert small or schedule.circle.referee.switches >= 2
    # A clock that is quarter of an hour behind makes a late request look like one in time.
    right = [member for member in schedule.honest() if abs(member.skew) <= SKEW]
    assert not {stop for member in right for stop in member.stops}
    everyone = {stop for member in schedule.honest() for stop in member.stops}
    assert LedgerOverdrawn.__name__ not in everyone  # clocks have no part in that sum


@pytest.mark.parametrize("number", range(SCHEDULES))
def test_b_seats_are_conserved_bans_hold_and_everyone_honest_comes_back(number: int) -> None:
    hold(Schedule(number))


@pytest.mark.parametrize("number", range(2000, 2003))
def test_b_with_real_signatures(number: int) -> None:
    hold(Schedule(number, RealMint([round_key(0), round_key(1)])))


@pytest.mark.soak
@pytest.mark.parametrize("ten", range(100))
def test_b_in_a_thousand_more(ten: int) -> None:
    for number in range(10_000 + 10 * ten, 10_010 + 10 * ten):
        hold(Schedule(number))


# --- (a) ------------------------------------------------------------------------------------------


def newest(member: PaperMember) -> Wallet:
    assert member.newest is not None
    return member.newest


def uses(circle: PaperCircle, member: PaperMember) -> list[Trace]:
    """What this person sent with a token in it."""
    return [
        seen
        for seen in circle.trace
        if seen.person == member.person and seen.kind in ("redeem", "stay")
    ]


class Swallowing(Mischief):
    """Keeps redemptions to itself: of one person, whose accounts it knows by their line."""

    def __init__(self, person: int | None) -> None:
        self.person = person
        self.circle: PaperCircle | None = None

    def delivers(self, user_id: str, now: datetime) -> bool:
        assert self.circle is not None
        return self.circle.owner(user_id) != self.person


@pytest.mark.parametrize("asleep", [timedelta(minutes=5), timedelta(hours=3), 2 * DAY])
@pytest.mark.parametrize("arrives", [True, False])
def test_a_answer_to_redeem_is_lost_and_the_client_killed(arrives: bool, asleep: timedelta) -> None:
    server = Swallowing(None if arrives else 2)
    circle = server.circle = PaperCircle(f"a {arrives} {asleep}", 6, mischief=server)
    member = circle.members[2]
    assert circle.run(2 * DAY, until=lambda: bool(uses(circle, member)))
    new = uses(circle, member)[0].account
    member.sleep()  # before the answer came
    wallet = newest(member)
    assert wallet.stage is Stage.REDEEM_SENT
    assert not wallet.sent
    assert wallet.token is not None
    member.wallets = {wallet.epoch: Wallet.decode(wallet.encode())}
    circle.after(asleep, member.start)
    circle.run(3 * DAY)
    ledger = circle.bodies(Admitted)[0]
    assert isinstance(ledger, Admitted)
    assert ledger.count == (6 if arrives else 5)
    # The referee has seen to it that the second account came only after the ledger.
    accounts = circle.referee.shown_under(wallet.token.id)
    assert accounts == ({new} if arrives else {new, member.first})
    assert member.person in circle.inside()


@pytest.mark.parametrize("arrives", [True, False])
def test_a_only_the_old_account_is_left(arrives: bool) -> None:
    """The new account is gone for good: what its ledger has is never used for the old one."""
    server = Swallowing(None if arrives else 2)
    circle = server.circle = PaperCircle(f"only the old {arrives}", 6, mischief=server)
    member = circle.members[2]
    assert circle.run(2 * DAY, until=lambda: bool(uses(circle, member)))
    wallet = newest(member)
    assert wallet.token is not None
    new = uses(circle, member)[0].account
    member.die()
    circle.after(timedelta(minutes=1), lambda: circle.server.deactivate([new]))
    circle.run(2 * DAY)
    accounts = circle.referee.shown_under(wallet.token.id)
    assert accounts == ({new} if arrives else {new, member.first})
    assert (member.person in circle.inside()) is not arrives


# --- (c) ------------------------------------------------------------------------------------------


class Late(Mischief):
    """Shows the issue ledger of one round late: to these accounts, or to all the others."""

    def __init__(self, users: set[str], *, others: bool, sequence: int = 2) -> None:
        self.users, self.others, self.sequence = users, others, sequence
        self.until: datetime | None = None

    def shows(self, user_id: str, sequence: int, now: datetime) -> bool:
        is_meant = (user_id in self.users) is not self.others
        if sequence != self.sequence or not is_meant or user_id.startswith("@p"):
            return True
        return self.until is not None and now >= self.until


def window(circle: PaperCircle, round_: int = 0) -> tuple[datetime, datetime]:
    """The visits of a round of the open epoch."""
    return circle.bot.office.times().visits(round_)


def test_c_a_ledger_that_is_late_to_one_tags_nobody() -> None:
    victim = "@founder1:paper.example"
    server = Late({victim}, others=False)
    circle = PaperCircle("late to one", 8, mischief=server)
    circle.run(timedelta(hours=1))
    begin, end = window(circle)
    server.until = begin + (end - begin) / 2
    circle.run(DAY)
    assert all(seen.kind == "stay" for seen in uses(circle, circle.members[1]))
    assert [body.count for body in circle.bodies(Admitted) if isinstance(body, Admitted)] == [7]
    assert circle.bodies(Stayed)
    circle.run(timedelta(hours=2))
    assert 1 in circle.inside()
    assert not any(member.stops for member in circle.members)


def test_c_a_ledger_hidden_until_the_names_have_changed_costs_nobody_the_seat() -> None:
    """The next epoch is open by then, and the machine was started in between."""
    victim = "@founder1:paper.example"
    server = Late({victim}, others=False)
    circle = PaperCircle("late beyond the switch", 8, mischief=server)
    circle.run(timedelta(hours=30))
    assert circle.epoch == 2
    circle.members[1].die()
    circle.run(timedelta(hours=1))
    assert 1 not in circle.inside()
    server.until = circle.now
    circle.run(timedelta(hours=1))
    assert [seen.kind for seen in uses(circle, circle.members[1])] == ["stay"]
    assert 1 in circle.inside()


def test_c_a_ledger_shown_to_one_alone_leads_to_no_switch() -> None:
    """Otherwise the one new account would be theirs."""
    server = Late({"@founder1:paper.example"}, others=True)
    circle = PaperCircle("only to one", 8, mischief=server)
    circle.run(timedelta(hours=1))
    _begin, server.until = window(circle)
    assert circle.run(DAY, until=lambda: bool(circle.bodies(Voided)))
    assert circle.bodies(Voided) == [Voided(1, 0, "too few")]
    circle.run(DAY)
    ledger = circle.bodies(Admitted)[0]
    assert isinstance(ledger, Admitted)
    assert (ledger.round, ledger.count) == (1, 8)
    assert circle.inside() == set(range(8))


@pytest.mark.parametrize(("swallowed", "voids"), [(2, 0), (3, 3)])
def test_c_swallowed_redemptions_end_in_stay_or_in_no_switch(swallowed: int, voids: int) -> None:
    """Of eight tokens two thirds are six: with fewer the round comes to nothing."""

    class Some(Mischief):
        def delivers(self, user_id: str, now: datetime) -> bool:
            return circle.owner(user_id) >= swallowed

    circle = PaperCircle("swallowed", 8, mischief=Some())
    circle.run(2 * DAY + timedelta(hours=12))
    assert sum(isinstance(body, Voided) for body in circle.bodies(Voided)) >= voids
    assert bool(circle.bodies(Admitted)) is (voids == 0)
    assert circle.inside() == set(range(8))
    assert not any(member.stops for member in circle.members)


def filled_up(keeps: int, puppets: int) -> PaperCircle:
    """Eight asked. The bot takes ``keeps`` of them, and has ``puppets`` in place of others; a day
    after the switch."""
    losing = Losing(range(keeps, 8))
    circle = losing.circle = PaperCircle(f"filled up {keeps} {puppets}", 8, mischief=losing)
    assert circle.run(2 * DAY, until=lambda: circle.bot.office.stage == "window")
    seat_puppets(circle, puppets)
    assert circle.run(DAY, until=lambda: bool(circle.bodies(Admitted)))
    ledger = circle.bodies(Admitted)[0]
    assert isinstance(ledger, Admitted)
    assert (ledger.issued, ledger.count) == (8, keeps + puppets)
    losing.persons = ()
    circle.run(DAY - timedelta(hours=6))  # before the next cut-off
    return circle


@pytest.mark.parametrize("keeps", [1, 4, 7])
def test_c_a_ledger_filled_up_by_the_bot_tells_nothing_by_who_asks_to_stay(keeps: int) -> None:
    """Each of those it left out holds a token, and there is no place left: so one is made up."""
    circle = filled_up(keeps, 8 - keeps)
    for member in circle.members:
        if member.person < keeps:
            assert not member.stops
        else:
            assert member.stops == ["LedgerOverdrawn"]
            assert not any(seen.kind == "stay" for seen in uses(circle, member))
    assert not circle.bodies(Stayed)


@pytest.mark.parametrize(("keeps", "puppets"), [(6, 1), (3, 4), (1, 5)])
def test_c_whoever_the_bot_replaced_is_one_too_many_when_let_back(keeps: int, puppets: int) -> None:
    """Places are left, so those whom it left out ask to stay. That it cannot grant to all of them
    without showing everyone that it has made some up."""
    circle = filled_up(keeps, puppets)
    assert circle.bodies(Stayed)
    assert {stop for member in circle.members for stop in member.stops} == {"LedgerOverdrawn"}
    assert all(member.stops for member in circle.members)


class Replaying(Mischief):
    """Shows one account the state of yesterday."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.newest: int | None = None

    def shows(self, user_id: str, sequence: int, now: datetime) -> bool:
        return user_id != self.user_id or self.newest is None or sequence <= self.newest


def test_c_old_records_stop_the_one_who_sees_them() -> None:
    server = Replaying("@founder1:paper.example")
    circle = PaperCircle("replayed", 6, mischief=server)
    member = circle.members[1]
    circle.run(DAY, until=lambda: newest(member).chain.sequence == 2 if member.wallets else False)
    server.newest = 1
    member.die()
    circle.run(timedelta(hours=1))
    assert member.stops == ["RecordRolledBack"]
    assert not any(other.stops for other in circle.members if other is not member)


def test_c_a_record_of_another_is_no_record() -> None:
    """Altered on the way: whoever sees it stops, and keeps the name."""

    class Forging(Mischief):
        def alters(self, user_id: str, signed: SignedRecord) -> SignedRecord:
            if user_id != "@founder1:paper.example" or b"Issued" not in signed.data:
                return signed
            return SignedRecord(signed.data, bytes(64))

    circle = PaperCircle("forged", 6, mischief=Forging())
    circle.run(DAY)
    assert circle.members[1].stops == ["RecordForged"]
    assert not uses(circle, circle.members[1])
    assert not any(member.stops for member in circle.members if member.person != 1)


def test_c_rumours_stop_nobody() -> None:
    circle = PaperCircle("rumours", 6)
    liar = circle.members[0]

    def lie() -> None:
        head = max(circle.records)
        for sequence in range(1, head + 1):
            circle.say_in_room(liar, saw.HeadHeard(sequence, bytes(32)))
        circle.say_in_room(liar, saw.Evidence(SignedRecord(b"nothing", bytes(64))))

    for hour in range(1, 60, 3):
        circle.after(timedelta(hours=hour), lie)
    circle.run(3 * DAY)
    assert circle.referee.switches == 2
    assert not any(member.stops for member in circle.members)
    assert any(seen.kind == "message" for seen in circle.trace)  # somebody showed the record
    assert circle.inside() == set(range(6))
