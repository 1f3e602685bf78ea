"""No room on the disk: one sentence, and everything that was there before is still there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.vaults import CHEAP, PASSPHRASE, ROOM, furnish, message, new_vault, snapshot

from peerroom.store import errors, keys
from peerroom.store.vault import Vault

TESTS = Path(__file__).parent.parent


def _fill_up(vault: Vault, start: int = 1) -> int:
    """Store messages until there is no room; returns how many were stored."""
    number = start
    while number < 10_000:
        try:
            vault.events.upsert(message(number, "words " * 500))
        except errors.DiskFailed:
            return number - start
        number += 1
    raise AssertionError("the disk never filled up")


def test_sqlite_without_room_keeps_what_it_had(tmp_path: Path) -> None:
    with new_vault(tmp_path / "vault") as vault:
        furnish(vault)
        vault._db.run("PRAGMA max_page_count = 100")
        stored = _fill_up(vault)
        assert 10 < stored == vault.events.count(ROOM)
        with pytest.raises(errors.DiskFull) as raised:
            vault.settings.set("big", "x" * 1_000_000)
        assert "disk is full" in raised.value.sentence()
        vault.check()
        vault._db.run("PRAGMA max_page_count = 1000")
        vault.settings.set("big", "x" * 1_000_000)


def test_a_transaction_that_ran_out_of_room_lets_nothing_slip_out(tmp_path: Path) -> None:
    """Also when the one who began it guards each event and never sees the error."""
    with new_vault(tmp_path / "vault") as vault:
        account = furnish(vault)
        vault._db.run("PRAGMA max_page_count = 100")
        refused = 0
        with pytest.raises(errors.DiskFull), vault.transaction():
            for number in range(200):
                try:
                    vault.events.upsert(message(number, "words " * 500))
                except errors.DiskFull:
                    refused += 1
            vault.accounts.set_next_batch(account.id, "a token for events that are not there")
        assert refused
        assert vault.events.count(ROOM) == 0
        assert vault.accounts.get(account.id).next_batch is None
        vault.events.upsert(message(1, "a short word"))
        vault.check()


LIMITED = """
import resource, sys
from pathlib import Path
from support.vaults import ROOM, furnish, message, new_vault
from peerroom.store import errors
from peerroom.store.vault import Vault

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

folder = Path(sys.argv[1])
vault = new_vault(folder)
furnish(vault)
vault.events.upsert(message(0, "before"))
limit(2_000_000)
stored = 0
try:
    while True:
        vault.events.upsert(message(stored + 1, "words " * 500))
        stored += 1
except errors.DiskFailed as error:
    print(type(error).__name__)
assert stored > 10
assert vault.events.count(ROOM) == stored + 1
assert vault.events.get("$event-0") == message(0, "before")
vault.close()
vault = Vault.open_with_key(folder, vault.data_key)
assert vault.events.count(ROOM) == stored + 1
limit(resource.RLIM_INFINITY)
vault.events.upsert(message(stored + 1, "after"))
vault.check()
vault.close()
print("whole")
"""


def test_a_limit_on_file_size_is_met_the_same_way(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "vault")],
        env={"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["DiskFailed", "whole"]


NO_ROOM_TO_WRITE_BACK = """
import resource, sys
from pathlib import Path
from support.vaults import ROOM, decrypted, furnish, message, new_vault
from peerroom.store.vault import Vault

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

folder = Path(sys.argv[1])
with new_vault(folder) as vault:
    furnish(vault)
    with vault.transaction():
        for number in range(300):
            vault.events.upsert(message(number, f"<<{number}>>" * 200))
vault = Vault.open_with_key(folder, vault.data_key)
limit((folder / "vault.db").stat().st_size)  # the log is shorter, and may grow
vault.events.upsert(message(300, "<<300>>" * 200))
with vault.transaction():
    vault.settings.set("longer", "x" * 100_000)
    vault.events.redact(ROOM, "$event-300")
event = vault.events.get("$event-300")
print(event.status, b"<<300>>" in decrypted(folder, vault.data_key))
limit(resource.RLIM_INFINITY)
with vault.transaction():
    vault.settings.set("any", "thing")
print(event.status, b"<<300>>" in decrypted(folder, vault.data_key))
vault.check()
"""


def test_a_redaction_that_found_no_room_for_the_log_is_finished_by_the_next_commit(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM_TO_WRITE_BACK, str(tmp_path / "vault")],
        env={"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["redacted True", "redacted False"]
    assert done.stderr.strip() == "the vault's log could not be written back; trying again later"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of half a megabyte, where the machine lets us mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting needs rights that this user does not have")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fills_up_keeps_all_that_was_stored(small_disk: Path) -> None:
    with new_vault(small_disk / "vault") as vault:
        furnish(vault)
        stored = _fill_up(vault)
        assert stored == vault.events.count(ROOM) > 3
        key = vault.data_key
    with Vault.open_with_key(small_disk / "vault", key) as vault:
        assert len(vault.events.page(ROOM, limit=500)) == stored
        vault.check()


def test_a_full_disk_can_be_read_and_is_written_again_once_there_is_room(small_disk: Path) -> None:
    folder, ballast = small_disk / "vault", small_disk / "ballast"
    with new_vault(folder) as vault:
        furnish(vault)
        vault.events.upsert(message(1))
        key = vault.data_key
    _take_all(ballast)
    before = snapshot(folder)
    with pytest.raises(errors.DiskFull):
        keys.change_passphrase(folder, PASSPHRASE, "other words", cost=CHEAP)
    assert snapshot(folder) == before
    with Vault.open_with_key(folder, key) as vault:
        assert vault.events.page(ROOM) == [message(1)]
        with pytest.raises(errors.DiskFull):
            vault.settings.set("one more", "word" * 10_000)
        with pytest.raises(errors.DiskFull), vault.transaction():
            vault.events.redact(ROOM, "$event-1")
            vault.settings.set("one more", "word" * 10_000)
        assert vault.events.page(ROOM) == [message(1)]
        ballast.unlink()
        vault.settings.set("one more", "word" * 10_000)
        vault.check()


def test_a_vault_that_found_no_room_to_begin_can_be_begun_again(small_disk: Path) -> None:
    folder, ballast = small_disk / "vault", small_disk / "ballast"
    _take_all(ballast)
    with pytest.raises(errors.DiskFull):
        new_vault(folder)
    assert snapshot(folder) == {}
    assert not Vault.exists(folder)
    ballast.unlink()
    new_vault(folder).close()
    Vault.open(folder, PASSPHRASE).close()


def _take_all(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return
