"""How wide text is on a terminal, and where it breaks; a cell is one column."""

from __future__ import annotations


def cell_width(text: str) -> int:
    """Cells that ``text`` (one line, already cleaned) takes."""
    raise NotImplementedError


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells; at least one line, possibly empty."""
    raise NotImplementedError


def truncate(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` cells, ending in "…" where something was cut off."""
    raise NotImplementedError
