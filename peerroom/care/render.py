"""The panic screen as plain lines, for the shell, pipes, screen readers and the linear mode."""

from __future__ import annotations

from peerroom.care.helplines import PanicScreen


def lines(screen: PanicScreen, *, width: int = 80, more: bool = False) -> list[str]:
    """The screen in lines of at most ``width`` cells; ``more`` adds the second page.

    No colour and no control characters; the emergency numbers come first and are repeated last.
    """
    raise NotImplementedError


def big_digits(number: str) -> list[str]:
    """``number`` in digits three rows high, for reading while one dials."""
    raise NotImplementedError
