"""Explaining much at once: of the first message that is held or removed its author hears at once,
of those after it together, a little later. No message goes without a word, and nobody who wrote
many is told as often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from peerroom.moderation import actions as act
from peerroom.moderation import templates
from peerroom.moderation.explaining import MOST, explain
from peerroom.moderation.state import State

BOOK: Final = "untold"
AGAIN: Final = timedelta(minutes=2)
"""How long after one explanation the next one to the same person, for the same reason, comes."""
KEPT: Final = 4 * MOST
"""Messages that wait to be explained to one person: who sends more than this has been told why."""


class _Waits(msgspec.Struct, frozen=True):
    user: str
    what: str
    reason: str
    deed: int
    events: tuple[str, ...]


def key(user: str, what: str, reason: str) -> str:
    """Of the moment before which the same is not explained again."""
    return f"told {what} {reason} {user}"


def wait(
    user: str, what: str, reason: str, deed: int, events: Sequence[str], state: State
) -> act.Action:
    """Keep for later what somebody is to be told of ``events``."""
    there = _read(state.books.get(BOOK, {}).get(key(user, what, reason)))
    before = () if there is None else there.events
    waits = _Waits(user, what, reason, deed, (*before, *events)[:KEPT])
    return act.Remember(BOOK, key(user, what, reason), msgspec.to_builtins(waits))


def over(at: datetime, state: State) -> list[act.Action]:
    """Explain what has waited long enough."""
    return [
        action
        for name, kept in state.books.get(BOOK, {}).items()
        if state.moments.get(name, at) <= at
        for action in _told(name, _read(kept), at, state)
    ]


def _told(name: str, waits: _Waits | None, at: datetime, state: State) -> Iterator[act.Action]:
    events = () if waits is None else tuple(one for one in waits.events if _is_open(one, state))
    if waits is None or not events or _is_gone(waits.user, state):
        yield act.Remember(BOOK, name)
        return
    now, rest = events[:MOST], events[MOST:]
    kept = msgspec.to_builtins(msgspec.structs.replace(waits, events=rest)) if rest else None
    yield act.Remember(BOOK, name, kept)
    yield act.NoteMoment(name, at + AGAIN)
    text = templates.why(waits.reason, state)
    yield explain(waits.user, waits.deed, waits.what, waits.reason, text=text, event_ids=now)


def _is_open(event: str, state: State) -> bool:
    """Not so what a moderator has decided on meanwhile: that was told then."""
    kept = state.evidence.get(event)
    case = None if kept is None or kept.case is None else state.cases.get(kept.case)
    return case is None or case.state != "closed"


def _is_gone(user: str, state: State) -> bool:
    retired = {} if state.rotation is None else state.rotation.retired
    return user in state.banned or user in retired


def _read(kept: object) -> _Waits | None:
    try:
        return None if kept is None else msgspec.convert(kept, _Waits)
    except msgspec.ValidationError:
        return None  # of another version
