"""What members bring to the moderators in private: reports, questions, appeals.

Each leads to a case, or to more in one that is open, and always to the answer that it has arrived.
Who reported stands in no case and is told to nobody.
"""

from __future__ import annotations

from typing import Final

from peerroom.i18n import _
from peerroom.moderation import actions as act
from peerroom.moderation.docket import Docket
from peerroom.moderation.explaining import received
from peerroom.moderation.facts import Asked
from peerroom.moderation.state import State
from peerroom.text.foreign import ForeignText
from peerroom.wire.cases import Line, Noted, Shown
from peerroom.wire.member import Appeal, AskModerator, Report

_LONG: Final = 4_000


def decide_asked(asked: Asked, state: State) -> list[act.Action]:
    """Nothing comes of what an unsigned device says, or a stranger."""
    if not asked.signed:
        return [act.Count("ask from an unsigned device")]
    if not _belongs(asked.sender, state):
        return [act.Count("ask from a stranger")]
    docket = Docket(state.cases, state.next_case, asked.at)
    match asked.ask:
        case Report():
            case = _report(asked, asked.ask, state, docket)
        case AskModerator():
            case = _question(asked, asked.ask, state, docket)
        case Appeal():
            case = _appeal(asked, asked.ask, state, docket)
    if case is None:
        return [act.Count("ask about nothing"), _answer(asked)]
    return [
        *map(act.TakeStep, docket.steps),
        act.NoteAsker(case, asked.sender, asked.room_id),
        _answer(asked),
    ]


def _answer(asked: Asked) -> act.TellMember:
    return received(asked.sender, asked.event_id, asked.room_id)


def _belongs(user: str, state: State) -> bool:
    """Who is in a room here, or was and is put out of it now: they may appeal."""
    inside = any(user in people for people in state.inside.values())
    return inside or user in state.members or user in state.known or user in state.banned


def _report(asked: Asked, report: Report, state: State, docket: Docket) -> int | None:
    """None for messages of a room that the bot does not look after."""
    if report.room_id not in (state.protected or (state.circle,)):
        return None
    found = asked.found
    about = None if found is None else found.about
    case = docket.open(
        "report",
        "report",
        about=about,
        name="" if about is None else state.people.get(about, about),
        room_id=report.room_id,
        event_ids=report.event_ids if found is None else found.event_ids,
    )
    # The bot's own copy counts; without one the reporter's is shown as what it is.
    lines = report.lines if found is None else found.lines
    if lines:
        docket.add(case, Shown, lines=lines, unverified=found is None)
    if report.why:
        why = _("Who reported it says: {text}").format(text=_clean(report.why))
        docket.add(case, Noted, by=state.bot, text=why[:_LONG])
    return case


def _question(asked: Asked, ask: AskModerator, state: State, docket: Docket) -> int:
    name = state.people.get(asked.sender, asked.sender)
    case = docket.open("request", "request", about=asked.sender, name=name, urgent=ask.help)
    if ask.text:
        docket.add(case, Shown, lines=(_own(asked, name, ask.text),))
    return case


def _appeal(asked: Asked, appeal: Appeal, state: State, docket: Docket) -> int | None:
    """None for a deed that there is not, or that is about somebody else."""
    deed = state.deeds.get(appeal.deed)
    if deed is None or deed.about != asked.sender:
        return None
    name = state.people.get(asked.sender, asked.sender)
    case = next(
        (
            one.number
            for one in docket.cases.values()
            if one.appealed == appeal.deed and one.state != "closed"
        ),
        None,
    )
    if case is None:
        case = docket.open(
            "appeal",
            "appeal",
            about=asked.sender,
            name=name,
            room_id=deed.rooms[0] if deed.rooms else None,
            event_ids=deed.event_ids,
            deed=appeal.deed,
        )
    kept = [state.evidence[event] for event in deed.event_ids[:20] if event in state.evidence]
    lines = [
        Line(
            name=name[:200],
            text=_clean(one.text),
            at=int(one.at.timestamp() * 1000),
            about=True,
        )
        for one in sorted(kept, key=lambda one: one.at)
    ]
    if appeal.text:
        lines.append(_own(asked, name, appeal.text))
    if lines:
        docket.add(case, Shown, lines=tuple(lines))
    return case


def _own(asked: Asked, name: str, text: str) -> Line:
    at = int(asked.at.timestamp() * 1000)
    return Line(name=name[:200], text=_clean(text), at=at, about=True)


def _clean(text: str) -> str:
    return ForeignText(text).block(_LONG - 1)
