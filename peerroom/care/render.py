"""The panic screen as plain lines, for the shell, pipes, screen readers and the linear mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from peerroom.care import wording
from peerroom.care.barriers import barriers, question
from peerroom.care.helplines import PanicScreen, Place, Row, Section
from peerroom.text.cells import cell_width, wrap

Role = Literal["title", "number", "text", "closed"]

_MAX_NUMBER: Final = 16
"""Cells of the column of numbers; a longer one pushes its name to the right."""

_INDENT: Final = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line of plain text and what it is, for faces that can embolden or grey it."""

    text: str
    role: Role = "text"


def lines(screen: PanicScreen, *, width: int = 80, more: bool = False) -> list[Line]:
    """The screen in lines of at most ``width`` cells; ``more`` adds the second page.

    No colour and no control characters; the emergency numbers come first and are repeated last,
    because the end of the output is what a small terminal shows.
    """
    parts: list[Iterable[Line]] = []
    notices = wording.gaps(screen)
    danger = [section for section in screen.sections if section.kind == "danger"]
    parts += [_section(section, screen, width) for section in danger]
    if notices:
        parts.append(_paragraphs(notices, width))
    if screen.elsewhere:
        parts.append(_places(screen.elsewhere, width, more))
    parts += [_section(s, screen, width) for s in screen.sections if s.kind != "danger"]
    if more:
        parts += [_section(section, screen, width) for section in screen.more]
        if not screen.elsewhere:
            parts.append(_barriers(screen, width))
    parts.append(_footer(screen, width))
    return list(_joined(parts))


def big_digits(number: str) -> list[str]:
    """``number`` in digits three rows high, for reading while one dials."""
    return ["  ".join(_BIG[char][row] for char in number if char in _BIG) for row in range(3)]


def _joined(parts: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """All parts with an empty line between them."""
    first = True
    for part in parts:
        for index, line in enumerate(part):
            if index == 0 and not first:
                yield Line("")
            first = False
            yield line


def _section(section: Section, screen: PanicScreen, width: int) -> Iterator[Line]:
    yield from (Line(text, "title") for text in wrap(wording.title(section), width))
    remark = wording.remark(section)
    if remark:
        yield from _indented(remark, _INDENT, width)
    for row in section.rows:
        yield from _row(row, screen, width)


def _row(row: Row, screen: PanicScreen, width: int) -> Iterator[Line]:
    """Number and name, then what is known, under the name."""
    column = _INDENT + _MAX_NUMBER
    head = f"{' ' * _INDENT}{wording.number(row)}"
    head += " " * max(2, column - cell_width(head))
    room = max(width - cell_width(head), 10)
    both = f"{row.name} ({row.local_name})" if row.local_name else row.name
    fits = cell_width(both) <= room
    first, *rest = wrap(both if fits else row.name, room)
    yield Line(head + first, "closed" if row.dimmed else "number")
    if row.local_name and not fits:
        rest.append(row.local_name)
    role: Role = "closed" if row.dimmed else "text"
    details = [" · ".join(wording.facts(row, screen)), row.note or "", *_contacts(row)]
    for text in (*rest, *filter(None, details)):
        yield from _indented(text, column, width, role)


def _contacts(row: Row) -> Iterator[str]:
    """Addresses, on the second page and for services that have no number."""
    if row.tier == "directory" or not row.number:
        yield wording.web(row) or ""
        yield " · ".join(row.other)


def _places(places: Iterable[Place], width: int, everything: bool) -> Iterator[Line]:
    for place in places:
        if everything or place.likely:
            numbers = " · ".join(f"{row.number} {row.name}" for row in place.emergency)
            yield from _hanging(f"{place.code}  {place.name}", numbers, width)


def _hanging(head: str, text: str, width: int) -> Iterator[Line]:
    column = 26
    head = f"{' ' * _INDENT}{head}"
    head += " " * max(2, column - cell_width(head))
    first, *rest = wrap(text, max(width - cell_width(head), 10))
    yield Line(head + first, "number")
    for line in rest:
        yield Line(" " * column + line, "number")


def _barriers(screen: PanicScreen, width: int) -> Iterator[Line]:
    yield Line(question(), "title")
    for barrier in barriers(screen):
        yield from _indented(barrier.question, _INDENT, width)
        yield from _indented(barrier.answer, 2 * _INDENT, width)


def _footer(screen: PanicScreen, width: int) -> Iterator[Line]:
    if not screen.elsewhere:
        yield from _paragraphs((wording.try_again(),), width)
    yield from _paragraphs((wording.provenance(screen),), width)
    for told in wording.last_lines(screen):
        yield from (Line(text, "title") for text in wrap(told, width))


def _paragraphs(texts: Iterable[str], width: int) -> Iterator[Line]:
    for text in texts:
        yield from _indented(text, 0, width)


def _indented(text: str, indent: int, width: int, role: Role = "text") -> Iterator[Line]:
    for line in wrap(text, max(width - indent, 10)):
        yield Line(" " * indent + line, role)


_BIG: Final = {
    char: (top, middle, bottom)
    for char, top, middle, bottom in (
        ("0", " _ ", "| |", "|_|"),
        ("1", "   ", "  |", "  |"),
        ("2", " _ ", " _|", "|_ "),
        ("3", " _ ", " _|", " _|"),
        ("4", "   ", "|_|", "  |"),
        ("5", " _ ", "|_ ", " _|"),
        ("6", " _ ", "|_ ", "|_|"),
        ("7", " _ ", "  |", "  |"),
        ("8", " _ ", "|_|", "|_|"),
        ("9", " _ ", "|_|", " _|"),
        ("-", "   ", " _ ", "   "),
        (" ", " ", " ", " "),
        ("#", "   ", "_|_|_", "_|_|_"),
        ("*", "   ", "\\|/", "/|\\"),
    )
}
