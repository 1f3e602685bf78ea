"""Following the chain through rooms: gaps, copies, newcomers, and two stories."""

from __future__ import annotations

import msgspec
import pytest
from support.scribe import KEY, SEED, START, Scribe
from support.token_keys import CIRCLE

from peerroom.pseudonym.following import HEADS, Room, Trail, enter
from peerroom.pseudonym.record_errors import (
    KeySubstituted,
    OutOfOrder,
    RecordForged,
    RecordForked,
    RecordMissing,
    RecordOfOtherCircle,
    RecordRolledBack,
    RecordUnlinked,
)
from peerroom.pseudonym.records import Chain, sign_record
from peerroom.wire.records import Record, SignedRecord, Skipped, Voided

EMPTY = Chain(CIRCLE, KEY)


@pytest.fixture
def bot() -> Scribe:
    """Two epochs, the second of them open."""
    bot = Scribe()
    bot.open()
    bot.issue([])
    bot.admit()
    bot.open()
    bot.issue([])
    return bot


def followed(bot: Scribe, until: int | None = None) -> Trail:
    trail = Trail(EMPTY)
    for number in range(1, (until or bot.chain.sequence) + 1):
        trail, record = trail.take(bot.records[number])
        assert record is not None
    return trail


def uncounted(bot: Scribe) -> Chain:
    """The chain of somebody who has not seen the ledger of the epoch before."""
    return msgspec.structs.replace(bot.chain, tallies=())


def test_records_are_followed_in_order_and_remembered(bot: Scribe) -> None:
    trail = followed(bot)
    assert trail.chain == bot.chain
    assert not trail.behind
    assert (trail.latest, trail.epoch) == (5, 2)
    for number, signed in bot.records.items():
        assert trail.hash_of(number) == signed.hash
        assert trail.take(signed) == (trail, None)
    for number in (0, -1, 6, 1 << 40):
        assert trail.hash_of(number) is None


def test_what_came_too_early_is_noted(bot: Scribe) -> None:
    trail, record = followed(bot, 2).take(bot.records[5])
    assert record is None
    assert trail.behind
    assert (trail.latest, trail.epoch, trail.chain.sequence) == (5, 2, 2)


def test_a_second_story_is_noticed_at_any_number(bot: Scribe) -> None:
    trail = followed(bot)
    for number in bot.records:
        other = bot.signed(Skipped(1, "rounds"), START, sequence=number)
        with pytest.raises(RecordForked):
            trail.take(other)
        assert trail.contradicted_by(other)
    assert not trail.contradicted_by(bot.last)


def test_old_numbers_are_forgotten_at_last(bot: Scribe) -> None:
    for _ in range(HEADS):
        bot.void(bot.chain.voids) if bot.chain.voids < 3 and not bot.chain.closed else (
            bot.skip() if not bot.chain.closed else bot.open()
        )
    trail = followed(bot)
    assert len(trail.heads) == HEADS
    assert trail.hash_of(5) is None
    assert trail.take(bot.signed(Skipped(1, "rounds"), START, sequence=5)) == (trail, None)
    assert len(msgspec.msgpack.encode(trail)) < 12_000


# --- rooms ----------------------------------------------------------------------------------------


def test_a_room_says_for_which_epoch_it_was_made(bot: Scribe) -> None:
    trail = Trail(EMPTY)
    old, wrong = trail.room(bot.seen)
    assert (wrong, old.first, old.last, old.newest) == (None, 1, 2, 5)
    new, wrong = trail.room([bot.records[n] for n in (5, 3, 4, 4)])
    assert (wrong, new.first, new.last, new.newest) == (None, 2, 2, 5)
    assert trail.room(()) == (Room(()), None)
    assert Room(()).newest == 0


def test_the_next_room_is_entered_without_a_gap(bot: Scribe) -> None:
    trail = followed(bot, 2)
    room, _ = trail.room([bot.records[n] for n in (3, 4, 5)])
    entered, records, wrong = trail.enter(room, jump=True)
    assert wrong is None
    assert entered.chain == bot.chain
    assert [record.sequence for record in records] == [3, 4, 5]
    assert entered.heads == followed(bot).heads


def test_the_next_room_is_entered_over_a_gap_with_its_ledger(bot: Scribe) -> None:
    trail = followed(bot, 1)
    room, _ = trail.room([bot.records[n] for n in (3, 4, 5)])
    entered, records, wrong = trail.enter(room, jump=True)
    assert wrong is None
    assert entered.chain == bot.chain
    assert [record.sequence for record in records] == [3, 4, 5]
    assert entered.hash_of(3) is None  # not followed
    assert entered.hash_of(4) == bot.records[4].hash


def test_without_a_jump_it_waits_for_what_is_missing(bot: Scribe) -> None:
    trail = followed(bot, 1)
    room, _ = trail.room([bot.records[n] for n in (3, 4, 5)])
    assert room.has_ledger(1)
    assert not room.has_ledger(2)
    entered, records, wrong = trail.enter(room, jump=False)
    assert (records, wrong) == ((), None)
    assert (entered.chain, entered.latest) == (trail.chain, 5)


