"""The member's side of a change of names, as one pure function: what happened → what to do.

    wallet, steps = advance(wallet, fact, now=…)

Whoever runs this stores the wallet first and then does the steps. After a crash `steps` says again
what is left, from the stored wallet alone. `wake` says when to tell `Ticked`, `online` which
accounts may be connected.

    facts    `peerroom.pseudonym.wallet_facts`
    steps    `peerroom.pseudonym.wallet_steps`
    state    `peerroom.pseudonym.wallet_state`
    ledgers  `peerroom.pseudonym.wallet_ledgers`
    tokens   `peerroom.pseudonym.wallet_mint`

One wallet an epoch: `begin` makes the first of an account, `succeed` the one of the next epoch for
the account that is then in use, whichever that is.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from random import Random
from typing import Final, NamedTuple

from peerroom.pseudonym import localparts, wallet_circle, wallet_ledgers
from peerroom.pseudonym.blind import RandomBytes
from peerroom.pseudonym.epochs import Times
from peerroom.pseudonym.following import Trail
from peerroom.pseudonym.possession import Account, Use
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.token_errors import AccountMalformed, TokenError
from peerroom.pseudonym.tokens import Scope
from peerroom.pseudonym.wallet_errors import EntryAltered, RequestDamaged
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
    Told,
)
from peerroom.pseudonym.wallet_mint import REAL, Mint
from peerroom.pseudonym.wallet_state import Fresh, Plan, Stage, Wallet
from peerroom.pseudonym.wallet_steps import Notice, Step
from peerroom.pseudonym.wallet_todo import beat, looked, online, steps, visiting, wake
from peerroom.wire.records import ROUNDS

__all__ = ["Stage", "Wallet", "advance", "begin", "online", "steps", "succeed", "wake"]

SPARES: Final = 24
"""The visits of a round have about so many further moments from the first to the end."""


class _Means(NamedTuple):
    """What is passed in."""

    now: datetime
    random: Random
    draw: RandomBytes
    mint: Mint


def begin(
    chain: Chain, account: Account, *, now: datetime, random: Random, resident: bool = False
) -> Wallet:
    """The wallet of ``account`` in the epoch that is open in ``chain``.

    A newcomer's chain comes from `peerroom.pseudonym.following.enter`. A ``resident`` never asks:
    one of whom the ledger that the epoch began with says so. Raises ValueError if no epoch is open.
    """
    return _begun(Trail.of(chain), account, resident, now, random)


def succeed(wallet: Wallet, *, now: datetime, random: Random) -> tuple[Wallet, Wallet] | None:
    """This wallet and the one of the next epoch, to be stored together, once there is one.

    To be asked after each `advance`. None as long as there is none, and after the first time. What
    the old account was shown since that epoch began, the wallet of a new account does not know: it
    would tell who it was.
    """
    opened = wallet.chain.epoch
    if wallet.succeeded or opened is None or opened.epoch <= wallet.epoch or wallet.chain.closed:
        return None
    unread = wallet.admitted is not None and not wallet.admission_read
    if unread and opened.epoch == wallet.epoch + 1:  # first see that all is well
        return None
    if not wallet.moved and wallet.stage not in _GOES_ON:
        return None
    new = wallet.new_account
    account = new if wallet.moved and new is not None else wallet.account
    trail = Trail.of(wallet.chain.at_opening()) if wallet.moved else wallet.trail
    following = _begun(trail, account, wallet.resident, now, random)
    following = following.but(rooms=wallet.rooms, shown=wallet.shown, accepted=wallet.accepted)
    if wallet.stop is not None:  # what was proved stays proved until people have talked
        following = following.but(
            stop=wallet.stop, findings=wallet.findings, told=(Notice.STOPPED,)
        )
    return wallet.but(succeeded=True), following


_GOES_ON: Final = (Stage.CARRIED, Stage.STAYED, Stage.SKIPPED, Stage.UNSIGNED, Stage.DECLINED)


def _begun(trail: Trail, account: Account, resident: bool, now: datetime, random: Random) -> Wallet:
    chain = trail.chain
    opened = chain.epoch
    if opened is None or chain.closed:
        raise ValueError("no epoch is open")
    times = Times.of(opened)
    within = beat(times).total_seconds()
    plan = Plan(
        request_at=times.draw_request(random, now),
        visits=tuple(
            _with_spares(random, first, times, round_)
            for round_, first in enumerate(times.draw_visits(random))
        ),
        arrive_after=random.random() * within,
        leave_after=random.random() * within,
    )
    late = now >= times.cut_off or chain.issued is not None or chain.voids > 0
    return Wallet(
        account,
        trail,
        opened,
        plan,
        stage=Stage.UNSIGNED if resident or late else Stage.IDLE,
        resident=resident,
        round=min(chain.voids, ROUNDS - 1),
    )


def _with_spares(
    random: Random, first: datetime, times: Times, round_: int
) -> tuple[datetime, ...]:
    """``first`` and later moments of the visits, for a machine that is off at those before.

    They are far enough apart that a visit does not follow on waking up, and drawn as early as the
    first, so that nothing that happens later can move them.
    """
    begin, last = times.visits(round_)
    moments = [first]
    while len(moments) <= 2 * SPARES:
        later = moments[-1] + 2 * random.random() * (last - begin) / SPARES
        if later >= last:
            break
        moments.append(later)
    return tuple(moments)


def advance(
    wallet: Wallet,
    fact: Fact,
    *,
    now: datetime,
    random: Random,
    draw: RandomBytes = secrets.token_bytes,
    mint: Mint = REAL,
) -> tuple[Wallet, tuple[Step, ...]]:
    """The wallet after ``fact``, and what is to be done then (`steps`).

    ``now`` is aware. ``random`` is for delays, ``draw`` for secrets. Never raises: what cannot be
    right stops the wallet (`Wallet.stop`).
    """
    means = _Means(now, random, draw, mint)
    wallet = _in_time(_after(wallet, fact, means), means)
    return wallet, steps(wallet, now)


def _after(wallet: Wallet, fact: Fact, means: _Means) -> Wallet:
    """The wallet after the fact alone."""
    match fact:
        case SawRecord():
            return wallet_circle.saw(wallet, fact, now=means.now, mint=means.mint)
        case SawPages():
            return wallet_ledgers.read(wallet, fact, now=means.now, mint=means.mint)
        case Arrived():
            return wallet_circle.arrived(wallet, fact, now=means.now, mint=means.mint)
        case Heard():
            return wallet_circle.heard(wallet, fact, means.now)
        case HeadHeard():
            return wallet_circle.head_heard(wallet, fact, now=means.now, random=means.random)
        case Evidence():
            return wallet_circle.evidence(wallet, fact)
        case Shown(sequence):
            return wallet_circle.shown(wallet, sequence)
        case RequestSent() if wallet.stage is Stage.ASKING:
            return wallet.but(stage=Stage.REQUESTED, asked_at=means.now)
        case AccountMade() if wallet.stage is Stage.REGISTERED and wallet.new_account is None:
            return _made(wallet, fact)
        case NameTaken() if wallet.stage is Stage.REGISTERED and wallet.new_account is None:
            return _renamed(wallet, fact, means.draw)
        case RedemptionSent() if wallet.stage is Stage.REDEEM_SENT:
            return wallet.but(sent=True)
        case StaySent() if wallet.stage is Stage.STAY_SENT:
            return wallet.but(sent=True)
        case Started():
            return _started(wallet, fact, means.now)
        case Nowhere():
            return looked(wallet, means.now)
        case Decrypted() if wallet.moved:
            return wallet.but(decrypted=True)
        case Retired() if wallet.stage is Stage.JOINED:
            return wallet.but(stage=Stage.RETIRED)
        case KeysDestroyed() if wallet.stage is Stage.RETIRED:
            return wallet.but(stage=Stage.FINISHED)
        case Forgotten(localpart):
            return wallet.but(forget=tuple(name for name in wallet.forget if name != localpart))
        case RequestShown():
            return wallet.but(spoilt=None)
        case Told(notice) if notice in wallet.notices:
            left = tuple(other for other in wallet.notices if other is not notice)
            return wallet.but(notices=left, told=(*wallet.told, notice))
        case Cleared():
            return wallet_ledgers.go_on(wallet.cleared(), now=means.now, mint=means.mint)
        case _:  # comes late, twice or with time alone
            return wallet


def _started(wallet: Wallet, fact: Started, now: datetime) -> Wallet:
    """The machine was off, or the program was. A short break is none: a timer may start it."""
    # Where a timer starts it, the old account does not come in the hours of visits anyway.
    wallet = wallet.but(pace=fact.pace, started=None if fact.pace else now)
    if fact.ran_until is not None and now - fact.ran_until <= wallet.grace:
        return wallet
    wallet = wallet.but(awake=now)
    if wallet.stage in (Stage.REDEEM_SENT, Stage.ADMITTED):
        is_over = now >= wallet.times.switch(wallet.round)
        wallet = wallet.but(look=is_over and not wallet.withheld)
    return wallet


# --- what time brings -----------------------------------------------------------------------------


def _in_time(wallet: Wallet, means: _Means) -> Wallet:
    """The wallet with what has become due, whatever happened last."""
    now = means.now
    if wallet.stage is Stage.IDLE:
        if now >= wallet.times.cut_off or wallet.issued is not None or wallet.chain.closed:
            wallet = wallet.but(stage=Stage.UNSIGNED)
        elif wallet.stop is None and now >= wallet.plan.request_at:
            wallet = _ask(wallet, means)
    if wallet.misled:
        wallet = wallet.stopped(EntryAltered())
    if visiting(wallet, now):
        wallet = wallet.but(stage=Stage.REGISTERED, fresh=_fresh(wallet, means.draw))
    if wallet.stage is Stage.REGISTERED and wallet.may_redeem(now):
        wallet = _redeem(wallet, means.mint)
    if wallet.came:
        wallet = wallet.but(stage=Stage.JOINED, pendings=(), seat=None).saying(Notice.RENEWED)
    if wallet.stage is Stage.STAY_SENT and wallet.lapsed:
        wallet = wallet.but(stage=Stage.LAPSED, seat=None, token=None).saying(Notice.LAPSED)
    return wallet.saying(Notice.CLOCK) if wallet.skewed(now) else wallet


def _ask(wallet: Wallet, means: _Means) -> Wallet:
    """With the three requests, which are stored before they are sent."""
    try:
        pendings = tuple(
            means.mint.request(
                key, Scope(wallet.chain.lineage, wallet.epoch, round_), random=means.draw
            )
            for round_, key in enumerate(wallet.opened.keys)
        )
    except TokenError as error:
        return wallet.stopped(error)
    return wallet.but(stage=Stage.ASKING, pendings=pendings)


def _fresh(wallet: Wallet, draw: RandomBytes) -> Fresh:
    """Name and password of this round's new account."""
    way_in = wallet.way_in
    assert way_in is not None  # there is no visit without
    localpart = localparts.draw(way_in.token, draw)
    return Fresh(localpart, base64.urlsafe_b64encode(draw(24)).decode())


