"""One writer at a time, and how a background agent makes way for an interactive client.

The lock is a ``flock`` on ``vault.lock``: the kernel drops it when its holder dies, so that no
crash leaves a stale one. A holder that is willing to yield listens on the named pipe
``vault.ask``; who wants the vault writes one byte into it and waits, for a bounded time, until
the lock is free. A pipe rather than a socket, because a socket's path may be no longer than
about a hundred bytes; rather than a signal, because a process id read from a file may belong to
someone else by now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

WAIT: Final = 5.0
"""Seconds that an interactive client waits for an agent to yield."""


class VaultLock:
    """The right to write in one folder, until it is released or the process ends."""

    @classmethod
    def acquire(cls, folder: Path, *, yields: bool = False, wait: float = WAIT) -> VaultLock:
        """Take the lock of ``folder``, which must exist.

        Args:
            folder: the vault's folder.
            yields: whether this process will make way when asked (see `asked_fd`).
            wait: seconds to wait for a holder that can be asked. One that cannot be asked is
                not waited for.

        Raises:
            VaultBusy: another process holds it, and did not let go in time.
        """
        raise NotImplementedError

    @property
    def asked_fd(self) -> int | None:
        """Readable as soon as someone asks for the vault; None when this holder does not yield.

        A background agent adds it to its event loop (``loop.add_reader``) and closes its vault
        when it becomes readable. It opens it again when it can.
        """
        raise NotImplementedError

    def release(self) -> None:
        """Let go; a second time does nothing."""
        raise NotImplementedError