def test_an_old_room_brings_nothing_new(bot: Scribe) -> None:
    trail = followed(bot)
    room, _ = trail.room([bot.records[1], bot.records[2]])
    assert trail.enter(room, jump=True) == (trail, (), None)


def test_a_hole_in_a_room_waits_even_if_a_later_epoch_was_opened_in_it(bot: Scribe) -> None:
    """The record that is not shown yet may be the ledger with our token in it."""
    trail = followed(bot, 1)
    room, _ = trail.room([bot.records[n] for n in (1, 3, 4, 5)])
    entered, records, wrong = trail.enter(room, jump=True)
    assert (records, wrong) == ((), None)
    assert entered.behind
    whole, _ = trail.room([bot.records[n] for n in (1, 2, 3, 4, 5)])
    assert entered.enter(whole, jump=True)[0].chain == bot.chain


def test_a_hole_in_a_room_waits(bot: Scribe) -> None:
    trail = followed(bot, 1)
    room, _ = trail.room([bot.records[1], bot.records[3]])
    entered, records, wrong = trail.enter(room, jump=True)
    assert (records, wrong) == ((), None)
    assert entered.behind
    assert entered.chain == trail.chain


def test_after_what_cannot_be_it_goes_on_with_the_next_epoch(bot: Scribe) -> None:
    spoilt = bot.signed(Skipped(1, "rounds"), START, sequence=3, previous=bytes(32))
    records = [bot.records[1], bot.records[2], spoilt, bot.records[4], bot.records[5]]
    trail = Trail(EMPTY)
    room, wrong = trail.room(records)
    assert isinstance(wrong, RecordUnlinked)
    entered, _, wrong = trail.enter(room, jump=True)
    assert isinstance(wrong, RecordUnlinked)
    assert entered.chain == uncounted(bot)


def test_what_is_no_record_is_left_out_and_named(bot: Scribe) -> None:
    trail = Trail(EMPTY)
    forged = SignedRecord(bot.records[2].data, bytes(64))
    foreign = bot.signed(Skipped(1, "rounds"), START, lineage=bytes(16))
    twin = bot.signed(Voided(1, 0, "ban"), START, sequence=1, previous=bytes(32))
    for extra, error in ((forged, RecordForged), (foreign, RecordOfOtherCircle)):
        room, wrong = trail.room([extra, *bot.seen])
        assert type(wrong) is error
        assert room.newest == 5
    room, wrong = trail.room([bot.records[1], twin])
    assert isinstance(wrong, RecordForked)
    assert [seen.signed for seen in room.records] == [bot.records[1]]


def test_known_bytes_need_no_second_signature(bot: Scribe) -> None:
    """They were signed; what stands beside them here cannot make them wrong."""
    trail = followed(bot)
    bare = [SignedRecord(signed.data, bytes(64)) for signed in bot.seen]
    room, wrong = trail.room(bare)
    assert wrong is None
    assert trail.enter(room, jump=True) == (trail, (), None)


# --- newcomers ------------------------------------------------------------------------------------


def test_a_newcomer_begins_with_the_room(bot: Scribe) -> None:
    room = [bot.records[n] for n in (3, 4, 5)]
    for number in (0, 2, 3, 4, 5):
        head = bot.records[number].hash if number else bytes(32)
        assert enter(msgspec.structs.replace(EMPTY, sequence=number, head=head), room) == bot.chain
    assert enter(EMPTY, bot.seen) == bot.chain
    assert enter(EMPTY, room[1:]) == uncounted(bot)


@pytest.mark.parametrize("number", [3, 4, 5])
def test_the_link_pins_what_a_newcomer_is_shown(bot: Scribe, number: int) -> None:
    room = [bot.records[n] for n in (3, 4, 5)]
    pinned = msgspec.structs.replace(EMPTY, sequence=number, head=bytes(32))
    with pytest.raises(RecordForked):
        enter(pinned, room)


def test_a_newcomer_is_not_shown_the_past(bot: Scribe) -> None:
    pinned = msgspec.structs.replace(EMPTY, sequence=5, head=bot.last.hash)
    with pytest.raises(RecordRolledBack):
        enter(pinned, [bot.records[3], bot.records[4]])


def test_a_newcomer_notices_holes_and_strangers(bot: Scribe) -> None:
    with pytest.raises(OutOfOrder):
        enter(EMPTY, [])
    with pytest.raises(OutOfOrder):
        enter(EMPTY, [bot.records[5]])
    with pytest.raises(RecordMissing):
        bot.void()
        enter(EMPTY, [bot.records[4], bot.records[6]])
    with pytest.raises(RecordForged):
        enter(msgspec.structs.replace(EMPTY, key=bytes(32)), bot.seen)
    with pytest.raises(KeySubstituted):
        enter(EMPTY, [*bot.seen, *other_keys(bot)])


def other_keys(bot: Scribe) -> list[SignedRecord]:
    """The next epoch, opened with keys that nobody announced."""
    skipped = bot.skip()
    body = msgspec.structs.replace(bot.opened, epoch=3)
    record = Record(CIRCLE, bot.chain.sequence + 1, skipped.hash, bot.chain.at, body)
    return [skipped, sign_record(SEED, record)]
