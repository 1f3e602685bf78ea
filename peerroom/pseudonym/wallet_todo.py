"""What a wallet wants done at a moment, from what is stored alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from peerroom.pseudonym.epochs import SKEW, Times, moment
from peerroom.pseudonym.wallet_ledgers import awaits_admission
from peerroom.pseudonym.wallet_state import DELAY, KEPT, LEAST_DELAY, Stage, Wallet
from peerroom.pseudonym.wallet_steps import (
    DestroyOldKeys,
    Disconnect,
    ForgetAccount,
    Look,
    MakeAccount,
    Notice,
    ReadPages,
    ReadRecords,
    Redeem,
    Retire,
    Say,
    SendRequest,
    SendStay,
    ShowRecord,
    ShowRequest,
    Step,
    Stop,
)
from peerroom.wire.records import ROUNDS
from peerroom.wire.rotation import Request, Stay, encode_seat

_INSTANT = timedelta(microseconds=1)


def steps(wallet: Wallet, now: datetime) -> tuple[Step, ...]:
    """What is to be done now. `Look` is first and, but for words, alone: before the old account
    connects."""
    if looks(wallet):
        return (*_look(wallet), *_words(wallet))
    return (
        *_reading(wallet),
        *_moving(wallet, now),
        *(_look(wallet) if peeks(wallet, now) else ()),
        *(ForgetAccount(localpart) for localpart in wallet.forget),
        *_showing(wallet, now),
        *_words(wallet),
    )


def online(wallet: Wallet, now: datetime, *, wanted: bool = False) -> tuple[str, ...]:
    """The accounts that may be connected now. The one that is to be used is the last of them.

    ``wanted``: somebody waits to read and write, so no account rests (`looked`). A visit is no
    connection: `MakeAccount` and `Redeem` end by themselves.
    """
    old, new = wallet.account.user_id, wallet.new_account
    if new is None:
        return (old,)
    if looks(wallet):
        return (new.user_id,)
    came = wallet.joined_at is not None
    if not came and not wanted and rests(wallet, now):
        return ()
    if not came and wallet.stage is not Stage.ADMITTED:
        return (old,)
    left = _is_past(leave_at(wallet), now) or wallet.stage in (Stage.RETIRED, Stage.FINISHED)
    left = left or (came and _slept_over_it(wallet))
    return (*(() if left else (old,)), *((new.user_id,) if came else ()))


def wake(wallet: Wallet, now: datetime) -> datetime | None:
    """The next moment, after ``now``, at which time alone changes something: tell `Ticked` then."""
    return min((at for at in _moments(wallet, now) if at > now), default=None)


def looks(wallet: Wallet) -> bool:
    """Whether the new account is to look for the circle before the old one connects."""
    return wallet.look and wallet.new_account is not None


def visiting(wallet: Wallet, now: datetime) -> bool:
    """Whether a visit may begin: one of the moments that were drawn for the round has just come."""
    if wallet.stage is not Stage.SIGNED or not wallet.ready or not wallet.may_redeem(now):
        return False
    return any(drawn <= now <= drawn + wallet.grace for drawn in wallet.visits)


def peeks(wallet: Wallet, now: datetime) -> bool:
    """Whether the new account looks now whether it is in the next room, while the old one is as it
    was: at moments that were drawn when the epoch began, whatever anybody was shown since. If it
    came when the old account learns of the switch, a server could tell each of them at another
    moment, and see who comes."""
    if wallet.new_account is None or wallet.joined_at is not None or wallet.withheld:
        return False
    if wallet.stage not in (Stage.REDEEM_SENT, Stage.ADMITTED):
        return False
    last = _beats(wallet, wallet.plan.arrive_after, now) - beat(wallet.times)
    since = max((at for at in (wallet.looked_at, wallet.awake) if at is not None), default=last)
    is_first = last >= _first(wallet, wallet.plan.arrive_after)
    return is_first and since <= last and now - last <= wallet.grace


def looked(wallet: Wallet, now: datetime) -> Wallet:
    """The new account has looked for the next room, and has not found it.

    If it did so because the machine was just turned on, the old account does not follow at once: it
    comes at the next of the moments at which it might also go, which were drawn long before.
    """
    rests_until = wallet.rests_until
    if looks(wallet):
        rests_until = _beats(wallet, wallet.plan.leave_after, now)
    return wallet.but(look=False, looked_at=now, rests_until=rests_until)


def rests(wallet: Wallet, now: datetime) -> bool:
    """Whether the old account waits for a moment of its own to connect (`looked`)."""
    return wallet.rests_until is not None and now < wallet.rests_until


def leave_at(wallet: Wallet) -> datetime | None:
    """When the old account disconnects for good, once the switch is known here.

    Not before the first moment of every new account is past. Otherwise an old one that was not
    shown the switch, and goes because the new one was, tells a server that they belong together.
    """
    if wallet.known_at is None or wallet.committed is None:
        return None
    all_came = wallet.committed + beat(wallet.times)
    return _beats(wallet, wallet.plan.leave_after, max(wallet.known_at, all_came))


def _slept_over_it(wallet: Wallet) -> bool:
    """Whether the machine was off at the switch: then the old account need not come at all."""
    return wallet.awake is not None and wallet.awake >= wallet.times.switch(wallet.round)


def beat(times: Times) -> timedelta:
    """How far apart the moments are at which an account may come, or go."""
    return max(times.window / DELAY, LEAST_DELAY)


def _first(wallet: Wallet, phase: float) -> datetime:
    return wallet.times.switch(wallet.round) + timedelta(seconds=phase)


def _beats(wallet: Wallet, phase: float, after: datetime) -> datetime:
    """The first of the moments with this phase (seconds) that is later than ``after``."""
    first, apart = _first(wallet, phase), beat(wallet.times)
    return first + max(0, (after - first) // apart + 1) * apart


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and now >= at


def _due(at: datetime | None, now: datetime) -> bool:
    return at is None or now >= at


def _look(wallet: Wallet) -> Iterator[Step]:
    new = wallet.new_account
    if new is not None:
        yield Look(new.user_id)


def _reading(wallet: Wallet) -> Iterator[Step]:
    if wallet.trail.behind and not wallet.handed_on:
        yield ReadRecords(wallet.chain.sequence)
    if wallet.issued is not None and not wallet.issue_read:
        yield ReadPages(wallet.issue)
    elif awaits_admission(wallet):
        yield ReadPages(wallet.admission)


def _moving(wallet: Wallet, now: datetime) -> Iterator[Step]:
    """The steps that bring the wallet on."""
    new, old = wallet.new_account, wallet.account.user_id
    match wallet.stage:
        case Stage.ASKING:
            if wallet.stop is None and now < wallet.times.cut_off:
                yield from _asking(wallet)
        case Stage.REGISTERED:
            fresh, way_in = wallet.fresh, wallet.way_in
            if new is None and fresh is not None and way_in is not None and _goes_on(wallet, now):
                yield MakeAccount(fresh.localpart, fresh.password, way_in.token)
        case Stage.REDEEM_SENT:
            if wallet.seat is not None and not wallet.sent and _goes_on(wallet, now):
                yield Redeem(wallet.seat, wallet.opened.sealing_key, wallet.scope)
        case Stage.ADMITTED:
            if _is_past(leave_at(wallet), now):
                yield Disconnect(old)
        case Stage.JOINED:
            if _is_past(leave_at(wallet), now):
                yield Retire(old)
        case Stage.RETIRED:
            if wallet.decrypted and _due(_kept_until(wallet), now):
                yield DestroyOldKeys(old)
        case Stage.STAY_SENT:
            if wallet.seat is not None and not wallet.sent and not wallet.overdrawn:
                yield SendStay(Stay(wallet.epoch, wallet.round, encode_seat(wallet.seat)))
        case _:
            pass


def _goes_on(wallet: Wallet, now: datetime) -> bool:
    """Whether a visit that was cut short may go on: not as the first thing when the machine is on
    again, because then the old account connects as well."""
    return wallet.may_redeem(now) and any(drawn <= now for drawn in wallet.visits)


def _asking(wallet: Wallet) -> Iterator[Step]:
    requests = tuple(pending.request for pending in wallet.pendings if pending is not None)
    if len(requests) == ROUNDS:
        first, second, third = requests
        yield SendRequest(Request(wallet.epoch, (first, second, third)))


def _kept_until(wallet: Wallet) -> datetime | None:
    return wallet.joined_at + KEPT if wallet.joined_at is not None else None


def _showing(wallet: Wallet, now: datetime) -> Iterator[Step]:
    if wallet.handed_on:
        return
    for showing in wallet.showing:
        if now >= showing.at:
            yield ShowRecord(showing.sequence)
    if wallet.spoilt is not None:
        yield ShowRequest(wallet.epoch, wallet.spoilt.round, wallet.spoilt.request)


def _words(wallet: Wallet) -> Iterator[Step]:
    for notice in wallet.notices:
        if notice is Notice.STOPPED:
            yield Stop(wallet.stop or "")
        else:
            yield Say(notice)


def _moments(wallet: Wallet, now: datetime) -> Iterator[datetime]:
    """When time alone may change something."""
    times, plan = wallet.times, wallet.plan
    yield from (showing.at for showing in wallet.showing)
    # Whether a record is from the future changes when the clock comes within reach of it.
    yield moment(wallet.chain.at) - SKEW
    if wallet.rests_until is not None:
        yield wallet.rests_until
    awaited = wallet.stage in (Stage.REDEEM_SENT, Stage.ADMITTED) and not wallet.withheld
    if awaited and wallet.joined_at is None:
        coming = _beats(wallet, plan.arrive_after, now)
        yield from (coming, coming - beat(times) + wallet.grace + _INSTANT)
    match wallet.stage:
        case Stage.IDLE:
            yield from (plan.request_at, times.cut_off)
        case Stage.ASKING:
            yield times.cut_off
        case Stage.SIGNED:
            yield from wallet.visits
        case Stage.REGISTERED | Stage.REDEEM_SENT:
            yield from wallet.visits[:1]
            yield times.ends(wallet.round)
        case Stage.ADMITTED | Stage.JOINED:
            if (leaving := leave_at(wallet)) is not None:
                yield leaving
        case Stage.RETIRED:
            if (until := _kept_until(wallet)) is not None:
                yield until
        case _:
            pass
