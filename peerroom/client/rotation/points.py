"""Named moments of a change of names, between which a crash must lose and double nothing.

Nothing happens there by itself: see `peerroom.matrix.commit_points`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, get_args

Point = Literal[
    "wallet:kept",  # a wallet has been told something and is stored; nothing follows from it yet
    "step:begins",  # a step is about to be carried out
    "step:done",  # it was; the wallet does not know yet
]

POINTS: Final[tuple[Point, ...]] = get_args(Point)

_watcher: Callable[[Point, str], None] | None = None


def reach(point: Point, about: str = "") -> None:
    """Say that ``point`` is reached; ``about`` is the name of the step's class."""
    if _watcher is not None:
        _watcher(point, about)


@contextmanager
def watched(watcher: Callable[[Point, str], None]) -> Iterator[None]:
    """Within the block, call ``watcher`` at every point of this process."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before
