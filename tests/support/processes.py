"""Watching processes that are not our children."""

from __future__ import annotations

import os
import select
from pathlib import Path


def gone(pid: int, within: float = 15.0) -> bool:
    """Whether ``pid`` ends within that many seconds; returns as soon as it has. Linux only."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within)[0])
    finally:
        os.close(descriptor)


def descendants(pid: int) -> list[int]:
    """The process ids below ``pid``, nearest first."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for thread in threads for child in thread.read_text().split()]
    return found + [below for child in found for below in descendants(child)]


def is_signer(pid: int) -> bool:
    """Whether ``pid`` is the process in which a bot's round keys are."""
    return b"peerroom.bot.signer.process" in Path(f"/proc/{pid}/cmdline").read_bytes()