def _redeem(wallet: Wallet, mint: Mint) -> Wallet:
    """About to show the token: from here on it may have been seen with the new account."""
    new, token, pending = wallet.new_account, wallet.token, wallet.pending
    if new is None or token is None or pending is None:
        return wallet
    try:
        proof = mint.prove(pending, token, Use.REDEEM, new)
    except TokenError:
        return wallet.stopped(RequestDamaged())
    seat = wallet_ledgers.seated(new, token.encode(), proof)
    return wallet.but(stage=Stage.REDEEM_SENT, seat=seat, sent=False)


# --- the visit ------------------------------------------------------------------------------------


def _made(wallet: Wallet, fact: AccountMade) -> Wallet:
    """With the new account, if it is the one that was asked for and shares no key with the old."""
    fresh, old = wallet.fresh, wallet.account
    assert fresh is not None  # of the stage
    try:
        new = Account(fact.user_id, fact.master_key, fact.devices)
    except AccountMalformed as error:
        return wallet.stopped(error)
    _, _, server = old.user_id.partition(":")
    if new.user_id != f"@{fresh.localpart}:{server}" or _keys(new) & _keys(old):
        return wallet.stopped(AccountMalformed())
    return wallet.but(fresh=Fresh(fresh.localpart, fresh.password, new))


def _keys(account: Account) -> set[bytes]:
    """Every key that makes an account this account."""
    devices = account.devices
    return {account.master_key, *(d.ed25519 for d in devices), *(d.curve25519 for d in devices)}


def _renamed(wallet: Wallet, fact: NameTaken, draw: RandomBytes) -> Wallet:
    """With another name for the account that does not exist yet."""
    if wallet.fresh is None or wallet.fresh.localpart != fact.localpart:
        return wallet
    return wallet.forgetting().but(fresh=_fresh(wallet, draw))
