"""The key file ``vault.key``: the vault's random data key, wrapped under the passphrase.

The database is encrypted under 32 random bytes. Those lie in ``vault.key``, encrypted with
AES-256-GCM under a key that Argon2id (RFC 9106) derives from the passphrase. A change of
passphrase rewrites this file alone.

Whoever has the data key already (a process that inherited it) needs no cryptography here: the
import of ``cryptography`` is left to those who have a passphrase.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peerroom.durable import write_atomically
from peerroom.i18n import N_
from peerroom.store import errors
from peerroom.store import folder as files

FORGOTTEN: Final = N_(
    "Only this passphrase opens your vault. If you forget it, nobody can bring back what is "
    "inside, and you start anew under a new name. Write it down and keep it where only you look."
)
"""What the first run says before a passphrase is chosen."""

_VERSION: Final = 1
# magic, version; memory, iterations, lanes, salt; check of the data key; nonce, wrapped key.
# After it the SHA-256 of all before, in every version to come: a file that was cut off or
# changed is told from a wrong passphrase, and from a newer version.
_BOUND: Final = struct.Struct(">8sH III16s 16s")  # authenticated along with the wrapped key
_LAYOUT: Final = struct.Struct(f"{_BOUND.format} 12s48s")
_MAGIC: Final = b"PEERROOM"


@dataclass(frozen=True, slots=True)
class Cost:
    """What deriving a key from a passphrase costs: the second recommendation of RFC 9106,
    section 4; about 0.1 s on a small machine."""

    memory: int = 64 * 1024
    """KiB."""
    iterations: int = 3
    lanes: int = 4

    def sane(self) -> bool:
        """Whether a key file may ask for it: what it says is not authenticated yet."""
        return (
            1 <= self.lanes <= 64
            and 1 <= self.iterations <= 64
            and 8 * self.lanes <= self.memory <= 4 * 1024 * 1024
        )


@dataclass(frozen=True, slots=True)
class _Header:
    cost: Cost
    salt: bytes
    check: bytes
    nonce: bytes
    wrapped: bytes


def refuse_empty(passphrase: str) -> None:
    """Raises `EmptyPassphrase` for one of spaces alone. How good it is, is for its owner."""
    if not passphrase.strip():
        raise errors.EmptyPassphrase


def unlock(folder: Path, passphrase: str) -> bytes:
    """The data key of the vault in ``folder``; about 0.1 s, safe to run in a thread.

    Raises:
        VaultMissing, WrongPassphrase, VaultDamaged, VaultTooNew, VaultNotWritable.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = _read(folder)
    bound = _bound(header.cost, header.salt, header.check)
    wrapping = _derive(passphrase, header.cost, header.salt)
    try:
        return AESGCM(wrapping).decrypt(header.nonce, header.wrapped, bound)
    except InvalidTag as error:
        raise errors.WrongPassphrase from error


def check(folder: Path, key: bytes) -> None:
    """Whether ``key`` is the data key of the vault in ``folder``; touches nothing.

    Raises:
        VaultMissing, WrongKey, VaultDamaged, VaultTooNew, VaultNotWritable.
    """
    if not hmac.compare_digest(_read(folder).check, _check_of(key)):
        raise errors.WrongKey


def write(folder: Path, key: bytes, passphrase: str, cost: Cost) -> None:
    """Wrap ``key`` under ``passphrase`` and replace the key file, all or nothing.

    Raises:
        EmptyPassphrase, VaultNotWritable, DiskFull.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    refuse_empty(passphrase)
    salt, nonce, key_check = secrets.token_bytes(16), secrets.token_bytes(12), _check_of(key)
    bound = _bound(cost, salt, key_check)
    wrapped = AESGCM(_derive(passphrase, cost, salt)).encrypt(nonce, key, bound)
    content = bound + nonce + wrapped
    with files.os_errors_in_words():
        write_atomically(folder / files.KEY, content + hashlib.sha256(content).digest())


def change_passphrase(folder: Path, old: str, new: str, *, cost: Cost | None = None) -> None:
    """Wrap the data key under ``new``. The vault may be open meanwhile; what is in it stays as
    it is. A crash leaves the old passphrase or the new one in force, never neither.

    Raises:
        EmptyPassphrase, VaultMissing, WrongPassphrase, VaultDamaged, VaultTooNew,
        VaultNotWritable, DiskFull.
    """
    write(folder, unlock(folder, old), new, cost or Cost())


def _read(folder: Path) -> _Header:
    try:
        with files.os_errors_in_words():
            content = (folder / files.KEY).read_bytes()
    except errors.VaultError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise errors.VaultMissing from error
        raise
    body, digest = content[:-32], content[-32:]
    if hashlib.sha256(body).digest() != digest or len(body) < 10:
        raise errors.VaultDamaged
    magic, version = struct.unpack_from(">8sH", body)
    if magic == _MAGIC and version > _VERSION:
        raise errors.VaultTooNew
    if magic != _MAGIC or version != _VERSION or len(body) != _LAYOUT.size:
        raise errors.VaultDamaged
    _, _, memory, iterations, lanes, salt, key_check, nonce, wrapped = _LAYOUT.unpack(body)
    cost = Cost(memory, iterations, lanes)
    if not cost.sane():
        raise errors.VaultDamaged
    return _Header(cost, salt, key_check, nonce, wrapped)


def _bound(cost: Cost, salt: bytes, key_check: bytes) -> bytes:
    numbers = (cost.memory, cost.iterations, cost.lanes)
    return _BOUND.pack(_MAGIC, _VERSION, *numbers, salt, key_check)


def _check_of(key: bytes) -> bytes:
    """Tells a key from another without telling anything of it: the key is 32 random bytes."""
    return hashlib.sha256(b"peerroom vault key" + key).digest()[:16]


def _derive(passphrase: str, cost: Cost, salt: bytes) -> bytes:
    """NFKC first: an accent may be composed or not, and letters full-width or not, by the
    system and the input method, and the person cannot see which."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    typed = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    derivation = Argon2id(
        salt=salt,
        length=32,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory,
    )
    return derivation.derive(typed)
