"""One member through an epoch, when all goes well and when life comes in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from support.paper_mint import RealMint
from support.scribe import FREEZE, LENGTH, ME, START, Member, Scribe, carried
from support.token_keys import SCOPE, flipped, issued, round_key, seeded

from peerroom.pseudonym import wallet as wallets
from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.token_errors import BadKey, WrongUse
from peerroom.pseudonym.tokens import TOKEN_LENGTH, Scope
from peerroom.pseudonym.wallet import Stage, online, wake
from peerroom.pseudonym.wallet_facts import (
    Decrypted,
    Forgotten,
    KeysDestroyed,
    Retired,
    StaySent,
    Told,
)
from peerroom.pseudonym.wallet_mint import REAL
from peerroom.pseudonym.wallet_steps import (
    DestroyOldKeys,
    Disconnect,
    ForgetAccount,
    Look,
    Notice,
    Retire,
    Say,
    SendStay,
)
from peerroom.pseudonym.wallet_todo import leave_at
from peerroom.wire.rotation import decode_seat


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


@pytest.fixture
def member(bot: Scribe) -> Member:
    return Member(bot)


def test_a_member_becomes_somebody_else(bot: Scribe, member: Member) -> None:
    seat = member.be_admitted()
    assert member.stage is Stage.ADMITTED
    new = seat.user_id
    leaving = leave_at(member.wallet)
    assert leaving is not None
    member.tick(leaving)
    assert Disconnect(ME.user_id) in member.steps
    assert online(member.wallet, member.now) == ()
    while Look(new) not in member.steps:
        due = wake(member.wallet, member.now)
        assert due is not None
        member.tick(due)

    bot.open(at=member.now)
    assert Retire(ME.user_id) in member.arrive(new)
    assert member.stage is Stage.JOINED
    assert online(member.wallet, member.now) == (new,)
    successor = wallets.succeed(member.wallet, now=member.now, random=member.random)
    assert successor is not None
    member.wallet, following = successor
    assert following.epoch == 2
    assert following.account.user_id == new
    assert wallets.succeed(member.wallet, now=member.now, random=member.random) is None

    assert not [step for step in member.tell(Retired()) if isinstance(step, DestroyOldKeys)]
    due = member.now + timedelta(hours=24)
    assert wake(member.wallet, member.now) == due
    assert DestroyOldKeys(ME.user_id) not in member.tick(due)
    assert DestroyOldKeys(ME.user_id) in member.tell(Decrypted())
    assert member.tell(KeysDestroyed()) == (Say(Notice.RENEWED),)
    assert member.tell(Told(Notice.RENEWED)) == ()
    assert member.wallet.over


def test_signed_and_not_redeemed_comes_back_under_the_old_name(bot: Scribe, member: Member) -> None:
    member.be_signed()
    last = member.wallet.plan.visits[0][-1] + timedelta(hours=1)
    assert member.tick(last) == ()
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    assert member.stage is Stage.STAY_SENT
    step = member.find(SendStay)

    seat = decode_seat(step.stay.seat)
    bot.mint.check(bot.opened.keys[0], member.wallet.scope, seat, Use.STAY)
    assert SendStay(step.stay) not in member.tell(StaySent())

    bot.open(at=member.now)
    member.see(bot.last)
    assert wallets.succeed(member.wallet, now=member.now, random=member.random) is None
    member.see(bot.stayed(seat))
    assert member.stage is Stage.STAYED
    successor = wallets.succeed(member.wallet, now=member.now, random=member.random)
    assert successor is not None
    assert successor[1].account == ME


def test_who_was_away_is_carried(bot: Scribe) -> None:
    member = Member(bot)
    member.see(bot.issue([]), START + LENGTH)
    assert member.stage is Stage.UNSIGNED
    member.see(bot.admit([carried(ME.user_id)]))
    assert member.stage is Stage.CARRIED
    bot.open(at=bot.begins(1) + FREEZE)
    member.see(bot.last)
    successor = wallets.succeed(member.wallet, now=member.now, random=member.random)
    assert successor is not None


def test_a_voided_round_is_followed_by_one_with_everything_anew(
    bot: Scribe, member: Member
) -> None:
    member.be_signed()
    first = member.visit()
    member.see(bot.void(), bot.begins(1))
    assert member.stage is Stage.REQUESTED
    (forget,) = (step for step in member.steps if isinstance(step, ForgetAccount))
    assert first.user_id.startswith(f"@{forget.localpart}:")
    member.tell(Forgotten(forget.localpart))
    member.see(bot.issue(round_=1), bot.begins(1))
    member.hear(round_=1)
    second = member.visit(round_=1)
    assert second.user_id != first.user_id
    assert second.token != first.token
    ids = [bot.mint.check(bot.opened.keys[0], scope_of(member, 0), first, Use.REDEEM)]
    ids += [bot.mint.check(bot.opened.keys[1], scope_of(member, 1), second, Use.REDEEM)]
    assert len(set(ids)) == 2
    member.see(bot.admit([second], round_=1), bot.begins(2) + FREEZE)
    assert member.stage is Stage.ADMITTED


def scope_of(member: Member, round_: int) -> Scope:
    return Scope(member.wallet.chain.lineage, member.wallet.epoch, round_)


def test_three_voids_and_everyone_keeps_their_name(bot: Scribe, member: Member) -> None:
    member.be_signed()
    member.see(bot.void())
    member.see(bot.issue(round_=1))
    member.see(bot.void(1))
    member.see(bot.void(2))
    assert member.stage is Stage.UNSIGNED
    member.see(bot.skip())
    assert member.stage is Stage.SKIPPED
    bot.open(at=bot.begins(3))
    member.see(bot.last, bot.begins(0) - LENGTH)
    successor = wallets.succeed(member.wallet, now=member.now, random=member.random)
    assert successor is not None
    assert successor[1].account == ME
    assert successor[0].but(notices=()).over


# --- with real tokens -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> RealMint:
    return RealMint([round_key(0), round_key(1)])


def test_real_tokens_make_the_same_way(real: RealMint) -> None:
    bot = Scribe(real)
    bot.open()
    member = Member(bot)
    seat = member.be_admitted()
    assert member.stage is Stage.ADMITTED
    assert member.wallet.stop is None
    assert len(seat.token) == TOKEN_LENGTH


def test_a_real_token_can_be_used_to_stay(real: RealMint) -> None:
    bot = Scribe(real)
    bot.open()
    member = Member(bot)
    member.be_signed()
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    seat = decode_seat(member.find(SendStay).stay.seat)
    key, scope = bot.opened.keys[0], member.wallet.scope
    assert REAL.check(key, scope, seat, Use.STAY) == member.wallet.token.id
    with pytest.raises(WrongUse):
        REAL.check(key, scope, seat, Use.REDEEM)


def test_a_real_answer_that_is_wrong_is_told_from_a_damaged_request(real: RealMint) -> None:
    for spoil, error in (("answer", "AnswerSpoilt"), ("vault", "RequestDamaged")):
        bot = Scribe(real)
        bot.open()
        member = Member(bot)
        member.ask()
        if spoil == "answer":
            row = bot.row(ME.user_id)
            bot.issue([msgspec.structs.replace(row, answer=flipped(row.answer, 3071))])
        else:
            first = member.wallet.pendings[0]
            assert first is not None
            damaged = replace(first, prefix=bytes(32))
            member.wallet = member.wallet.but(pendings=(damaged, *member.wallet.pendings[1:]))
            bot.issue()
        member.see(bot.last)
        assert member.wallet.stop == error


def test_a_key_that_is_none_is_a_typed_error() -> None:
    for use in (
        lambda: REAL.request(bytes(388), SCOPE, random=seeded(b"")),
        lambda: REAL.fits(bytes(388), bytes(384), bytes(384)),
        lambda: REAL.finish(bytes(388), issued()[0], bytes(384)),
    ):
        with pytest.raises(BadKey):
            use()
