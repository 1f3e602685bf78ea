"""The pseudonyms that live in this vault, with everything that logs them in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from peerroom.store import encoding
from peerroom.store.database import Database, Row
from peerroom.store.encoding import maybe_text_out, text_out
from peerroom.store.errors import AccountRetired
from peerroom.store.memory import MemoryFiles

CIRCUIT_BYTES: Final = 16

_SELECT: Final = """
    SELECT id, homeserver, user_id, device_id, access_token, password, display_name,
        crypto_file, crypto_key, pickle_key, cross_signing, next_batch, circuit, retired
    FROM accounts
"""


def new_circuit() -> bytes:
    """What sets the connections of an account that is to be apart from all others at the proxy.

    Draw it before the account's first request, use it for that, and give it to `Accounts.add`.
    """
    return secrets.token_bytes(CIRCUIT_BYTES)


@dataclass(frozen=True, slots=True)
class Account:
    """One pseudonym on one homeserver. Its ``repr`` shows the number alone."""

    id: int
    homeserver: str = field(repr=False)
    """Base URL, as given at login."""
    user_id: str = field(repr=False)
    device_id: str = field(repr=False)
    access_token: str = field(repr=False)
    password: str | None = field(repr=False)
    display_name: str | None = field(repr=False)
    crypto_file: str = field(repr=False)
    """File name of the crypto store below the vault's ``crypto`` folder: random, says nothing."""
    crypto_key: bytes = field(repr=False)
    """Raw 32-byte SQLCipher key of the crypto store."""
    pickle_key: bytes = field(repr=False)
    """32 random bytes under which the Olm machine pickles its sessions inside the crypto store."""
    cross_signing: bytes | None = field(repr=False)
    """Ed25519 seeds master, self-signing, user-signing: 96 bytes, or None while there are none."""
    next_batch: str | None = field(repr=False)
    """Sync token up to which everything is stored."""
    circuit: bytes = field(repr=False)
    """16 random bytes, the same for the account's whole life (see `new_circuit`)."""
    retired: datetime | None = None
    """When it became history: what it read is still here, and everything that made it someone is
    gone (no token, no password, no identity, and empty keys)."""


