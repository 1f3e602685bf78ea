"""A child process that ends with its owner, however the owner ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from peerroom.host import supervise

STOP_LIMIT = 2 * supervise.GRACE + 2.0
"""Seconds after which `Child.stop` stops being polite to the supervisor too."""


class Child:
    """A command under `peerroom.host.supervise`.

    Its standard input is empty, what it writes goes to the file ``output`` (its standard output
    to the descriptor ``report`` if given). It has a session of its own, so that Ctrl-C in the
    terminal reaches only the owner. With ``remove`` that folder is deleted after the command has
    ended, even if the owner is long dead.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        output: Path,
        report: int | None = None,
        env: Mapping[str, str] | None = None,
        remove: Path | None = None,
    ) -> None:
        options = ["--remove", str(remove)] if remove is not None else []
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own supervisor
                [sys.executable, "-I", "-m", supervise.__name__, *options, "--", *command],
                stdin=subprocess.PIPE,
                stdout=descriptor if report is None else report,
                stderr=descriptor,
                cwd=cwd,
                env=None if env is None else dict(env),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        """The process id of the supervisor, which is also the group's id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while the command runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End the command and wait until it has ended; at most `STOP_LIMIT` seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()  # on Linux the command dies with it
            self._process.wait()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
