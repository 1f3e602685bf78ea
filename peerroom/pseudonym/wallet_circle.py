"""What a circle publishes and what its members say, and what that means for a wallet."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final

from peerroom.pseudonym.epochs import moment
from peerroom.pseudonym.following import Room
from peerroom.pseudonym.record_errors import (
    LedgerInflated,
    RecordError,
    RecordForked,
    RecordRolledBack,
)
from peerroom.pseudonym.wallet_errors import EntryAltered
from peerroom.pseudonym.wallet_facts import (
    Arrived,
    Evidence,
    HeadHeard,
    Heard,
    SawPages,
    SawRecord,
)
from peerroom.pseudonym.wallet_ledgers import (
    BEFORE_FINAL,
    BEFORE_ISSUE,
    WITH_TOKEN,
    carry,
    read,
    weigh,
)
from peerroom.pseudonym.wallet_mint import Mint
from peerroom.pseudonym.wallet_state import Showing, Stage, Wallet, WayIn
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.pseudonym.wallet_sums import add_up
from peerroom.pseudonym.wallet_todo import looked
from peerroom.wire.records import (
    ROUNDS,
    Admitted,
    Issued,
    Record,
    Skipped,
    Stayed,
    Voided,
    decode_record,
)

SHOW_DELAY: Final = timedelta(minutes=1)
"""Within this time somebody shows a record of which somebody else has another: not everyone who
noticed, but who drew the shortest delay."""
MOST_SHOWING: Final = 4
"""How many records wait to be shown at most, whatever members say that they have seen."""
MOST_SHOWN: Final = 64
"""How many numbers of records are remembered that were shown."""
MOST_ROOMS: Final = 16
"""Of how many rooms the newest record is remembered."""


# --- records --------------------------------------------------------------------------------------


def saw(wallet: Wallet, fact: SawRecord, *, now: datetime, mint: Mint) -> Wallet:
    """One record, in a room."""
    try:
        trail, record = wallet.trail.take(fact.signed)
    except LedgerInflated as error:  # wrong, and final all the same: what it says of us counts
        record = decode_record(fact.signed.data)
        return _published(wallet.stopped(error), record, now=now, mint=mint)
    except RecordError as error:
        return wallet.stopped(error)
    wallet = wallet.but(trail=trail)
    if record is None:
        return wallet
    wallet = _in_room(wallet, fact.room_id, record.sequence)
    return add_up(_published(wallet, record, now=now, mint=mint))


def arrived(wallet: Wallet, fact: Arrived, *, now: datetime, mint: Mint) -> Wallet:
    """All records of a room in which one of our accounts is: perhaps the next one.

    What is wrong with them stops the wallet, and keeps nobody out of the room.
    """
    room, wrong = wallet.trail.room(fact.records)
    jump = _may_jump(wallet, fact.user_id, room)
    trail, records, unfit = wallet.trail.enter(room, jump=jump)
    wallet = wallet.but(trail=trail)
    for error in (wrong, unfit, _rolled_back(wallet, fact.room_id, room)):
        if error is not None:
            wallet = wallet.stopped(error)
    wallet = _in_room(wallet, fact.room_id, room.newest)
    for record in records:
        wallet = _published(wallet, record, now=now, mint=mint)
    wallet = add_up(wallet)
    new = wallet.new_account
    if new is not None and fact.user_id == new.user_id:
        return _come(wallet, room, now)
    if fact.user_id == wallet.account.user_id and room.first > wallet.epoch:
        return _kept(wallet)
    return wallet


def _may_jump(wallet: Wallet, user_id: str, room: Room) -> bool:
    """Whether to go on in this room without what was not seen between: in a later room only, and
    not past the final ledger that says whether a token was used."""
    if room.first <= wallet.epoch:
        return False
    if user_id == wallet.account.user_id:
        return wallet.stage not in WITH_TOKEN
    ledger = wallet.admitted is not None or room.has_ledger(wallet.epoch)
    return ledger or wallet.moved or room.first > wallet.epoch + 1


def _rolled_back(wallet: Wallet, room_id: str, room: Room) -> RecordRolledBack | None:
    """Whether the room had newer records before. Only of the same room can that be said: the bot
    writes into several, one after another."""
    return RecordRolledBack() if room.newest < wallet.rooms.get(room_id, 0) else None


def _in_room(wallet: Wallet, room_id: str, sequence: int) -> Wallet:
    """With the newest record of a room."""
    if not room_id or sequence <= wallet.rooms.get(room_id, 0):
        return wallet
    others = {room: newest for room, newest in wallet.rooms.items() if room != room_id}
    kept = [*others.items()][-(MOST_ROOMS - 1) :]
    return wallet.but(rooms={**dict(kept), room_id: sequence})


def _come(wallet: Wallet, room: Room, now: datetime) -> Wallet:
    """The new account is in a room: in the next one, or one that came later.

    The next one begins with the final ledger; without that it proves nothing.
    """
    wallet = looked(wallet, now)
    proved = wallet.admitted is not None or room.first > wallet.epoch + 1
    awaited = wallet.stage in (Stage.REDEEM_SENT, Stage.ADMITTED) and wallet.joined_at is None
    if awaited and proved and not wallet.withheld and room.first > wallet.epoch:
        return wallet.but(joined_at=now)
    return wallet


def _kept(wallet: Wallet) -> Wallet:
    """The old account is in a newer room. With a token that was not used, that says nothing."""
    if wallet.stage is Stage.STAY_SENT and wallet.sent:
        return _stayed(wallet)
    if wallet.stage in BEFORE_ISSUE or wallet.stage is Stage.LAPSED:
        return carry(wallet)
    return wallet


def _stayed(wallet: Wallet) -> Wallet:
    return wallet.but(stage=Stage.STAYED, token=None, seat=None).saying(Notice.CARRIED)


def _published(wallet: Wallet, record: Record, *, now: datetime, mint: Mint) -> Wallet:
    """The wallet after a new record of its epoch."""
    body, number = record.body, record.sequence
    if isinstance(body, Stayed):
        mine = body.epoch == wallet.epoch and body.seat.user_id == wallet.account.user_id
        return _stayed(wallet) if mine and wallet.stage is Stage.STAY_SENT else wallet
    if body.epoch != wallet.epoch:
        return wallet
    match body:
        case Issued(round=wallet.round) if wallet.issued is None:
            wallet = wallet.but(issued=body, issue=number)
        case Admitted(round=wallet.round) if wallet.admitted is None:
            wallet = wallet.but(
                admitted=body, admission=number, committed=moment(record.at), known_at=now
            )
            wallet = weigh(wallet, body, body.count)
        case Voided(round=wallet.round):
            return _voided(wallet)
        case Skipped() if wallet.stage in BEFORE_FINAL:
            kept = wallet.forgetting().but(stage=Stage.SKIPPED, token=None, seat=None, look=False)
            return kept.but(pendings=()).saying(Notice.SKIPPED)
        case _:
            return wallet
    # A ledger without rows has no pages to wait for.
    return wallet if body.pages else read(wallet, SawPages(number, {}), now=now, mint=mint)


def _voided(wallet: Wallet) -> Wallet:
    """The round came to nothing, and with it its token and its account: the next one has its own
    request, account and moments."""
    if wallet.stage not in BEFORE_FINAL:
        return wallet
    following = wallet.round + 1
    wallet = wallet.forgetting().but(
        round=min(following, ROUNDS - 1),
        issued=None,
        issue=0,
        issue_read=False,
        ledger_at=None,
        signed=frozenset(),
        token=None,
        seat=None,
        sent=False,
        look=False,
        looked_at=None,
    )
    asked = following < ROUNDS and wallet.pending is not None
    wallet = wallet.but(stage=Stage.REQUESTED if asked else Stage.UNSIGNED)
    return wallet if wallet.resident else wallet.saying(Notice.VOIDED)


# --- what the bot and members say -----------------------------------------------------------------


def heard(wallet: Wallet, fact: Heard, now: datetime) -> Wallet:
    """How accounts are made in a round: the bot says it once, and the same to everyone."""
    entry = fact.entry
    if entry.epoch != wallet.epoch or wallet.stage not in BEFORE_FINAL:
        return wallet
    known = next((way for way in wallet.ways_in if way.round == entry.round), None)
    if known is not None:
        same = known.token == entry.registration_token
        return wallet if same else wallet.stopped(EntryAltered())
    way_in = WayIn(entry.round, entry.registration_token, now)
    return wallet.but(ways_in=(*wallet.ways_in, way_in))


def head_heard(wallet: Wallet, fact: HeadHeard, *, now: datetime, random: Random) -> Wallet:
    """A rumour of another record leads to nothing but showing what the bot signed."""
    known = wallet.trail.hash_of(fact.sequence)
    waiting = [showing.sequence for showing in wallet.showing]
    if known is None or known == fact.hash or len(waiting) >= MOST_SHOWING:
        return wallet
    if fact.sequence in waiting or fact.sequence in wallet.shown:
        return wallet
    showing = Showing(fact.sequence, now + random.random() * SHOW_DELAY)
    return wallet.but(showing=(*wallet.showing, showing))


def evidence(wallet: Wallet, fact: Evidence) -> Wallet:
    """A record that a member shows: proof if the bot signed it and another one, too."""
    if wallet.trail.contradicted_by(fact.signed):
        return wallet.stopped(RecordForked())
    for showing in wallet.showing:
        if wallet.trail.hash_of(showing.sequence) == fact.signed.hash:
            wallet = shown(wallet, showing.sequence)
    return wallet


def shown(wallet: Wallet, sequence: int) -> Wallet:
    """The room has seen this record: once is enough, whoever showed it."""
    waiting = tuple(showing for showing in wallet.showing if showing.sequence != sequence)
    if len(waiting) == len(wallet.showing):
        return wallet
    return wallet.but(showing=waiting, shown=(*wallet.shown, sequence)[-MOST_SHOWN:])
