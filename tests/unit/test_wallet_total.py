"""Every stage takes every fact: no exception, nothing twice, and all of it survives the vault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import msgspec
import pytest
from support.scribe import (
    FREEZE,
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

from peerroom.pseudonym import wallet as wallets
from peerroom.pseudonym.wallet import Stage, Wallet
from peerroom.pseudonym.wallet_facts import (
    AccountMade,
    Arrived,
    Cleared,
    Decrypted,
    Evidence,
    Fact,
    Forgotten,
    HeadHeard,
    Heard,
    KeysDestroyed,
    NameTaken,
    Nowhere,
    RedemptionSent,
    RequestSent,
    RequestShown,
    Retired,
    SawPages,
    SawRecord,
    Shown,
    Started,
    StaySent,
    Ticked,
    Told,
)
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.wire.records import Issued, SignedRecord, Voided
from peerroom.wire.rotation import Entry


def idle(member: Member) -> None:
    del member


def asking(member: Member) -> None:
    member.tick(member.wallet.plan.request_at)


def requested(member: Member) -> None:
    member.ask()


def signed(member: Member) -> None:
    member.be_signed()


def registered(member: Member) -> None:
    member.be_signed()
    member.tick(member.wallet.plan.visits[0][0])


def redeem_sent(member: Member) -> None:
    member.be_signed()
    member.visit()


def looking(member: Member) -> None:
    redeem_sent(member)
    member.tell(Started(), member.bot.begins(1) + FREEZE)


def withheld(member: Member) -> None:
    redeem_sent(member)
    member.see(member.bot.admit(crowd=False), member.bot.begins(1) + FREEZE)


def admitted(member: Member) -> None:
    member.be_admitted()


def joined(member: Member) -> None:
    seat = member.be_admitted()
    member.bot.open(at=member.now)
    member.arrive(seat.user_id)


def retired(member: Member) -> None:
    joined(member)
    member.tell(Retired())


def finished(member: Member) -> None:
    retired(member)
    member.tell(KeysDestroyed())


def unsigned(member: Member) -> None:
    member.tick(member.bot.begins(0))


def declined(member: Member) -> None:
    member.ask()
    member.see(member.bot.issue([member.bot.declined(ME.user_id)]), member.bot.begins(0))


def stranded(member: Member) -> None:
    member.ask()
    row = msgspec.structs.replace(member.bot.row(ME.user_id), request=bytes(32))
    member.see(member.bot.issue([row]), member.bot.begins(0))


def kept(member: Member) -> None:
    unsigned(member)
    member.see(member.bot.issue([]))
    member.see(member.bot.admit([carried(ME.user_id)]), member.bot.begins(1) + FREEZE)


def skipped(member: Member) -> None:
    member.see(member.bot.skip(), member.bot.begins(0))


def stay_sent(member: Member) -> None:
    member.be_signed()
    member.see(member.bot.admit(), member.bot.begins(1) + FREEZE)


def stayed(member: Member) -> None:
    stay_sent(member)
    member.bot.open(at=member.now)
    member.tell(StaySent())
    member.arrive(ME.user_id)


def lapsed(member: Member) -> None:
    stay_sent(member)
    for _ in range(9):
        member.see(member.bot.open(at=member.now))
        member.see(member.bot.skip())


def spoilt(member: Member) -> None:
    member.ask()
    row = msgspec.structs.replace(member.bot.row(ME.user_id), answer=bytes(384))
    member.see(member.bot.issue([row]), member.bot.begins(0))


WAYS: dict[str, tuple[Callable[[Member], None], Stage]] = {
    "idle": (idle, Stage.IDLE),
    "asking": (asking, Stage.ASKING),
    "requested": (requested, Stage.REQUESTED),
    "signed": (signed, Stage.SIGNED),
    "registered": (registered, Stage.REGISTERED),
    "redeem sent": (redeem_sent, Stage.REDEEM_SENT),
    "looking": (looking, Stage.REDEEM_SENT),
    "withheld": (withheld, Stage.REDEEM_SENT),
    "admitted": (admitted, Stage.ADMITTED),
    "joined": (joined, Stage.JOINED),
    "retired": (retired, Stage.RETIRED),
    "finished": (finished, Stage.FINISHED),
    "unsigned": (unsigned, Stage.UNSIGNED),
    "declined": (declined, Stage.DECLINED),
    "stranded": (stranded, Stage.STRANDED),
    "carried": (kept, Stage.CARRIED),
    "skipped": (skipped, Stage.SKIPPED),
    "stay sent": (stay_sent, Stage.STAY_SENT),
    "stayed": (stayed, Stage.STAYED),
    "lapsed": (lapsed, Stage.LAPSED),
    "spoilt": (spoilt, Stage.UNSIGNED),
}


def facts(member: Member) -> list[Fact]:
    """One of each kind, and what a hostile server or member would say."""
    bot, wallet = member.bot, member.wallet
    fresh = wallet.fresh
    new = account(f"@{fresh.localpart if fresh else 'p0'}:example.org")
    at = bot.begins(0)
    following = [
        bot.signed(body, at)
        for body in (
            Voided(bot.opened.epoch, 0, "late"),
            Issued(bot.opened.epoch, 0, 0),
            msgspec.structs.replace(bot.opened, epoch=bot.opened.epoch + 1),
        )
    ]
    own = bot.records[bot.chain.sequence]
    nonsense = SignedRecord(b"\xc1", bytes(64))
    far = bot.signed(bot.opened, at, sequence=1 << 31)
    other = bot.signed(bot.opened, at, previous=bytes(32))
    told = [Told(notice) for notice in Notice]
    return [
        *(SawRecord(record, OLD_ROOM) for record in (*following, own, nonsense, far, other)),
        *(SawPages(number, bot.pages.get(number, {})) for number in range(bot.chain.sequence + 2)),
        SawPages(2, {0: b"\x90"}),
        SawPages(3, {0: b"\x90"}),
        *(Arrived(user, bot.seen, OLD_ROOM) for user in (ME.user_id, new.user_id, "@x:y.z")),
        *(Arrived(user, bot.next_room(), NEW_ROOM) for user in (ME.user_id, new.user_id)),
        *(Arrived(ME.user_id, shown, NEW_ROOM) for shown in ((), (nonsense,), (far,), (other,))),
        *(Heard(Entry(wallet.epoch, round_, TOKEN)) for round_ in range(3)),
        Heard(Entry(wallet.epoch, 0, "another")),
        Heard(Entry(99, 0, TOKEN)),
        *(HeadHeard(number, bytes(32)) for number in (0, 1, bot.chain.sequence, 1 << 40)),
        *(Evidence(record) for record in (*following, own, nonsense, far, other)),
        RequestSent(),
        AccountMade(new.user_id, new.master_key, new.devices),
        AccountMade(ME.user_id, ME.master_key, ME.devices),
        AccountMade("", b"", ()),
        NameTaken(fresh.localpart if fresh else ""),
        RedemptionSent(),
        Nowhere(),
        StaySent(),
        Decrypted(),
        Retired(),
        KeysDestroyed(),
        Forgotten(fresh.localpart if fresh else ""),
        Shown(1),
        RequestShown(),
        *told,
        Started(),
        Cleared(),
        Ticked(),
    ]


def led(way: str) -> Member:
    bot = Scribe()
    bot.open()
    member = Member(bot)
    lead, stage = WAYS[way]
    lead(member)
    assert member.stage is stage
    return member


def test_every_stage_is_led_to() -> None:
    assert {stage for _, stage in WAYS.values()} == set(Stage)


def test_every_kind_of_fact_is_told() -> None:
    kinds = {type(fact) for fact in facts(led("idle"))}
    assert kinds == set(Fact.__args__)


@pytest.mark.parametrize("way", WAYS)
def test_every_fact_in_every_stage(way: str) -> None:
    member = led(way)
    begin, now = member.wallet, member.now
    moments = [now, START, now + timedelta(hours=13), now + 3 * LENGTH]
    for fact in facts(member):
        for moment in moments:
            member.wallet, member.now = begin, moment
            member.tell(fact)
            once = member.wallet
            assert wallets.wake(once, moment) is None or wallets.wake(once, moment) > moment
            assert wallets.online(once, moment) is not None
            if fact == Told(Notice.CLOCK):  # what it speaks of came up in the same moment
                continue
            member.tell(fact)
            assert member.wallet == once  # told twice is told once


@pytest.mark.parametrize("way", WAYS)
def test_nothing_happens_between_two_moments(way: str) -> None:
    """The moments of `wake` are all that time alone brings."""
    member = led(way)
    random = Random(way)
    for _ in range(40):
        due = wallets.wake(member.wallet, member.now)
        until = due if due is not None else member.now + 10 * LENGTH
        between = member.now + random.random() * (until - member.now)
        if between < until:
            before, steps = member.wallet, member.steps
            assert member.tick(between) == steps
            assert member.wallet == before
        if due is None:
            break
        member.tick(due)
    if member.stage not in (Stage.REDEEM_SENT, Stage.ADMITTED):  # these look as long as it takes
        assert wallets.wake(member.wallet, member.now) is None


@pytest.mark.parametrize("way", WAYS)
def test_a_successor_is_begun_once(way: str) -> None:
    member = led(way)
    pair = wallets.succeed(member.wallet, now=member.now, random=Random(0))
    if pair is None:
        return
    old, new = pair
    assert old == member.wallet.but(succeeded=True)
    assert new.epoch == old.chain.epoch.epoch > old.epoch
    assert wallets.succeed(old, now=member.now, random=Random(0)) is None
    assert Wallet.decode(new.encode()) == new
