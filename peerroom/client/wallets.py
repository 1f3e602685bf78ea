"""Wallets in the vault: one an account and epoch. Importing this loads no cryptography."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from peerroom.pseudonym.wallet_state import Wallet
    from peerroom.store.vault import Vault

_WALLETS: Final = "rotation.wallet"
_RAN: Final = "rotation.ran"


def keep(vault: Vault, account_id: int, wallet: Wallet) -> None:
    """Store ``wallet``, which is the account's in its epoch; on the disk when this returns."""
    value = base64.b64encode(wallet.encode()).decode()
    vault.records.replace(_WALLETS, _key(account_id, wallet.epoch), value, secret=True)


def forget(vault: Vault, account_id: int, epoch: int) -> None:
    """Remove a wallet that has nothing left to do."""
    vault.records.remove(_WALLETS, _key(account_id, epoch), secret=True)


def of(vault: Vault, account_id: int) -> list[Wallet]:
    """The account's wallets, of the oldest epoch first. Raises `WalletDamaged`."""
    kept = vault.records.items(_WALLETS)
    found = [value for key, value in kept.items() if key.startswith(_key(account_id, ""))]
    if not found:
        return []
    from peerroom.pseudonym.wallet_state import Wallet

    wallets = [Wallet.decode(base64.b64decode(value)) for value in found]
    return sorted(wallets, key=lambda wallet: wallet.epoch)


def every(vault: Vault) -> list[tuple[int, Wallet]]:
    """All wallets with the number of the account that began them, of the oldest epoch first. Raises
    `WalletDamaged`."""
    accounts = {int(key.partition(".")[0]) for key in vault.records.items(_WALLETS)}
    found = [(number, wallet) for number in accounts for wallet in of(vault, number)]
    return sorted(found, key=lambda entry: (entry[1].epoch, entry[0]))


def keep_ran(vault: Vault, until: datetime) -> None:
    """Note until when the wallets have been looked after (aware)."""
    vault.records.replace(_RAN, "until", until.isoformat())


def ran_until(vault: Vault) -> datetime | None:
    """Until when they were looked after, as far as it was noted; None if never."""
    kept = vault.records.get(_RAN, "until")
    return None if kept is None else datetime.fromisoformat(kept)


def any_kept(vault: Vault) -> bool:
    """Whether there is any wallet."""
    return bool(vault.records.items(_WALLETS))


def _key(account_id: int, epoch: int | str) -> str:
    return f"{account_id}.{epoch}"
