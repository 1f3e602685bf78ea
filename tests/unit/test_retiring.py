"""An account that is history: nothing is left that could act or read, and all that was read is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.vaults import NOW, ROOM, decrypted, furnish, message, new_vault

from peerroom.client.timeline import Timeline
from peerroom.clock import SystemClock
from peerroom.matrix.crypto import Machine
from peerroom.store.accounts import Account
from peerroom.store.errors import AccountRetired
from peerroom.store.outbox import OutboxRow
from peerroom.store.vault import Vault

SEEDS = b"seed-of-master-key-0123456789abc" * 3


def lived(vault: Vault) -> Account:
    """An account that has read, written, and has keys."""
    account = furnish(vault)
    vault.accounts.set_cross_signing(account.id, SEEDS)
    vault.accounts.set_next_batch(account.id, "s_1")
    vault.events.upsert(message(1, "words between friends"))
    account = vault.accounts.get(account.id)
    Machine.open(vault, account, clock=SystemClock()).close()
    return account


def wished(vault: Vault, account: Account, text: str) -> OutboxRow:
    content = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}}
    return vault.outbox.add(account.id, ROOM, "message", content, now=NOW)


def secrets_of(account: Account) -> list[bytes]:
    assert account.password is not None
    texts = [account.access_token, account.password]
    keys = [account.crypto_key, account.pickle_key, account.circuit, SEEDS[:32]]
    return [*(text.encode() for text in texts), *keys]


def test_what_it_could_act_with_is_nowhere_and_what_it_read_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with new_vault(folder) as vault:
        account = lived(vault)
        (crypto,) = (folder / "crypto").glob(f"{account.crypto_file}")
        # The search would find them, and the file is what it is taken for.
        assert all(secret in decrypted(folder, vault.data_key) for secret in secrets_of(account))
        assert crypto.stat().st_size > 0

        vault.accounts.retire(account.id, NOW)

        seen = decrypted(folder, vault.data_key)
        assert not any(secret in seen for secret in secrets_of(account))
        assert list((folder / "crypto").iterdir()) == []
        retired = vault.accounts.get(account.id)
        assert retired == Account(
            account.id, account.homeserver, account.user_id, account.device_id, "", None,
            account.display_name, account.crypto_file, b"", b"", None, None, b"", NOW,
        )  # fmt: skip
        (view,) = Timeline(vault, ROOM).page()
        assert view.body == "words between friends"
        vault.check()
    with Vault.open_with_key(folder, vault.data_key) as vault:
        assert vault.accounts.get(account.id) == retired
        assert [room.room_id for room in vault.rooms.all(account.id)] == [ROOM]


def test_nobody_takes_it_for_one_that_can_act(tmp_path: Path) -> None:
    with new_vault(tmp_path / "vault") as vault:
        account = lived(vault)
        vault.accounts.retire(account.id, NOW)
        assert vault.accounts.all() == []
        assert [one.id for one in vault.accounts.all(retired=True)] == [account.id]
        assert vault.accounts.current() is None
        with pytest.raises(AccountRetired):
            vault.accounts.set_current(account.id)
        with pytest.raises(AccountRetired):
            Machine.open(vault, vault.accounts.get(account.id), clock=SystemClock())
        assert list((tmp_path / "vault" / "crypto").iterdir()) == []


def test_a_late_answer_gives_it_nothing_back() -> None:
    with Vault.ephemeral() as vault:
        account = lived(vault)
        vault.accounts.retire(account.id, NOW)
        vault.accounts.update_token(account.id, "new token")
        vault.accounts.set_password(account.id, "new password")
        vault.accounts.set_cross_signing(account.id, SEEDS)
        vault.accounts.set_next_batch(account.id, "s_2")
        after = vault.accounts.get(account.id)
        assert (after.access_token, after.password) == ("", None)
        assert (after.cross_signing, after.next_batch) == (None, None)


def test_the_keys_of_an_account_in_memory_are_gone_too() -> None:
    with Vault.ephemeral() as vault:
        account = lived(vault)
        first = Machine.open(vault, account, clock=SystemClock())
        first.close()
        vault.accounts.retire(account.id, NOW)
        assert account.crypto_file not in vault._memory._kept
        again = vault.accounts.add(
            homeserver="https://h", user_id="@b:h", device_id="D", access_token="t"
        )
        assert Machine.open(vault, again, clock=SystemClock()).curve25519 != first.curve25519


def test_another_account_of_the_vault_stays_as_it_is(tmp_path: Path) -> None:
    with new_vault(tmp_path / "vault") as vault:
        old = lived(vault)
        new = vault.accounts.add(
            homeserver="https://example.org",
            user_id="@calm-otter:example.org",
            device_id="D",
            access_token="syt_token_of_otter",
        )
        vault.outbox.add(new.id, "!new:h", "message", {"body": "stays"}, now=NOW)
        before = Machine.open(vault, new, clock=SystemClock())
        before.close()
        vault.accounts.retire(old.id, NOW)
        assert vault.accounts.all() == [new]
        assert vault.accounts.current() == new
        assert len(vault.outbox.queued(new.id)) == 1
        after = Machine.open(vault, new, clock=SystemClock())
        assert after.curve25519 == before.curve25519
        after.close()


def test_of_its_outbox_only_what_was_or_may_have_been_sent_stays(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with new_vault(folder) as vault:
        account = lived(vault)
        names = ("queued", "sending", "failed", "sent", "unsure")
        rows = {name: wished(vault, account, f"this was {name}") for name in names}
        for name in names[1:4]:
            vault.outbox.mark_sending(rows[name].id, NOW)
        vault.outbox.mark_failed(rows["failed"].id, "No.")
        vault.outbox.mark_sent(rows["sent"].id, "$sent")
        vault.outbox.mark_unsure(rows["unsure"].id, "Maybe.")
        vault.accounts.retire(account.id, NOW)
        assert [row.state for row in vault.outbox.of_room(ROOM)] == ["sent", "unsure"]
        seen = decrypted(folder, vault.data_key)
        assert [f"this was {name}".encode() in seen for name in names] == [False] * 3 + [True] * 2
        assert [view.state for view in Timeline(vault, ROOM).page()][1:] == ["sent", "unsure"]


def test_retiring_twice_keeps_the_first_moment_and_finishes_the_first_try(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with new_vault(folder) as vault:
        account = lived(vault)
        vault.accounts.retire(account.id, NOW)
        left = folder / "crypto" / account.crypto_file
        left.write_bytes(b"as if it had been cut short")
        vault.accounts.retire(account.id, NOW.replace(year=2030))
        assert vault.accounts.get(account.id).retired == NOW
        assert not left.exists()
