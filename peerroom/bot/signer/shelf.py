"""Where the signer keeps what must outlive its process: small named files, all of them encrypted.

In a folder, or without one in the memory of the bot, to which every change goes along with the
reply. So both kinds survive the end of the process, and neither lets an answer out before what
it rests on is kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import time
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from peerroom.bot.signer.errors import SignerBusy, SignerDamaged, SignerKeyWrong
from peerroom.durable import UNFINISHED, shred, write_atomically
from peerroom.paths import private_folder

_NAME: Final = re.compile(r"[a-z]+(-[0-9]+)?")
"""Our files' names. If a wrong folder is given, what is not ours stays untouched."""
_PATIENCE: Final = 5.0
"""Seconds for a process whose bot was killed to finish its last batch and let go of the folder."""


class Shelf(Protocol):
    """Named contents. When `put` or `remove` returns, it lasts. They raise OSError."""

    def names(self) -> set[str]: ...

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, content: bytes) -> None: ...

    def remove(self, name: str) -> None:
        """Nothing happens if there is none."""


class FolderShelf:
    """A folder (made with mode 0700) of which no second process may be using the contents.

    Raises `SignerBusy`, and OSError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self._lock = _lock(self._folder)
        for path in self._folder.glob(f"*{UNFINISHED}"):
            if _NAME.fullmatch(path.stem):
                shred(path)

    def close(self) -> None:
        """Let another process have the folder, as the end of this one does too."""
        os.close(self._lock)

    def names(self) -> set[str]:
        return {path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name)}

    def get(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, content: bytes) -> None:
        write_atomically(self._folder / name, content)

    def remove(self, name: str) -> None:
        path = self._folder / name
        if path.exists():
            shred(path)


class MemoryShelf:
    """``kept`` by the bot; ``changes`` are to go there with the reply."""

    def __init__(self, kept: dict[str, bytes]) -> None:
        self._kept = dict(kept)
        self.changes: dict[str, bytes | None] = {}

    def names(self) -> set[str]:
        return set(self._kept)

    def get(self, name: str) -> bytes | None:
        return self._kept.get(name)

    def put(self, name: str, content: bytes) -> None:
        self._kept[name] = self.changes[name] = content

    def remove(self, name: str) -> None:
        if self._kept.pop(name, None) is not None:
            self.changes[name] = None


class Wrapping:
    """AES-256-GCM under the bot's ``key`` (32 bytes), bound to the circle and to the file's name.

    A file is ``magic ‖ check of the key ‖ nonce ‖ encrypted ‖ SHA-256 of all before``. The last
    tells a damaged file from a wrong key.
    """

    def __init__(self, key: bytes, lineage: bytes) -> None:
        self._cipher = AESGCM(key)
        self._lineage = lineage
        self._head = _MAGIC + hashlib.sha256(b"PeerRoom-signer-key\0" + key + lineage).digest()[:16]

    def wrap(self, name: str, content: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        body = self._head + nonce + self._cipher.encrypt(nonce, content, self._bound(name))
        return body + hashlib.sha256(body).digest()

    def unwrap(self, name: str, data: bytes) -> bytes:
        """What `wrap` was given. Raises `SignerKeyWrong` and `SignerDamaged`."""
        body, digest = data[:-32], data[-32:]
        if hashlib.sha256(body).digest() != digest or not body.startswith(_MAGIC):
            raise SignerDamaged
        if not body.startswith(self._head):
            raise SignerKeyWrong
        sealed = body[len(self._head) :]
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound(name))
        except (InvalidTag, ValueError):
            raise SignerDamaged from None

    def _bound(self, name: str) -> bytes:
        return self._head + self._lineage + name.encode("ascii")


_MAGIC: Final = b"PEERSIG1"
_NONCE: Final = 12


def _lock(folder: Path) -> int:
    """Hold the folder itself, so that no lock file lies around; the kernel lets go at the end."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(descriptor)
                raise SignerBusy from None
            time.sleep(0.05)
        else:
            return descriptor
