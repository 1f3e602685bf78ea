"""What the two ledgers of a round mean for a wallet: was I signed, and am I in?

Everyone checks everything that can be checked, and first of all what concerns themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from peerroom.pseudonym.possession import Account, Use
from peerroom.pseudonym.record_errors import (
    KeySubstituted,
    LedgerInflated,
    LedgerThin,
    RecordError,
    RecordMissing,
)
from peerroom.pseudonym.records import rows_of
from peerroom.pseudonym.token_errors import SelfTestFailed, TokenError
from peerroom.pseudonym.wallet_errors import (
    AnswerSpoilt,
    RequestAltered,
    RequestDamaged,
    RequestMissing,
    SeatUnproven,
)
from peerroom.pseudonym.wallet_facts import SawPages
from peerroom.pseudonym.wallet_mint import Mint
from peerroom.pseudonym.wallet_state import Spoilt, Stage, Wallet
from peerroom.pseudonym.wallet_steps import Notice
from peerroom.pseudonym.wallet_sums import holds_one
from peerroom.wire.records import (
    Admitted,
    Carried,
    Declined,
    DeviceKeys,
    Issued,
    Row,
    Seated,
    Signed,
)

BEFORE_ISSUE = frozenset(
    {
        Stage.IDLE,
        Stage.ASKING,
        Stage.REQUESTED,
        Stage.UNSIGNED,
        Stage.DECLINED,
        Stage.STRANDED,
    }
)
WITH_TOKEN = frozenset({Stage.SIGNED, Stage.REGISTERED, Stage.REDEEM_SENT})
BEFORE_FINAL = BEFORE_ISSUE | WITH_TOKEN


def read(wallet: Wallet, fact: SawPages, *, now: datetime, mint: Mint) -> Wallet:
    """The wallet after the pages of a ledger. Those of a record that is not awaited are nothing."""
    if fact.sequence == wallet.issue and wallet.issued is not None and not wallet.issue_read:
        rows = _rows(wallet, wallet.issued, fact)
        if isinstance(rows, Wallet):
            return rows
        return _issue(wallet, wallet.issued, rows, now=now, mint=mint)
    if (
        fact.sequence == wallet.admission
        and wallet.admitted is not None
        and awaits_admission(wallet)
    ):
        rows = _rows(wallet, wallet.admitted, fact)
        if isinstance(rows, Wallet):
            return rows
        return _admission(wallet, wallet.admitted, rows, mint=mint)
    return wallet


def awaits_admission(wallet: Wallet) -> bool:
    """Whether the final ledger is the next to be read: after the issue ledger, which says what the
    final one is to be compared with."""
    unread = wallet.admitted is not None and not wallet.admission_read and not wallet.withheld
    return unread and (wallet.issued is None or wallet.issue_read)


def _rows(wallet: Wallet, body: Issued | Admitted, fact: SawPages) -> tuple[Row, ...] | Wallet:
    """The rows; or the wallet that comes of there being none."""
    try:
        return rows_of(body, fact.pages)
    except RecordMissing:
        return wallet
    except RecordError as error:
        return wallet.stopped(error)


# --- the issue ledger -----------------------------------------------------------------------------


def _issue(
    wallet: Wallet, issued: Issued, rows: tuple[Row, ...], *, now: datetime, mint: Mint
) -> Wallet:
    asked = [row for row in rows if isinstance(row, (Signed, Declined))]
    signed = [row for row in asked if isinstance(row, Signed)]
    users = [row.user_id for row in asked]
    before = wallet
    wallet = wallet.but(
        issue_read=True, ledger_at=now, signed=frozenset(row.user_id for row in signed)
    )
    if len(signed) != issued.count or len(users) != len(rows) or len(set(users)) != len(users):
        wallet = wallet.found(wallet.issue, LedgerInflated())
    if wallet.stage not in BEFORE_ISSUE:
        return wallet
    mine = next((row for row in asked if row.user_id == wallet.account.user_id), None)
    if mine is None:
        if wallet.asked_in_time and Notice.CLOCK not in (*wallet.notices, *wallet.told):
            wallet = wallet.found(wallet.issue, RequestMissing())
        return wallet.but(stage=Stage.UNSIGNED)
    pending = wallet.pending
    theirs = pending is None or hashlib.sha256(pending.request).digest() != mine.request
    if theirs:
        wallet = wallet.found(wallet.issue, RequestAltered())
    if isinstance(mine, Declined):
        return wallet.but(stage=Stage.DECLINED).saying(Notice.DECLINED)
    if theirs:
        return wallet.but(stage=Stage.STRANDED).saying(Notice.STRANDED)
    try:
        return _opened(wallet, issued, mine.answer, mint)
    except SelfTestFailed as error:  # of this machine, for now: nothing was looked at
        return before.stopped(error)


def _opened(wallet: Wallet, issued: Issued, answer: bytes, mint: Mint) -> Wallet:
    """With the token that the answer opens to; otherwise the request is burnt (decision 0007)."""
    key = wallet.opened.keys[issued.round]
    pending = wallet.pending
    assert pending is not None  # looked at by the caller
    try:
        if not mint.fits(key, pending.request, answer):
            spoilt = Spoilt(wallet.round, pending.request)
            burnt = _burnt(wallet).but(stage=Stage.UNSIGNED, spoilt=spoilt)
            return burnt.found(wallet.issue, AnswerSpoilt())
        token = mint.finish(key, pending, answer)
    except SelfTestFailed:
        raise
    except TokenError:
        burnt = _burnt(wallet).but(stage=Stage.STRANDED)
        return burnt.found(wallet.issue, RequestDamaged()).saying(Notice.STRANDED)
    return wallet.but(stage=Stage.SIGNED, token=token)


def _burnt(wallet: Wallet) -> Wallet:
    """Without this round's request: nothing of it is ever used again."""
    pendings = [*wallet.pendings]
    pendings[wallet.round] = None
    return wallet.but(pendings=tuple(pendings))