class Accounts:
    """Accounts of the vault; one of them may be the current one."""

    def __init__(self, database: Database, crypto_folder: Path | None, memory: MemoryFiles) -> None:
        self._db = database
        self._crypto_folder = crypto_folder
        self._memory = memory

    def add(
        self,
        *,
        homeserver: str,
        user_id: str,
        device_id: str,
        access_token: str,
        password: str | None = None,
        display_name: str | None = None,
        circuit: bytes | None = None,
        current: bool = True,
    ) -> Account:
        """Keep a new account, with fresh random keys for its crypto store, and a fresh ``circuit``
        unless it has already been met by one.

        It is on the disk when this returns: a pseudonym whose password is lost is lost.
        """
        with self._db.transaction():
            if current:
                self._db.run("UPDATE accounts SET current = 0 WHERE current = 1")
            number = self._db.insert(
                "INSERT INTO accounts (homeserver, user_id, device_id, access_token, password,"
                " display_name, crypto_file, crypto_key, pickle_key, circuit, current)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    homeserver,
                    user_id,
                    device_id,
                    access_token,
                    password,
                    display_name,
                    f"{secrets.token_hex(16)}.db",
                    secrets.token_bytes(32),
                    secrets.token_bytes(32),
                    new_circuit() if circuit is None else circuit,
                    int(current),
                ),
            )
            self._db.scrub()
        return self.get(number)

    def get(self, account_id: int) -> Account:
        """The account with this number; `KeyError` when there is none."""
        row = self._db.one(_SELECT + "WHERE id = ?", (account_id,))
        if row is None:
            raise KeyError(account_id)
        return _account(row)

    def all(self, *, retired: bool = False) -> list[Account]:
        """Every account that can still act, oldest first; with ``retired`` the others too."""
        rows = self._db.all(_SELECT + "WHERE ? OR retired IS NULL ORDER BY id", (retired,))
        return [_account(row) for row in rows]

    def is_retired(self, account_id: int) -> bool:
        """Whether the account is history; False for one that is not known."""
        return bool(self._db.all("SELECT 1 FROM accounts WHERE id = ? AND retired", (account_id,)))

    def current(self) -> Account | None:
        """The account that is in use, never a retired one; None where there is none."""
        row = self._db.one(_SELECT + "WHERE current = 1")
        return _account(row) if row else None

    def set_current(self, account_id: int) -> None:
        """Use this account from now on. Raises `AccountRetired`, `KeyError`."""
        if self.get(account_id).retired is not None:
            raise AccountRetired
        with self._db.transaction():
            self._db.run("UPDATE accounts SET current = 0 WHERE current = 1")
            self._db.run("UPDATE accounts SET current = 1 WHERE id = ?", (account_id,))

    def update_token(self, account_id: int, access_token: str) -> None:
        """Keep the access token of a new login on the same device."""
        self._change("UPDATE accounts SET access_token = ?", access_token, account_id)

    def new_device(self, account_id: int, device_id: str, access_token: str) -> Account:
        """Keep a login on another device of the account: its keys begin anew, in a crypto store of
        its own, and the old one's are destroyed. Identity, rooms and the sync token stay.

        Close the account's connection first. Raises `AccountRetired`, `KeyError`.
        """
        old = self.get(account_id)
        if old.retired is not None:
            raise AccountRetired
        with self._db.transaction():
            self._db.run(
                "UPDATE accounts SET device_id = ?, access_token = ?, crypto_file = ?,"
                " crypto_key = ?, pickle_key = ? WHERE id = ?",
                (
                    device_id,
                    access_token,
                    f"{secrets.token_hex(16)}.db",
                    secrets.token_bytes(32),
                    secrets.token_bytes(32),
                    account_id,
                ),
            )
            self._db.run(
                "DELETE FROM key_shares WHERE room_id IN"
                " (SELECT room_id FROM rooms WHERE account_id = ?)",
                (account_id,),
            )
            self._db.scrub()
        self._remove_crypto_file(old)
        return self.get(account_id)

    def set_password(self, account_id: int, password: str | None) -> None:
        """Keep another password."""
        self._change("UPDATE accounts SET password = ?", password, account_id)

    def set_display_name(self, account_id: int, display_name: str | None) -> None:
        """Keep the name under which the account shows itself."""
        self._change("UPDATE accounts SET display_name = ?", display_name, account_id)

    def set_next_batch(self, account_id: int, next_batch: str | None) -> None:
        """Keep the sync token: in the same transaction as the rows that came with it."""
        self._db.run(
            "UPDATE accounts SET next_batch = ? WHERE id = ? AND retired IS NULL",
            (next_batch, account_id),
        )

    def set_cross_signing(self, account_id: int, seeds: bytes | None) -> None:
        """Keep the seeds of the account's identity (96 bytes); on the disk when this returns."""
        if seeds is not None and len(seeds) != 96:
            raise ValueError("cross-signing seeds are 96 bytes")
        self._change("UPDATE accounts SET cross_signing = ?", seeds, account_id)

    def retire(self, account_id: int, now: datetime) -> None:
        """Make the account history: destroy what it could act and read with, keep what it has read.

        Its token, password, identity, circuit, and the keys and the file of its crypto store are
        gone, and so is what waits in its outbox (see `peerroom.store.crossing` for the texts).
        Rooms, events, and messages that were or may have been sent stay. Close its connection
        first. May be repeated: after a crash, the second time removes the file.
        """
        account = self.get(account_id)
        with self._db.transaction():
            self._db.run(
                "UPDATE accounts SET access_token = '', password = NULL, crypto_key = x'',"
                " pickle_key = x'', cross_signing = NULL, next_batch = NULL, circuit = x'',"
                " current = 0, retired = ifnull(retired, ?) WHERE id = ?",
                (encoding.time_in(now), account_id),
            )
            # What the server could know it by again, if anyone asked for its history.
            self._db.run("UPDATE rooms SET prev_batch = NULL WHERE account_id = ?", (account_id,))
            self._db.run(
                "UPDATE gaps SET token = '' WHERE room_id IN"
                " (SELECT room_id FROM rooms WHERE account_id = ?)",
                (account_id,),
            )
            self._db.run(
                "DELETE FROM outbox WHERE account_id = ?"
                " AND state IN ('queued', 'sending', 'failed')",
                (account_id,),
            )
            self._db.scrub()
        self._remove_crypto_file(account)

    def remove(self, account_id: int) -> None:
        """Forget the account, its rooms, its outbox and its crypto store, for good.

        That its rooms are encrypted stays known.
        """
        account = self.get(account_id)
        with self._db.transaction():
            self._db.run("DELETE FROM accounts WHERE id = ?", (account_id,))
            self._db.scrub()
        self._remove_crypto_file(account)

    def _remove_crypto_file(self, account: Account) -> None:
        self._memory.forget(account.crypto_file)
        if self._crypto_folder is not None:
            for path in self._crypto_folder.glob(f"{account.crypto_file}*"):
                path.unlink()

    def _change(self, sql: str, value: object, account_id: int) -> None:
        """Of an account that can act: a retired one must get nothing back by a late answer."""
        with self._db.transaction():
            self._db.run(sql + " WHERE id = ? AND retired IS NULL", (value, account_id))
            self._db.scrub()


def _account(row: Row) -> Account:
    (number, homeserver, user_id, device_id, access_token, password, display_name, crypto_file,
     crypto_key, pickle_key, cross_signing, next_batch, circuit, retired) = row  # fmt: skip
    return Account(
        number,
        homeserver,
        text_out(user_id),
        text_out(device_id),
        text_out(access_token),
        maybe_text_out(password),
        maybe_text_out(display_name),
        crypto_file,
        crypto_key,
        pickle_key,
        cross_signing,
        maybe_text_out(next_batch),
        circuit,
        None if retired is None else encoding.time_out(retired),
    )
