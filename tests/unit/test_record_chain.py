"""One story for everybody: what a chain of records takes, and the name of everything it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.scribe import KEY, SEED, START, Scribe, account
from support.token_keys import CIRCLE, flipped

from peerroom.pseudonym.record_errors import (
    KeySubstituted,
    LedgerInflated,
    OutOfOrder,
    PageAltered,
    RecordError,
    RecordForged,
    RecordForked,
    RecordMalformed,
    RecordMissing,
    RecordOfOtherCircle,
    RecordRolledBack,
    RecordUnlinked,
)
from peerroom.pseudonym.records import (
    DOMAIN,
    Chain,
    link,
    page_hashes,
    paged,
    read_record,
    rows_of,
    sign_record,
)
from peerroom.pseudonym.wallet_ledgers import seated
from peerroom.wire.records import (
    ROUNDS,
    Admitted,
    Body,
    Declined,
    EpochOpened,
    Issued,
    Record,
    SignedRecord,
    Skipped,
    Stayed,
    Voided,
)

SEAT = seated(account("@somebody:example.org"), b"token", bytes(64))


@pytest.fixture
def bot() -> Scribe:
    bot = Scribe()
    bot.open()
    return bot


# --- signatures -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(bit=st.integers(0, 64 * 8 - 1), in_data=st.booleans())
def test_no_bit_of_a_signed_record_can_be_changed(bit: int, in_data: bool) -> None:
    signed = sign_record(SEED, Record(CIRCLE, 1, bytes(32), 0, Skipped(1, "rounds")))
    assume(not in_data or bit < 8 * len(signed.data))
    changed = (
        SignedRecord(flipped(signed.data, bit), signed.signature)
        if in_data
        else SignedRecord(signed.data, flipped(signed.signature, bit))
    )
    assert read_record(signed, KEY).sequence == 1
    with pytest.raises(RecordForged):
        read_record(changed, KEY)


def test_a_signature_over_something_else_is_no_record() -> None:
    """What the key signs for Matrix are JSON objects; a record is signed behind its domain."""
    assert not DOMAIN.startswith(b"{")
    data = sign_record(SEED, Record(CIRCLE, 1, bytes(32), 0, Skipped(1, "rounds"))).data
    without = Ed25519PrivateKey.from_private_bytes(SEED).sign(data)
    with pytest.raises(RecordForged):
        read_record(SignedRecord(data, without), KEY)
    nonsense = b"\xc1"
    signature = Ed25519PrivateKey.from_private_bytes(SEED).sign(DOMAIN + nonsense)
    with pytest.raises(RecordMalformed):
        read_record(SignedRecord(nonsense, signature), KEY)


# --- one record after another ---------------------------------------------------------------------


@dataclass(frozen=True)
class Bad:
    """What has happened, the record that comes then (``spoilt`` in these fields), and its name."""

    body: Callable[[Scribe], Body]
    error: type[RecordError] = OutOfOrder
    before: tuple[Callable[[Scribe], object], ...] = ()
    spoilt: Mapping[str, object] = field(default_factory=dict)


def reopened(bot: Scribe) -> EpochOpened:
    epoch = bot.opened.epoch + 1
    return msgspec.structs.replace(bot.opened, epoch=epoch, keys=bot.opened.next_keys)


def with_other_keys(bot: Scribe) -> EpochOpened:
    return msgspec.structs.replace(bot.opened, epoch=2)


def with_one_other_key(bot: Scribe) -> EpochOpened:
    keys = (*bot.opened.next_keys[:2], bot.opened.keys[2])
    return msgspec.structs.replace(bot.opened, epoch=2, keys=keys)


def issue(bot: Scribe) -> None:
    bot.issue([])


VOID = Voided(1, 0, "ban")
ISSUED, SKIPPED = (issue,), (Scribe.skip,)
BAD: dict[str, Bad] = {
    "another circle": Bad(lambda _: VOID, RecordOfOtherCircle, spoilt={"lineage": bytes(16)}),
    "the same number": Bad(lambda _: VOID, RecordForked, spoilt={"sequence": 1}),
    "an old number": Bad(lambda _: VOID, RecordRolledBack, ISSUED, {"sequence": 1}),
    "a gap": Bad(lambda _: VOID, RecordMissing, spoilt={"sequence": 3}),
    "no link": Bad(lambda _: VOID, RecordUnlinked, spoilt={"previous": bytes(32)}),
    "back in time": Bad(lambda _: VOID, spoilt={"at": 0}),
    "opened while open": Bad(reopened),
    "an epoch left out": Bad(
        lambda bot: msgspec.structs.replace(reopened(bot), epoch=3), before=SKIPPED
    ),
    "an epoch again": Bad(lambda bot: bot.opened, before=SKIPPED),
    "of another epoch": Bad(lambda _: Voided(2, 0, "ban")),
    "issued twice": Bad(lambda _: Issued(1, 0, 0), before=ISSUED),
    "issued out of turn": Bad(lambda _: Issued(1, 1, 0)),
    "the wrong round voided": Bad(lambda _: Voided(1, 1, "ban"), before=ISSUED),
    "admitted before issued": Bad(lambda _: Admitted(1, 0, 0, 0)),
    "the wrong round admitted": Bad(lambda _: Admitted(1, 1, 0, 0), before=ISSUED),
    "admitted after it was voided": Bad(
        lambda _: Admitted(1, 0, 0, 0), before=(issue, Scribe.void)
    ),
    "skipped between the ledgers": Bad(lambda _: Skipped(1, "rounds"), before=ISSUED),
    "issued after the end": Bad(lambda _: Issued(1, 0, 0), before=SKIPPED),
    "voided after the end": Bad(lambda _: VOID, before=SKIPPED),
    "skipped twice": Bad(lambda _: Skipped(1, "rounds"), before=SKIPPED),
    "stayed in this epoch": Bad(lambda _: Stayed(1, 0, SEAT)),
    "stayed in the next": Bad(lambda _: Stayed(2, 0, SEAT), before=SKIPPED),
    "other keys": Bad(with_other_keys, KeySubstituted, SKIPPED),
    "one other key": Bad(with_one_other_key, KeySubstituted, SKIPPED),
    "more than issued": Bad(lambda _: Admitted(1, 0, 0, 1), LedgerInflated, ISSUED),
    "issued more than was": Bad(lambda _: Admitted(1, 0, 1, 1), LedgerInflated, ISSUED),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_follow_has_a_name(bot: Scribe, case: str) -> None:
    bad = BAD[case]
    for step in bad.before:
        step(bot)
    signed = bot.signed(bad.body(bot), START, **bad.spoilt)
    with pytest.raises(bad.error) as caught:
        bot.chain.extend(signed)
    assert type(caught.value) is bad.error
    assert caught.value.sentence()


def test_the_last_record_again_changes_nothing(bot: Scribe) -> None:
    assert bot.chain.extend(bot.last) is bot.chain


def test_a_chain_begins_with_the_first_epoch(bot: Scribe) -> None:
    empty = Chain(CIRCLE, KEY)
    for body in (VOID, Issued(1, 0, 0), Stayed(1, 0, SEAT), reopened(bot)):
        record = Record(CIRCLE, 1, bytes(32), 0, body)
        with pytest.raises(OutOfOrder):
            empty.extend(sign_record(SEED, record))
    assert empty.extend(bot.last) == bot.chain


def test_a_stay_comes_after_its_epoch_has_ended(bot: Scribe) -> None:
    bot.issue([])
    bot.admit()
    bot.publish(Stayed(1, 0, SEAT))
    bot.open(START)
    bot.publish(Stayed(1, 0, SEAT))
    assert bot.chain.sequence == 6


class AnyHonestBot(RuleBasedStateMachine):
    """Whatever order an honest bot's epochs take, every client follows, stored or not."""

    def __init__(self) -> None:
        super().__init__()
        self.bot = Scribe()
        self.follower = self.bot.chain

    @property
    def is_open(self) -> bool:
        return self.bot.chain.epoch is not None and not self.bot.chain.closed

    @precondition(lambda self: not self.is_open)
    @rule()
    def opens(self) -> None:
        self.bot.open()

    @precondition(lambda self: self.is_open and self.bot.chain.voids < ROUNDS)
    @precondition(lambda self: self.bot.chain.issued is None)
    @rule(rows=st.integers(0, 300))
    def issues(self, rows: int) -> None:
        declined = [Declined(f"@user{n}:example.org", bytes(32)) for n in range(rows)]
        self.bot.issue(declined, self.bot.chain.voids)

    @precondition(lambda self: self.is_open and self.bot.chain.voids < ROUNDS)
    @rule()
    def voids(self) -> None:
        self.bot.void(self.bot.chain.voids)

    @precondition(lambda self: self.bot.chain.issued is not None and not self.bot.chain.closed)
    @rule()
    def admits(self) -> None:
        self.bot.admit(round_=self.bot.chain.voids)

    @precondition(lambda self: self.is_open and self.bot.chain.issued is None)
    @rule()
    def skips(self) -> None:
        self.bot.skip()

    @precondition(lambda self: self.bot.chain.epoch is not None and self.bot.opened.epoch > 1)
    @rule()
    def lets_stay(self) -> None:
        self.bot.stayed(SEAT)

    @invariant()
    def a_client_follows(self) -> None:
        for number in range(self.follower.sequence + 1, self.bot.chain.sequence + 1):
            stored = msgspec.msgpack.encode(self.follower)
            read = msgspec.msgpack.decode(stored, type=Chain)
            assert read == self.follower
            self.follower = read.extend(self.bot.records[number])
        assert self.follower == self.bot.chain


