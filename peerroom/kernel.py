"""What a process of ours asks of the kernel, for itself. Standard library only."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4


def die_with(parent: int) -> None:
    """Have the kernel kill this process with ``parent`` (Linux; elsewhere nothing happens).

    The signal fires when the *thread* of the parent that started this process ends (prctl(2)).
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os.kill(os.getpid(), signal.SIGKILL)


def keep_memory_private() -> None:
    """No core dump of this process; on Linux, no other process of the same user reads its memory.

    To be called after the last ``exec``, which makes a process dumpable again (prctl(2)). Root can
    still read everything.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)
