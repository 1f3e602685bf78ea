"""A backup of a vault: one file that is as encrypted as the vault, and can be checked.

It holds the vault's database and its key file, and not the crypto stores: ratchets that were set
back would use keys a second time. Whoever opens a vault from a backup logs in on a new device
(`Accounts.new_device`).

The file is a tar of three members, in this order: ``peerroom-backup.json`` (version, when, sizes
and SHA-256 of the others), ``vault.key``, ``vault.db``.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from peerroom.durable import UNFINISHED, sync_folder
from peerroom.i18n import N_
from peerroom.paths import private_folder
from peerroom.store import errors
from peerroom.store import folder as files
from peerroom.store.errors import VaultError

MANIFEST: Final = "peerroom-backup.json"
_VERSION: Final = 1
_MEMBERS: Final = (files.KEY, files.DATABASE)
_LARGEST_MANIFEST: Final = 65_536
_PIECE: Final = 1024 * 1024


class BackupThere(VaultError):
    """The file for the backup is there already. Fields: ``path``."""

    what = N_("There is already a file {path}, so nothing was written.")
    next_step = N_("Name another one.")


class BackupMissing(VaultError):
    """The backup is not there, or cannot be read. Fields: ``path``."""

    what = N_("The backup {path} cannot be read.")
    next_step = N_("Check the path and that you may read it.")


class BackupDamaged(VaultError):
    """The file is no backup, or not whole."""

    what = N_("This file is not a whole backup, so nothing was changed.")
    next_step = N_("Try an older backup.")


class BackupTooNew(VaultError):
    """A later PeerRoom made it."""

    what = N_("This backup was made by a newer PeerRoom, so nothing was changed.")
    next_step = N_("Update PeerRoom and try again.")


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself; not to be trusted before `unpack` has read it all."""

    made: datetime


def pack(copy: Path, backup: Path, now: datetime) -> None:
    """Make the file ``backup`` (mode 0600) from a folder that `Vault.copy` wrote.

    Raises:
        BackupThere, VaultNotWritable, DiskFull, DiskFailed.
    """
    manifest = {
        "peerroom": "backup",
        "v": _VERSION,
        "made": now.astimezone(UTC).isoformat(timespec="seconds"),
        "files": {name: _described(copy / name) for name in _MEMBERS},
    }
    if backup.exists():
        raise BackupThere(path=str(backup))
    beside = backup.with_name(backup.name + UNFINISHED)
    with files.os_errors_in_words():
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with open(os.open(beside, flags, 0o600), "wb") as file:  # noqa: PTH123 (a descriptor)
                os.fchmod(file.fileno(), 0o600)
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    content = json.dumps(manifest).encode()
                    _add(tar, MANIFEST, len(content), BytesIO(content))
                    for name in _MEMBERS:
                        with (copy / name).open("rb") as source:
                            _add(tar, name, (copy / name).stat().st_size, source)
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, backup)  # unlike a rename, never over what is there
        except FileExistsError as error:
            raise BackupThere(path=str(backup)) from error
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(backup.parent)


def unpack(backup: Path, folder: Path) -> About:
    """Write what is in ``backup`` into the private ``folder``, which must be empty or new.

    Raises:
        BackupMissing, BackupDamaged, BackupTooNew, VaultNotWritable, DiskFull, DiskFailed.
    """
    try:
        file = backup.open("rb")
    except OSError as error:
        raise BackupMissing(path=str(backup)) from error
    with file, files.os_errors_in_words():
        private_folder(folder)
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                about, described = _manifest(_next(tar, MANIFEST).read(_LARGEST_MANIFEST))
                for name in _MEMBERS:
                    _take_out(_next(tar, name), folder / name, described.get(name))
        except (tarfile.TarError, ValueError, TypeError, KeyError, EOFError) as error:
            raise BackupDamaged from error
    return about


def _manifest(content: bytes) -> tuple[About, Mapping[str, Any]]:
    told = json.loads(content)
    if told["peerroom"] != "backup":
        raise BackupDamaged
    if told["v"] != _VERSION:
        raise BackupTooNew
    return About(datetime.fromisoformat(told["made"])), dict(told["files"])


def _next(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    member = tar.next()
    source = tar.extractfile(member) if member is not None and member.isreg() else None
    if member is None or source is None or member.name != name:
        raise BackupDamaged
    return source


def _take_out(source: IO[bytes], path: Path, described: object) -> None:
    digest, size = hashlib.sha256(), 0
    files.make_private_file(path)
    with path.open("wb") as target:
        while piece := source.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    if described != {"size": size, "sha256": digest.hexdigest()}:
        raise BackupDamaged


def _described(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"size": path.stat().st_size, "sha256": digest}
    except OSError as error:
        raise errors.from_os(error) from error


def _add(tar: tarfile.TarFile, name: str, size: int, source: IO[bytes]) -> None:
    """Without an owner, a group or a time: those would say who ran the bot, and where."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, source)