# --- the admission ledger -------------------------------------------------------------------------


def weigh(wallet: Wallet, admitted: Admitted, count: int) -> Wallet:
    """Hold a final ledger with ``count`` new accounts to what makes a round count.

    An honest bot voids what is below that (`registrar_rounds`). One that loses redemptions on
    purpose would see from who then asks to stay, and who does not, who the few are that it kept: so
    nobody goes by such a ledger, in or out of it (`Wallet.withheld`).
    """
    issued = max(admitted.issued, wallet.issued.count if wallet.issued is not None else 0)
    if 3 * count >= 2 * issued and count >= wallet.opened.floor:
        return wallet
    return wallet.found(wallet.admission, LedgerThin())


def go_on(wallet: Wallet, *, now: datetime, mint: Mint) -> Wallet:
    """With the final ledger read, now that one may go by it, if it has no pages to wait for."""
    if wallet.admitted is None or wallet.admitted.pages:
        return wallet
    return read(wallet, SawPages(wallet.admission, {}), now=now, mint=mint)


def _admission(wallet: Wallet, admitted: Admitted, rows: tuple[Row, ...], *, mint: Mint) -> Wallet:
    seats = [row for row in rows if isinstance(row, Seated)]
    carried = [row for row in rows if isinstance(row, Carried)]
    wallet, shown = _checked(wallet, admitted, seats, mint)
    users = [row.user_id for row in seats] + [row.user_id for row in carried]
    twice = len(set(users)) != len(users)
    kept = any(row.user_id in wallet.signed for row in carried)
    counted = wallet.issued is None or admitted.issued == wallet.issued.count
    foreign = len(users) != len(rows)
    if len(seats) != admitted.count or foreign or twice or kept or not counted:
        wallet = wallet.found(wallet.admission, LedgerInflated())
    wallet = weigh(wallet, admitted, len(shown))  # whatever the record says about its rows
    if _left_out(wallet, users, shown):
        wallet = holds_one(wallet, len(shown))
    if wallet.withheld:
        return wallet
    wallet = wallet.but(admission_read=True)
    own = next((row for row in carried if row.user_id == wallet.account.user_id), None)
    if own is not None:
        wallet = _rotating(wallet, own)
    return _settled(wallet, seats, shown, {row.user_id for row in carried}, mint)


