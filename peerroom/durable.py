"""Files that a crash leaves whole, and files that are to be gone; written with mode 0600.

All functions raise `OSError`; what that means to the user is for the caller to say.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

UNFINISHED: Final = ".new"
"""What the name of a file that `write_atomically` did not finish ends with."""


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file by ``content`` (mode 0600), so that a crash leaves the old or the new."""
    beside = path.with_name(path.name + UNFINISHED)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with open(os.open(beside, flags, 0o600), "wb") as file:  # noqa: PTH123 (a descriptor)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the folder's names (what was made, renamed, removed) onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def shred(path: Path) -> None:
    """Overwrite the file, then remove it. Best effort: a disk may write elsewhere."""
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)