AnyHonestBot.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnyHonestBot = AnyHonestBot.TestCase


def test_the_bot_checks_what_it_writes(bot: Scribe) -> None:
    signed, chain = link(bot.chain, SEED, Issued(1, 0, 0), at=0)
    assert chain.sequence == 2
    assert chain.at == bot.chain.at  # never before the last one, whatever its clock says
    assert bot.chain.extend(signed) == chain
    with pytest.raises(OutOfOrder):
        link(chain, SEED, Issued(1, 0, 0), at=0)


# --- coming back, and coming in -------------------------------------------------------------------


def test_a_chain_goes_on_at_a_later_epoch(bot: Scribe) -> None:
    early = bot.chain
    bot.skip()
    second = bot.open()
    bot.issue([])
    bot.admit()
    third = bot.open()
    ledger = bot.records[bot.chain.sequence - 1]
    followed = msgspec.structs.replace(bot.chain, tallies=bot.chain.tallies[1:])
    assert early.resume(third, ledger) == followed
    assert Chain(CIRCLE, KEY).resume(third, ledger) == followed
    for another in (None, second, bot.records[bot.chain.sequence - 2]):
        assert early.resume(third, another) == msgspec.structs.replace(followed, tallies=())
    with pytest.raises(RecordRolledBack):
        bot.chain.resume(second)
    with pytest.raises(RecordRolledBack):
        bot.chain.resume(third)
    with pytest.raises(OutOfOrder):
        early.resume(bot.records[2])
    with pytest.raises(OutOfOrder):
        early.resume(sign_record(SEED, Record(CIRCLE, 9, bytes(32), 0, bot_first(bot))))
    with pytest.raises(RecordOfOtherCircle):
        Chain(bytes(16), KEY).resume(third)
    with pytest.raises(RecordForged):
        Chain(CIRCLE, bytes(32)).resume(third)


