"""Whose name does not change is what the signed ledger says; who becomes a resident is told."""

from __future__ import annotations

from typing import Literal

import pytest
from support.scribe import FREEZE, ME, NEW_ROOM, OLD_ROOM, Member, Scribe, carried

from peerroom.pseudonym.wallet import Stage, succeed
from peerroom.pseudonym.wallet_facts import Arrived, SawPages, Told
from peerroom.pseudonym.wallet_steps import Notice, Say, SendRequest


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


def go_on(member: Member) -> None:
    """To the wallet of the next epoch."""
    member.see(member.bot.open(at=member.now))
    pair = succeed(member.wallet, now=member.now, random=member.random)
    assert pair is not None
    _, member.wallet = pair


def carry(member: Member, why: Literal["away", "resident"]) -> None:
    bot = member.bot
    member.see(bot.issue([]), bot.begins(0))
    member.see(bot.admit([carried(ME.user_id, why)]), bot.begins(1) + FREEZE)
    assert member.stage is Stage.CARRIED


def said(member: Member) -> list[Notice]:
    return [step.notice for step in member.steps if isinstance(step, Say)]


def test_who_becomes_a_resident_is_told_once(bot: Scribe) -> None:
    member = Member(bot)
    carry(member, "resident")
    assert said(member) == [Notice.RESIDENT]
    member.tell(Told(Notice.RESIDENT))
    for _ in range(2):
        go_on(member)
        assert member.wallet.resident
        assert member.tick(member.wallet.plan.request_at) == ()
        carry(member, "resident")
        assert said(member) == []


def test_who_was_declined_for_it_is_told_as_well(bot: Scribe) -> None:
    """Whoever is made a resident during an epoch has asked in it."""
    member = Member(bot)
    member.ask()
    member.see(bot.issue([bot.declined(ME.user_id)]), bot.begins(0))
    member.see(bot.admit([carried(ME.user_id, "resident")]), bot.begins(1) + FREEZE)
    assert said(member) == [Notice.DECLINED, Notice.RESIDENT]


def test_a_room_that_is_there_before_its_ledger_does_not_change_the_words(bot: Scribe) -> None:
    member = Member(bot)
    bot.issue([])
    bot.admit([carried(ME.user_id, "resident")])
    bot.open(at=bot.begins(1) + FREEZE)
    member.tell(Arrived(ME.user_id, bot.seen, OLD_ROOM), bot.begins(1) + FREEZE)
    member.tell(Arrived(ME.user_id, bot.next_room(), NEW_ROOM))
    for number in (2, 3):
        member.tell(SawPages(number, bot.pages[number]))
    assert member.stage is Stage.CARRIED
    assert said(member) == [Notice.RESIDENT]


def test_who_is_none_any_more_asks_again(bot: Scribe) -> None:
    member = Member(bot, resident=True)
    carry(member, "away")
    assert said(member) == [Notice.CARRIED]
    go_on(member)
    assert not member.wallet.resident
    member.tick(member.wallet.plan.request_at)
    assert member.find(SendRequest)
