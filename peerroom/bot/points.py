"""Named moments between a decision and the answer to it, at each of which a crash must lose and
double nothing.

Nothing happens here by itself: a test watches them from inside the bot's process, to end it at each
in turn (compare `peerroom.matrix.commit_points` and `peerroom.bot.epochs.points`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, get_args

Moment = Literal[
    "judged",  # decided, written and queued; nothing of it is committed
    "kept",  # committed; nothing is done
    "begun",  # a row is under way; the server has not heard of it
    "answered",  # the server has done it; the outbox does not know
    "marked",  # the outbox knows
]
MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)

_watcher: Callable[[Moment, str], None] | None = None


def reach(moment: Moment, what: str) -> None:
    """Say that ``moment`` of a decision, or of a request of the type ``what``, is reached."""
    if _watcher is not None:
        _watcher(moment, what)


@contextmanager
def watched(watcher: Callable[[Moment, str], None]) -> Iterator[None]:
    """Within the block, call ``watcher`` at every such moment of this process."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before
