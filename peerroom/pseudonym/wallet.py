"""The member's side of a change of names, as one pure function: what happened → what to do.

    wallet, steps = advance(wallet, fact, now=…)

Whoever runs this stores the wallet first and then does the steps. After a crash `steps` says again
what is left, from the stored wallet alone. `wake` says when to tell `Ticked`.

    facts   `peerroom.pseudonym.wallet_facts`
    steps   `peerroom.pseudonym.wallet_steps`
    state   `peerroom.pseudonym.wallet_state`
    tokens  `peerroom.pseudonym.wallet_mint`

One wallet an epoch: `begin` makes the first of an account, `succeed` the one of the next epoch for
the account that is then in use, whichever that is.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from random import Random

from peerroom.pseudonym.blind import RandomBytes
from peerroom.pseudonym.possession import Account
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.wallet_facts import Fact
from peerroom.pseudonym.wallet_mint import REAL, Mint
from peerroom.pseudonym.wallet_state import Stage, Wallet
from peerroom.pseudonym.wallet_steps import Step

__all__ = ["Stage", "Wallet", "advance", "begin", "steps", "succeed", "wake"]


def begin(
    chain: Chain, account: Account, *, now: datetime, random: Random, resident: bool = False
) -> Wallet:
    """The wallet of ``account`` in the epoch that is open in ``chain``.

    A newcomer's chain comes from `peerroom.pseudonym.following.enter`. A ``resident`` (moderators,
    guests with other clients) never asks. Raises ValueError if no epoch is open.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def steps(wallet: Wallet, now: datetime) -> tuple[Step, ...]:
    """What is to be done now. `Look` first of all, if it is there: before the old account
    connects."""
    raise NotImplementedError


def wake(wallet: Wallet, now: datetime) -> datetime | None:
    """The next moment, after ``now``, at which time alone changes something: tell `Ticked` then."""
    raise NotImplementedError


def succeed(wallet: Wallet, *, now: datetime, random: Random) -> tuple[Wallet, Wallet] | None:
    """This wallet and the one of the next epoch, to be stored together, once there is one.

    To be asked after each `advance`. None as long as there is none, and after the first time.
    """
    raise NotImplementedError
