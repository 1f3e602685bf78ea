"""The vault: one encrypted database in a private folder, or in memory alone."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Self

from peerroom.paths import private_folder
from peerroom.store import errors, keys, migrations
from peerroom.store import folder as files
from peerroom.store.accounts import Account, Accounts
from peerroom.store.database import KEY_BYTES, MEMORY, Database
from peerroom.store.drafts import Drafts
from peerroom.store.events import Events
from peerroom.store.gaps import Gaps
from peerroom.store.identities import Identities
from peerroom.store.key_shares import KeyShares
from peerroom.store.lock import VaultLock
from peerroom.store.memory import MemoryFiles
from peerroom.store.outbox import Outbox
from peerroom.store.records import Records
from peerroom.store.rooms import Rooms
from peerroom.store.settings import Settings


class Vault:
    """Everything that is kept, by area. Made by `create`, `open`, `open_with_key`, `ephemeral`.

    Use it from the thread that opened it. Each call is atomic by itself; several become one in
    `transaction`.
    """

    def __init__(
        self, database: Database, data_key: bytes, folder: Path | None, lock: VaultLock | None
    ) -> None:
        self._db = database
        self._lock = lock
        self._memory = MemoryFiles()
        self.data_key: Final = data_key
        """The raw 32-byte key, to hand to a process that is to open the vault without asking."""
        self.folder: Final = folder
        """The private folder; None when nothing is on disk."""
        self.rooms = Rooms(database)
        self.outbox = Outbox(database)
        self.drafts = Drafts(database)
        self.events = Events(database, self.rooms, self.outbox, self.drafts)
        self.gaps = Gaps(database)
        self.accounts = Accounts(database, folder and folder / files.CRYPTO, self._memory)
        self.settings = Settings(database)
        self.identities = Identities(database)
        self.key_shares = KeyShares(database)
        self.records = Records(database)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a vault was made in ``folder``."""
        with files.os_errors_in_words():
            return (folder / files.KEY).exists()

    @classmethod
    def create(
        cls, folder: Path, passphrase: str, *, cost: keys.Cost | None = None, yields: bool = False
    ) -> Vault:
        """Make a vault in ``folder`` (made with mode 0700 if it is not there) and open it.

        Args:
            folder: where; may hold what an interrupted creation or removal left.
            passphrase: see `keys` for how it is read. It cannot be recovered: say
                `keys.FORGOTTEN` before this.
            cost: of deriving a key from the passphrase; tests lower it.
            yields: see `VaultLock`.

        Raises:
            EmptyPassphrase, VaultExists, VaultDamaged (a database without its key file),
            VaultBusy, VaultNotWritable, DiskFull.
        """
        keys.refuse_empty(passphrase)
        with files.os_errors_in_words():
            private_folder(folder)
        lock = VaultLock.acquire(folder, yields=yields)
        try:
            key = _make(folder, passphrase, cost or keys.Cost())
            return cls._opened(folder, key, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, folder: Path, passphrase: str, *, yields: bool = False) -> Vault:
        """Open the vault in ``folder``. Takes about 0.1 s for the passphrase; to keep a screen
        alive meanwhile, run `keys.unlock` in a thread and go on with `open_with_key`.

        Raises:
            VaultMissing, WrongPassphrase, VaultDamaged, VaultTooNew, VaultBusy,
            VaultNotWritable, DiskFull.
        """
        return cls.open_with_key(folder, keys.unlock(folder, passphrase), yields=yields)

    @classmethod
    def open_with_key(cls, folder: Path, key: bytes, *, yields: bool = False) -> Vault:
        """Open with the raw data key, as inherited from the process that knew the passphrase.

        Raises:
            WrongKey, and what `open` raises.
        """
        keys.check(folder, key)
        lock = VaultLock.acquire(folder, yields=yields)
        try:
            return cls._opened(folder, key, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def ephemeral(cls) -> Vault:
        """A vault in memory alone: nothing is ever written to disk, all is gone with it."""
        key = secrets.token_bytes(KEY_BYTES)
        database = Database(MEMORY, key, new=True)
        migrations.migrate(database)
        return cls(database, key, None, None)

    @classmethod
    def _opened(cls, folder: Path, key: bytes, lock: VaultLock) -> Vault:
        """The vault in ``folder`` whose key is known to be right."""
        with files.os_errors_in_words():
            files.finish(folder)
            path = folder / files.DATABASE
            if not files.looks_whole(path):
                raise errors.VaultDamaged
            database = Database(str(path), key)
            try:
                if migrations.version(database) == 0:
                    raise errors.VaultDamaged
                migrations.migrate(database)
                vault = cls(database, key, folder, lock)
                vault.outbox.recover()
                files.tighten(folder)
            except BaseException:
                database.close()
                raise
        return vault

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept together or not at all; may be nested.

        Inside another one, an exception takes back the inner part alone, if it is caught
        between the two. Never ``await`` inside.
        """
        return self._db.transaction()

    def flush(self) -> None:
        """Inside a transaction: once committed, what it changed is on the disk itself, and what it
        took away is in no copy of a page. For what nothing could bring back, and for secrets."""
        self._db.scrub()

    def crypto_path(self, account: Account) -> Path | str:
        """Where the account's crypto store lives: a file (mode 0600, maybe empty), or the URI of
        a database in memory when the vault is ephemeral. Its key is ``account.crypto_key``.

        Raises:
            AccountRetired.
        """
        if account.retired is not None:
            raise errors.AccountRetired
        if self.folder is None:
            return self._memory.path(account.crypto_file)
        with files.os_errors_in_words():
            path = private_folder(self.folder / files.CRYPTO) / account.crypto_file
            files.make_private_file(path)
        return path

    @property
    def asked_fd(self) -> int | None:
        """Readable when an interactive client asks for the vault (see `VaultLock.asked_fd`)."""
        return self._lock.asked_fd if self._lock else None

    def copy(self, folder: Path) -> None:
        """Write a copy of the database and the key file into ``folder`` (made, mode 0700), as
        encrypted as they are, while the vault goes on being used. Crypto stores are left out: see
        `peerroom.store.copying`. Takes about a second for each 50 MB; not inside a transaction.

        Raises:
            VaultNotWritable, DiskFull, DiskFailed.
        """
        if self.folder is None:
            raise errors.VaultMissing
        with files.os_errors_in_words():
            private_folder(folder)
            files.make_private_file(folder / files.DATABASE)
            # Only what is there now: deleted texts are in no free page of the copy.
            self._db.run("VACUUM INTO ?", (str(folder / files.DATABASE),))
            copied = Database(str(folder / files.DATABASE), self.data_key, new=True)
            try:
                if migrations.version(copied) != migrations.version(self._db):
                    raise errors.VaultDamaged
            finally:
                copied.close()
            files.make_private_file(folder / files.KEY)
            (folder / files.KEY).write_bytes((self.folder / files.KEY).read_bytes())

    def check(self) -> None:
        """Read and authenticate every page; takes seconds for a large vault.

        Raises:
            VaultDamaged: a page was changed or is missing.
        """
        # Pages in memory carry no seal to check.
        broken_seals = self.folder and self._db.all("PRAGMA cipher_integrity_check")
        if broken_seals or self._db.all("PRAGMA integrity_check(1)") != [("ok",)]:
            raise errors.VaultDamaged

    def close(self) -> None:
        """Write everything back and let go of the lock; a second time does nothing."""
        self._memory.close()
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    def erase(self) -> list[Path]:
        """Close and remove the vault for good; returns what was removed."""
        self._memory.close()
        self._db.close()
        try:
            with files.os_errors_in_words():
                return files.remove(self.folder) if self.folder is not None else []
        finally:
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def erase(folder: Path) -> list[Path]:
    """Remove the vault in ``folder`` for good, also without its passphrase or when damaged.

    Returns what was removed: the vault's own files, and the folder if nothing else was in it.
    `peerroom.store.folder.belongings` lists them beforehand.

    Raises:
        VaultMissing, VaultBusy, VaultNotWritable.
    """
    if not folder.is_dir():
        raise errors.VaultMissing
    lock = VaultLock.acquire(folder)
    try:
        with files.os_errors_in_words():
            return files.remove(folder)
    finally:
        lock.release()


def _make(folder: Path, passphrase: str, cost: keys.Cost) -> bytes:
    """Write a new vault's files; returns its data key.

    The database is complete under another name before the key file is there: see `folder`.
    """
    if (folder / files.KEY).exists():
        raise errors.VaultExists
    if (folder / files.DATABASE).exists():
        raise errors.VaultDamaged  # its key file may still be found: nothing is removed
    key = secrets.token_bytes(KEY_BYTES)
    unfinished = folder / files.UNFINISHED
    with files.os_errors_in_words():
        files.clear_unfinished(folder)
        try:
            files.make_private_file(unfinished)
            database = Database(str(unfinished), key, new=True)
            try:
                migrations.migrate(database)
            finally:
                database.close()
            keys.write(folder, key, passphrase, cost)
        except BaseException:
            if not (folder / files.KEY).exists():  # with it, the vault is whole but for a name
                files.clear_unfinished(folder)
            raise
    return key
