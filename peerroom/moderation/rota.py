"""Who is here, what happened since one was last here, and when it is time for a break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation.case_words import standing, title
from peerroom.moderation.cases import Case
from peerroom.moderation.state import State

SHIFT: Final = "shift"
"""Book: since when somebody is here, by user id."""
LEFT: Final = "digest"
"""Book: when somebody was last here, by user id."""
FORGOTTEN: Final = timedelta(hours=12)
"""After this long a shift is over, whether or not it was said."""
HEAVY: Final = 3
"""Heavy cases in a row after which a break is suggested."""
ROW: Final = timedelta(hours=12)
"""Cases further apart than this are not in a row."""
BREAK_AGAIN: Final = timedelta(hours=2)
LISTED: Final = 10
"""Open cases that a digest names."""


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to cases since a moment."""

    opened: int
    closed: int
    open_now: tuple[Case, ...]


def here(at: datetime, state: State) -> dict[str, datetime]:
    """Who is here, since when; the longest first."""
    found = {user: _moment(kept) for user, kept in state.books.get(SHIFT, {}).items()}
    there = {user: since for user, since in found.items() if since and at - since < FORGOTTEN}
    return dict(sorted(there.items(), key=lambda item: item[1]))


def last_here(user: str, state: State) -> datetime | None:
    """When somebody's last shift ended."""
    return _moment(state.books.get(LEFT, {}).get(user))


def begin(user: str, at: datetime) -> act.Action:
    """Here from now on."""
    return act.Remember(SHIFT, user, at.isoformat())


def end(user: str, at: datetime) -> list[act.Action]:
    """Gone from now on; what happens next stands in the digest."""
    return [act.Remember(SHIFT, user), act.Remember(LEFT, user, at.isoformat())]


def over(at: datetime, state: State) -> list[act.Action]:
    """Shifts whose end nobody said."""
    gone: list[act.Action] = []
    for user, kept in state.books.get(SHIFT, {}).items():
        since = _moment(kept)
        if since is None or at - since >= FORGOTTEN:
            gone += end(user, at)
    return gone


def since(moment: datetime, state: State) -> Since:
    """What happened to cases since ``moment``."""
    milliseconds = moment.timestamp() * 1000
    cases = state.cases.values()
    return Since(
        opened=sum(case.opened_at >= milliseconds for case in cases),
        closed=sum(case.state == "closed" and case.touched_at >= milliseconds for case in cases),
        open_now=in_turn(case for case in cases if case.state != "closed"),
    )


def in_turn(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Urgent cases first, then the oldest."""
    return tuple(sorted(cases, key=lambda case: (not case.urgent, case.opened_at, case.number)))


def digest(user: str, at: datetime, state: State) -> str:
    """What a moderator reads who comes back: "Since your last shift: 4 cases, 1 open."."""
    left = last_here(user, state)
    happened = since(left or at - timedelta(days=1), state)
    cases = ngettext("{n} case", "{n} cases", happened.opened).format(n=happened.opened)
    if left is None:
        said = _("In the last day: {cases}, {open} open now.")
    else:
        said = _("Since your last shift: {cases}, {open} open now.")
    lines = [said.format(cases=cases, open=len(happened.open_now))]
    lines += [
        f"• {title(case)} · {standing(case, state.people)}" for case in happened.open_now[:LISTED]
    ]
    if happened.opened and not happened.open_now:
        lines.append(_("All of them are looked after. Thank you all."))
    return "\n".join(lines)


def is_heavy(case: Case) -> bool:
    """Whether a case stays with whoever handled it."""
    return case.urgent or case.reason == "risk"


def needs_break(user: str, at: datetime, cases: Iterable[Case]) -> bool:
    """Whether the last cases that somebody closed were heavy ones, one after another."""
    begin = (at - ROW).timestamp() * 1000
    mine = [case for case in cases if case.closed_by == user and case.touched_at >= begin]
    mine.sort(key=lambda case: case.touched_at)
    return len(mine) >= HEAVY and all(map(is_heavy, mine[-HEAVY:]))


def break_words(name: str) -> str:
    """The suggestion. Nobody has to take it."""
    said = _(
        "{name}, these were {n} hard cases in a row. A break is part of the work: step outside, "
        "drink something, talk with another moderator. The others can look after the next one."
    )
    return said.format(name=name, n=HEAVY)


def _moment(kept: object) -> datetime | None:
    """A kept time, if it is one."""
    try:
        moment = datetime.fromisoformat(kept) if isinstance(kept, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
