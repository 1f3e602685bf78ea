"""What everyone adds up: the tokens of an epoch that were used are never more than were issued.

A bot can sign tokens for accounts of its own. For each that it seats, somebody who asked stays
outside, or the sum goes over: for that one at once if no place is left, for everyone when they are
let back.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.scribe import FREEZE, ME, NEW_ROOM, OLD_ROOM, Member, Scribe, account, carried

from peerroom.pseudonym.epochs import REMEMBERED
from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.record_errors import OutOfOrder
from peerroom.pseudonym.wallet import Stage, begin, online, succeed
from peerroom.pseudonym.wallet_errors import error_named
from peerroom.pseudonym.wallet_facts import Arrived, Cleared, SawPages, SawRecord, StaySent, Told
from peerroom.pseudonym.wallet_ledgers import seated
from peerroom.pseudonym.wallet_steps import Notice, ReadPages, SendStay, Stop
from peerroom.wire.records import Seated, SignedRecord, Stayed
from peerroom.wire.rotation import decode_seat


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


@pytest.fixture
def member(bot: Scribe) -> Member:
    """One of seven who were signed, with their new account's redemption on its way."""
    member = Member(bot)
    member.be_signed()
    member.visit()
    return member


def made_up(bot: Scribe, number: int = 0, use: Use = Use.REDEEM) -> Seated:
    """An account with a token that the bot has signed for itself."""
    return bot.seat(account(f"@made.up{number}:example.org"), use=use)[0]


def switched(member: Member, seats: list[Seated]) -> None:
    """The bot publishes a final ledger with these, and goes on to the next epoch."""
    bot = member.bot
    member.see(bot.admit(seats, crowd=False), bot.begins(1) + FREEZE)
    bot.open(at=member.now)
    member.tell(SawRecord(bot.last, OLD_ROOM))


def stay(bot: Scribe, user_id: str) -> SignedRecord:
    """The bot says that an old account came back, whoever it is."""
    seat = bot.seat(account(user_id), use=Use.STAY)[0]
    return bot.publish(Stayed(1, 0, seat), at=bot.begins(0))


def asks_to_stay(member: Member) -> bool:
    return any(isinstance(step, SendStay) for step in member.steps)


def told(member: Member) -> None:
    assert member.find(Stop) == Stop("LedgerOverdrawn")
    member.tell(Told(Notice.STOPPED))


# --- no place left --------------------------------------------------------------------------------


def test_a_full_ledger_without_ones_own_token_stops(bot: Scribe, member: Member) -> None:
    """Seven were signed, and seven have come without us: one of these never asked."""
    before = member.stage
    switched(member, [*bot.others, made_up(bot)])
    told(member)
    assert member.stage is before
    assert not asks_to_stay(member)


def test_who_slept_over_the_visits_can_tell_as_well(bot: Scribe) -> None:
    member = Member(bot)
    member.be_signed()
    switched(member, [*bot.others, made_up(bot)])
    told(member)
    assert member.stage is Stage.SIGNED


def test_nothing_that_follows_shows_who_was_left_out(bot: Scribe, member: Member) -> None:
    """The one who was not would be known by it: the old account is as it was."""
    new = member.wallet.new_account
    assert new is not None
    switched(member, [*bot.others, made_up(bot)])
    told(member)
    member.tell(Arrived(new.user_id, bot.next_room(), NEW_ROOM))
    assert member.wallet.joined_at is None
    for days in range(1, 9):
        member.tick(member.now + timedelta(days=days))
        assert member.steps == ()
        assert online(member.wallet, member.now) == (ME.user_id,)


def test_with_a_place_left_one_asks_to_stay(bot: Scribe, member: Member) -> None:
    switched(member, bot.others)
    assert member.wallet.stop is None
    assert asks_to_stay(member)


def test_who_has_talked_with_a_moderator_asks_to_stay(bot: Scribe, member: Member) -> None:
    switched(member, [*bot.others, made_up(bot)])
    told(member)
    assert ReadPages(3) in member.tell(Cleared())
    member.tell(SawPages(3, bot.pages[3]))
    assert member.wallet.stop is None
    assert asks_to_stay(member)
    member.tell(SawRecord(stay(bot, "@before.crowd:example.org"), OLD_ROOM))
    assert member.wallet.stop is None  # that goes for this ledger


