"""Keys of an ephemeral vault live as long as the vault, not as long as one connection."""

from __future__ import annotations

from support.clock import FrozenClock

from peerroom.matrix.crypto import Machine
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault


def account(vault: Vault, name: str) -> Account:
    return vault.accounts.add(
        homeserver="https://example.org",
        user_id=f"@{name}:example.org",
        device_id="DEVICE",
        access_token="token",
    )


def test_a_second_connection_finds_the_keys_of_the_first(frozen_clock: FrozenClock) -> None:
    """Joining and chatting connect one after the other: other keys would be another device."""
    with Vault.ephemeral() as vault:
        alice = account(vault, "alice")
        first = Machine.open(vault, alice, clock=frozen_clock)
        fingerprint = first.ed25519
        first.close()
        second = Machine.open(vault, alice, clock=frozen_clock)
        assert second.ed25519 == fingerprint
        second.close()


def test_accounts_and_vaults_share_nothing(frozen_clock: FrozenClock) -> None:
    with Vault.ephemeral() as one, Vault.ephemeral() as other:
        owners = [(one, "alice"), (one, "bob"), (other, "alice")]
        machines = [
            Machine.open(vault, account(vault, name), clock=frozen_clock) for vault, name in owners
        ]
        assert len({machine.ed25519 for machine in machines}) == 3
        for machine in machines:
            machine.close()


def test_it_is_gone_with_the_vault(frozen_clock: FrozenClock) -> None:
    vault = Vault.ephemeral()
    alice = account(vault, "alice")
    place = vault.crypto_path(alice)
    Machine.open(vault, alice, clock=frozen_clock).close()
    vault.close()

    from sqlcipher3 import dbapi2

    again = dbapi2.connect(str(place), uri=True)
    try:
        assert again.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    finally:
        again.close()
