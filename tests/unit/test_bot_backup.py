"""A backup is private, whole or refused, and never brings ratchets back."""

from __future__ import annotations

import asyncio
import io
import json
import stat
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.vaults import NOW, PASSPHRASE, ROOM, furnish, message, new_vault

from peerroom.bot import backup as backups
from peerroom.bot.account import RENEW
from peerroom.bot.backup_asked import ASK, Asked, NotAnswered, ask
from peerroom.bot.circle import NAMESPACE, lineage_of
from peerroom.bot.epochs.book import ROWS
from peerroom.store import copying
from peerroom.store.copying import BackupDamaged, BackupMissing, BackupThere, BackupTooNew
from peerroom.store.errors import AccountRetired, VaultBusy, VaultMissing, WrongPassphrase
from peerroom.store.vault import Vault

BODY = "words of a member"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A circle's vault, closed."""
    with new_vault(tmp_path / "bot") as vault:
        account = furnish(vault)
        lineage_of(vault)
        vault.events.upsert(message(1, BODY))
        crypto = vault.crypto_path(account)
        assert isinstance(crypto, Path)
        crypto.write_bytes(b"ratchets")
        for key in ("waiting", "failed"):
            vault.outbox.add(account.id, ROOM, "action", {"type": "x"}, now=NOW, order_key=key)
        vault.outbox.mark_failed(2, "No.")
    return tmp_path / "bot"


