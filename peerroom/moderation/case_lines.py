"""The messages of a case, cut to what fits into one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from peerroom.moderation.state import State
from peerroom.text.foreign import ForeignText
from peerroom.wire.cases import Line

MOST: Final = 41
ROOM: Final = 9_000
"""Bytes of names and texts. They stand in an event three times (words, HTML, step), and an
encrypted one is a third longer: 65,536 bytes are the limit (client-server API, size limits)."""
SHORTEST: Final = 60
"""Characters of a message that are always kept."""


def known(event_ids: Iterable[str], state: State) -> tuple[Line, ...]:
    """What the bot itself has of these messages and what stood around them, each once, in order;
    () if it has none of them."""
    return fitted(merged(state.context.get(event, ()) for event in event_ids))


def merged(contexts: Iterable[Sequence[Line]]) -> tuple[Line, ...]:
    """The lines of all contexts, each once, in order."""
    found: dict[tuple[int, str, str], Line] = {}
    for lines in contexts:
        for line in lines:
            key = (line.at, line.name, line.text)
            if key not in found or line.about:
                found[key] = line
    return tuple(found[key] for key in sorted(found))


def fitted(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines cleaned and cut, so that they can be said: those the case is about stay longest, and
    at most `MOST`."""
    clean = [
        msgspec.structs.replace(
            line,
            name=ForeignText(line.name).line(80),
            text=ForeignText(line.text).block(4_000),
        )
        for line in _nearest(lines)
    ]
    limit = 4_000
    while limit > SHORTEST and sum(map(_size, clean)) > ROOM:
        limit //= 2
        clean = [_cut(line, limit * 2 if line.about else limit) for line in clean]
    while len(clean) > 1 and sum(map(_size, clean)) > ROOM:
        spare = [line for line in clean if not line.about] or clean
        clean.remove(spare[0])
    return tuple(clean)


def _nearest(lines: Sequence[Line]) -> Sequence[Line]:
    """Around those the case is about, if there are too many."""
    if len(lines) <= MOST:
        return lines
    about = [index for index, line in enumerate(lines) if line.about]
    middle = about[0] if about else len(lines) // 2
    start = max(0, min(middle - MOST // 2, len(lines) - MOST))
    return lines[start : start + MOST]


def _cut(line: Line, limit: int) -> Line:
    if len(line.text) <= limit:
        return line
    return msgspec.structs.replace(line, text=line.text[: limit - 1] + "…")


def _size(line: Line) -> int:
    mark = 60 if line.unsigned else 0
    return len(line.text.encode()) + len(line.name.encode()) + mark + 60
