"""What every duty has in hand: who ordered it, when, and what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from peerroom.i18n import N_, _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation.docket import Docket
from peerroom.moderation.measures import Cause
from peerroom.moderation.people import Unclear, everyone, find, halves
from peerroom.moderation.state import State
from peerroom.text.foreign import ForeignText

Done = list[act.Action]
LONGEST: Final = 24_000
"""Bytes of an answer: an encrypted event has at most 65,536, a third of them for its encoding."""

STAYS_OUT: Final = N_(
    "Names have changed since, so I do not put it back: whoever wrote it may have said it again"
    " under the new name, and the same words twice would show who that is. They"
    " are free to say it again."
)
"""Why nothing of somebody who has another name now is posted."""


@dataclass(frozen=True, slots=True)
class Broad:
    """Something broad that is shown first, and done when it is confirmed. ``covers`` names all
    that it would reach: should that have grown meanwhile, it is shown again."""

    words: str
    covers: frozenset[str]
    actions: Done


@dataclass(frozen=True, slots=True)
class Order:
    """A command was given by ``by``, one of the moderators, at ``at`` by our clock."""

    by: str
    at: datetime
    state: State

    def say(self, text: str) -> Done:
        """An answer, cut to what one event can hold."""
        if len(text.encode()) > LONGEST:
            text = text.encode()[:LONGEST].decode(errors="ignore").rstrip() + "…"
        return [act.Say(self.state.management, text)]

    def docket(self) -> Docket:
        """The cases, to go on with."""
        return Docket(self.state.cases, self.state.next_case, self.at)

    def cause(
        self, *, reason: str | None = None, code: str | None = None, case: int | None = None
    ) -> Cause:
        """Of the first deed of this order."""
        return Cause(self.by, self.at, self.state.next_deed, reason, code, case)

    def name(self, user: str) -> str:
        """What somebody is called."""
        return everyone(self.state).get(user, user)

    def typed(self, user: str) -> str:
        """What to type for somebody: half a bilingual name where that means nobody else, or their
        address where even the whole one does."""
        people = everyone(self.state)
        ways = (*halves(people.get(user, user))[1:], people.get(user, user))
        return next((one for one in ways if find(one, people) == user), user)

    def target(self, name: str, *, anyone: bool = False) -> str | Done:
        """The user id that ``name`` means, or the answer that says why it means none. ``anyone``:
        also of those who are not in the room."""
        found = find(name, everyone(self.state) if anyone else self.state.members)
        if isinstance(found, Unclear):
            return self.say(unclear(found))
        if found in self.state.exempt:
            return self.say(_("Moderators and I are left alone. Nothing was done."))
        return found

    def day_behind(self, words: str) -> str:
        """What a look at the last day found; where names change, with what it cannot have seen."""
        if self.state.rotation is None:
            return words
        left_out = _("What was said before names last changed is not among it.")
        return f"{words} {left_out}"

    def undo_hint(self) -> str:
        """How the first deed of this order is taken back."""
        return _("`!undo {n}` takes it back.").format(n=self.state.next_deed)


def steps(docket: Docket) -> Done:
    """The actions that keep and say what came of the cases."""
    return [act.TakeStep(step) for step in docket.steps]


def together(parts: Iterable[Done]) -> Done:
    """All of them, one after another."""
    return [action for part in parts for action in part]


def unclear(problem: Unclear) -> str:
    """Ask again, with names to choose from."""
    name = ForeignText(problem.name).line(80)
    if problem.several:
        choices = "\n".join(f"• {name}" for name in problem.candidates)
        return _(
            "More than one person is called “{name}”. Use the address in brackets:\n{choices}"
        ).format(name=name, choices=choices)
    if problem.candidates:
        return _("I know no one called “{name}”. Did you mean {choices}?").format(
            name=name, choices=" · ".join(problem.candidates)
        )
    return _("I know no one called “{name}”.").format(name=name)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in words."""
    minutes = max(0, round((now - moment) / timedelta(minutes=1)))
    if minutes < 1:
        return _("just now")
    if minutes < 120:
        return ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("{n} hour ago", "{n} hours ago", hours).format(n=hours)
    return ngettext("{n} day ago", "{n} days ago", round(hours / 24)).format(n=round(hours / 24))
