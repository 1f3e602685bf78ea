"""Wallets in the vault: one an account and epoch. Importing this loads no cryptography."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from peerroom.pseudonym.wallet_state import Wallet
    from peerroom.store.vault import Vault

_WALLETS: Final = "rotation.wallet"


def keep(vault: Vault, account_id: int, wallet: Wallet) -> None:
    """Store ``wallet``, which is the account's in its epoch; on the disk when this returns."""
    with vault.transaction():
        vault.flush()
        value = base64.b64encode(wallet.encode()).decode()
        vault.records.replace(_WALLETS, _key(account_id, wallet.epoch), value)


def forget(vault: Vault, account_id: int, epoch: int) -> None:
    """Remove a wallet that has nothing left to do."""
    with vault.transaction():
        vault.flush()
        vault.records.remove(_WALLETS, _key(account_id, epoch))


def of(vault: Vault, account_id: int) -> list[Wallet]:
    """The account's wallets, of the oldest epoch first. Raises `WalletDamaged`."""
    kept = vault.records.items(_WALLETS)
    found = [value for key, value in kept.items() if key.startswith(_key(account_id, ""))]
    if not found:
        return []
    from peerroom.pseudonym.wallet_state import Wallet

    wallets = [Wallet.decode(base64.b64decode(value)) for value in found]
    return sorted(wallets, key=lambda wallet: wallet.epoch)


def _key(account_id: int, epoch: int | str) -> str:
    return f"{account_id}.{epoch}"
