"""Making, opening, closing and removing a vault."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from support.vaults import CHEAP, NOW, PASSPHRASE, ROOM, furnish, message, new_vault, snapshot

from peerroom.store import errors
from peerroom.store import vault as vaults
from peerroom.store.drafts import Draft
from peerroom.store.folder import belongings
from peerroom.store.vault import Vault


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "vault"


def test_what_was_kept_is_there_again_by_passphrase_and_by_key(folder: Path) -> None:
    assert not Vault.exists(folder)
    with new_vault(folder) as vault:
        furnish(vault)
        vault.events.upsert(message(1, "first"))
        key = vault.data_key
    assert Vault.exists(folder)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.events.page(ROOM) == [message(1, "first")]
        assert vault.data_key == key
    with Vault.open_with_key(folder, key) as vault:
        assert vault.events.count(ROOM) == 1


def test_a_raw_key_opens_without_importing_cryptography(folder: Path) -> None:
    with new_vault(folder) as vault:
        key = vault.data_key
    script = (
        "import sys; from pathlib import Path; from peerroom.store.vault import Vault\n"
        "Vault.open_with_key(Path(sys.argv[1]), sys.stdin.buffer.read()).close()\n"
        "print(*(m for m in ('cryptography', 'msgspec', 'nio', 'textual') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], input=key, capture_output=True, check=True
    )
    assert done.stdout.strip() == b""


def test_a_second_vault_is_not_made_over_the_first(folder: Path) -> None:
    new_vault(folder).close()
    before = snapshot(folder)
    with pytest.raises(errors.VaultExists):
        new_vault(folder)
    assert snapshot(folder) == before


@pytest.mark.parametrize("passphrase", ["", "  ", "\u3000"])
def test_an_empty_passphrase_makes_nothing(folder: Path, passphrase: str) -> None:
    with pytest.raises(errors.EmptyPassphrase):
        Vault.create(folder, passphrase, cost=CHEAP)
    assert not folder.exists()


@pytest.mark.parametrize("passphrase", ["", "A lamp 静かなサギ behind the rain", "\ud800"])
def test_a_wrong_passphrase_is_said_and_changes_nothing(folder: Path, passphrase: str) -> None:
    new_vault(folder).close()
    before = snapshot(folder)
    with pytest.raises(errors.WrongPassphrase):
        Vault.open(folder, passphrase)
    assert snapshot(folder) == before


@pytest.mark.parametrize("key", [bytes(32), b"", b"short", bytes(33)])
def test_a_wrong_key_is_said_and_changes_nothing(
    folder: Path, key: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    new_vault(folder).close()
    before = snapshot(folder)
    with pytest.raises(errors.WrongKey):
        Vault.open_with_key(folder, key)
    assert snapshot(folder) == before
    assert capfd.readouterr() == ("", "")


def test_no_vault_is_said_and_makes_nothing(folder: Path) -> None:
    for missing in (folder, folder.parent):
        with pytest.raises(errors.VaultMissing):
            Vault.open(missing, PASSPHRASE)
        with pytest.raises(errors.VaultMissing):
            vaults.erase(missing / "not there")
    assert not folder.exists()


def test_files_are_0600_and_folders_0700_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0o000)
    try:
        with Vault.create(folder, PASSPHRASE, cost=CHEAP, yields=True) as vault:
            path = vault.crypto_path(furnish(vault))
            assert isinstance(path, Path)
            assert path.parent == folder / "crypto"
            entries = [folder, *folder.rglob("*")]
            assert {"vault.db", "vault.db-wal", "vault.key", "vault.lock", "vault.ask"} <= {
                entry.name for entry in entries
            }
            modes = {entry.name: entry.stat().st_mode & 0o777 for entry in entries}
    finally:
        os.umask(before)
    folders = {"vault", "crypto"}
    assert modes == {name: 0o700 if name in folders else 0o600 for name in modes}


def test_a_copy_with_loose_modes_is_tightened_at_opening(folder: Path) -> None:
    with new_vault(folder) as vault:
        vault.crypto_path(furnish(vault))
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    folder.chmod(0o755)
    Vault.open(folder, PASSPHRASE).close()
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.touch()
    with pytest.raises(errors.VaultNotWritable):
        new_vault(file / "vault")


NOBODY = 65534
READ_ONLY = """
import os, sys
from pathlib import Path
from peerroom.store import errors
from peerroom.store.vault import Vault
folder, key = Path(sys.argv[1]), bytes.fromhex(sys.argv[2])
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
for attempt in (
    lambda: Vault.open_with_key(folder, key),
    lambda: Vault.create(folder / "inner", "words"),
    lambda: os.listdir(folder) and print("readable"),
):
    try:
        attempt()
    except errors.VaultError as error:
        print(type(error).__name__)
