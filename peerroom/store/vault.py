"""The vault: one encrypted database in a private folder, or in memory alone."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from peerroom.store.accounts import Account, Accounts
from peerroom.store.database import Database
from peerroom.store.drafts import Drafts
from peerroom.store.events import Events
from peerroom.store.gaps import Gaps
from peerroom.store.identities import Identities
from peerroom.store.key_shares import KeyShares
from peerroom.store.lock import VaultLock
from peerroom.store.outbox import Outbox
from peerroom.store.records import Records
from peerroom.store.rooms import Rooms
from peerroom.store.settings import Settings

if TYPE_CHECKING:
    from peerroom.store.keys import Cost


class Vault:
    """Everything that is kept, by area. Made by `create`, `open`, `open_with_key`, `ephemeral`.

    Use it from the thread that opened it. Each call is atomic by itself; several become one in
    `transaction`.
    """

    accounts: Accounts
    rooms: Rooms
    events: Events
    gaps: Gaps
    outbox: Outbox
    drafts: Drafts
    settings: Settings
    identities: Identities
    key_shares: KeyShares
    records: Records

    def __init__(
        self, database: Database, data_key: bytes, folder: Path | None, lock: VaultLock | None
    ) -> None:
        self._db = database
        self._lock = lock
        self.data_key: Final = data_key
        """The raw 32-byte key, to hand to a process that is to open the vault without asking."""
        self.folder: Final = folder
        """The private folder; None when nothing is on disk."""
        self.rooms = Rooms(database)
        self.outbox = Outbox(database)
        self.drafts = Drafts(database)
        self.events = Events(database, self.rooms, self.outbox, self.drafts)
        self.gaps = Gaps(database)
        self.accounts = Accounts(database, folder and folder / "crypto")
        self.settings = Settings(database)
        self.identities = Identities(database)
        self.key_shares = KeyShares(database)
        self.records = Records(database)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a vault was made in ``folder``."""
        raise NotImplementedError

    @classmethod
    def create(
        cls, folder: Path, passphrase: str, *, cost: Cost | None = None, yields: bool = False
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
        raise NotImplementedError

    @classmethod
    def open(cls, folder: Path, passphrase: str, *, yields: bool = False) -> Vault:
        """Open the vault in ``folder``. Takes about 0.1 s for the passphrase; to keep a screen
        alive meanwhile, run `keys.unlock` in a thread and go on with `open_with_key`.

        Raises:
            VaultMissing, WrongPassphrase, VaultDamaged, VaultTooNew, VaultBusy,
            VaultNotWritable, DiskFull.
        """
        raise NotImplementedError

    @classmethod
    def open_with_key(cls, folder: Path, key: bytes, *, yields: bool = False) -> Vault:
        """Open with the raw data key, as inherited from the process that knew the passphrase.

        Raises:
            WrongKey, and what `open` raises.
        """
        raise NotImplementedError

    @classmethod
    def ephemeral(cls) -> Vault:
        """A vault in memory alone: nothing is ever written to disk, all is gone with it."""
        raise NotImplementedError

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept together or not at all; may be nested.

        Inside another one, an exception takes back the inner part alone, if it is caught
        between the two. Never ``await`` inside.
        """
        return self._db.transaction()

    def crypto_path(self, account: Account) -> Path | str:
        """Where the account's crypto store lives: a file (mode 0600, maybe empty), or the
        string ``":memory:"`` when the vault is ephemeral. Its key is ``account.crypto_key``."""
        raise NotImplementedError

    @property
    def asked_fd(self) -> int | None:
        """Readable when an interactive client asks for the vault (see `VaultLock.asked_fd`)."""
        return self._lock.asked_fd if self._lock else None

    def check(self) -> None:
        """Read and authenticate every page; takes seconds for a large vault.

        Raises:
            VaultDamaged: a page was changed or is missing.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Write everything back and let go of the lock; a second time does nothing."""
        raise NotImplementedError

    def erase(self) -> list[Path]:
        """Close and remove the vault for good; returns what was removed (see `folder.erase`)."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
