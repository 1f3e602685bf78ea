"""nio's store in SQLCipher: one file a pseudonym, a random name, mode 0600, its own key.

nio's own is plain SQLite, named after user and device, mode 0644, with the pickle key
``DEFAULT_KEY``. What nio keeps in it here is only the Olm account and the Olm sessions; room keys
and device lists are in tables of ours, because nio's cannot tell two senders of one session apart
and forget who signed a device.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import peewee
from nio.crypto import DeviceStore, GroupSessionStore, OutgoingKeyRequest
from nio.store import Accounts, OlmSessions, SqliteStore
from playhouse.sqlcipher_ext import SqlCipherDatabase, sqlcipher

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_

# nio writes user ids at WARNING, and peewee every statement with its values at DEBUG.
for _name in ("nio", "peewee"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False

Value = str | bytes | int | None
"""What a column holds."""

_SCHEMA: Final = (
    """create table if not exists peerroom_room_key (
        room_id text not null, session_id text not null, sender_key text not null,
        ed25519 text not null, session text not null, fresh integer not null,
        primary key (room_id, session_id, sender_key)) without rowid""",
    """create table if not exists peerroom_message_index (
        session_id text not null, sender_key text not null, message_index integer not null,
        event_id text not null,
        primary key (session_id, sender_key, message_index)) without rowid""",
    """create table if not exists peerroom_withheld (
        room_id text not null, session_id text not null, sender text not null,
        code text not null, primary key (room_id, session_id, sender)) without rowid""",
    """create table if not exists peerroom_user (
        user_id text primary key, master text, outdated integer not null) without rowid""",
    """create table if not exists peerroom_vouched (
        user_id text not null, curve25519 text not null, device_keys text not null,
        primary key (user_id, curve25519)) without rowid""",
    """create table if not exists peerroom_device (
        user_id text not null, device_id text not null, ed25519 text not null,
        curve25519 text not null, signed_by text, deleted integer not null,
        primary key (user_id, ed25519, curve25519)) without rowid""",
)


class CryptoStoreDamaged(PeerRoomError):
    """The file with this account's encryption keys cannot be opened with its key."""

    what = N_("The file with this account's encryption keys is damaged.")
    next_step = N_("Nothing was changed. Put a copy of it back, or join with a new invite.")


class CryptoStoreUnwritable(PeerRoomError):
    """A write to the crypto store failed. Nothing more is written to it until it is opened anew:
    SQLite may have rolled back, and a later commit would look like success without the keys."""

    what = N_("The encryption keys cannot be saved on this computer.")
    next_step = N_("Make room on the disk, then start PeerRoom again. Nothing is lost.")


class _Database(SqlCipherDatabase):
    """peewee's SQLCipher database, with a raw key and without SQLCipher's log on the terminal."""

    def __init__(self, path: str, key: bytes) -> None:
        self._key = key
        # One connection whatever the thread: the store may be opened in a worker.
        super().__init__(path, thread_safe=False, autoconnect=False)

    def _connect(self) -> sqlcipher.Connection:
        connection = sqlcipher.connect(
            self.database, isolation_level=None, check_same_thread=False, uri=True
        )
        try:
            # First: with a wrong key, SQLCipher would otherwise write to the terminal itself.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            # FULL: the vault's token is written after this; a power cut must not part the two.
            connection.execute("PRAGMA synchronous = FULL")
            self._add_conn_hooks(connection)
        except BaseException:
            connection.close()
            raise
        return connection


class CryptoStore(SqliteStore):
    """The crypto store of one device, always inside a transaction that `commit` ends.

    ``path`` is a file that need not exist, or the URI of a database in memory; ``key`` (32 bytes)
    is SQLCipher's, ``pickle_key`` (32 bytes) encrypts each key once more inside. Raises
    `CryptoStoreDamaged`.
    """

    models = (Accounts, OlmSessions)

    def __init__(
        self,
        user_id: str,
        device_id: str,
        path: Path | str,
        *,
        key: bytes,
        pickle_key: bytes,
    ) -> None:
        self._key = key
        self.pickle_key_bytes = pickle_key
        self._failed = False
        if isinstance(path, Path):
            # Made before SQLite sees it: its journal files take over this mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            path.chmod(0o600)
        try:
            super().__init__(
                user_id, device_id, "", pickle_key=pickle_key.hex(), database_name=str(path)
            )
            for statement in _SCHEMA:
                self.database.execute_sql(statement)
        except peewee.OperationalError as error:
            raise CryptoStoreUnwritable from error
        except peewee.DatabaseError as error:
            raise CryptoStoreDamaged from error
        self._transaction = self.database.transaction()
        self._transaction.__enter__()

    def _create_database(self) -> _Database:
        return _Database(self.database_path, self._key)

    def load_inbound_group_sessions(self) -> GroupSessionStore:
        """None: `peerroom.matrix.roomkeys` holds them, and reads each when it is needed."""
        return GroupSessionStore()

    def load_device_keys(self) -> DeviceStore:
        """None: `peerroom.matrix.devices` holds them."""
        return DeviceStore()

    def load_outgoing_key_requests(self) -> dict[str, OutgoingKeyRequest]:
        """None: keys are never requested."""
        return {}

    def read(self, statement: str, *values: Value) -> list[tuple[Value, ...]]:
        """All rows of a query."""
        return self.database.execute_sql(statement, values).fetchall()

    def write(self, statement: str, *values: Value) -> None:
        """One statement that changes something."""
        with self.guarded():
            self.database.execute_sql(statement, values)

    def write_many(self, statement: str, rows: Sequence[Sequence[Value]]) -> None:
        """The same statement for each of ``rows``."""
        with self.guarded():
            for row in rows:
                self.database.execute_sql(statement, row)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Where nio may write: a failure closes the store to all later writes.

        Raises `CryptoStoreUnwritable`.
        """
        if self._failed:
            raise CryptoStoreUnwritable
        try:
            yield
        except peewee.DatabaseError as error:
            self._failed = True
            raise CryptoStoreUnwritable from error

    def commit(self) -> None:
        """Make everything written so far durable. Raises `CryptoStoreUnwritable`."""
        with self.guarded():
            self._transaction.commit()

    def close(self) -> None:
        """Commit, unless a write failed, and close; a second time does nothing."""
        if self.database.is_closed():
            return
        try:
            if self._failed:
                with suppress(peewee.DatabaseError):  # SQLite may have rolled back already
                    self._transaction.rollback(False)
                self.database.pop_transaction()
            else:
                with self.guarded():
                    self._transaction.__exit__(None, None, None)
        finally:
            self.database.close()
