"""Waiting for what another process writes into a folder, told by the kernel (inotify, Linux)."""

from __future__ import annotations

import ctypes
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_WRITTEN = 0x2 | 0x40 | 0x80 | 0x100 | 0x200  # modified, moved from, moved to, created, deleted

Soon = Callable[[Callable[[], bool], float], bool]
"""Whether something becomes true within so many seconds, looked at whenever the folder changes."""


@contextmanager
def watching(folder: Path) -> Iterator[Soon]:
    """Watch the files of ``folder`` (not of those in it)."""
    watch = _checked(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    try:
        _checked(_libc.inotify_add_watch(watch, os.fsencode(folder), _WRITTEN))
        poll = select.poll()
        poll.register(watch, select.POLLIN)

        def soon(true: Callable[[], bool], within: float) -> bool:
            until = time.monotonic() + within
            while not (now := true()) and (left := until - time.monotonic()) > 0:
                if poll.poll(left * 1000):
                    os.read(watch, 1 << 16)
            return now

        yield soon
    finally:
        os.close(watch)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
