"""The vault's folder: which files are in it, how they are made private, and how they go.

Making and removing a vault pass through the same two half-way states, so that either can be cut
short anywhere and be taken up again: ``vault.db.new`` without ``vault.key`` is rubbish;
``vault.db.new`` with ``vault.key`` is a vault that lacks only its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from peerroom.durable import shred, sync_folder
from peerroom.store import errors

KEY: Final = "vault.key"
DATABASE: Final = "vault.db"
UNFINISHED: Final = "vault.db.new"
LOCK: Final = "vault.lock"
ASK: Final = "vault.ask"
CRYPTO: Final = "crypto"

_PAGE: Final = 4096
"""SQLCipher's page size, which a file keeps for ever."""

_JOURNALS: Final = ("-wal", "-shm", "-journal")


@contextmanager
def os_errors_in_words() -> Iterator[None]:
    """Turn the `OSError` of a system call into a `VaultError`."""
    try:
        yield
    except OSError as error:
        raise errors.from_os(error) from error


def make_private_file(path: Path) -> None:
    """Make an empty file with mode 0600 unless there is one.

    SQLite takes an empty file as a new database, and gives its journals the same mode.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


def tighten(folder: Path) -> None:
    """Take from others what a copy from elsewhere may have let them: 0700 and 0600."""
    if folder.stat().st_mode & 0o777 != 0o700:
        folder.chmod(0o700)
    for path in _files(folder):
        if path.stat().st_mode & 0o177:
            path.chmod(0o600)


def finish(folder: Path) -> None:
    """Take up a creation that was cut short after its key file was written."""
    database, unfinished = folder / DATABASE, folder / UNFINISHED
    if not database.exists() and unfinished.exists():
        unfinished.replace(database)
        sync_folder(folder)


def looks_whole(database: Path) -> bool:
    """Whether the database's length can be right.

    SQLite itself takes a missing or empty file as a new database, and a last page that was cut
    off for a whole one until it is read. With a log beside it, the log may still complete it.
    """
    size = database.stat().st_size if database.exists() else 0
    log = database.with_name(f"{database.name}-wal")
    return size > 0 and (size % _PAGE == 0 or log.exists())


def clear_unfinished(folder: Path) -> None:
    """Remove what a creation or removal without a key file left behind."""
    for path in _worthless_alone(folder):
        path.unlink(missing_ok=True)


def belongings(folder: Path) -> list[Path]:
    """Everything in ``folder`` that is the vault's, the folder itself last if nothing else is
    in it. For a list to show before `remove`."""
    files = _files(folder)
    crypto = folder / CRYPTO
    folders = [crypto] if crypto.is_dir() else []
    if folder.is_dir() and set(folder.iterdir()) <= {*files, *folders}:
        folders.append(folder)
    return [*files, *folders]


def remove(folder: Path) -> list[Path]:
    """Remove the vault's files for good and return them. The lock must be held.

    The key file goes first (but for the database's name): from then on nothing can be read.
    """
    going = belongings(folder)
    database, key = folder / DATABASE, folder / KEY
    if database.exists():
        database.replace(folder / UNFINISHED)
    if key.exists():
        # Without these 146 bytes all else is noise.
        shred(key)
    for path in [*_files(folder), *going]:
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    return going


def _worthless_alone(folder: Path) -> list[Path]:
    """Files that mean nothing where there is neither a key file nor a database."""
    return [
        *(folder / f"{UNFINISHED}{end}" for end in ("", *_JOURNALS)),
        *(folder / f"{DATABASE}{end}" for end in _JOURNALS),
        folder / f"{KEY}.new",
        *(folder / CRYPTO).glob("*"),
    ]


def _files(folder: Path) -> list[Path]:
    lasting = [folder / name for name in (KEY, DATABASE, ASK, LOCK)]
    return [path for path in (*lasting, *_worthless_alone(folder)) if path.exists()]
