"""Leaving at once: one key pressed twice, or the end of the terminal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Final

PAIR_SECONDS: Final = 2.0
"""The second press must come within this time of the first."""

_SIGNALS: Final = (signal.SIGHUP, signal.SIGTERM)


class Pair:
    """Two presses of one key. One alone does nothing: on an ephemeral vault a slip would cost
    the whole identity."""

    def __init__(self) -> None:
        self._first: float | None = None

    def press(self, now: float) -> bool:
        """True when this is the second press; ``now`` is a monotonic time in seconds."""
        second = self._first is not None and now - self._first <= PAIR_SECONDS
        self._first = None if second else now
        return second

    def forget(self) -> None:
        """Too late for the second press."""
        self._first = None


def on_terminal_end(leave: Callable[[], None]) -> None:
    """Call ``leave`` when the terminal goes away or someone asks this process to end."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, leave)


def forget_terminal_end() -> None:
    """Take back `on_terminal_end`."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.remove_signal_handler(number)