def test_another_account_with_ones_own_token_is_another_matter(bot: Scribe, member: Member) -> None:
    """Nobody could have it; nothing is left to be used, and the sum is right."""
    pending, token = member.wallet.pending, member.wallet.token
    assert pending is not None
    assert token is not None
    thief = account("@thief:example.org")
    proof = bot.mint.prove(pending, token, Use.REDEEM, thief)
    switched(member, [*bot.others, seated(thief, token.encode(), proof)])
    assert [finding.error for finding in member.wallet.findings] == ["KeySubstituted"]


# --- who comes back -------------------------------------------------------------------------------


def test_to_be_let_back_oneself_is_no_reason(bot: Scribe, member: Member) -> None:
    switched(member, bot.others)
    seat = decode_seat(member.find(SendStay).stay.seat)
    member.tell(StaySent())
    member.tell(SawRecord(bot.publish(Stayed(1, 0, seat), at=bot.begins(0)), OLD_ROOM))
    assert member.stage is Stage.STAYED
    assert member.wallet.stop is None


def test_somebody_else_in_the_last_place_stops(bot: Scribe, member: Member) -> None:
    """Six have come and one has come back; and we, the seventh, were not asked."""
    switched(member, bot.others)
    assert asks_to_stay(member)
    member.tell(SawRecord(stay(bot, "@before.crowd:example.org"), OLD_ROOM))
    told(member)
    assert not asks_to_stay(member)


def moved_on(member: Member) -> Member:
    """The same person, by the new account's wallet of the next epoch, in the next room."""
    seat = member.wallet.seat
    assert seat is not None
    bot = member.bot
    switched(member, [seat, *bot.others[1:]])
    member.arrive(seat.user_id)
    pair = succeed(member.wallet, now=member.now, random=member.random)
    assert pair is not None
    member.wallet = pair[1]
    return member


def test_everyone_stops_when_one_too_many_is_let_back(bot: Scribe, member: Member) -> None:
    moved_on(member)
    member.tell(SawRecord(stay(bot, "@before.one:example.org"), NEW_ROOM))
    assert member.wallet.stop is None
    member.tell(SawRecord(stay(bot, "@before.two:example.org"), NEW_ROOM))
    told(member)
    said = error_named("LedgerOverdrawn").sentence()
    assert "passes" in said and "moderator" in said


def test_whoever_was_away_counts_by_the_ledger_of_the_room(bot: Scribe) -> None:
    away = Member(bot)
    bot.issue()
    bot.admit([*bot.others, carried(ME.user_id)], crowd=False)
    bot.open(at=bot.begins(1) + FREEZE)
    away.tell(Arrived(ME.user_id, bot.next_room(), NEW_ROOM), bot.begins(0))
    away.tell(SawRecord(stay(bot, "@before.one:example.org"), NEW_ROOM))
    assert away.wallet.stop == "LedgerOverdrawn"


def test_nobody_comes_back_to_names_that_did_not_change(bot: Scribe) -> None:
    member = Member(bot)
    bot.skip()
    bot.open(at=bot.begins(3))
    for number in (2, 3):
        member.tell(SawRecord(bot.records[number]), bot.begins(0))
    member.tell(SawRecord(stay(bot, "@before.one:example.org")))
    assert member.wallet.stop == "LedgerOverdrawn"


def test_what_the_old_account_saw_after_the_switch_is_not_counted_twice(
    bot: Scribe, member: Member
) -> None:
    """The new one is shown it again, in the new room, and knows it only from there."""
    seat = member.wallet.seat
    assert seat is not None
    switched(member, [seat, *bot.others[1:]])
    one = stay(bot, "@before.one:example.org")
    member.tell(SawRecord(one, OLD_ROOM))
    member.tell(Arrived(seat.user_id, (bot.records[3], bot.records[4]), NEW_ROOM))
    pair = succeed(member.wallet, now=member.now, random=member.random)
    assert pair is not None
    _, following = pair
    tally = following.chain.tally(1)
    assert tally is not None
    assert tally.stays == {}
    member.wallet = following
    for _ in range(2):
        member.tell(SawRecord(one, NEW_ROOM))
    assert member.wallet.stop is None
    tally = member.wallet.chain.tally(1)
    assert tally is not None
    assert tally.stays == {5: "@before.one:example.org"}


