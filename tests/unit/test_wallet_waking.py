"""A machine that is turned on after the planned switch: who comes, and who waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support.scribe import FREEZE, ME, Member, Scribe

from peerroom.pseudonym.wallet import Stage, online, wake
from peerroom.pseudonym.wallet_facts import Nowhere, Started
from peerroom.pseudonym.wallet_steps import Look, MakeAccount

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


def redeemed(bot: Scribe, seed: int = 0) -> Member:
    member = Member(bot, seed=seed)
    member.be_signed()
    member.visit()
    return member


def comes_back(member: Member, woken: datetime) -> datetime:
    """When the old account connects, if the new one looked in vain on waking up."""
    member.tell(Started(), woken)
    assert [type(step) for step in member.steps] == [Look]
    member.tell(Nowhere())
    assert online(member.wallet, member.now) == ()
    at = wake(member.wallet, member.now)
    while at is not None and not online(member.wallet, at):
        at = wake(member.wallet, at)
    assert at is not None
    return at


def test_in_a_hold_the_old_account_does_not_follow_the_new_one_on_waking() -> None:
    """Its moment was drawn when the epoch began: when the machine was turned on moves it only to
    the next of a row."""
    waits = []
    for seed in range(60):
        bot = Scribe()
        bot.open()
        member = redeemed(bot, seed)
        asleep, since = member.wallet, member.now
        woken = bot.begins(1) + FREEZE + 5 * HOUR + 7 * MINUTE
        moments = set()
        for minutes in range(30):
            member.wallet, member.now = asleep, since
            moments.add(comes_back(member, woken + minutes * MINUTE))
        assert len(moments) <= 2  # half an hour apart, whenever it wakes
        waits.append(min(moments) - woken)
    assert timedelta(0) < min(waits) <= max(waits) <= 30 * MINUTE
    assert 10 < sum(wait < 10 * MINUTE for wait in waits) < 30  # anywhere in it


def test_whoever_opens_peerroom_waits_for_nothing(bot: Scribe) -> None:
    member = redeemed(bot)
    comes_back(member, bot.begins(1) + FREEZE + HOUR)
    member.tell(Started())
    member.tell(Nowhere())
    assert online(member.wallet, member.now, wanted=True) == (ME.user_id,)


def test_a_short_break_in_a_hold_makes_nobody_look(bot: Scribe) -> None:
    """The old account was there a moment ago: it goes on, and the new one has its own moments."""
    member = redeemed(bot)
    at = bot.begins(1) + FREEZE + HOUR
    member.tell(Started(at - MINUTE), at)
    assert not member.wallet.look
    assert online(member.wallet, member.now) == (ME.user_id,)


def test_a_look_that_is_due_stays_due_over_a_short_break(bot: Scribe) -> None:
    member = redeemed(bot)
    at = bot.begins(1) + FREEZE + HOUR
    member.tell(Started(), at)
    member.tell(Started(at - MINUTE), at)
    assert member.find(Look)


def test_what_a_timer_starts_every_hour_meets_its_moments(bot: Scribe) -> None:
    member = Member(bot)
    member.be_signed()
    first = member.wallet.plan.visits[0][0]
    pace = 3 * HOUR
    member.tell(Started(first - HOUR, pace), first + HOUR)
    assert member.stage is Stage.REGISTERED
    assert member.find(MakeAccount)


def test_what_a_timer_starts_after_a_night_lets_them_pass(bot: Scribe) -> None:
    member = Member(bot)
    member.be_signed()
    first, second, *_ = member.wallet.plan.visits[0]
    member.tell(Started(first - 8 * HOUR, 3 * HOUR), first + MINUTE)
    assert member.stage is Stage.SIGNED
    member.tell(Started(first + MINUTE, 3 * HOUR), second + HOUR)
    assert member.stage is Stage.REGISTERED
    member.tell(Started(second), second + HOUR)  # the timer's time is over
    assert member.wallet.grace == 5 * MINUTE