@pytest.mark.parametrize("opening", [with_other_keys, with_one_other_key])
def test_a_gap_takes_no_announced_key_back(
    bot: Scribe, opening: Callable[[Scribe], EpochOpened]
) -> None:
    """Else whoever keeps a record from somebody could give them keys of their own."""
    early = bot.chain
    bot.skip()
    bot.open()
    assert early.resume(bot.last).epoch == bot.opened
    bot.chain = early
    with pytest.raises(KeySubstituted):
        early.resume(sign_record(SEED, Record(CIRCLE, 9, bytes(32), 0, opening(bot))))


def bot_first(bot: Scribe) -> EpochOpened:
    """The first epoch, opened once more."""
    return msgspec.structs.replace(bot.opened, epoch=1)


# --- pages ----------------------------------------------------------------------------------------


def test_pages_are_checked_one_by_one() -> None:
    rows = [Declined(f"@user{n}:example.org", bytes(32)) for n in range(2000)]
    pages, hashes = paged(rows)
    assert len(pages) > 2
    assert page_hashes(pages) == hashes
    body = Issued(1, 0, 0, hashes)
    numbered = dict(enumerate(pages))
    assert list(rows_of(body, numbered)) == rows
    assert list(rows_of(body, {**numbered, 99: b"more"})) == rows
    for index in numbered:
        with pytest.raises(RecordMissing):
            rows_of(body, {n: page for n, page in numbered.items() if n != index})
        with pytest.raises(PageAltered):
            rows_of(body, {**numbered, index: numbered[index] + b"\0"})
    with pytest.raises(PageAltered):
        rows_of(body, {**numbered, 0: pages[1], 1: pages[0]})
    assert rows_of(Issued(1, 0, 0), {0: b"anything"}) == ()


def test_a_page_that_the_bot_itself_spoilt_is_named() -> None:
    page = b"\xc1"
    with pytest.raises(RecordMalformed):
        rows_of(Issued(1, 0, 0, page_hashes([page])), {0: page})
