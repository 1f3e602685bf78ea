"""The pseudonyms that live in this vault, with everything that logs them in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from peerroom.store.database import Database, Row
from peerroom.store.encoding import maybe_text_out, text_out

_SELECT: Final = """
    SELECT id, homeserver, user_id, device_id, access_token, password, display_name,
        crypto_file, crypto_key, pickle_key, cross_signing, next_batch
    FROM accounts
"""


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


class Accounts:
    """Accounts of the vault; one of them may be the current one."""

    def __init__(self, database: Database, crypto_folder: Path | None) -> None:
        self._db = database
        self._crypto_folder = crypto_folder

    def add(
        self,
        *,
        homeserver: str,
        user_id: str,
        device_id: str,
        access_token: str,
        password: str | None = None,
        display_name: str | None = None,
        current: bool = True,
    ) -> Account:
        """Keep a new account, with fresh random keys for its crypto store.

        It is on the disk when this returns: a pseudonym whose password is lost is lost.
        """
        with self._db.transaction():
            if current:
                self._db.run("UPDATE accounts SET current = 0 WHERE current = 1")
            number = self._db.insert(
                "INSERT INTO accounts (homeserver, user_id, device_id, access_token, password,"
                " display_name, crypto_file, crypto_key, pickle_key, current)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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

    def all(self) -> list[Account]:
        """Every account, oldest first."""
        rows = self._db.all(_SELECT + "ORDER BY id")
        return [_account(row) for row in rows]

    def current(self) -> Account | None:
        """The account that is in use, or None before the first."""
        row = self._db.one(_SELECT + "WHERE current = 1")
        return _account(row) if row else None

    def set_current(self, account_id: int) -> None:
        """Use this account from now on."""
        with self._db.transaction():
            self._db.run("UPDATE accounts SET current = 0 WHERE current = 1")
            self._db.run("UPDATE accounts SET current = 1 WHERE id = ?", (account_id,))

    def update_token(self, account_id: int, access_token: str) -> None:
        """Keep the access token of a new login on the same device."""
        self._change("UPDATE accounts SET access_token = ? WHERE id = ?", access_token, account_id)

    def set_password(self, account_id: int, password: str | None) -> None:
        """Keep another password."""
        self._change("UPDATE accounts SET password = ? WHERE id = ?", password, account_id)

    def set_display_name(self, account_id: int, display_name: str | None) -> None:
        """Keep the name under which the account shows itself."""
        self._change("UPDATE accounts SET display_name = ? WHERE id = ?", display_name, account_id)

    def set_next_batch(self, account_id: int, next_batch: str | None) -> None:
        """Keep the sync token: in the same transaction as the rows that came with it."""
        self._db.run("UPDATE accounts SET next_batch = ? WHERE id = ?", (next_batch, account_id))

    def set_cross_signing(self, account_id: int, seeds: bytes | None) -> None:
        """Keep the seeds of the account's identity (96 bytes); on the disk when this returns."""
        if seeds is not None and len(seeds) != 96:
            raise ValueError("cross-signing seeds are 96 bytes")
        self._change("UPDATE accounts SET cross_signing = ? WHERE id = ?", seeds, account_id)

    def remove(self, account_id: int) -> None:
        """Forget the account, its rooms, its outbox and its crypto store, for good.

        That its rooms are encrypted stays known.
        """
        account = self.get(account_id)
        with self._db.transaction():
            self._db.run("DELETE FROM accounts WHERE id = ?", (account_id,))
            self._db.scrub()
        if self._crypto_folder is not None:
            for path in self._crypto_folder.glob(f"{account.crypto_file}*"):
                path.unlink()

    def _change(self, sql: str, *parameters: object) -> None:
        with self._db.transaction():
            self._db.run(sql, parameters)
            self._db.scrub()


def _account(row: Row) -> Account:
    (number, homeserver, user_id, device_id, access_token, password, display_name, crypto_file,
     crypto_key, pickle_key, cross_signing, next_batch) = row  # fmt: skip
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
    )
