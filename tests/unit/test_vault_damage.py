"""A vault that was cut off, changed or is none: one error, and not a byte is touched."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.vaults import PAGE, PASSPHRASE, ROOM, furnish, message, new_vault, snapshot

from peerroom.store import errors, keys
from peerroom.store.database import Database
from peerroom.store.vault import Vault


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A vault with a few hundred pages, and its key."""
    folder = tmp_path_factory.mktemp("original") / "vault"
    with new_vault(folder) as vault:
        furnish(vault)
        with vault.transaction():
            for number in range(600):
                vault.events.upsert(message(number, "words " * 60))
        return folder, vault.data_key


@pytest.fixture
def folder(original: tuple[Path, bytes], tmp_path: Path) -> Path:
    return Path(shutil.copytree(original[0], tmp_path / "vault"))


def _refused(folder: Path, error: type[errors.VaultError]) -> None:
    before = snapshot(folder)
    with pytest.raises(error) as raised:
        Vault.open(folder, PASSPHRASE)
    assert type(raised.value) is error
    assert snapshot(folder) == before


def _with_digest(change: Callable[[bytearray], None], folder: Path) -> None:
    """Change the key file and make its digest right again, as a forger would."""
    path = folder / "vault.key"
    body = bytearray(path.read_bytes()[:-32])
    change(body)
    path.write_bytes(bytes(body) + hashlib.sha256(body).digest())


def test_every_flipped_bit_of_the_key_file_is_damage_not_a_wrong_passphrase(folder: Path) -> None:
    path = folder / "vault.key"
    whole = path.read_bytes()
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(errors.VaultDamaged):
            keys.unlock(folder, PASSPHRASE)
    path.write_bytes(whole)
    assert keys.unlock(folder, PASSPHRASE)


def test_every_shorter_or_longer_key_file_is_damage(folder: Path) -> None:
    path = folder / "vault.key"
    whole = path.read_bytes()
    for content in [whole[:length] for length in range(len(whole))] + [whole + b"x", whole * 2]:
        path.write_bytes(content)
        with pytest.raises(errors.VaultDamaged):
            keys.unlock(folder, PASSPHRASE)


@pytest.mark.parametrize(
    ("memory", "iterations", "lanes"),
    [(2**32 - 1, 1, 1), (8, 2**32 - 1, 1), (8, 1, 2**32 - 1), (0, 1, 1), (8, 0, 1), (8, 1, 0)],
)
def test_a_forged_cost_cannot_stall_the_machine(
    folder: Path, memory: int, iterations: int, lanes: int
) -> None:
    def change(body: bytearray) -> None:
        body[10:22] = b"".join(n.to_bytes(4, "big") for n in (memory, iterations, lanes))

    _with_digest(change, folder)
    _refused(folder, errors.VaultDamaged)


def test_a_forged_check_does_not_pass_with_the_right_passphrase(folder: Path) -> None:
    def change(body: bytearray) -> None:
        body[40] ^= 1

    _with_digest(change, folder)
    _refused(folder, errors.WrongPassphrase)


def test_another_file_is_no_key_file(folder: Path) -> None:
    def change(body: bytearray) -> None:
        body[:8] = b"NOTPEERS"

    _with_digest(change, folder)
    _refused(folder, errors.VaultDamaged)


def test_a_key_file_of_a_later_version_is_too_new_whatever_its_length(folder: Path) -> None:
    def change(body: bytearray) -> None:
        body[8:10] = b"\x00\x02"
        body.extend(b"a longer header than today's")

    _with_digest(change, folder)
    _refused(folder, errors.VaultTooNew)


@pytest.mark.parametrize(
    "keep", [0, 1, 15, 16, PAGE - 1, PAGE, PAGE + 1, 20 * PAGE, -PAGE, -1], ids=str
)
def test_a_database_that_was_cut_off_is_damage(folder: Path, keep: int) -> None:
    path = folder / "vault.db"
    path.write_bytes(path.read_bytes()[:keep])
    _refused(folder, errors.VaultDamaged)


def test_a_database_that_is_missing_is_damage(folder: Path) -> None:
    (folder / "vault.db").unlink()
    _refused(folder, errors.VaultDamaged)


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + bytes(8192), b"x" * 9000, bytes(8192)])
def test_another_file_is_no_database(
    folder: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "vault.db").write_bytes(content)
    _refused(folder, errors.VaultDamaged)
    assert capfd.readouterr() == ("", "")


def test_the_database_of_another_vault_is_damage(folder: Path, tmp_path: Path) -> None:
    new_vault(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / "vault.db", folder / "vault.db")
    _refused(folder, errors.VaultDamaged)


def test_a_database_without_a_schema_is_damage_and_not_a_fresh_vault(
    folder: Path, original: tuple[Path, bytes]
) -> None:
    path = folder / "vault.db"
    path.unlink()
    database = Database(str(path), original[1], new=True)
    database.run("CREATE TABLE something (x)")
    database.close()
    _refused(folder, errors.VaultDamaged)


@pytest.mark.parametrize("offset", [0, 7, 20, 100, PAGE - 80, PAGE - 60, PAGE - 1])
def test_a_flipped_bit_in_the_first_page_is_damage(folder: Path, offset: int) -> None:
    _flip(folder / "vault.db", offset)
    _refused(folder, errors.VaultDamaged)


def test_a_flipped_bit_in_any_page_is_found_when_it_is_read(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = folder / "vault.db"
    whole = path.read_bytes()
    pages = len(whole) // PAGE
    for page in range(1, pages, 17):
        path.write_bytes(whole)
        _flip(path, page * PAGE + 1000 + page)
        before = snapshot(folder)
        with pytest.raises(errors.VaultDamaged), Vault.open(folder, PASSPHRASE) as vault:
            vault.check()
        assert snapshot(folder) == before
    assert capfd.readouterr() == ("", "")


def test_reading_a_damaged_page_says_so_and_other_pages_can_be_read(folder: Path) -> None:
    path = folder / "vault.db"
    size = path.stat().st_size
    for page in range(size // PAGE // 2, size // PAGE):
        _flip(path, page * PAGE + 9)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.events.get("$event-0") == message(0, "words " * 60)
        with pytest.raises(errors.VaultDamaged):
            for start in range(0, 600, 50):
                vault.events.page(ROOM, before=start + 50, after=start)


def test_a_log_that_was_damaged_loses_no_more_than_itself(
    original: tuple[Path, bytes], tmp_path: Path
) -> None:
    """SQLite takes the log up to its first bad frame."""
    source = Path(shutil.copytree(original[0], tmp_path / "open"))
    with Vault.open(source, PASSPHRASE) as vault:
        vault.settings.set("first", 1)
        vault.settings.set("second", 2)
        crashed = Path(shutil.copytree(source, tmp_path / "crashed"))
    _flip(crashed / "vault.db-wal", (crashed / "vault.db-wal").stat().st_size - 100)
    with Vault.open(crashed, PASSPHRASE) as vault:
        vault.check()
        assert (vault.settings.get("first"), vault.settings.get("second")) == (1, None)


def test_a_database_without_its_key_file_is_not_written_over(folder: Path) -> None:
    (folder / "vault.key").unlink()
    before = snapshot(folder)
    with pytest.raises(errors.VaultDamaged):
        new_vault(folder)
    with pytest.raises(errors.VaultMissing):
        Vault.open(folder, PASSPHRASE)
    assert snapshot(folder) == before


def _flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))
