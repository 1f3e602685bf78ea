"""After a stop, people talk, and all is said to be well: with what was told, and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from support.scribe import FREEZE, LENGTH, ME, OLD_ROOM, Member, Scribe, carried

from peerroom.pseudonym.wallet import Stage, succeed
from peerroom.pseudonym.wallet_facts import Cleared, Heard, SawPages, SawRecord, Told
from peerroom.pseudonym.wallet_state import Finding
from peerroom.pseudonym.wallet_steps import MakeAccount, Notice, SendRequest, Stop
from peerroom.wire.records import Seated, SignedRecord, Voided
from peerroom.wire.rotation import Entry


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


@pytest.fixture
def member(bot: Scribe) -> Member:
    return Member(bot)


def forged(bot: Scribe) -> SignedRecord:
    good = bot.signed(Voided(bot.opened.epoch, 0, "late"), bot.begins(0) - LENGTH)
    return msgspec.structs.replace(good, signature=bytes(64))


def told(member: Member, error: str) -> None:
    """The person is told that names have stopped, and why."""
    assert member.find(Stop) == Stop(error)
    member.tell(Told(Notice.STOPPED))


def unproven(seat: Seated) -> Seated:
    return msgspec.structs.replace(seat, proof=bytes(64))


def twice_wrong(member: Member) -> None:
    """A final ledger with a seat that is not proven, and more of them than it counts."""
    bot = member.bot
    member.be_signed()
    seat = member.visit()
    final = bot.admit([seat, unproven(bot.others[0])], count=7)
    member.see(final, bot.begins(1) + FREEZE)


def test_what_was_told_is_accepted_and_kept_on_record(bot: Scribe, member: Member) -> None:
    member.ask()
    member.see(bot.issue([]), bot.begins(0))
    told(member, "RequestMissing")
    member.tell(Cleared())
    assert member.wallet.stop is None
    assert member.wallet.accepted == (Finding(2, "RequestMissing"),)
    assert member.wallet.findings == ()


def test_another_thing_that_is_wrong_with_the_same_ledger_stops_again(
    bot: Scribe, member: Member
) -> None:
    """It was seen while the first reason stood, and nobody has been told of it."""
    twice_wrong(member)
    told(member, "SeatUnproven")
    member.tell(Cleared())
    told(member, "LedgerInflated")
    member.tell(Cleared())
    assert member.wallet.stop is None
    assert [finding.error for finding in member.wallet.accepted] == [
        "SeatUnproven",
        "LedgerInflated",
    ]


def test_a_ledger_that_was_read_while_something_else_had_stopped_is_judged(
    bot: Scribe, member: Member
) -> None:
    """Else a server could hide what is wrong with a ledger behind a record that is nonsense."""
    member.ask()
    member.tell(SawRecord(forged(bot), OLD_ROOM))
    told(member, "RecordForged")
    member.see(bot.issue(count=9), bot.begins(0))
    member.hear()
    member.tell(Cleared())
    told(member, "LedgerInflated")
    for drawn in member.wallet.plan.visits[0]:
        assert not [step for step in member.tick(drawn) if isinstance(step, MakeAccount)]


def test_two_ledgers_that_are_wrong_in_one_way_are_two_reasons(bot: Scribe, member: Member) -> None:
    member.ask()
    member.see(bot.issue(count=9), bot.begins(0))
    told(member, "LedgerInflated")
    member.see(bot.admit(count=9), bot.begins(1) + FREEZE)
    member.tell(Cleared())
    told(member, "LedgerInflated")
    member.tell(Cleared())
    assert member.wallet.stop is None
    assert [finding.sequence for finding in member.wallet.accepted] == [2, 3]


def test_nobody_accepts_what_they_have_not_been_told(bot: Scribe, member: Member) -> None:
    twice_wrong(member)
    before = member.wallet
    member.tell(Cleared())  # of an earlier stop, say, and late
    assert member.wallet == before
    told(member, "SeatUnproven")
    member.tell(Cleared())
    again = member.wallet
    member.tell(Cleared())
    assert member.wallet == again
    assert member.find(Stop) == Stop("LedgerInflated")


def test_what_was_accepted_does_not_stop_again(bot: Scribe, member: Member) -> None:
    member.ask()
    member.see(bot.issue([]), bot.begins(0))
    told(member, "RequestMissing")
    member.tell(Cleared())
    for number, signed in bot.records.items():
        member.tell(SawRecord(signed, OLD_ROOM))
        member.tell(SawPages(number, bot.pages.get(number, {})))
    assert member.wallet.stop is None


def test_a_record_that_is_still_wrong_stops_again_and_again(bot: Scribe, member: Member) -> None:
    for _ in range(3):
        member.tell(SawRecord(forged(bot), OLD_ROOM))
        told(member, "RecordForged")
        member.tell(Cleared())
    assert member.wallet.stop is None
    assert member.wallet.accepted == ()  # it is no ledger of the bot's


def test_a_way_in_for_us_alone_can_never_be_used(bot: Scribe, member: Member) -> None:
    member.ask()
    member.tell(Heard(Entry(1, 0, "onlyforyou")))
    member.see(bot.issue(), bot.begins(0))
    for _ in range(2):
        told(member, "EntryAltered")
        member.tell(Cleared())
    assert member.find(Stop) == Stop("EntryAltered")


def test_the_next_epoch_does_not_begin_with_what_was_not_told(bot: Scribe, member: Member) -> None:
    """Nor forget it: it stops as the last one had, and for all its reasons."""
    member.ask()
    member.see(bot.issue([], count=9), bot.begins(0))
    told(member, "LedgerInflated")
    member.see(bot.admit([carried(ME.user_id)]), bot.begins(1) + FREEZE)
    member.see(bot.open(at=member.now))
    pair = succeed(member.wallet, now=member.now, random=member.random)
    assert pair is not None
    _, member.wallet = pair
    assert member.wallet.stop == "LedgerInflated"
    member.tell(Cleared())
    told(member, "RequestMissing")
    member.tick(member.wallet.plan.request_at)
    assert member.stage is Stage.IDLE
    member.tell(Cleared())
    assert member.find(SendRequest)
