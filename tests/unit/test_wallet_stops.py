"""What stops a wallet, what does not, and what a stopped wallet still does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from support.paper_mint import PaperMint
from support.scribe import (
    FREEZE,
    KEY,
    LENGTH,
    ME,
    NEW_ROOM,
    OLD_ROOM,
    START,
    TOKEN,
    Member,
    Scribe,
    account,
    carried,
)

from peerroom.pseudonym.blind import RandomBytes
from peerroom.pseudonym.epochs import milliseconds, moment
from peerroom.pseudonym.possession import Account, Use
from peerroom.pseudonym.record_errors import RecordError
from peerroom.pseudonym.records import paged
from peerroom.pseudonym.token_errors import BadProof, NotCoprime, SelfTestFailed
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.pseudonym.wallet import Stage, steps, succeed, wake
from peerroom.pseudonym.wallet_errors import EntryAltered, error_named
from peerroom.pseudonym.wallet_facts import (
    AccountMade,
    Arrived,
    Cleared,
    Heard,
    RequestShown,
    SawPages,
    SawRecord,
    Told,
)
from peerroom.pseudonym.wallet_ledgers import seated
from peerroom.pseudonym.wallet_steps import (
    MakeAccount,
    Notice,
    ReadPages,
    ReadRecords,
    Redeem,
    SendRequest,
    SendStay,
    ShowRequest,
    Stop,
)
from peerroom.wire.records import (
    Admitted,
    EpochOpened,
    Issued,
    NamesUsed,
    Seated,
    Signed,
    SignedRecord,
    Stayed,
    Voided,
)
from peerroom.wire.rotation import Entry


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


@pytest.fixture
def member(bot: Scribe) -> Member:
    return Member(bot)


def stopped(member: Member) -> str | None:
    """Why the wallet has stopped, if it has, as the person is told."""
    found = [step.error for step in member.steps if isinstance(step, Stop)]
    assert found == ([member.wallet.stop] if member.wallet.stop else [])
    return found[0] if found else None


# --- records --------------------------------------------------------------------------------------


def forged(bot: Scribe) -> SignedRecord:
    good = bot.signed(Voided(1, 0, "late"), START)
    return msgspec.structs.replace(good, signature=bytes(64))


def reopened(bot: Scribe) -> EpochOpened:
    return msgspec.structs.replace(bot.opened, epoch=2)


def with_other_keys(bot: Scribe) -> SignedRecord:
    bot.skip()
    return bot.signed(reopened(bot), START)


def inflated(bot: Scribe) -> SignedRecord:
    bot.issue([])
    return bot.signed(Admitted(1, 0, issued=0, count=1), START)


def second_story(bot: Scribe) -> SignedRecord:
    one = bot.signed(Voided(1, 0, "late"), START)
    bot.skip()
    return one


BAD: dict[str, Callable[[Scribe], SignedRecord]] = {
    "RecordForged": forged,
    "RecordOfOtherCircle": lambda bot: bot.signed(
        Voided(1, 0, "late"), START, lineage=bytes(15) + b"!"
    ),
    "RecordUnlinked": lambda bot: bot.signed(Voided(1, 0, "late"), START, previous=bytes(32)),
    "OutOfOrder": lambda bot: bot.signed(Voided(1, 1, "late"), START),
    "KeySubstituted": with_other_keys,
    "LedgerInflated": inflated,
    "RecordForked": second_story,
}


@pytest.mark.parametrize("error", BAD)
def test_a_bad_record_stops_and_says_why_until_it_was_told(
    bot: Scribe, member: Member, error: str
) -> None:
    bad = BAD[error](bot)
    for number in range(2, bot.chain.sequence + 1):
        member.see(bot.records[number])
    member.tell(SawRecord(bad))
    assert stopped(member) == error
    named = error_named(error)
    assert type(named).__name__ == error
    assert named.sentence()
    member.tell(Told(Notice.STOPPED))
    assert Stop(error) not in member.steps
    assert member.wallet.stop == error


def test_the_first_reason_counts(bot: Scribe, member: Member) -> None:
    member.tell(SawRecord(forged(bot)))
    member.tell(SawRecord(BAD["OutOfOrder"](bot)))
    assert stopped(member) == "RecordForged"


def test_a_name_that_is_no_error_still_gives_a_sentence() -> None:
    for name in ("RandomBytes", "Nonsense", "N_", "WalletDamaged"):
        assert type(error_named(name)) is RecordError


def test_a_record_that_is_too_new_is_asked_for(bot: Scribe, member: Member) -> None:
    first = bot.issue([])
    second = bot.void()
    member.tell(SawRecord(second))
    assert member.steps == (ReadRecords(1),)
    member.tell(SawRecord(first))
    assert ReadRecords(2) in member.steps
    member.tell(SawRecord(second))
    assert member.wallet.stop is None
    assert not [step for step in member.steps if isinstance(step, ReadRecords)]


def test_known_records_again_change_nothing(bot: Scribe, member: Member) -> None:
    member.be_signed()
    before = member.wallet
    for signed in bot.seen:
        member.tell(SawRecord(signed))
    member.tell(SawPages(2, bot.pages[2]))
    member.tell(SawPages(1, {}))
    member.tell(SawPages(99, {0: b"?"}))
    assert member.wallet == before


def test_a_room_that_forgot_what_it_had_stops(bot: Scribe, member: Member) -> None:
    shown = bot.seen
    member.see(bot.issue([]))
    member.tell(Arrived(ME.user_id, shown, NEW_ROOM))  # another room may not have it yet
    assert stopped(member) is None
    member.tell(Arrived(ME.user_id, shown, OLD_ROOM))
    assert stopped(member) == "RecordRolledBack"


def test_what_is_wrong_in_a_room_keeps_nobody_out_of_it(bot: Scribe, member: Member) -> None:
    new = member.be_admitted().user_id
    bot.open(at=member.now)
    records = (forged(bot), *bot.next_room())
    member.tell(Arrived(new, records, NEW_ROOM))
    assert stopped(member) == "RecordForged"
    assert member.stage is Stage.JOINED
    following = succeed(member.wallet, now=member.now, random=member.random)
    assert following is not None
    assert following[1].stop == "RecordForged"  # until people have talked
    assert not [step for step in steps(following[1], member.now) if isinstance(step, Stop)]


# --- the issue ledger -----------------------------------------------------------------------------


def test_an_own_request_that_is_missing_stops(bot: Scribe, member: Member) -> None:
    member.ask()
    member.see(bot.issue([]), bot.begins(0))
    assert stopped(member) == "RequestMissing"
    assert member.stage is Stage.UNSIGNED


@pytest.mark.parametrize(("early", "stops"), [(11, True), (9, False), (0, False)])
def test_a_request_that_came_late_may_be_missing(
    bot: Scribe, member: Member, early: int, stops: bool
) -> None:
    member.tick(bot.begins(0) - timedelta(minutes=early, seconds=1))
    member.ask()
    member.see(bot.issue([]), bot.begins(0))
    assert (stopped(member) == "RequestMissing") is stops
    assert member.stage is Stage.UNSIGNED


def test_whose_clock_was_wrong_cannot_say_that_the_request_was_early(
    bot: Scribe, member: Member
) -> None:
    member.ask()
    member.tick(bot.begins(0) - timedelta(minutes=30))
    member.see(bot.issue([stranger()]))  # of the cut-off, in half an hour
    assert Notice.CLOCK in member.wallet.notices
    assert stopped(member) is None
    assert member.stage is Stage.UNSIGNED


def test_nothing_is_asked_after_the_cut_off(bot: Scribe, member: Member) -> None:
    member.tick(bot.begins(0))
    assert member.stage is Stage.UNSIGNED
    asking = Member(bot)
    asking.tick(asking.wallet.plan.request_at)
    assert asking.find(SendRequest)
    assert asking.tick(bot.begins(0)) == ()  # it was on its way: the ledger tells what came of it
    assert asking.stage is Stage.ASKING


def test_another_request_in_our_name_stops(bot: Scribe, member: Member) -> None:
    member.ask()
    row = msgspec.structs.replace(bot.row(ME.user_id), request=bytes(32))
    member.see(bot.issue([row]))
    assert stopped(member) == "RequestAltered"
    assert member.stage is Stage.STRANDED


def test_a_request_that_was_never_made_stops(bot: Scribe, member: Member) -> None:
    member.see(bot.issue([Signed(ME.user_id, bytes(32), bytes(384))]))
    assert stopped(member) == "RequestAltered"


def test_to_be_declined_stops_nobody(bot: Scribe, member: Member) -> None:
    member.ask()
    member.see(bot.issue([bot.declined(ME.user_id)]))
    assert stopped(member) is None
    assert member.stage is Stage.DECLINED
    member.see(bot.void())
    assert member.stage is Stage.REQUESTED  # the next list may be another
    member.see(bot.issue(round_=1))
    assert member.stage is Stage.SIGNED


def test_a_wrong_answer_is_shown_to_everyone_and_never_tried_again(
    bot: Scribe, member: Member
) -> None:
    member.ask()
    sent = bot.requests[ME.user_id].requests
    member.see(bot.issue([msgspec.structs.replace(bot.row(ME.user_id), answer=bytes(384))]))
    assert stopped(member) == "AnswerSpoilt"
    assert member.stage is Stage.UNSIGNED
    assert ShowRequest(1, 0, sent[0]) in member.steps
    assert member.wallet.pendings[0] is None
    assert hashlib.sha256(sent[0]).digest() == bot.row(ME.user_id).request
    member.tell(RequestShown())
    assert not [step for step in member.steps if isinstance(step, ShowRequest)]


class DamagedMint(PaperMint):
    """Takes back what it said: as if what the vault kept of a request were damaged."""

    def __init__(self, sound: PaperMint) -> None:
        super().__init__()
        self.__dict__.update(vars(sound))
        self.broken: type[Exception] | None = None

    def finish(self, key: bytes, pending: Pending, answer: bytes) -> Token:
        if self.broken is not None:
            raise self.broken
        return super().finish(key, replace(pending, prefix=bytes(32)), answer[:-1])

    def prove(self, pending: Pending, token: Token, use: Use, account: Account) -> bytes:
        raise BadProof


def test_a_right_answer_that_does_not_open_is_burnt() -> None:
    sound = PaperMint()
    bot = Scribe(sound)
    bot.open()
    member = Member(bot, mint=DamagedMint(sound))
    member.ask()
    member.see(bot.issue())
    assert stopped(member) == "RequestDamaged"
    assert member.stage is Stage.STRANDED
    assert member.wallet.pendings[0] is None
    assert not [step for step in member.steps if isinstance(step, ShowRequest)]
    member.see(bot.admit())
    assert member.stage is Stage.STRANDED


def test_a_machine_that_cannot_count_burns_nothing() -> None:
    sound = PaperMint()
    bot = Scribe(sound)
    bot.open()
    mint = DamagedMint(sound)
    mint.broken = SelfTestFailed
    member = Member(bot, mint=mint)
    member.ask()
    member.see(bot.issue())
    assert stopped(member) == "SelfTestFailed"
    assert ReadPages(2) in member.steps
    member.mint = sound
    member.tell(SawPages(2, bot.pages[2]))
    assert member.stage is Stage.SIGNED


class WeakMint(PaperMint):
    """A round key that was made to be weak."""

    def request(self, key: bytes, scope: Scope, *, random: RandomBytes) -> Pending:
        raise NotCoprime


def test_a_weak_key_is_asked_for_nothing() -> None:
    bot = Scribe()
    bot.open()
    member = Member(bot, mint=WeakMint())
    member.tick(member.wallet.plan.request_at)
    assert stopped(member) == "NotCoprime"
    assert member.stage is Stage.IDLE


def test_an_issue_ledger_that_does_not_add_up_stops_and_is_used_all_the_same(
    bot: Scribe, member: Member
) -> None:
    member.ask()
    member.see(bot.issue(count=2))
    assert stopped(member) == "LedgerInflated"
    assert member.stage is Stage.SIGNED  # for coming back


def test_nobody_is_in_a_ledger_twice(bot: Scribe, member: Member) -> None:
    member.ask()
    member.see(bot.issue([bot.row(ME.user_id)] * 2))
    assert stopped(member) == "LedgerInflated"


def test_rows_of_another_kind_are_no_ledger(bot: Scribe, member: Member) -> None:
    member.see(bot.issue([NamesUsed(1, b"")]))
    assert stopped(member) == "LedgerInflated"


def test_a_page_that_was_changed_stops_and_a_missing_one_waits(bot: Scribe, member: Member) -> None:
    member.ask()
    number = 2
    member.tell(SawRecord(bot.issue()), bot.begins(0))
    assert member.tell(SawPages(number, {})) == (ReadPages(number),)
    member.tell(SawPages(number, {0: bot.pages[number][0] + b"\0"}))
    assert stopped(member) == "PageAltered"
    member.tell(SawPages(number, bot.pages[number]))
    assert member.stage is Stage.SIGNED


def test_pages_that_were_promised_and_are_none_stop(bot: Scribe, member: Member) -> None:
    page = b"\xc1"
    body = Issued(1, 0, 0, (hashlib.sha256(page).digest(),), bytes(32))
    member.tell(SawRecord(bot.publish(body)))
    member.tell(SawPages(2, {0: page}))
    assert stopped(member) == "RecordMalformed"


# --- the way in -----------------------------------------------------------------------------------


def test_a_way_in_for_us_alone_stops(bot: Scribe, member: Member) -> None:
    member.ask()
    member.hear(token="onlyforyou")
    member.see(bot.issue())
    assert stopped(member) == EntryAltered.__name__
    assert member.stage is Stage.SIGNED


def test_two_ways_in_stop(bot: Scribe, member: Member) -> None:
    member.be_signed()
    member.hear()
    assert stopped(member) is None
    member.hear(token="another")
    assert stopped(member) == "EntryAltered"


def test_a_way_into_another_epoch_is_nothing(member: Member) -> None:
    member.tell(Heard(Entry(2, 0, TOKEN)))
    assert member.wallet.ways_in == ()


# --- the admission ledger -------------------------------------------------------------------------


def other_seat(bot: Scribe, name: str = "@new2:example.org", use: Use = Use.REDEEM) -> Seated:
    """Somebody else with a good token of round 0."""
    seat, _row = bot.seat(account(name), use=use)
    return seat


def two_seats(bot: Scribe) -> tuple[Seated, Seated]:
    """Two accounts with one good token, given to both by its holder."""
    key, scope = bot.opened.keys[0], Scope(bot.chain.lineage, bot.opened.epoch, 0)
    pending = bot.mint.request(key, scope, random=bot.draw)
    token = bot.mint.finish(key, pending, bot.mint.sign(key, pending.request))
    one, two = (account(f"@{name}:example.org") for name in ("one", "two"))
    first, second = (
        seated(new, token.encode(), bot.mint.prove(pending, token, Use.REDEEM, new))
        for new in (one, two)
    )
    return first, second


def stranger(name: str = "other") -> Signed:
    return Signed(f"@{name}:example.org", bytes(32), bytes(384))


FINAL: dict[str, Callable[[Scribe, Seated], SignedRecord]] = {
    "SeatUnproven": lambda bot, seat: bot.admit(
        [seat, msgspec.structs.replace(other_seat(bot), proof=bytes(64))]
    ),
    "LedgerInflated": lambda bot, seat: bot.admit([seat], count=9),
    "LedgerInflated twice": lambda bot, seat: bot.admit([seat, *two_seats(bot)]),
    "LedgerInflated same": lambda bot, seat: bot.admit([seat, seat]),
    "LedgerInflated carried": lambda bot, seat: bot.admit([seat, carried("@other:example.org")]),
    "LedgerInflated rows": lambda bot, seat: bot.admit([seat, stranger()]),
    "KeySubstituted": lambda bot, seat: bot.admit(
        [msgspec.structs.replace(seat, master_key=KEY), other_seat(bot)]
    ),
    "": lambda bot, seat: bot.admit([seat, other_seat(bot), carried("@away:example.org")]),
}


@pytest.mark.parametrize("case", FINAL)
def test_a_final_ledger_is_checked_by_everyone(bot: Scribe, member: Member, case: str) -> None:
    error = case.partition(" ")[0] or None
    member.ask()
    member.see(bot.issue([bot.row(ME.user_id), stranger(), stranger("third")]), bot.begins(0))
    member.hear()
    seat = member.visit()
    member.see(FINAL[case](bot, seat), bot.begins(1) + FREEZE)
    if error == "KeySubstituted":  # the proof does not cover other keys, which is seen first
        assert stopped(member) == "SeatUnproven"
    else:
        assert stopped(member) == error
    assert member.stage is Stage.ADMITTED  # the chat goes on


def test_an_own_key_that_was_altered_stops(bot: Scribe, member: Member) -> None:
    member.be_signed()
    seat = member.visit()
    pending, token = member.wallet.pending, member.wallet.token
    assert pending is not None
    assert token is not None
    thief = account(seat.user_id)
    thief = Account(seat.user_id, KEY, thief.devices)
    proof = bot.mint.prove(pending, token, Use.REDEEM, thief)
    member.see(bot.admit([seated(thief, token.encode(), proof)]))
    assert stopped(member) == "KeySubstituted"


def test_a_token_that_somebody_else_used_leaves_nothing(bot: Scribe, member: Member) -> None:
    """Nobody could have; if it is in the final ledger all the same, it cannot be used again."""
    member.be_signed()
    pending, token = member.wallet.pending, member.wallet.token
    assert pending is not None
    assert token is not None
    thief = account("@thief:example.org")
    proof = bot.mint.prove(pending, token, Use.REDEEM, thief)
    member.see(bot.admit([seated(thief, token.encode(), proof)]))
    assert stopped(member) == "KeySubstituted"
    assert member.stage is Stage.STRANDED


def test_an_admission_that_counts_more_than_was_issued_stops_and_counts(
    bot: Scribe, member: Member
) -> None:
    member.be_signed()
    seat = member.visit()
    body = Admitted(1, 0, issued=9, count=7)
    honest = bot.chain
    member.tell(SawRecord(forge_final(bot, body, [seat, *bot.others])))
    assert stopped(member) == "LedgerInflated"
    assert member.wallet.chain == honest
    member.tell(SawPages(3, bot.pages[3]))
    assert member.stage is Stage.ADMITTED


def test_a_final_ledger_after_a_gap_is_compared_with_the_issue_ledger(bot: Scribe) -> None:
    bot.skip()
    bot.open(at=bot.begins(3))
    member = Member(bot, now=bot.begins(0) - LENGTH)
    member.be_signed()
    seat = member.visit()
    bot.stayed(other_seat(bot, use=Use.STAY))  # not in the next room
    pages, hashes = paged([seat, *bot.others])
    body = Admitted(2, 0, issued=9, count=7, pages=hashes)
    final = bot.signed(body, bot.begins(1) + FREEZE)
    number = bot.chain.sequence + 1
    following = msgspec.structs.replace(bot.opened, epoch=3, keys=bot.opened.next_keys)
    opened = bot.signed(following, bot.begins(1) + FREEZE, sequence=number + 1, previous=final.hash)
    member.tell(Arrived(seat.user_id, (final, opened), NEW_ROOM), bot.begins(1) + FREEZE)
    assert stopped(member) is None
    member.tell(SawPages(number, dict(enumerate(pages))))
    assert stopped(member) == "LedgerInflated"
    assert member.stage is Stage.JOINED


def forge_final(bot: Scribe, body: Admitted, rows: list[Seated]) -> SignedRecord:
    """A final ledger that no chain takes."""
    pages, hashes = paged(rows)
    bot.pages[bot.chain.sequence + 1] = dict(enumerate(pages))
    return bot.signed(msgspec.structs.replace(body, pages=hashes), bot.begins(1) + FREEZE)


def test_a_page_of_the_final_ledger_that_was_changed_stops(bot: Scribe, member: Member) -> None:
    member.be_signed()
    seat = member.visit()
    member.tell(SawRecord(bot.admit([seat])), bot.begins(1) + FREEZE)
    member.tell(SawPages(3, {0: bot.pages[3][0] + b"\0"}))
    assert stopped(member) == "PageAltered"
    assert member.stage is Stage.REDEEM_SENT
    member.tell(SawPages(3, bot.pages[3]))
    assert member.stage is Stage.ADMITTED


def test_a_server_that_seats_us_where_we_have_no_seat(bot: Scribe, member: Member) -> None:
    member.be_signed()
    new = member.visit().user_id
    bot.admit()
    bot.open(at=bot.begins(1) + FREEZE)
    member.tell(Arrived(new, bot.next_room(), NEW_ROOM), bot.begins(0))
    assert member.stage is Stage.REDEEM_SENT  # until the ledger was read
    assert member.find(ReadPages) == ReadPages(3)
    member.tell(SawPages(3, bot.pages[3]))
    assert stopped(member) == "LedgerInflated"
    assert member.stage is Stage.STAY_SENT
    assert member.wallet.joined_at is None
    assert not member.wallet.concerns(new)
    assert member.wallet.made_in_vain(new)  # who is there with it goes back
    assert not member.wallet.made_in_vain(ME.user_id)
    assert not member.wallet.made_in_vain(new.replace("example.org", "elsewhere.org"))


def test_a_wallet_that_has_no_part_in_it_reads_ledgers_all_the_same(
    bot: Scribe, member: Member
) -> None:
    bot.issue([stranger()])
    bot.admit([carried("@other:example.org")])
    bot.open(at=bot.begins(1) + FREEZE)
    member.tell(Arrived(ME.user_id, bot.seen, OLD_ROOM))
    member.arrive(ME.user_id)
    assert member.stage is Stage.CARRIED
    for number in (2, 3):
        assert member.find(ReadPages) == ReadPages(number)
        assert stopped(member) is None
        assert succeed(member.wallet, now=member.now, random=member.random) is None
        member.tell(SawPages(number, bot.pages[number]))
    assert stopped(member) == "LedgerInflated"
    assert member.stage is Stage.CARRIED
    following = succeed(member.wallet, now=member.now, random=member.random)
    assert following is not None
    assert following[1].stop == "LedgerInflated"


@pytest.mark.parametrize("ending", [Scribe.void, Scribe.skip])
def test_what_ends_a_round_moves_nobody_who_has_left_it(
    bot: Scribe, member: Member, ending: Callable[[Scribe], SignedRecord]
) -> None:
    member.wallet = member.wallet.but(stage=Stage.CARRIED)
    member.tell(SawRecord(ending(bot)), bot.begins(3))
    assert member.stage is Stage.CARRIED
    assert member.steps == ()


# --- what a stopped wallet does -------------------------------------------------------------------


def stop(member: Member) -> None:
    member.tell(SawRecord(forged(member.bot)))
    member.tell(Told(Notice.STOPPED))


def test_a_stopped_wallet_does_not_ask(bot: Scribe, member: Member) -> None:
    stop(member)
    assert member.tick(member.wallet.plan.request_at) == ()
    assert member.stage is Stage.IDLE
    member.tell(Cleared())
    assert member.find(SendRequest)
    stop(member)
    assert member.steps == ()
    member.tell(Cleared())
    assert member.find(SendRequest)


def test_a_stopped_wallet_does_not_visit_and_comes_back(bot: Scribe, member: Member) -> None:
    member.be_signed()
    stop(member)
    for drawn in member.wallet.plan.visits[0]:
        assert member.tick(drawn) == ()
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    assert member.find(SendStay)


def test_a_visit_that_has_begun_does_not_go_on_after_a_stop(bot: Scribe, member: Member) -> None:
    member.be_signed()
    member.tick(member.wallet.plan.visits[0][0])
    make = member.find(MakeAccount)
    stop(member)
    assert member.steps == ()
    new = account(f"@{make.localpart}:example.org")
    member.tell(AccountMade(new.user_id, new.master_key, new.devices))
    assert member.steps == ()
    assert member.stage is Stage.REGISTERED
    member.tell(Cleared())
    assert member.find(Redeem).seat.user_id == new.user_id
    stop(member)
    assert member.steps == ()
    member.tell(Cleared())
    assert member.find(Redeem).seat.user_id == new.user_id


def test_who_redeemed_before_the_stop_goes_on_to_the_new_room(bot: Scribe, member: Member) -> None:
    member.be_signed()
    seat = member.visit()
    stop(member)
    member.see(bot.admit([seat]), bot.begins(1) + FREEZE)
    bot.open(at=member.now)
    member.arrive(seat.user_id)
    assert member.stage is Stage.JOINED


def test_a_damaged_request_cannot_be_used_to_stay() -> None:
    sound = PaperMint()
    bot = Scribe(sound)
    bot.open()
    mint = DamagedMint(sound)
    member = Member(bot, mint=sound)
    member.be_signed()
    member.mint = mint
    member.tick(member.wallet.plan.visits[0][0])
    make = member.find(MakeAccount)
    new = account(f"@{make.localpart}:example.org")
    member.tell(AccountMade(new.user_id, new.master_key, new.devices))
    assert stopped(member) == "RequestDamaged"
    member.see(bot.admit(), bot.begins(1) + FREEZE)
    assert member.stage is Stage.STRANDED


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("behind", "visits"), [(9, True), (11, False)])
def test_nothing_is_redeemed_while_a_record_is_from_the_future(
    bot: Scribe, behind: int, visits: bool
) -> None:
    bot.issue()
    bot.admit(bot.others[1:], crowd=False)
    bot.open(at=bot.begins(3))
    member = Member(bot, now=bot.begins(0) - LENGTH)
    member.be_signed()
    slot, later = member.wallet.plan.visits[0][:2]
    ahead = moment(milliseconds(slot + timedelta(minutes=behind)))
    stayed = bot.publish(Stayed(1, 0, other_seat(bot, use=Use.STAY)), at=ahead)
    found = member.tell(SawRecord(stayed), slot)
    assert any(isinstance(step, MakeAccount) for step in found) is visits
    assert (Notice.CLOCK in member.wallet.notices) is not visits
    member.tell(Told(Notice.CLOCK))
    assert wake(member.wallet, member.now) == (
        bot.begins(1) if visits else min(later, ahead - timedelta(minutes=10))
    )
    assert member.stage is (Stage.REGISTERED if visits else Stage.SIGNED)
    member.tick(max(later, ahead - timedelta(minutes=10)))
    assert member.stage is Stage.REGISTERED or later < member.now


def test_a_visit_that_has_begun_waits_for_a_clock_that_is_wrong(bot: Scribe) -> None:
    bot.issue()
    bot.admit(bot.others[1:], crowd=False)
    bot.open(at=bot.begins(3))
    member = Member(bot, now=bot.begins(0) - LENGTH)
    member.be_signed()
    slot = member.wallet.plan.visits[0][0]
    make = member.tick(slot)[0]
    assert isinstance(make, MakeAccount)
    ahead = moment(milliseconds(slot + timedelta(minutes=30)))
    stayed = bot.publish(Stayed(1, 0, other_seat(bot, use=Use.STAY)), at=ahead)
    assert not [s for s in member.tell(SawRecord(stayed)) if isinstance(s, MakeAccount)]
    new = account(f"@{make.localpart}:example.org")
    member.tell(AccountMade(new.user_id, new.master_key, new.devices))
    assert member.stage is Stage.REGISTERED
    due = wake(member.wallet, member.now)
    assert due == ahead - timedelta(minutes=10)
    assert [step for step in member.tick(due) if isinstance(step, Redeem)]
