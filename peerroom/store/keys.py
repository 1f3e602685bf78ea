"""The key file ``vault.key``: the vault's random data key, wrapped under the passphrase.

The database is encrypted under 32 random bytes. Those lie in ``vault.key``, encrypted with
AES-256-GCM under a key that Argon2id (RFC 9106) derives from the passphrase. A change of
passphrase rewrites this file alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peerroom.i18n import N_

FORGOTTEN: Final = N_(
    "Only this passphrase opens your vault. If you forget it, nobody can bring back what is "
    "inside, and you start anew under a new name. Write it down and keep it where only you look."
)
"""What the first run says before a passphrase is chosen."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What deriving a key from a passphrase costs."""

    memory: int = 64 * 1024
    """KiB."""
    iterations: int = 3
    lanes: int = 4


def unlock(folder: Path, passphrase: str) -> bytes:
    """The data key of the vault in ``folder``; about 0.1 s, safe to run in a thread.

    Raises:
        VaultMissing, WrongPassphrase, VaultDamaged, VaultTooNew.
    """
    raise NotImplementedError


def change_passphrase(folder: Path, old: str, new: str, *, cost: Cost | None = None) -> None:
    """Wrap the data key under ``new``. The vault may be open meanwhile; what is in it stays as
    it is. A crash leaves the old passphrase or the new one in force, never neither.

    Raises:
        EmptyPassphrase, VaultMissing, WrongPassphrase, VaultDamaged, VaultTooNew,
        VaultNotWritable, DiskFull.
    """
    raise NotImplementedError
