"""When somebody who looks at hard things should look at something else for a while."""

from __future__ import annotations

from typing import Final

HOUR: Final = 3600.0
HARD: Final = 3
"""Cases about people who may not be well, opened within an hour."""
MANY: Final = 8
"""Cases of any kind, opened within an hour."""
QUIET: Final = 1200.0
"""Seconds without a word about it, once it was put away."""


class Breather:
    """Counts what was opened, on this screen and this time; nobody else learns of it. Times are
    monotonic seconds."""

    def __init__(self) -> None:
        self._opened: dict[int, tuple[float, bool]] = {}
        self._quiet_until = 0.0

    def opened(self, case: int, now: float, *, hard: bool) -> None:
        """The messages of a case were uncovered; the same case again is no other."""
        self._opened.setdefault(case, (now, hard))

    def due(self, now: float) -> bool:
        """Whether a break would do good now."""
        if now < self._quiet_until:
            return False
        self._opened = {case: seen for case, seen in self._opened.items() if now - seen[0] <= HOUR}
        hard = sum(hard for _when, hard in self._opened.values())
        return hard >= HARD or len(self._opened) >= MANY

    def put_away(self, now: float) -> None:
        """Heard; what was opened until now counts no more."""
        self._quiet_until = now + QUIET
        self._opened.clear()