def test_what_was_accepted_is_accepted_in_the_next_epoch(bot: Scribe, member: Member) -> None:
    moved_on(member)
    for name in ("one", "two"):
        member.tell(SawRecord(stay(bot, f"@before.{name}:example.org"), NEW_ROOM))
    told(member)
    member.tell(Cleared())
    assert member.wallet.stop is None
    bot.skip()
    bot.open(at=bot.begins(3))
    for number in range(7, bot.chain.sequence + 1):
        member.tell(SawRecord(bot.records[number], NEW_ROOM), bot.begins(0))
    pair = succeed(member.wallet, now=member.now, random=member.random)
    assert pair is not None
    member.wallet = pair[1]
    member.tell(SawRecord(bot.issue(), NEW_ROOM))
    assert member.wallet.stop is None


@pytest.mark.parametrize("epochs", [REMEMBERED, REMEMBERED + 1])
def test_nobody_comes_back_after_the_tokens_have_lapsed(bot: Scribe, epochs: int) -> None:
    """So every stay is of an epoch that is still counted."""
    bot.issue()
    bot.admit(bot.others[1:], crowd=False)
    bot.open(at=bot.begins(1))
    for _ in range(epochs - 1):
        bot.skip()
        bot.open(at=bot.begins(3))
    if epochs > REMEMBERED:
        with pytest.raises(OutOfOrder):
            stay(bot, "@before.one:example.org")
    else:
        stay(bot, "@before.one:example.org")
        assert bot.chain.tally(1) is not None
    assert len(bot.chain.tallies) <= REMEMBERED + 1


# --- whatever happens -----------------------------------------------------------------------------


def rounds(signed: int) -> list[tuple[int, int, int]]:
    """How many came, how many the bot made up, and how many it lets back, of ``signed`` of whom
    one is left out: all that a final ledger can have without stopping everyone at once."""
    return [
        (came, made, back)
        for came in range(signed)
        for made in range(signed - came + 1)
        for back in range(signed - came)
        if 3 * (came + made) >= 2 * signed
    ]


@pytest.mark.parametrize("signed", [3, 6, 7])
def test_it_shows_if_and_only_if_there_are_too_many(signed: int) -> None:
    assert {made for _, made, _ in rounds(signed)} == {*range(signed + 1)}
    for came, made, back in rounds(signed):
        one_round(signed, came, made, back)


def one_round(signed: int, came: int, made: int, back: int) -> None:
    """Some of those who were signed come, the bot adds some of its own, and lets some back.
    ``witness`` is in the new room; ``left`` was signed, and is not."""
    bot = Scribe(floor=1)
    bot.open()
    left, witness = Member(bot), Member(bot)
    left.ask()
    left.see(bot.issue(crowd=signed - 1), bot.begins(0))
    seats = [*bot.others[:came], *(made_up(bot, number) for number in range(made))]
    left.see(bot.admit(seats, crowd=False), bot.begins(1) + FREEZE)
    left.tell(SawRecord(bot.open(at=left.now), OLD_ROOM))
    new = account("@new:example.org")
    witness.wallet = begin(bot.chain, new, now=left.now, random=left.random)
    assert knows(left) is (came + made == signed)
    for number in range(back):
        record = stay(bot, f"@before.{number}:example.org")
        left.tell(SawRecord(record, OLD_ROOM))
        witness.tell(SawRecord(record, NEW_ROOM))
    assert knows(left) is (came + made + back + 1 > signed)
    assert knows(witness) is (came + made + back > signed)
    if not made:
        assert left.wallet.stop is None
        assert witness.wallet.stop is None


def knows(member: Member) -> bool:
    return "LedgerOverdrawn" in {finding.error for finding in member.wallet.findings}
