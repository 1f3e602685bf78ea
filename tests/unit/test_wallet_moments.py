"""When a wallet does things: at drawn moments, never late, and after sleeping over a switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scribe import (
    FREEZE,
    LENGTH,
    ME,
    NEW_ROOM,
    OLD_ROOM,
    START,
    WINDOW,
    Member,
    Scribe,
    account,
    carried,
)

from peerroom.pseudonym import localparts
from peerroom.pseudonym import wallet as wallets
from peerroom.pseudonym.following import Trail, enter
from peerroom.pseudonym.possession import Account
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.wallet import Stage, Wallet, online, succeed, wake
from peerroom.pseudonym.wallet_errors import WalletDamaged
from peerroom.pseudonym.wallet_facts import (
    AccountMade,
    Arrived,
    Evidence,
    HeadHeard,
    NameTaken,
    Nowhere,
    RedemptionSent,
    SawPages,
    SawRecord,
    Shown,
    Started,
    StaySent,
    Told,
)
from peerroom.pseudonym.wallet_steps import (
    ForgetAccount,
    Look,
    MakeAccount,
    Notice,
    ReadPages,
    ReadRecords,
    Redeem,
    Say,
    ShowRecord,
)
from peerroom.wire.records import SignedRecord, Stayed, Voided


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


@pytest.fixture
def member(bot: Scribe) -> Member:
    return Member(bot)


# --- moments --------------------------------------------------------------------------------------


@given(seed=st.integers())
def test_everything_is_drawn_when_the_epoch_begins(seed: int) -> None:
    bot = Scribe()
    bot.open()
    plan = Member(bot, seed=seed).wallet.plan
    assert START <= plan.request_at < bot.begins(0)
    for round_, moments in enumerate(plan.visits):
        begin, end = bot.begins(round_) + WINDOW / 4, bot.begins(round_) + WINDOW * 11 / 12
        assert list(moments) == sorted(moments)
        assert begin <= moments[0] <= moments[-1] <= end
        assert len(moments) <= 49
    assert 0 <= plan.arrive_after < 1800
    assert 0 <= plan.leave_after < 1800


def test_moments_are_not_without_end(bot: Scribe) -> None:
    class Low(Random):
        def random(self) -> float:
            return 0.0

    plan = wallets.begin(bot.chain, ME, now=START, random=Low()).plan
    assert [len(moments) for moments in plan.visits] == [49, 49, 49]


def test_the_two_delays_have_nothing_to_do_with_one_another(bot: Scribe) -> None:
    plans = [Member(bot, seed=seed).wallet.plan for seed in range(400)]
    after = sum(plan.arrive_after > plan.leave_after for plan in plans)
    assert 150 < after < 250
    close = sum(abs(plan.arrive_after - plan.leave_after) < 60 for plan in plans)
    assert close < 60  # 6.6 % by chance


def test_the_wallet_wakes_for_each_moment_and_for_nothing_else(bot: Scribe, member: Member) -> None:
    plan = member.wallet.plan
    assert wake(member.wallet, member.now) == plan.request_at
    assert member.tick(plan.request_at - timedelta(microseconds=1)) == ()
    assert member.tick(plan.request_at)
    assert wake(member.wallet, member.now) == bot.begins(0)
    member.ask()
    assert wake(member.wallet, member.now) is None
    member.see(bot.issue(), bot.begins(0))
    member.hear()
    assert wake(member.wallet, member.now) == plan.visits[0][0]
    assert member.tick(plan.visits[0][0] - timedelta(microseconds=1)) == ()
    assert member.tick(plan.visits[0][0])
    assert wake(member.wallet, member.now) == bot.begins(1)
    assert member.tick(bot.begins(1)) == ()  # too late for everything


def test_a_visit_slept_through_begins_at_a_later_drawn_moment_and_not_on_waking(
    bot: Scribe, member: Member
) -> None:
    member.be_signed()
    moments = member.wallet.plan.visits[0]
    awake = moments[0] + (moments[1] - moments[0]) / 2
    assert awake > moments[0] + timedelta(minutes=5)
    assert member.tick(awake) == ()
    assert wake(member.wallet, member.now) == moments[1]
    assert member.tick(moments[1])
    assert member.stage is Stage.REGISTERED


def test_a_slow_machine_may_be_five_minutes_late(bot: Scribe, member: Member) -> None:
    member.be_signed()
    slot = member.wallet.plan.visits[0][0]
    late = Member(bot)
    late.wallet, late.now = member.wallet, member.now
    assert member.tick(slot + timedelta(minutes=5))
    late.tick(slot + timedelta(minutes=5, microseconds=1))
    assert late.stage is Stage.SIGNED


@pytest.mark.parametrize("late", ["ledger", "way in", "neither"])
def test_what_comes_after_the_visits_begin_is_not_used(
    bot: Scribe, member: Member, late: str
) -> None:
    """Else it could be given late to one member, and the last new account would be theirs."""
    member.ask()
    begin = bot.begins(0) + WINDOW / 4
    after = begin + timedelta(microseconds=1)
    if late == "way in":
        member.see(bot.issue(), begin)
        member.tick(after)
        member.hear()
    elif late == "ledger":
        member.hear()
        member.see(bot.issue(), after)
    else:
        member.hear()
        member.see(bot.issue(), begin)
    assert member.stage is Stage.SIGNED
    made = [member.tick(slot) for slot in member.wallet.plan.visits[0] if slot > after]
    assert any(made) is (late == "neither")
    if late != "neither":
        member.see(bot.admit(), bot.begins(1) + FREEZE)
        assert member.stage is Stage.STAY_SENT


def test_a_visit_that_could_not_be_finished_in_its_window_is_given_up(
    bot: Scribe, member: Member
) -> None:
    member.be_signed()
    member.tick(member.wallet.plan.visits[0][0])
    make = member.find(MakeAccount)
    assert member.tick(bot.begins(1) - timedelta(seconds=1)) == (make,)
    assert member.tick(bot.begins(1)) == ()
    new = account(f"@{make.localpart}:example.org")
    member.tell(AccountMade(new.user_id, new.master_key, new.devices))
    assert member.stage is Stage.REGISTERED
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    assert member.stage is Stage.STAY_SENT
    assert member.find(ForgetAccount).localpart == make.localpart


def test_no_visit_begins_after_the_final_ledger_however_early_it_comes(
    bot: Scribe, member: Member
) -> None:
    member.be_signed()
    member.tell(SawRecord(bot.admit([carried("@x:example.org")], late=-WINDOW)))
    for slot in member.wallet.plan.visits[0]:
        assert member.tick(slot) == (ReadPages(3),)


def test_nobody_asks_who_sleeps_over_the_cut_off(bot: Scribe, member: Member) -> None:
    member.see(bot.issue([]), bot.begins(0) + timedelta(days=1))
    assert member.stage is Stage.UNSIGNED
    assert member.wallet.stop is None


# --- the visit ------------------------------------------------------------------------------------


def visiting(bot: Scribe) -> Member:
    member = Member(bot)
    member.be_signed()
    member.tick(member.wallet.plan.visits[0][0])
    return member


def test_after_a_crash_the_same_account_comes_again(bot: Scribe) -> None:
    member = visiting(bot)
    make = member.find(MakeAccount)
    assert repr(make) == "MakeAccount()"
    member.wallet = Wallet.decode(member.wallet.encode())
    assert member.tell(Started()) == (make,)
    assert make.registration_token == "comein"
    assert localparts.is_of(make.localpart, "comein")


def test_no_visit_is_the_first_thing_that_a_machine_does(bot: Scribe, member: Member) -> None:
    """The server sees when the old account connects again: who comes then is known by it."""
    member.be_signed()
    first, *later = member.wallet.plan.visits[0]
    woken = first + timedelta(minutes=1)
    assert woken < first + member.wallet.grace
    member.tell(Started(), woken)
    assert member.stage is Stage.SIGNED
    assert wake(member.wallet, woken) == later[0]
    member.tick(later[0])
    assert member.stage is Stage.REGISTERED


def test_a_short_break_is_none(bot: Scribe, member: Member) -> None:
    """A timer that starts the program meets the moments of its breaks, too."""
    member.be_signed()
    first = member.wallet.plan.visits[0][0]
    hour = timedelta(hours=1)
    member.tell(Started(first - timedelta(minutes=4), hour), first + timedelta(minutes=1))
    assert member.stage is Stage.REGISTERED


def test_no_visit_goes_on_right_after_a_restart_however_short_the_break(bot: Scribe) -> None:
    """The old account connects then: what follows on that is known by it."""
    member = visiting(bot)
    make = member.find(MakeAccount)
    first, second, *_ = member.wallet.plan.visits[0]
    restarted = first + timedelta(seconds=2)
    assert member.tell(Started(first + timedelta(seconds=1)), restarted) == ()
    assert wake(member.wallet, restarted) == second
    assert member.tick(second) == (make,)


def test_a_visit_that_was_cut_short_goes_on_at_a_moment_of_its_own(bot: Scribe) -> None:
    member = visiting(bot)
    make = member.find(MakeAccount)
    first, second, *_ = member.wallet.plan.visits[0]
    woken = first + (second - first) / 2
    assert member.tell(Started(), woken) == ()
    assert wake(member.wallet, woken) == second
    assert member.tick(second) == (make,)
    member.tell(made(member))
    redeem = member.find(Redeem)
    assert member.tell(Started(), second + timedelta(seconds=1)) == ()
    third = member.wallet.plan.visits[0][2]
    assert member.tick(third) == (redeem,)


def test_a_name_that_is_taken_is_drawn_anew(bot: Scribe) -> None:
    member = visiting(bot)
    first = member.find(MakeAccount)
    member.tell(NameTaken("somebody"))
    assert member.find(MakeAccount) == first
    member.tell(NameTaken(first.localpart))
    second = member.find(MakeAccount)
    assert second.localpart != first.localpart
    assert localparts.is_of(second.localpart, "comein")
    assert second.password != first.password
    assert member.find(ForgetAccount).localpart == first.localpart


def made(member: Member, **changes: Any) -> AccountMade:
    new = account(f"@{member.find(MakeAccount).localpart}:example.org")
    return replace(AccountMade(new.user_id, new.master_key, new.devices), **changes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_id": "@else:example.org"},
        {"user_id": "nobody"},
        {"master_key": ME.master_key},
        {"master_key": bytes(32)},
        {"devices": ME.devices},
        {"devices": ()},
    ],
)
def test_an_account_that_is_not_the_one_that_was_asked_for_is_shown_to_nobody(
    bot: Scribe, wrong: dict[str, object]
) -> None:
    member = visiting(bot)
    member.tell(made(member, **wrong))
    assert member.wallet.stop == "AccountMalformed"
    assert member.stage is Stage.REGISTERED
    assert not [step for step in member.steps if isinstance(step, (MakeAccount, Redeem))]


def test_an_account_of_another_server_is_shown_to_nobody(bot: Scribe) -> None:
    member = visiting(bot)
    elsewhere = f"@{member.find(MakeAccount).localpart}:example.com"
    member.tell(made(member, user_id=elsewhere))
    assert member.wallet.stop == "AccountMalformed"


def test_the_first_keys_of_an_account_count(bot: Scribe) -> None:
    member = visiting(bot)
    fact = made(member)
    other = made(member, master_key=account("@x:example.org").master_key)
    member.tell(fact)
    redeem = member.find(Redeem)
    member.tell(other)
    assert member.find(Redeem) == redeem
    assert redeem.seat.master_key == fact.master_key
    member.tell(RedemptionSent())
    assert member.steps == ()


# --- asleep over the switch -----------------------------------------------------------------------


def redeemed(bot: Scribe) -> tuple[Member, str]:
    member = Member(bot)
    member.be_signed()
    return member, member.visit().user_id


def test_after_sleeping_over_the_switch_the_new_account_looks_first(bot: Scribe) -> None:
    member, new = redeemed(bot)
    seat = member.wallet.seat
    assert seat is not None
    switch = bot.begins(1) + FREEZE
    member.tell(Started(), switch - timedelta(seconds=1))
    assert online(member.wallet, member.now) == (ME.user_id,)
    assert member.tell(Started(), switch) == (Look(new),)
    assert online(member.wallet, member.now) == (new,)
    bot.admit([seat])
    bot.open(at=switch)
    member.arrive(new)
    assert member.steps == (ReadPages(3),)
    assert online(member.wallet, member.now) == (new,)
    member.tell(SawPages(3, bot.pages[3]))
    assert member.stage is Stage.JOINED


def test_an_account_that_finds_itself_nowhere_lets_the_old_one_look(bot: Scribe) -> None:
    member, new = redeemed(bot)
    member.tell(Started(), bot.begins(1) + FREEZE)
    member.tell(Arrived(new, bot.seen, OLD_ROOM))  # no newer room
    assert online(member.wallet, member.now, wanted=True) == (ME.user_id,)
    member.tell(Started())
    assert member.find(Look)
    member.tell(Nowhere())
    assert member.steps == ()
    assert online(member.wallet, member.now, wanted=True) == (ME.user_id,)
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    assert member.stage is Stage.STAY_SENT


def test_the_old_room_is_not_the_next_one_for_the_new_account_either(bot: Scribe) -> None:
    member, new = redeemed(bot)
    seat = member.wallet.seat
    assert seat is not None
    member.see(bot.admit([seat]), bot.begins(1) + FREEZE)
    member.tell(Arrived(new, bot.seen, OLD_ROOM))
    assert member.stage is Stage.ADMITTED


def test_a_room_without_its_ledger_proves_nothing(bot: Scribe) -> None:
    member, new = redeemed(bot)
    bot.admit()
    opened = bot.open(at=bot.begins(1))
    member.tell(Arrived(new, (opened,), NEW_ROOM))
    assert member.stage is Stage.REDEEM_SENT
    assert member.wallet.joined_at is None


def test_after_sleeping_over_several_switches_the_new_account_goes_on(bot: Scribe) -> None:
    member, new = redeemed(bot)
    seat = member.wallet.seat
    assert seat is not None
    bot.admit([seat])
    bot.open(at=bot.begins(1))
    bot.issue([])
    bot.admit([carried(new)])
    bot.open(at=bot.begins(1))
    now = bot.begins(0) - LENGTH
    member.tell(Started(), now)
    member.arrive(new)
    assert member.stage is Stage.JOINED
    following = succeed(member.wallet, now=now, random=Random())
    assert following is not None
    assert following[1].epoch == 3


def test_the_next_epoch_waits_until_the_last_ledger_was_read(bot: Scribe) -> None:
    member, new = redeemed(bot)
    seat = member.wallet.seat
    assert seat is not None
    member.tell(SawRecord(bot.admit([seat])), bot.begins(1) + FREEZE)
    bot.open(at=member.now)
    member.arrive(new)
    assert succeed(member.wallet, now=member.now, random=Random()) is None
    member.tell(SawPages(3, bot.pages[3]))
    assert succeed(member.wallet, now=member.now, random=Random()) is not None


# --- the old account ------------------------------------------------------------------------------


def test_an_old_account_in_a_newer_room_is_carried(bot: Scribe, member: Member) -> None:
    member.ask()
    bot.issue([])
    bot.admit([carried(ME.user_id)])
    bot.open(at=bot.begins(1))
    member.tell(Arrived(ME.user_id, bot.seen, OLD_ROOM))  # old rooms get everything, too
    member.tell(SawPages(2, bot.pages[2]))
    assert member.stage is Stage.UNSIGNED
    member.arrive(ME.user_id)
    assert member.stage is Stage.CARRIED


def test_a_token_that_was_not_used_is_not_given_up_for_a_room(bot: Scribe) -> None:
    member, _new = redeemed(bot)
    bot.admit()
    bot.open(at=bot.begins(1))
    member.arrive(ME.user_id)
    member.tell(SawPages(3, bot.pages[3]))
    assert member.stage is Stage.STAY_SENT
    member.tell(StaySent())
    member.arrive(ME.user_id)
    assert member.stage is Stage.STAYED


@pytest.mark.parametrize("stage", [Stage.SIGNED, Stage.REDEEM_SENT])
def test_a_final_ledger_that_is_shown_late_is_not_jumped_over(bot: Scribe, stage: Stage) -> None:
    """Whoever jumped would never learn whether the token is to be used to stay."""
    member = Member(bot)
    member.be_signed()
    new = member.visit().user_id if stage is Stage.REDEEM_SENT else "@nobody:example.org"
    issued = bot.seen
    final = bot.admit()
    opened = bot.open(at=bot.begins(1) + FREEZE)
    member.tell(Arrived(ME.user_id, (*issued, opened), OLD_ROOM), bot.begins(0) - LENGTH)
    member.tell(Arrived(ME.user_id, (opened,), NEW_ROOM))
    member.tell(Arrived(new, (opened,), NEW_ROOM))
    assert member.stage is stage
    assert member.find(ReadRecords) == ReadRecords(2)
    member.tell(SawRecord(final, OLD_ROOM))
    member.tell(SawPages(3, bot.pages[3]))
    assert member.stage is Stage.STAY_SENT


def test_ledgers_are_read_one_after_the_other(bot: Scribe, member: Member) -> None:
    member.ask()
    member.tell(SawRecord(bot.issue()), bot.begins(0))
    member.tell(SawRecord(bot.admit([carried("@x:example.org")])), bot.begins(1) + FREEZE)
    member.tell(SawPages(3, bot.pages[3]))
    assert member.steps == (ReadPages(2),)
    assert member.tell(SawPages(2, bot.pages[2])) == (ReadPages(3),)
    member.tell(SawPages(3, bot.pages[3]))
    assert member.stage is Stage.STAY_SENT


def test_the_token_of_a_voided_round_is_worth_nothing(bot: Scribe, member: Member) -> None:
    member.be_signed()
    member.see(bot.void(), bot.begins(1))
    member.see(bot.issue([bot.declined(ME.user_id, 1)], round_=1))
    member.see(bot.admit(round_=1), bot.begins(2) + FREEZE)
    assert member.stage is Stage.DECLINED
    assert member.wallet.token is None


def test_who_is_neither_in_nor_carried_waits_outside_and_asks_again(
    bot: Scribe, member: Member
) -> None:
    member.see(bot.issue([]), bot.begins(0))
    member.see(bot.admit())
    assert member.stage is Stage.DECLINED
    bot.open(at=bot.begins(1) + FREEZE)
    member.see(bot.last, bot.begins(0) - LENGTH)
    following = succeed(member.wallet, now=member.now, random=Random())
    assert following is not None
    assert following[1].stage is Stage.IDLE


def test_a_token_is_good_for_eight_epochs(bot: Scribe, member: Member) -> None:
    member.be_signed()
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    for epoch in range(2, 11):
        member.see(bot.open(at=bot.begins(1)))
        assert (member.stage is Stage.LAPSED) is (epoch == 10)
        if epoch < 10:
            member.see(bot.skip())
    assert Say(Notice.LAPSED) in member.steps
    bot.skip()
    bot.open(at=bot.begins(1))
    member.see(bot.last)
    assert member.stage is Stage.LAPSED


def test_a_resident_never_asks(bot: Scribe) -> None:
    member = Member(bot, resident=True)
    assert wake(member.wallet, member.now) is None
    assert member.tick(bot.begins(0) - timedelta(hours=1)) == ()
    member.see(bot.issue([]), bot.begins(0))
    member.see(bot.void(), bot.begins(1))
    member.see(bot.issue([], round_=1), bot.begins(1))
    row = carried(ME.user_id, "resident")
    member.see(bot.admit([row], round_=1), bot.begins(2) + FREEZE)
    assert member.stage is Stage.CARRIED
    bot.open(at=bot.begins(1))
    member.see(bot.last, bot.begins(1))
    assert member.steps == ()
    following = succeed(member.wallet, now=member.now, random=Random())
    assert following is not None
    assert following[1].resident
    assert following[0].over


def test_a_newcomer_begins_in_the_middle(bot: Scribe) -> None:
    bot.issue([])
    chain = enter(Chain(bot.chain.lineage, bot.chain.key), bot.seen)
    late = wallets.begin(chain, ME, now=bot.begins(0), random=Random(0))
    assert late.stage is Stage.UNSIGNED
    bot.void()
    chain = enter(Chain(bot.chain.lineage, bot.chain.key), bot.seen)
    voided = wallets.begin(chain, ME, now=bot.begins(0), random=Random(0))
    assert (voided.stage, voided.round) == (Stage.UNSIGNED, 1)


def test_no_wallet_begins_where_no_epoch_is_open(bot: Scribe) -> None:
    for chain in (Chain(bot.chain.lineage, bot.chain.key), closed(bot)):
        with pytest.raises(ValueError, match="open"):
            wallets.begin(chain, ME, now=START, random=Random(0))


def closed(bot: Scribe) -> Chain:
    bot.skip()
    return bot.chain


def test_who_sees_only_the_end_of_the_next_epoch_waits_for_the_one_after(
    bot: Scribe, member: Member
) -> None:
    member.see(bot.skip())
    bot.open(at=bot.begins(3))
    member.see(bot.last)
    member.see(bot.skip())
    assert succeed(member.wallet, now=member.now, random=Random()) is None
    member.see(bot.open(at=bot.begins(3)))
    following = succeed(member.wallet, now=member.now, random=Random())
    assert following is not None
    assert following[1].epoch == 3


# --- what members say -----------------------------------------------------------------------------


def test_a_rumour_leads_to_showing_what_was_signed_once(bot: Scribe, member: Member) -> None:
    assert member.tell(HeadHeard(1, bytes(32))) == ()
    due = wake(member.wallet, member.now)
    assert due is not None
    assert due - member.now <= timedelta(minutes=1)
    assert member.tick(due) == (ShowRecord(1),)
    assert member.wallet.stop is None
    member.tell(HeadHeard(1, bytes(32)))
    assert member.tell(Shown(1)) == ()
    member.tell(HeadHeard(1, bytes(32)))
    assert member.tick(due + timedelta(hours=1)) == ()


def test_what_somebody_else_has_shown_is_not_shown_again(bot: Scribe, member: Member) -> None:
    member.tell(HeadHeard(1, bytes(32)))
    member.tell(Evidence(bot.last))
    assert member.tick(START + timedelta(hours=1)) == ()
    assert member.wallet.shown == (1,)


def test_the_same_head_and_unknown_ones_are_nothing(bot: Scribe, member: Member) -> None:
    for sequence, head in ((1, bot.last.hash), (0, bytes(32)), (2, bytes(32)), (-5, b"")):
        member.tell(HeadHeard(sequence, head))
    assert member.wallet.showing == ()


def test_one_member_cannot_make_everybody_send_without_end(bot: Scribe) -> None:
    for round_ in range(3):
        bot.issue([], round_)
        bot.void(round_)
    member = Member(bot)
    member.wallet = member.wallet.but(trail=followed(bot))
    for sequence in range(1, 8):
        member.tell(HeadHeard(sequence, bytes(32)))
    assert len(member.wallet.showing) == 4


def followed(bot: Scribe) -> Trail:
    trail = Trail(Chain(bot.chain.lineage, bot.chain.key))
    for signed in bot.seen:
        trail, _ = trail.take(signed)
    return trail


EVIDENCE: dict[str, tuple[Callable[[Scribe], SignedRecord], bool]] = {
    "another with this number": (
        lambda bot: bot.signed(bot.opened, bot.begins(0), sequence=1, previous=bytes(32)),
        True,
    ),
    "one that follows another": (
        lambda bot: bot.signed(Voided(1, 0, "late"), START, previous=bytes(32)),
        True,
    ),
    "the next": (lambda bot: bot.signed(Voided(1, 0, "late"), START), False),
    "forged": (
        lambda bot: msgspec.structs.replace(
            bot.signed(bot.opened, bot.begins(0), sequence=1), signature=bytes(64)
        ),
        False,
    ),
    "of another circle": (
        lambda bot: bot.signed(bot.opened, START, sequence=1, lineage=bytes(16)),
        False,
    ),
    "much later": (lambda bot: bot.signed(bot.opened, START, sequence=9), False),
    "nonsense": (lambda bot: SignedRecord(b"\xc1", bytes(64)), False),
}


@pytest.mark.parametrize("case", EVIDENCE)
def test_only_what_the_bot_signed_is_proof(bot: Scribe, member: Member, case: str) -> None:
    make, proof = EVIDENCE[case]
    signed = make(bot)
    before = member.wallet.trail
    member.tell(Evidence(signed))
    assert (member.wallet.stop == "RecordForked") is proof
    assert member.wallet.trail == before  # and nothing is learnt from it


# --- as bytes -------------------------------------------------------------------------------------


def test_a_wallet_shows_no_secret(bot: Scribe) -> None:
    member, new = redeemed(bot)
    text = repr(member.wallet) + repr(list(member.wallet.__rich_repr__()))
    assert new not in text
    assert "redeem_sent" in text
    for part in (member.wallet.fresh, member.wallet.token, *member.wallet.ways_in):
        assert new.partition(":")[0][1:] not in repr(part)
        assert "comein" not in repr(part)


def test_damaged_bytes_are_no_wallet(bot: Scribe, member: Member) -> None:
    data = member.wallet.encode()
    for damaged in (b"", data[:-1], data + b"\0", b"\xc1", data.replace(b"example", b"exa ple")):
        with pytest.raises(WalletDamaged):
            Wallet.decode(damaged)


def test_a_wallet_knows_whose_it_is(bot: Scribe) -> None:
    member, new = redeemed(bot)
    assert member.wallet.concerns(ME.user_id)
    assert member.wallet.concerns(new)
    assert not member.wallet.concerns("@other:example.org")
    assert not Member(bot).wallet.concerns(new)
    assert isinstance(member.wallet.account, Account)


def test_notices_are_said_once(bot: Scribe, member: Member) -> None:
    member.be_signed()
    member.see(bot.void(), bot.begins(1))
    assert Say(Notice.VOIDED) in member.steps
    member.tell(Told(Notice.VOIDED))
    member.tell(Told(Notice.VOIDED))
    member.see(bot.issue(round_=1))
    member.see(bot.void(1), bot.begins(2))
    assert member.steps == ()


# --- what only the old account was shown ----------------------------------------------------------


def gone_over(bot: Scribe, shown_to_the_old: int) -> Wallet:
    """The next wallet of somebody whose old account alone was shown some records after the switch:
    these, and of the last one only that it is there."""
    member = Member(bot)
    seat = member.be_admitted()
    member.see(bot.open(at=member.now))
    for _ in range(shown_to_the_old + 1):
        bot.publish(Stayed(1, 0, seat), at=member.now)
    *seen, _unseen, last = (signed for n, signed in sorted(bot.records.items()) if n > 4)
    for signed in (*seen, last):
        member.tell(SawRecord(signed, OLD_ROOM))
    room = (bot.records[3], bot.records[4])
    member.tell(Arrived(seat.user_id, room, NEW_ROOM))
    assert member.stage is Stage.JOINED
    assert not [step for step in member.steps if isinstance(step, ReadRecords)]
    pair = succeed(member.wallet, now=member.now, random=Random(1))
    assert pair is not None
    old, following = pair
    member.wallet = old
    member.tell(HeadHeard(bot.chain.sequence - 2, bytes(32)))
    member.tick(member.now + timedelta(hours=1))
    assert not [step for step in member.steps if isinstance(step, (ReadRecords, ShowRecord))]
    return following


@pytest.mark.parametrize("count", [1, 3])
def test_the_new_account_knows_nothing_that_only_the_old_one_was_shown(
    bot: Scribe, count: int
) -> None:
    """Else a server could show each old account another number of records, and then read in the
    messages, or in what is asked for, who has seen how many."""
    following = gone_over(bot, count)
    assert (following.chain.sequence, following.chain.head) == (4, bot.records[4].hash)
    assert following.trail.latest == 4
    assert following.trail.hash_of(5) is None
    assert not [s for s in wallets.steps(following, START) if isinstance(s, ReadRecords)]
    trail, records, wrong = following.trail.enter(following.trail.room(bot.seen)[0], jump=False)
    assert wrong is None
    assert trail.chain == bot.chain
    assert len(records) == count + 1


def looks_at(late: timedelta) -> list[timedelta]:
    """When the new account looks, if the old one is shown the final ledger so late."""
    bot = Scribe()
    bot.open()
    member = Member(bot)
    member.be_signed()
    seat = member.visit()
    final = bot.admit([seat])
    commit = bot.begins(1) + FREEZE
    looked, at, seen = [], commit, False
    while at < commit + timedelta(hours=3):
        if not seen and at >= commit + late:
            member.see(final, at)
            seen = True
        else:
            member.tick(at)
        if Look(seat.user_id) in member.steps:
            looked.append(at - commit)
            member.tell(Nowhere())
        assert seat.user_id not in online(member.wallet, at)
        at += timedelta(minutes=1)
    return looked


def test_when_the_new_account_comes_does_not_depend_on_what_the_old_one_is_shown() -> None:
    """Otherwise a server that keeps the ledger from one of them sees who is missing."""
    assert looks_at(timedelta(0)) == looks_at(timedelta(hours=2)) != []
