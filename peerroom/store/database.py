"""One connection to SQLCipher: how it is opened, its transactions, and the words for its errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlcipher3

from peerroom.store import encoding, errors

log = logging.getLogger(__name__)

Row = tuple[Any, ...]

MEMORY: Final = ":memory:"

KEY_BYTES: Final = 32

LOG_BYTES: Final = 4 * 1024 * 1024
"""The write-ahead log is cut back to this once it was written into the database."""


class Database:
    """SQL in, rows out. Every error of SQLite comes out as a `VaultError` where it is not ours.

    Strings may hold anything: one with a lone surrogate is bound as a blob, and read back with
    `encoding.text_out`.
    """

    def __init__(self, path: str, key: bytes, *, new: bool = False) -> None:
        """Connect to ``path`` under the raw 32-byte ``key``; ``new`` makes it a database.

        An existing file is read no further than its first page, and not written.
        """
        if len(key) != KEY_BYTES:
            raise errors.WrongKey
        self._depth = 0
        # A log that a crash left may hold what its last transaction took away (see `scrub`).
        self._scrub = path != MEMORY and Path(f"{path}-wal").exists()
        self._lost: type[errors.VaultError] | None = None
        self._connection = _connect(path)
        try:
            self._configure(key, journal=new and path != MEMORY)
        except BaseException:
            self._connection.close()
            raise

    def _configure(self, key: bytes, *, journal: bool) -> None:
        # First of all: with a wrong key SQLCipher otherwise writes to the terminal (fd 2).
        self.run("PRAGMA cipher_log_level = NONE")
        self.run(f"PRAGMA key = \"x'{key.hex()}'\"")
        self.run("PRAGMA foreign_keys = ON")
        self.run("PRAGMA secure_delete = ON")
        self.run("PRAGMA temp_store = MEMORY")
        # The write-ahead log's index then stays in memory (no -shm file), and a program that
        # does not know our lock cannot get in between.
        self.run("PRAGMA locking_mode = EXCLUSIVE")
        if journal:
            self.run("PRAGMA journal_mode = WAL")  # recorded in the file
        # See docs/decisions/0002-vault.md: `scrub` flushes what must not be lost to a power cut.
        self.run("PRAGMA synchronous = NORMAL")
        self.run("PRAGMA checkpoint_fullfsync = ON")  # macOS: fsync alone reaches the drive only
        self.run(f"PRAGMA journal_size_limit = {LOG_BYTES}")

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Execute one statement and return how many rows it changed."""
        return self._execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Execute one INSERT and return the new row's id."""
        return self._execute(sql, parameters).lastrowid or 0

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row, or None."""
        with _reported():
            return self._execute(sql, parameters).fetchone()

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows."""
        with _reported():
            return self._execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Inside another transaction it is a part of it that can fail by itself.

        Never await inside: another task's statements would end up in it. Once the disk or the
        file failed, every further statement and the commit are refused with the same error:
        who guards each event by itself must not store a token for events that are not there.
        """
        name = f"part_{self._depth}"
        self.run(f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
            if self._depth > 1:
                self.run(f"RELEASE {name}")
            else:
                self.run("COMMIT")
        except BaseException:
            self._take_back(name)
            raise
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._lost = None
        if self._depth == 0 and self._scrub:
            self._checkpoint()

    def scrub(self) -> None:
        """After the running transaction, leave no earlier copy of its pages in the log.

        The commit is then also on the disk itself, not only with the operating system.
        """
        self._scrub = True

    def close(self) -> None:
        """Write the log back into the database and let go of the file."""
        with _reported():
            self._connection.close()

    def _take_back(self, part: str) -> None:
        """Roll back, past the refusal of further statements, unless SQLite did so by itself."""
        if not self._connection.in_transaction:
            return
        with _reported():
            if self._depth > 1:
                self._connection.execute(f"ROLLBACK TO {part}")
                self._connection.execute(f"RELEASE {part}")
            else:
                self._connection.execute("ROLLBACK")

    def _checkpoint(self) -> None:
        try:
            self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        except errors.DiskFailed:
            # What was committed stays committed, and is tried again after the next commit.
            log.warning("the vault's log could not be written back; trying again later")
        else:
            self._scrub = False

    def _execute(self, sql: str, parameters: Sequence[object]) -> sqlcipher3.Cursor:
        if self._lost is not None:
            raise self._lost
        try:
            return self._connection.execute(sql, parameters)
        except UnicodeEncodeError:
            safe = [encoding.text_in(p) if isinstance(p, str) else p for p in parameters]
            return self._execute(sql, safe)
        except sqlcipher3.Error as error:
            reported = errors.from_sqlite(error)
            if reported is None:
                raise
            if self._depth:
                self._lost = type(reported)
            raise reported from error


def _connect(path: str) -> sqlcipher3.Connection:
    # Transactions are begun by us alone (isolation_level), and no one else waits for us
    # (timeout): the lock beside the vault has settled that before.
    with _reported():
        return sqlcipher3.connect(path, timeout=0, isolation_level=None)


@contextmanager
def _reported() -> Iterator[None]:
    """Rows are read as they are fetched, so that a damaged page may show only then."""
    try:
        yield
    except sqlcipher3.Error as error:
        raise errors.from_sqlite(error) or error from error