def _left_out(wallet: Wallet, users: list[str], shown: Mapping[bytes, Seated]) -> bool:
    """Whether this wallet's token is unused beside a ledger that has nobody of its owner's."""
    if wallet.stage not in WITH_TOKEN or wallet.token is None or wallet.token.id in shown:
        return False
    return not any(wallet.concerns(user) for user in users)


def _checked(
    wallet: Wallet, admitted: Admitted, seats: list[Seated], mint: Mint
) -> tuple[Wallet, dict[bytes, Seated]]:
    """The seats by the ids of their tokens. A row without a good token stops the wallet."""
    key, shown = wallet.opened.keys[admitted.round], {}
    for seat in seats:
        try:
            token = mint.check(key, wallet.scope, seat, Use.REDEEM)
        except TokenError:
            wallet = wallet.found(wallet.admission, SeatUnproven())
            continue
        if token in shown:
            wallet = wallet.found(wallet.admission, LedgerInflated())
        shown[token] = seat
    return wallet, shown


def _rotating(wallet: Wallet, own: Carried) -> Wallet:
    """Whether the account rotates is what the ledger says, and not to be seen in power levels: a
    server can show these to one member as it likes."""
    resident = own.why == "resident"
    if resident and not wallet.resident:
        notices = tuple(notice for notice in wallet.notices if notice is not Notice.CARRIED)
        wallet = wallet.but(notices=notices).saying(Notice.RESIDENT)
    return wallet.but(resident=resident)


def _settled(
    wallet: Wallet,
    seats: list[Seated],
    shown: dict[bytes, Seated],
    carried: set[str],
    mint: Mint,
) -> Wallet:
    """Where the final ledger leaves this wallet."""
    new = wallet.new_account
    mine = shown.get(wallet.token.id) if wallet.token is not None else None
    if mine is None and new is not None:
        mine = next((seat for seat in seats if seat.user_id == new.user_id), None)
    if wallet.stage not in BEFORE_FINAL:
        return wallet
    if mine is not None:
        if new is None or not _is(mine, new):
            wallet = wallet.found(wallet.admission, KeySubstituted())
        if wallet.stage is Stage.REDEEM_SENT:
            return wallet.but(stage=Stage.ADMITTED, look=False)
        return wallet.but(stage=Stage.STRANDED).saying(Notice.STRANDED)  # nobody was given it
    if wallet.joined_at is not None:  # the server took it into a room that it has no seat in
        wallet = wallet.found(wallet.admission, LedgerInflated())
    if wallet.account.user_id in carried:
        return carry(wallet)
    wallet = wallet.forgetting().but(look=False, joined_at=None)
    if wallet.token is not None:
        return _staying(wallet, mint)
    if wallet.stage is Stage.STRANDED:
        return wallet
    return wallet.but(stage=Stage.DECLINED).saying(Notice.DECLINED)


def carry(wallet: Wallet) -> Wallet:
    """The circle goes on with the old account."""
    wallet = wallet.forgetting().but(
        stage=Stage.CARRIED, pendings=(), token=None, seat=None, look=False
    )
    return wallet if wallet.resident else wallet.saying(Notice.CARRIED)


def _staying(wallet: Wallet, mint: Mint) -> Wallet:
    """The token is used for the old account: the final ledger shows that it was not otherwise."""
    pending, token = wallet.pending, wallet.token
    assert pending is not None  # no token without
    assert token is not None  # looked at by the caller
    try:
        proof = mint.prove(pending, token, Use.STAY, wallet.account)
    except TokenError:
        return (
            wallet.but(stage=Stage.STRANDED)
            .found(wallet.admission, RequestDamaged())
            .saying(Notice.STRANDED)
        )
    seat = seated(wallet.account, token.encode(), proof)
    return wallet.but(stage=Stage.STAY_SENT, seat=seat, sent=False).saying(Notice.NOT_RENEWED)


def seated(account: Account, token: bytes, proof: bytes) -> Seated:
    """An account with its token, as it is shown."""
    devices = tuple(DeviceKeys(d.device_id, d.ed25519, d.curve25519) for d in account.devices)
    return Seated(account.user_id, account.master_key, devices, token, proof)


def _is(seat: Seated, account: Account) -> bool:
    """Whether the ledger has the account as it is."""
    return seat == seated(account, seat.token, seat.proof)
