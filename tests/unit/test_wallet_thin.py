"""A final ledger that has too few in it: nobody goes by it, whether they are in it or not.

An honest bot voids such a round. One that loses redemptions on purpose waits for the old accounts
of those whom it left out to ask to stay; whose does not is that of the few it kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support.scribe import (
    CROWD,
    FREEZE,
    LENGTH,
    ME,
    NEW_ROOM,
    WINDOW,
    Member,
    Scribe,
    account,
    carried,
)

from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.records import paged
from peerroom.pseudonym.wallet import Stage, online, succeed, wake
from peerroom.pseudonym.wallet_errors import error_named
from peerroom.pseudonym.wallet_facts import Arrived, Cleared, SawPages, SawRecord, Started, Told
from peerroom.pseudonym.wallet_steps import Disconnect, Look, Notice, ReadPages, SendStay, Stop
from peerroom.wire.records import Admitted, Seated


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


@pytest.fixture
def member(bot: Scribe) -> Member:
    member = Member(bot)
    member.be_signed()
    member.visit()
    return member


def own(member: Member) -> list[Seated]:
    assert member.wallet.seat is not None
    return [member.wallet.seat]


def switched(member: Member, seats: list[Seated], **spoilt: int) -> None:
    """The bot publishes a final ledger with these, and goes on to the next epoch."""
    bot = member.bot
    member.see(bot.admit(seats, crowd=False, **spoilt), bot.begins(1) + FREEZE)
    bot.open(at=member.now)


def told(member: Member) -> None:
    assert member.find(Stop) == Stop("LedgerThin")
    member.tell(Told(Notice.STOPPED))


# --- which ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "floor", "came", "thin"),
    [
        (6, 3, 4, False),  # two thirds
        (6, 3, 3, True),
        (7, 3, 5, False),
        (7, 3, 4, True),
        (8, 3, 6, False),
        (8, 3, 5, True),
        (6, 5, 5, False),  # the floor
        (6, 5, 4, True),
        (6, 6, 6, False),
    ],
)
def test_a_round_counts_as_the_registrar_counts_it(
    signed: int, floor: int, came: int, thin: bool
) -> None:
    bot = Scribe(floor=floor)
    bot.open()
    member = Member(bot)
    member.ask()
    member.see(bot.issue(crowd=signed - 1), bot.begins(0))
    member.hear()
    switched(member, [member.visit(), *bot.others][:came])
    assert member.wallet.stop == ("LedgerThin" if thin else None)
    assert member.wallet.withheld is thin
    assert member.stage is (Stage.REDEEM_SENT if thin else Stage.ADMITTED)


def test_who_is_carried_counts_neither_way(bot: Scribe, member: Member) -> None:
    away = [carried(f"@away{number}:example.org") for number in range(20)]
    member.see(bot.admit([*own(member), *away]), bot.begins(1) + FREEZE)
    assert member.stage is Stage.ADMITTED
    assert member.wallet.stop is None


def test_a_record_that_says_more_than_its_rows_is_no_way_round(bot: Scribe, member: Member) -> None:
    """Nor are seats whose tokens are not good."""
    switched(member, own(member), count=CROWD + 1)
    assert member.wallet.stop == "LedgerInflated"
    assert member.wallet.withheld
    assert member.stage is Stage.REDEEM_SENT


def test_unproven_seats_do_not_fill_a_ledger(bot: Scribe) -> None:
    member = Member(bot)
    member.be_signed()
    stays = [bot.seat(account(f"@x{number}:example.org"), use=Use.STAY)[0] for number in range(5)]
    switched(member, stays)
    assert member.wallet.stop == "SeatUnproven"
    assert member.wallet.withheld
    assert not [step for step in member.steps if isinstance(step, SendStay)]


def test_a_bot_that_says_that_fewer_asked_is_held_to_its_issue_ledger(
    bot: Scribe, member: Member
) -> None:
    """The chain takes no such record; what it says of us counts all the same."""
    seats = [*own(member), *bot.others[:3]]
    pages, hashes = paged(seats)
    final = bot.signed(Admitted(1, 0, 6, len(seats), hashes), bot.begins(1) + FREEZE)
    member.tell(SawRecord(final), bot.begins(1) + FREEZE)
    member.tell(SawPages(3, dict(enumerate(pages))))
    assert member.wallet.stop == "LedgerInflated"
    assert member.wallet.withheld
    assert member.stage is Stage.REDEEM_SENT


# --- what it does to a wallet ---------------------------------------------------------------------


def test_it_is_said_why_in_words() -> None:
    said = error_named("LedgerThin").sentence()
    assert "Too few" in said and "moderator" in said


@pytest.mark.parametrize("inside", [True, False])
def test_nobody_can_see_who_is_in_it(bot: Scribe, member: Member, inside: bool) -> None:
    """What the old account does, and the new one, is the same for both."""
    new = own(member)[0].user_id
    switched(member, own(member) if inside else bot.others[:1])
    told(member)
    assert member.stage is Stage.REDEEM_SENT
    records = bot.next_room()
    for at in moments(member):
        member.tick(at)
        assert member.steps == ()
        assert online(member.wallet, at) == (ME.user_id,)
    # A server that puts the new account into the room all the same, or the machine waking up.
    member.tell(Arrived(new, records, NEW_ROOM))
    member.tell(Started())
    assert member.steps == ()
    assert online(member.wallet, member.now) == (ME.user_id,)
    assert wake(member.wallet, member.now) is None
    assert succeed(member.wallet, now=member.now, random=member.random) is None


def moments(member: Member) -> list[datetime]:
    return [member.now + number * WINDOW / 96 for number in range(200)]


def test_a_machine_that_slept_over_the_switch_stays_away_from_the_new_room(
    bot: Scribe, member: Member
) -> None:
    new = own(member)[0].user_id
    bot.admit(own(member), crowd=False)
    bot.open(at=bot.begins(1) + FREEZE)
    member.tell(Started(), bot.begins(1) + LENGTH / 6)
    assert member.find(Look) == Look(new)
    member.arrive(new)
    told(member)
    assert member.wallet.joined_at is None
    assert member.steps == ()
    assert online(member.wallet, member.now) == ()  # the old one does not follow at once
    assert online(member.wallet, member.now + WINDOW) == (ME.user_id,)


def test_a_new_account_that_came_before_the_rows_were_here_goes_back(
    bot: Scribe, member: Member
) -> None:
    new = own(member)[0].user_id
    bot.admit(own(member), crowd=False, count=CROWD + 1)
    bot.open(at=bot.begins(1) + FREEZE)
    member.tell(SawRecord(bot.records[3]), bot.begins(1) + FREEZE)
    member.arrive(new)
    assert member.wallet.joined_at is not None
    member.tell(SawPages(3, bot.pages[3]))
    assert member.wallet.withheld
    assert online(member.wallet, member.now + WINDOW) == (ME.user_id,)
    member.tick(member.now + WINDOW)
    assert not [step for step in member.steps if isinstance(step, Disconnect)]


def test_whom_it_carries_goes_along_and_asks_for_nothing(bot: Scribe) -> None:
    member = Member(bot)
    member.see(bot.issue([]), bot.begins(0))
    bot.admit([*bot.others[:2], carried(ME.user_id)], crowd=False)
    bot.open(at=bot.begins(1) + FREEZE)
    member.arrive(ME.user_id, bot.begins(1) + FREEZE)
    told(member)
    assert member.stage is Stage.CARRIED  # under the name that it had: there is nothing to see
    assert succeed(member.wallet, now=member.now, random=member.random) is None


# --- and what a person can do about it ------------------------------------------------------------


def test_who_has_talked_with_a_moderator_may_go_by_it(bot: Scribe, member: Member) -> None:
    switched(member, own(member))
    told(member)
    assert member.tell(Cleared()) == (ReadPages(3),)
    member.tell(SawPages(3, bot.pages[3]))
    assert member.wallet.stop is None
    assert member.stage is Stage.ADMITTED
    [accepted] = member.wallet.accepted
    assert (accepted.sequence, accepted.error) == (3, "LedgerThin")
    member.arrive(own(member)[0].user_id)
    assert member.stage is Stage.JOINED


def test_who_is_not_in_it_may_then_ask_to_stay(bot: Scribe, member: Member) -> None:
    switched(member, [])  # no rows at all, so there is nothing to wait for
    told(member)
    assert member.tell(Cleared())
    assert member.stage is Stage.STAY_SENT
    assert member.find(SendStay)
    assert member.wallet.stop is None


def test_what_is_wrong_with_its_rows_as_well_is_told_then(bot: Scribe, member: Member) -> None:
    switched(member, [*own(member), *own(member)])
    told(member)
    member.tell(Cleared())
    member.tell(SawPages(3, bot.pages[3]))
    assert member.find(Stop) == Stop("LedgerInflated")
    assert member.stage is Stage.ADMITTED


def test_a_void_is_what_should_have_been(bot: Scribe, member: Member) -> None:
    member.see(bot.void(), bot.begins(1) + timedelta(minutes=1))
    assert member.wallet.stop is None
    assert member.stage is Stage.REQUESTED