"""


def test_a_folder_that_may_be_read_only_is_said_and_left_alone() -> None:
    """In a process of its own that gives up root's rights, where the tests have them."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        with new_vault(folder) as vault:
            key = vault.data_key
        for file in folder.iterdir():
            file.chmod(0o400)
        folder.chmod(0o500)
        if os.geteuid() == 0:
            for entry in (folder, *folder.iterdir()):
                os.chown(entry, NOBODY, NOBODY)
        before = snapshot(folder)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, path, key.hex()],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["VaultNotWritable", "VaultNotWritable", "readable"]
        assert snapshot(folder) == before
        folder.chmod(0o700)


def test_use_is_atomic_call_by_call_and_transactions_nest(folder: Path) -> None:
    with new_vault(folder) as vault:
        furnish(vault)
        with pytest.raises(RuntimeError), vault.transaction():
            vault.settings.set("a", 1)
            raise RuntimeError
        assert vault.settings.get("a") is None
        with vault.transaction():
            vault.settings.set("outer", 1)
            with pytest.raises(RuntimeError), vault.transaction():
                vault.settings.set("inner", 2)
                raise RuntimeError
            with vault.transaction():
                vault.settings.set("third", 3)
        assert [vault.settings.get(name) for name in ("outer", "inner", "third")] == [1, None, 3]


def test_closing_twice_is_fine_and_leaves_no_log(folder: Path) -> None:
    vault = new_vault(folder)
    vault.settings.set("a", 1)
    vault.close()
    vault.close()
    assert sorted(path.name for path in folder.iterdir()) == ["vault.db", "vault.key", "vault.lock"]


def test_check_finds_a_whole_vault_whole(folder: Path) -> None:
    with new_vault(folder) as vault:
        furnish(vault)
        vault.check()
    with Vault.ephemeral() as vault:
        vault.check()


def test_removal_lists_what_goes_and_leaves_what_is_not_ours(folder: Path) -> None:
    with new_vault(folder) as vault:
        vault.crypto_path(furnish(vault))
    (folder / "letter.txt").write_text("mine")
    listed = belongings(folder)
    with Vault.open(folder, PASSPHRASE) as vault:
        removed = vault.erase()
    assert removed == listed
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]
    assert not Vault.exists(folder)


def test_removal_without_the_passphrase_takes_the_folder_too(folder: Path) -> None:
    new_vault(folder).close()
    (folder / "vault.key").write_bytes(b"broken")
    assert folder in vaults.erase(folder)
    assert not folder.exists()


def test_removal_is_refused_while_the_vault_is_open(folder: Path) -> None:
    with new_vault(folder) as vault:
        with pytest.raises(errors.VaultBusy):
            vaults.erase(folder)
        vault.settings.set("still", "here")


def test_the_same_in_memory_alone() -> None:
    with Vault.ephemeral() as vault:
        account = furnish(vault)
        vault.events.upsert(message(1))
        vault.drafts.set(ROOM, Draft("half a thought"))
        vault.outbox.add(account.id, ROOM, "message", {"body": "x"}, now=NOW)
        vault.events.redact(ROOM, "$event-1")
        assert vault.folder is None
        assert "vfs=memdb" in str(vault.crypto_path(account))
        assert vault.asked_fd is None
        assert vault.erase() == []
