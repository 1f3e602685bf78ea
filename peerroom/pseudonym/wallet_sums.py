"""Whether the tokens of an epoch that a wallet knows of are more than its circle issued.

A bot that seats accounts with tokens that it signed itself fills the places of people whom it
leaves out. Each of those still holds a token, and that is what does not add up: for everyone when
they are let come back (`add_up`), for each of them alone when there is no place left (`holds_one`).
"""

from __future__ import annotations

from peerroom.pseudonym.record_errors import LedgerOverdrawn
from peerroom.pseudonym.wallet_state import Stage, Wallet


def add_up(wallet: Wallet) -> Wallet:
    """The wallet after new records: nobody may have come back who is one too many.

    For a wallet that is still to count; otherwise the next one does.
    """
    if wallet.succeeded or wallet.handed_on:
        return wallet
    for tally in wallet.chain.tallies:
        if tally.overdrawn:
            wallet = wallet.found(tally.ledger, LedgerOverdrawn())
    if wallet.stage is Stage.STAY_SENT and wallet.admitted is not None:
        wallet = holds_one(wallet, wallet.admitted.count)
    return wallet


def holds_one(wallet: Wallet, seated: int) -> Wallet:
    """The wallet, which has a token that it did not use, beside ``seated`` others that were used
    for new accounts in its round."""
    tally = wallet.chain.tally(wallet.epoch)
    stayed = tally.stayed(but=wallet.account.user_id) if tally is not None else 0
    if wallet.issued is None or seated + stayed + 1 <= wallet.issued.count:
        return wallet
    return wallet.found(wallet.admission, LedgerOverdrawn())
