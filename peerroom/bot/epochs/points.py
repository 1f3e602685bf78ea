"""Named moments of an errand between which a crash must lose and double nothing.

Nothing happens here by itself: a test watches them from inside the bot's process, to end it at each
in turn (compare `peerroom.matrix.commit_points`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, get_args

Moment = Literal[
    "told",  # the registrar has decided on a fact, nothing of it is committed
    "begun",  # decided and queued, nothing is done
    "done",  # the server or the signer has done it, we have not kept that
    "kept",  # the answer was told and the row is marked
    "shown",  # a redemption was read and is still among those that wait
    "seated",  # it was told and taken from them
]
MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)

_watcher: Callable[[Moment, str], None] | None = None


def reach(moment: Moment, key: str) -> None:
    """Say that ``moment`` of the fact, effect or redemption called ``key`` is reached."""
    if _watcher is not None:
        _watcher(moment, key)


@contextmanager
def watched(watcher: Callable[[Moment, str], None]) -> Iterator[None]:
    """Within the block, call ``watcher`` at every such moment of this process."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before
