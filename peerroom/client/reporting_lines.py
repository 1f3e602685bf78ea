"""What goes with a report: the messages, and what stood before and after, as this screen has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from peerroom.client.reporting_views import NothingToReport, TooMuchToReport
from peerroom.client.timeline import OUTBOX, Timeline
from peerroom.wire.cases import Line

if TYPE_CHECKING:
    from peerroom.client.views import MessageView

MOST_REPORTED: Final = 20
AROUND: Final = 10
"""Messages before each reported one, and after it, as far as there is room for them."""
MOST_LINES: Final = 41
_NAME: Final = 60
_LONGEST: Final = 4_000
_LEAST: Final = 60
_BYTES: Final = 26_000
"""Of all lines together. An event holds 46,080 (`peerroom.matrix.padding`), of which one's own
words may take 16,000."""


def chosen(timeline: Timeline, keys: Sequence[str]) -> list[MessageView]:
    """The messages of others among ``keys``, in their order in the room, each once.

    Raises `NothingToReport`, `TooMuchToReport`.
    """
    found = {}
    for key in keys:
        view = timeline.find(key)
        if view is not None and _is_said(view) and not view.own and view.event_id is not None:
            found[view.event_id] = view
    if not found:
        raise NothingToReport
    if len(found) > MOST_REPORTED:
        raise TooMuchToReport
    return sorted(found.values(), key=lambda view: view.position)


def lines_of(timeline: Timeline, reported: Sequence[MessageView]) -> tuple[Line, ...]:
    """The reported messages and the nearest ones around them, at most `MOST_LINES`, in order.

    They fit into one event: where they would not, texts are cut, those around before those that
    are reported.
    """
    distance: dict[int, int] = {}
    views: dict[int, MessageView] = {}
    for view in reported:
        before = timeline.page(before=view.position, limit=AROUND)[::-1]
        after = timeline.page(after=view.position, limit=AROUND)
        for side in (before, after):
            for steps, near in enumerate(filter(_is_said, side), 1):
                views.setdefault(near.position, near)
                distance[near.position] = min(steps, distance.get(near.position, steps))
    for view in reported:
        views[view.position], distance[view.position] = view, 0
    nearest = sorted(views, key=lambda position: (distance[position], position))[:MOST_LINES]
    about = {view.position for view in reported}
    return _fitted([(views[position], position in about) for position in sorted(nearest)])


def _is_said(view: MessageView) -> bool:
    return view.kind not in ("membership", "gap") and view.position < OUTBOX


def _fitted(views: Sequence[tuple[MessageView, bool]]) -> tuple[Line, ...]:
    longest = _LONGEST
    while True:
        lines = tuple(
            Line(
                name=_cut(view.sender_name, _NAME),
                text=_cut(view.body, longest if about else max(_LEAST, longest // 8)),
                at=max(0, round(view.when.timestamp() * 1000)),
                about=about,
                unsigned=view.trust is not None,
            )
            for view, about in views
        )
        if longest <= _LEAST or _size(lines) <= _BYTES:
            return lines
        longest //= 2


def _size(lines: Iterable[Line]) -> int:
    return len(msgspec.json.encode(list(lines)))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
