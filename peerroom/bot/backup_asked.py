"""How a running bot makes a copy of its vault for ``peerroom bot backup``.

The vault is the running bot's alone, so whoever wants a copy asks: a name of 16 hex digits and a
line break into the named pipe ``backup.ask``. The copy then appears under that name, whole or not
at all. Only those who can write into the bot's own folder can ask, and what they get is encrypted.
(A pipe and not a socket, for the reason that `peerroom.store.lock` gives.)
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.store.errors import VaultError
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")

ASK: Final = "backup.ask"
WAIT: Final = 120.0
"""Seconds that who asked waits for a copy: a large vault takes its time."""
_PAUSE: Final = 0.05
_COPY: Final = "copy-{name}"
_FAILED: Final = "copy-{name}.failed"
_UNFINISHED: Final = "copy-{name}.new"
_NAME: Final = re.compile(rb"[0-9a-f]{16}")


class NotAnswered(PeerRoomError):
    """The running bot made no copy."""

    what = N_("The bot is running and did not make a copy.")
    next_step = N_("Look at its log, or stop it and try again.")


class Asked:
    """Listens for those who want a copy, for the length of the block."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._descriptor: int | None = None
        self._heard = b""

    def __enter__(self) -> Self:
        folder = self._vault.folder
        if folder is None:
            return self
        for left in folder.glob("copy-*"):  # by a crash in the middle
            shutil.rmtree(left, ignore_errors=True)
            left.unlink(missing_ok=True) if left.is_file() else None
        pipe = folder / ASK
        with suppress(FileNotFoundError):
            if not stat.S_ISFIFO(pipe.lstat().st_mode):
                pipe.unlink()
        with suppress(FileExistsError):
            os.mkfifo(pipe, 0o600)
        # Read and write: a pipe that its last writer closed would be readable for ever.
        self._descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._descriptor, self._answer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None and self._vault.folder is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            (self._vault.folder / ASK).unlink(missing_ok=True)
            self._descriptor = None

    def _answer(self) -> None:
        assert self._descriptor is not None
        with suppress(BlockingIOError):
            self._heard += os.read(self._descriptor, 4096)
        *asked, self._heard = self._heard[-4096:].split(b"\n")
        for name in asked:
            if _NAME.fullmatch(name):
                self._copy(name.decode())

    def _copy(self, name: str) -> None:
        folder = self._vault.folder
        assert folder is not None
        unfinished = folder / _UNFINISHED.format(name=name)
        try:
            self._vault.copy(unfinished)
            unfinished.rename(folder / _COPY.format(name=name))
        except (VaultError, OSError) as error:
            log.error("no copy could be made: %s", type(error).__name__)
            shutil.rmtree(unfinished, ignore_errors=True)
            with suppress(OSError):
                (folder / _FAILED.format(name=name)).touch(mode=0o600)
        else:
            log.info("a copy was made for a backup")


def ask(folder: Path, wait: float = WAIT) -> Path:
    """Have the bot that runs on the vault in ``folder`` make a copy; returns the folder it is in,
    which is the caller's to remove. Raises `NotAnswered`."""
    name = secrets.token_hex(8)
    try:
        descriptor = os.open(folder / ASK, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(descriptor, f"{name}\n".encode())
        finally:
            os.close(descriptor)
    except OSError as error:  # no pipe, or nobody listens
        raise NotAnswered from error
    copy, failed = folder / _COPY.format(name=name), folder / _FAILED.format(name=name)
    deadline = time.monotonic() + wait
    while not copy.exists():
        if failed.exists() or time.monotonic() > deadline:
            failed.unlink(missing_ok=True)
            raise NotAnswered
        time.sleep(_PAUSE)
    return copy