@pytest.fixture
def backup(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "kitchen.backup"
    backups.back_up(folder, PASSPHRASE, path, NOW)
    return path


def copies(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("copy-*")}


def damage(folder: Path) -> None:
    (folder / "vault.db").write_bytes(b"\0" * 4096)


def test_it_is_private_and_holds_no_plain_word(folder: Path, backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    content = backup.read_bytes()
    for word in (BODY, ROOM, "heron", "SQLite format 3", "ratchets", "token", "root"):
        assert word.encode() not in content, word
    with tarfile.open(backup) as tar:
        assert tar.getnames() == ["peerroom-backup.json", "vault.key", "vault.db"]
    assert not list(folder.glob("copy-*")) and not list(backup.parent.glob("*.new"))


def test_it_comes_back_with_a_new_device_and_nothing_to_do(folder: Path, backup: Path) -> None:
    damage(folder)
    aside = backups.restore(backup, folder, PASSPHRASE, NOW)
    assert aside is not None and (aside / "crypto").exists()
    with Vault.open(folder, PASSPHRASE) as vault:
        stored = vault.events.get("$event-1")
        assert stored is not None and stored.clear is not None
        assert vault.records.get(NAMESPACE, RENEW) is True
        assert vault.outbox.counts(1) == {}
        assert vault._db.one("PRAGMA journal_mode") == ("wal",)
    assert not (folder / "crypto").exists() or not list((folder / "crypto").iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not list(folder.parent.glob("*.restoring"))


def test_it_comes_back_where_nothing_is(folder: Path, backup: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "new machine" / "bot"
    assert backups.restore(backup, elsewhere, PASSPHRASE, NOW) is None
    with Vault.open(elsewhere, PASSPHRASE) as vault:
        vault.check()


def test_a_vault_that_can_be_opened_is_not_gone_back_on(folder: Path, backup: Path) -> None:
    with pytest.raises(backups.StillGood):
        backups.restore(backup, folder, PASSPHRASE, NOW)
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.records.get(NAMESPACE, RENEW) is None
    aside = backups.restore(backup, folder, PASSPHRASE, NOW, go_back=True)
    assert aside is not None and Vault.exists(aside)


def test_another_circles_backup_is_never_put_back(backup: Path, tmp_path: Path) -> None:
    with new_vault(tmp_path / "other") as vault:
        lineage_of(vault)
    with pytest.raises(backups.OtherCircle):
        backups.restore(backup, tmp_path / "other", PASSPHRASE, NOW, go_back=True)


def test_a_vault_that_is_in_use_is_left_alone(folder: Path, backup: Path) -> None:
    with Vault.open(folder, PASSPHRASE), pytest.raises(VaultBusy):
        backups.restore(backup, folder, PASSPHRASE, NOW, go_back=True)


def test_the_passphrase_is_that_of_the_backup(folder: Path, backup: Path) -> None:
    damage(folder)
    with pytest.raises(WrongPassphrase):
        backups.restore(backup, folder, "another one", NOW)
    assert (folder / "vault.db").stat().st_size == 4096
    assert not list(folder.parent.glob("*.restoring"))


def test_where_names_change_one_has_to_insist(folder: Path, tmp_path: Path) -> None:
    with Vault.open(folder, PASSPHRASE) as vault:
        vault.records.replace(ROWS, "stage", "AAAA")
    path = tmp_path / "rotating.backup"
    backups.back_up(folder, PASSPHRASE, path, NOW)
    damage(folder)
    with pytest.raises(backups.NamesWentOn):
        backups.restore(path, folder, PASSPHRASE, NOW)
    backups.restore(path, folder, PASSPHRASE, NOW, go_back=True)


def test_nothing_is_written_over(folder: Path, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(BackupThere):
        backups.back_up(folder, PASSPHRASE, backup, NOW)
    assert backup.read_bytes() == before
    with Vault.open(folder, PASSPHRASE) as vault:
        vault.copy(folder / "copy-x")
    with pytest.raises(BackupThere):
        copying.pack(folder / "copy-x", backup, NOW)
    assert backup.read_bytes() == before


def repacked(backup: Path, change: Any) -> Path:
    """The same backup with its members and manifest changed."""
    with tarfile.open(backup) as tar:
        members = [(member, _content(tar, member)) for member in tar]
    members = change(members)
    changed = backup.with_name("changed.backup")
    with tarfile.open(changed, "w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return changed


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(member)
    assert source is not None
    return source.read()


def told(**changes: object) -> Any:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> Any:
        (first, manifest), *others = members
        return [(first, json.dumps({**json.loads(manifest), **changes}).encode()), *others]

    return change


def linked(members: list[tuple[tarfile.TarInfo, bytes]]) -> Any:
    first, (key, _content), database = members
    key.type, key.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [first, (key, b""), database]


def elsewhere(members: list[tuple[tarfile.TarInfo, bytes]]) -> Any:
    members[1][0].name = "../vault.key"
    return members


def bit_flipped(members: list[tuple[tarfile.TarInfo, bytes]]) -> Any:
    member, content = members[2]
    return [*members[:2], (member, content[:-1] + bytes([content[-1] ^ 1]))]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (told(v=2), BackupTooNew),
        (told(peerroom="something else"), BackupDamaged),
        (told(made=7), BackupDamaged),
        (told(files=None), BackupDamaged),
        (lambda members: members[:2], BackupDamaged),
        (lambda members: members[::-1], BackupDamaged),
        (lambda members: [], BackupDamaged),
        (linked, BackupDamaged),
        (elsewhere, BackupDamaged),
        (bit_flipped, BackupDamaged),
    ],
)
def test_what_is_not_whole_is_refused_and_changes_nothing(
    folder: Path, backup: Path, change: Any, error: type[Exception]
) -> None:
    damage(folder)
    with pytest.raises(error):
        backups.restore(repacked(backup, change), folder, PASSPHRASE, NOW)
    assert (folder / "vault.db").read_bytes() == b"\0" * 4096
    assert not (folder.parent / "vault.key").exists()


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\0" * 10240])
def test_a_file_that_is_no_backup_is_said(folder: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(BackupDamaged):
        backups.restore(tmp_path / "x", folder, PASSPHRASE, NOW, go_back=True)
    with pytest.raises(BackupMissing):
        backups.restore(tmp_path / "nothing", folder, PASSPHRASE, NOW)


async def test_a_bot_that_runs_makes_the_copy_itself(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "running.backup"
    with Vault.open(folder, PASSPHRASE) as vault, Asked(vault):
        assert stat.S_IMODE((folder / ASK).stat().st_mode) == 0o600
        assert await asyncio.to_thread(backups.is_running, folder)
        vault.events.upsert(message(2, "said a moment ago"))
        await asyncio.to_thread(backups.back_up, folder, None, path, NOW)
    assert not (folder / ASK).exists() and not backups.is_running(folder)
    damage(folder)
    backups.restore(path, folder, PASSPHRASE, NOW + timedelta(days=1))
    with Vault.open(folder, PASSPHRASE) as vault:
        assert vault.events.get("$event-2") is not None


async def test_nonsense_in_the_pipe_makes_nothing(folder: Path) -> None:
    (folder / "copy-0123456789abcdef.new").mkdir()  # left by a crash
    with Vault.open(folder, PASSPHRASE) as vault, Asked(vault):
        with (folder / ASK).open("wb") as pipe:
            pipe.write(b"../../etc\n" + b"x" * 6000 + b"\n0123456789ABCDEF\n\xff\n")
        copy = await asyncio.to_thread(ask, folder)
        assert copies(folder) == {copy.name}


def test_a_bot_that_does_not_answer_is_said(folder: Path, tmp_path: Path) -> None:
    with Vault.open(folder, PASSPHRASE), pytest.raises(NotAnswered):
        backups.back_up(folder, None, tmp_path / "x", NOW)
    with pytest.raises(VaultMissing):
        backups.is_running(tmp_path)


def test_a_new_device_has_keys_of_its_own_and_the_old_ones_are_gone(folder: Path) -> None:
    with Vault.open(folder, PASSPHRASE) as vault:
        old = vault.accounts.get(1)
        vault.accounts.set_cross_signing(1, bytes(96))
        vault.accounts.set_next_batch(1, "s1")
        vault.key_shares.record(ROOM, "session", "@a:x", "A", "sent")
        new = vault.accounts.new_device(1, "FRESH", "token")
        assert (new.device_id, new.access_token) == ("FRESH", "token")
        assert (new.cross_signing, new.next_batch) == (bytes(96), "s1")
        for kept in ("crypto_file", "crypto_key", "pickle_key"):
            assert getattr(new, kept) != getattr(old, kept)
        assert not list((folder / "crypto").iterdir())
        assert vault.key_shares.of_session(ROOM, "session") == {}
        vault.accounts.retire(1, NOW)
        with pytest.raises(AccountRetired):
            vault.accounts.new_device(1, "AGAIN", "token")
