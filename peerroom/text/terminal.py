"""The last wall before the terminal, for whatever came past the first."""

from __future__ import annotations


def scrub(text: str) -> str:
    """``text`` with every control but newline, and every bidi control, replaced by "�"."""
    raise NotImplementedError
