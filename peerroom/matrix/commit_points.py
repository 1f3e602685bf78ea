"""Named moments of syncing and sending between which a crash must lose and double nothing.

Nothing happens there by itself. A test watches them from inside a process of its own, to kill it
at each in turn; `POINTS` is what it goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, get_args

Point = Literal[
    "sync:answered",  # the server's answer is here, nothing of it is kept
    "sync:crypto-committed",  # its keys are on disk
    "sync:vault-written",  # its rows and the sync token are written, not committed
    "sync:committed",  # and committed; its keys are not marked as used up
    "backfill:crypto-committed",
    "backfill:committed",
    "share:crypto-committed",  # a room key is sealed and its ratchets are on disk, nothing is sent
    "share:sent",  # the server has it
    "send:encrypted",  # the message is encrypted, not sent
    "send:answered",  # the server has it; the outbox does not know yet
]

POINTS: Final[tuple[Point, ...]] = get_args(Point)

_watcher: Callable[[Point], None] | None = None


def reach(point: Point) -> None:
    """Say that ``point`` is reached."""
    if _watcher is not None:
        _watcher(point)


@contextmanager
def watched(watcher: Callable[[Point], None]) -> Iterator[None]:
    """Within the block, call ``watcher`` at every point of this process."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before
