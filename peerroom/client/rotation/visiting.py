"""The one visit of a new account, and what is stored when: a crash anywhere leads back to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

from peerroom.clock import Clock
from peerroom.matrix.visit import Message, NewAccount, visit
from peerroom.pseudonym.possession import Account as Card
from peerroom.pseudonym.sealing import bound_to, seal
from peerroom.pseudonym.wallet_facts import AccountMade, Fact
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.pseudonym.wallet_steps import Redeem, Step
from peerroom.store.accounts import new_circuit
from peerroom.wire.rotation import REDEEM, Redemption, encode_seat

if TYPE_CHECKING:
    from peerroom.store.vault import Vault

_CIRCUITS: Final = "rotation.circuits"

Advance = Callable[[Fact], tuple[Step, ...]]
"""Tell the wallet a fact, store it, and return the steps that follow."""


class NothingToShow(Exception):  # a turn of the wallet, not an error
    """The wallet does not want to show anything (any more)."""


async def make_visit(
    vault: Vault,
    wallet: Wallet,
    bot: str,
    homeserver: str,
    registration_token: str | None,
    advance: Advance,
    *,
    proxy: str | None,
    clock: Clock,
    random: Random,
) -> None:
    """Register, show the token, go. The wallet has been told `AccountMade` before the first byte of
    the redemption leaves; `RedemptionSent` is the caller's to tell.

    Raises what `peerroom.matrix.visit.visit` raises, and `NothingToShow`.
    """
    fresh = wallet.fresh
    assert fresh is not None, "the wallet named the account"
    new = NewAccount(
        homeserver,
        fresh.localpart,
        fresh.password,
        registration_token,
        _circuit(vault, fresh.localpart),
    )

    def say(card: Card) -> Message:
        steps = advance(AccountMade(card.user_id, card.master_key, card.devices))
        redeem = next((step for step in steps if isinstance(step, Redeem)), None)
        if redeem is None:
            raise NothingToShow
        sealed = seal(redeem.sealing_key, encode_seat(redeem.seat), info=bound_to(redeem.scope))
        content = Redemption(redeem.scope.epoch, redeem.scope.round, sealed).content()
        # The same for every try: the server takes it once (client-server API, "Send-to-device").
        transaction = hashlib.sha256(b"redeem " + fresh.localpart.encode()).hexdigest()[:32]
        return Message(REDEEM, bot, content, transaction)

    await visit(vault, new, say, proxy=proxy, clock=clock, random=random)


def forget_account(vault: Vault, localpart: str) -> None:
    """An account that was made for nothing: no trace of it stays here."""
    circuit = vault.records.get(_CIRCUITS, localpart)
    with vault.transaction():
        for account in vault.accounts.all():
            if circuit is not None and account.circuit.hex() == circuit:
                vault.accounts.remove(account.id)
        vault.records.remove(_CIRCUITS, localpart, secret=True)


def _circuit(vault: Vault, localpart: str) -> bytes:
    """The circuit of the account to be, drawn once."""
    kept = vault.records.get(_CIRCUITS, localpart)
    if kept is None:
        kept = new_circuit().hex()
        vault.records.replace(_CIRCUITS, localpart, kept, secret=True)
    return bytes.fromhex(kept)
