"""How wide text is on a terminal, and where it breaks; a cell is one column.

Widths and graphemes are wcwidth's. Text of the plain repertoire is measured without loading it
(15 ms, which the panic screen does not have) and several times faster.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from peerroom.text.repertoire import NARROW, WIDE

_PLAIN: Final = re.compile(f"[{NARROW}{WIDE}]*")
_HALF_WIDTH: Final = re.compile("[\uff61-\uff9d]")

# Kinsoku shori, the core of JIS X 4051: what may not begin a line, and what may not end one.
_NOT_FIRST: Final = frozenset(
    "、。，．・：；？！?!,.:;)]}）］｝」』】〉》〕〙〛”’…‥ー～〜々ゝゞヽヾ%％℃"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ｡､｣"
)
_NOT_LAST: Final = frozenset("([{（［｛「『【〈《〔〘〚“‘｢")


def cell_width(text: str) -> int:
    """Cells that ``text`` (one line, already cleaned) takes."""
    if text.isascii():
        return len(text)
    if _PLAIN.fullmatch(text):
        # Of the repertoire all is wide from U+3000 on, but for half-width katakana. Compiling WIDE
        # itself would take 2.5 ms, an eighth of what the panic screen has until it can be read.
        return len(text) + sum(map("\u2fff".__lt__, text)) - len(_HALF_WIDTH.findall(text))
    from wcwidth import width

    return width(text, control_codes="ignore")


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells; at least one line, possibly empty.

    Lines break at newlines, at spaces (which vanish there), and beside wide characters as Japanese
    does: no closing bracket or full stop begins a line, no opening bracket ends one. A word longer
    than a line is cut, a grapheme never is unless it alone is wider. ``width`` below 2 counts as 2.
    """
    width = max(width, 2)
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) * 2 <= width or cell_width(line) <= width:
            lines.append(line)
        else:
            lines.extend(_wrapped(line, width))
    return lines


def truncate(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` cells, ending in "…" where something was cut off."""
    if len(text) * 2 <= cells or cell_width(text) <= cells:
        return text
    if cells < 1:
        return ""
    units = _graphemes(text)
    return "".join(units[: _fitting(units, 0, cells - 1)]) + "…"


@lru_cache(maxsize=4096)
def _unit_width(unit: str) -> int:
    """Cells of a grapheme; one that has none by itself may take one behind another."""
    return cell_width(unit) or 1


def _graphemes(line: str) -> list[str]:
    """What a line can be broken into."""
    if _PLAIN.fullmatch(line):
        return list(line)
    from wcwidth import iter_graphemes

    units: list[str] = []
    for unit in iter_graphemes(line):
        if units and not cell_width(unit):  # Myanmar tone marks: graphemes of their own to UAX #29
            units[-1] += unit
        else:
            units.append(unit)
    return units


def _fitting(units: list[str], start: int, room: int) -> int:
    """The end of the longest run of ``units`` from ``start`` that takes at most ``room`` cells."""
    for index in range(start, len(units)):
        room -= _unit_width(units[index])
        if room < 0:
            return index
    return len(units)


def _wrapped(line: str, width: int) -> list[str]:
    units = _graphemes(line)
    if any(_unit_width(unit) > width for unit in units):
        units = list(line)
    lines: list[str] = []
    start = 0
    while (end := _fitting(units, start, width)) < len(units):
        end = _break(units, start, end)
        lines.append("".join(units[start:end]).rstrip(" "))
        while end < len(units) and units[end] == " ":
            end += 1
        start = end
    if start < len(units):
        lines.append("".join(units[start:]))
    return lines


def _break(units: list[str], start: int, end: int) -> int:
    """The last place after ``start`` and up to ``end`` where a line may break, else ``end``."""
    if units[end] == " ":
        return end
    first = start
    while first < end and units[first] == " ":
        first += 1
    for index in range(end, first, -1):
        before, after = units[index - 1], units[index]
        if before == " ":
            return index
        beside_wide = _unit_width(before) == 2 or _unit_width(after) == 2
        if beside_wide and before not in _NOT_LAST and after not in _NOT_FIRST:
            return index
    return end
