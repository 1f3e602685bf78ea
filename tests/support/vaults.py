"""Vaults for tests: cheap passphrases, a room to write in, and a look at what is on the disk."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from peerroom.store.accounts import Account
from peerroom.store.events import StoredEvent
from peerroom.store.keys import Cost
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

CHEAP = Cost(memory=8, iterations=1, lanes=1)
PASSPHRASE = "a lamp 静かなサギ behind the rain"
ROOM = "!quiet-harbour:example.org"
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)

PAGE = 4096
RESERVED = 80
"""SQLCipher 4 ends each page with a 16-byte IV and a 64-byte HMAC."""


def new_vault(folder: Path) -> Vault:
    """A fresh vault whose passphrase costs next to nothing."""
    return Vault.create(folder, PASSPHRASE, cost=CHEAP)


def furnish(vault: Vault, room_id: str = ROOM) -> Account:
    """An account and one encrypted room for it."""
    account = vault.accounts.add(
        homeserver="https://example.org",
        user_id="@quiet-heron:example.org",
        device_id="DEVICEID",
        access_token="syt_token_of_heron",
        password="password-of-heron",
    )
    vault.rooms.put(StoredRoom(room_id, account.id, encrypted=True))
    return account


def message(number: int, body: str = "hello", **changes: Any) -> StoredEvent:
    """A decrypted message; ``changes`` replace fields."""
    fields: dict[str, Any] = {
        "room_id": ROOM,
        "event_id": f"$event-{number}",
        "position": number,
        "sender": "@brave-otter:example.org",
        "type": "m.room.encrypted",
        "origin_ts": 1_772_589_600_000 + number,
        "raw": {
            "type": "m.room.encrypted",
            "event_id": f"$event-{number}",
            "sender": "@brave-otter:example.org",
            "origin_server_ts": 1_772_589_600_000 + number,
            "content": {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgB" * 100},
        },
        "clear": {"type": "m.room.message", "content": {"msgtype": "m.text", "body": body}},
        "session_id": "session",
    }
    return StoredEvent(**(fields | changes))


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes of every file below ``folder`` by name; the lock's own files left out."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode & 0o777, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "vault.lock"
    }


def decrypted(folder: Path, key: bytes) -> bytes:
    """Every page of the database and of its write-ahead log in clear, free space and all.

    What SQL does not show any more is here, if it is anywhere.
    """
    return b"".join(_pages(folder / "vault.db", key))


def _pages(database: Path, key: bytes) -> Iterator[bytes]:
    content = database.read_bytes()
    for start in range(0, len(content), PAGE):
        yield _page(content[start : start + PAGE], key, first=start == 0)
    log = database.with_name(database.name + "-wal")
    frames = log.read_bytes()[32:] if log.exists() else b""
    for start in range(0, len(frames), 24 + PAGE):
        (number,) = struct.unpack_from(">I", frames, start)
        yield _page(frames[start + 24 : start + 24 + PAGE], key, first=number == 1)


def _page(page: bytes, key: bytes, *, first: bool) -> bytes:
    begin, end = (16 if first else 0), PAGE - RESERVED  # the first page begins with the salt
    decryptor = Cipher(algorithms.AES(key), modes.CBC(page[end : end + 16])).decryptor()
    return decryptor.update(page[begin:end]) + decryptor.finalize()
