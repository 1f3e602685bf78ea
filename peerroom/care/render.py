"""The panic screen as plain lines, for the shell, pipes, screen readers and the linear mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from peerroom.care import wording
from peerroom.care.helplines import PanicScreen, Place, Row, Section
from peerroom.text.cells import cell_width, wrap

Role = Literal["title", "number", "text", "closed"]

_MAX_NUMBER: Final = 16
"""Cells of the column of numbers; a longer one pushes its name to the right."""

_INDENT: Final = 2


class Line(NamedTuple):
    """One line of plain text and what it is, for faces that can embolden or grey it."""

    text: str
    role: Role = "text"


def lines(
    screen: PanicScreen,
    *,
    width: int = 80,
    more: bool = False,
    notices: Sequence[str] = (),
    hint: str = "",
) -> list[Line]:
    """The screen in lines of at most ``width`` cells; ``more`` adds the second page.

    ``notices`` are sentences of the face's own (why this country), ``hint`` says how it shows more.
    No colour and no control characters; the emergency numbers come first and are repeated last,
    because the end of the output is what a small terminal shows.
    """
    danger = [section for section in screen.sections if section.kind == "danger"]
    parts: list[Iterable[Line]] = [_section(section, screen, width) for section in danger]
    parts.append(_paragraphs((*notices, *wording.gaps(screen)), width))
    if more or "country_unknown" in screen.gaps:
        parts.append(_places(screen.elsewhere, width, more))
    parts += [_section(s, screen, width) for s in screen.sections if s.kind != "danger"]
    if more:
        parts += [_section(section, screen, width) for section in screen.more]
        if not screen.elsewhere:
            parts.append(_barriers(screen, width))
    parts.append(_footer(screen, hint, width))
    return list(_joined(parts))


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
    yield from (Line(text, "title") for text in wrap(wording.title(section, screen), width))
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


def _places(places: Sequence[Place], width: int, everything: bool) -> Iterator[Line]:
    if places:
        yield Line(wording.danger_elsewhere(), "title")
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
    from peerroom.care.barriers import barriers, question  # only the second page answers doubts

    yield Line(question(), "title")
    for barrier in barriers(screen):
        yield from _indented(barrier.question, _INDENT, width)
        yield from _indented(barrier.answer, 2 * _INDENT, width)


def _footer(screen: PanicScreen, hint: str, width: int) -> Iterator[Line]:
    again = "" if screen.elsewhere else wording.try_again()
    yield from _paragraphs(filter(None, (again, wording.provenance(screen), hint)), width)
    for told in wording.last_lines(screen):
        yield from (Line(text, "title") for text in wrap(told, width))


def _paragraphs(texts: Iterable[str], width: int) -> Iterator[Line]:
    for text in texts:
        yield from _indented(text, 0, width)


def _indented(text: str, indent: int, width: int, role: Role = "text") -> Iterator[Line]:
    for line in wrap(text, max(width - indent, 10)):
        yield Line(" " * indent + line, role)
