"""One writer at a time, and how a background agent makes way for an interactive client.

The lock is a ``flock`` on ``vault.lock``: the kernel drops it when its holder dies, so that no
crash leaves a stale one. A holder that is willing to yield listens on the named pipe
``vault.ask``; who wants the vault writes one byte into it and waits, for a bounded time, until
the lock is free. A pipe rather than a socket, because a socket's path may be no longer than
about a hundred bytes; rather than a signal, because a process id read from a file may belong to
someone else by now.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from peerroom.store import errors
from peerroom.store import folder as files

WAIT: Final = 5.0
"""Seconds that an interactive client waits for an agent to yield."""

_PAUSE: Final = 0.01
"""Seconds between two tries while waiting: ``flock`` itself knows no time limit."""


class VaultLock:
    """The right to write in one folder, until it is released or the process ends."""

    def __init__(self, descriptor: int, asked_fd: int | None) -> None:
        self._descriptor: int | None = descriptor
        self._asked = asked_fd

    @classmethod
    def acquire(cls, folder: Path, *, yields: bool = False, wait: float = WAIT) -> VaultLock:
        """Take the lock of ``folder``, which must exist.

        Args:
            folder: the vault's folder.
            yields: this process makes way when asked (see `asked_fd`), and asks no one else.
            wait: seconds to wait for a holder that can be asked. One that cannot be asked is
                not waited for.

        Raises:
            VaultBusy: another process holds it, and did not let go in time.
            VaultNotWritable, DiskFull, DiskFailed.
        """
        with files.os_errors_in_words():
            # Listening before locking: whoever finds the lock taken also finds someone to ask.
            asked = _listen(folder / files.ASK) if yields else None
            try:
                descriptor = _locked(folder / files.LOCK)
                if descriptor is None and not yields and _ask(folder / files.ASK):
                    descriptor = _locked_within(folder / files.LOCK, wait)
                if descriptor is None:
                    raise errors.VaultBusy
            except BaseException:
                if asked is not None:
                    os.close(asked)
                raise
            return cls(descriptor, asked)

    @property
    def asked_fd(self) -> int | None:
        """Readable as soon as someone asks for the vault; None when this holder does not yield.

        A background agent adds it to its event loop (``loop.add_reader``); when it becomes
        readable, it removes it there and closes its vault. It opens it again when it can.
        """
        return self._asked

    def release(self) -> None:
        """Let go; a second time does nothing."""
        for descriptor in (self._descriptor, self._asked):
            if descriptor is not None:
                os.close(descriptor)
        self._descriptor = self._asked = None


def _locked(path: Path) -> int | None:
    """A descriptor that holds the lock, or None while someone else does."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        # Whoever wiped the vault removed the file: a lock on it shuts no one out any more.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _locked_within(path: Path, wait: float) -> int | None:
    deadline = time.monotonic() + wait
    while (descriptor := _locked(path)) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return descriptor


def _listen(path: Path) -> int:
    with suppress(FileNotFoundError):
        if not stat.S_ISFIFO(path.lstat().st_mode):
            path.unlink()
    with suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _ask(path: Path) -> bool:
    """Ask the holder to yield; False when there is none that listens."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENXIO):  # no pipe, or no one at its other end
            return False
        raise
    try:
        os.write(descriptor, b"?")
    except (BlockingIOError, BrokenPipeError):
        pass  # asked often enough already; or gone in this moment, and then the lock is free
    finally:
        os.close(descriptor)
    return True
