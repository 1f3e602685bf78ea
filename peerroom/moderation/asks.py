"""What members say to the moderators in private, and the cases that come of it.

The reporter's name is in no case and in no room: the bot keeps it apart, to be able to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from peerroom.i18n import N_, _
from peerroom.moderation import actions as act
from peerroom.moderation.case_lines import fitted, known
from peerroom.moderation.docket import Docket
from peerroom.moderation.explaining import in_each, received
from peerroom.moderation.facts import Asked
from peerroom.moderation.measures import rooms_of
from peerroom.moderation.people import everyone
from peerroom.moderation.respond import QUIET
from peerroom.moderation.state import State
from peerroom.text.foreign import ForeignText
from peerroom.wire import member
from peerroom.wire.cases import Line, Noted, Shown, Source

AGAIN: Final = timedelta(minutes=5)
"""What one person reports about the same person again within this time is only received."""
APPEAL_AGAIN: Final = timedelta(days=1)
"""The same of an appeal against the same decision."""
MOST_ASKS: Final = 10
"""What one person says within `A_WHILE` that goes into cases. Beyond it moderators hear once that
there is more; somebody who is not well comes through all the same."""
A_WHILE: Final = timedelta(hours=1)


def decide_asked(asked: Asked, state: State) -> list[act.Action]:
    """What follows when a member asks for something in their encrypted direct room."""
    if not asked.signed:
        return [act.Count("asked from an unsigned device")]
    if asked.sender not in everyone(state):
        return [act.Count("asked by a stranger")]
    match asked.ask:
        case member.Report():
            return _report(asked, asked.ask, state)
        case member.AskModerator():
            return _request(asked, asked.ask, state)
        case member.Appeal():
            return _appeal(asked, asked.ask, state)


def _report(asked: Asked, ask: member.Report, state: State) -> list[act.Action]:
    if ask.room_id not in (*rooms_of(state), *former_rooms(state)):
        return [_reply(asked, N_("I do not look after that room, so I cannot pass this on."))]
    # What the bot has not read itself in that room is only somebody's word: nothing to act on.
    found = asked.found
    about = None if found is None else found.about
    event_ids = () if found is None else found.event_ids

    # Who reports their own message asks about themselves, and is not answered with the others.
    source: Source = "request" if about == asked.sender else "report"

    def opened(docket: Docket) -> int:
        before = docket.same(source, source, about)
        seen = set() if before is None else set(docket.cases[before].event_ids)
        number = docket.open(
            source,
            source,
            about=about,
            name="" if about is None else everyone(state).get(about, ""),
            room_id=ask.room_id,
            event_ids=event_ids,
        )
        fresh = before is None or not seen.issuperset(event_ids)
        if fresh and (lines := fitted(ask.lines if found is None else found.lines)):
            docket.add(number, Shown, lines=lines, unverified=found is None)
        _add_words(docket, number, _("whoever reported it"), ask.why, asked.at)
        return number

    return _kept(opened, f"report {asked.sender} {about}", AGAIN, asked, state)


def _request(asked: Asked, ask: member.AskModerator, state: State) -> list[act.Action]:
    name = ForeignText(everyone(state).get(asked.sender, "")).line(80)

    def opened(docket: Docket) -> int:
        urgent = ask.help and _calls(asked, state)
        number = docket.open("request", "request", about=asked.sender, name=name, urgent=urgent)
        _add_words(docket, number, name, ask.text, asked.at, about=True)
        return number

    # Somebody who asks may need several messages to say it.
    return _kept(opened, None, AGAIN, asked, state)


def _add_words(
    docket: Docket, number: int, name: str, text: str, at: datetime, *, about: bool = False
) -> None:
    """Add what somebody said to the moderators to a case: as a message and not as a note, so that
    it is kept no longer than other evidence."""
    if text.strip():
        line = Line(name=name, text=text, at=int(at.timestamp() * 1000), about=about)
        docket.add(number, Shown, lines=fitted([line]))


def _calls(asked: Asked, state: State) -> bool:
    """Whether moderators are to be called: once in a while for each case, or nobody would listen to
    the call any more."""
    docket = Docket(state.cases, state.next_case, asked.at)
    case = docket.same("request", "request", asked.sender) or state.next_case
    return state.moments.get(_called(case), asked.at) <= asked.at


def _called(case: int) -> str:
    return f"called to {case}"


def _appeal(asked: Asked, ask: member.Appeal, state: State) -> list[act.Action]:
    deed = state.deeds.get(ask.deed)
    if deed is None or deed.about != asked.sender:
        words = N_("I find no decision about you under that number. You can ask a moderator.")
        return [_reply(asked, words)]
    if deed.undone is not None:
        return [_reply(asked, N_("That has been taken back already."))]

    name = ForeignText(everyone(state).get(asked.sender, "")).line(80)

    def opened(docket: Docket) -> int:
        # Never the case in which it was done: who reported is answered there.
        before = docket.same("appeal", "appeal", asked.sender, ask.deed)
        number = docket.open(
            "appeal",
            "appeal",
            about=asked.sender,
            name=name,
            room_id=deed.rooms[0] if deed.rooms else None,
            event_ids=deed.event_ids,
            deed=ask.deed,
        )
        if before is None and (lines := known(deed.event_ids, state)):
            docket.add(number, Shown, lines=lines)
        if deed.case is None:
            said = _("They ask to look again at what was done under {n}.")
        else:
            said = _("They ask to look again at what was done under {n} in case {case}.")
        text = said.format(n=ask.deed, case=deed.case)
        if not ask.text.strip():
            text += " " + _("They give no reason.")
        docket.add(number, Noted, by=state.bot, text=text)
        _add_words(docket, number, name, ask.text, asked.at, about=True)
        return number

    return _kept(opened, f"appeal {ask.deed}", APPEAL_AGAIN, asked, state)


def former_rooms(state: State) -> frozenset[str]:
    """Rooms of former epochs, in which messages can still be removed."""
    retired = {} if state.rotation is None else state.rotation.retired
    return frozenset(gone.room_id for gone in retired.values())


def _kept(
    opened: Callable[[Docket], int],
    key: str | None,
    pause: timedelta,
    asked: Asked,
    state: State,
) -> list[act.Action]:
    """The case that ``opened`` makes, who asked, and the word that it was received. Asked again
    under the same ``key`` within ``pause`` it is only received."""
    told = received(asked.sender, asked.event_id, asked.room_id)
    if key is not None and state.moments.get(key, asked.at) > asked.at:
        return [told]
    urgent = isinstance(asked.ask, member.AskModerator) and asked.ask.help
    call = urgent and _calls(asked, state)
    place = _place(asked, state)
    if place is None and not call:
        return _too_many(asked, state, told)
    docket = Docket(state.cases, state.next_case, asked.at)
    number = opened(docket)
    kept: list[act.Action] = [act.TakeStep(step) for step in docket.steps]
    if all(asker.user_id != asked.sender for asker in state.askers.get(number, ())):
        kept.append(act.NoteAsker(number, asked.sender, asked.room_id))
    if key is not None:
        kept.append(act.NoteMoment(key, asked.at + pause))
    if place is not None:
        kept.append(act.NoteMoment(place, asked.at + A_WHILE))
    if call:
        kept.append(act.NoteMoment(_called(number), asked.at + QUIET))
    return [*kept, told]


def _place(asked: Asked, state: State) -> str | None:
    """Where it is kept that this person said something; None if they said much lately."""
    places = (f"asked {asked.sender} {n}" for n in range(MOST_ASKS))
    return next((one for one in places if state.moments.get(one, asked.at) <= asked.at), None)


def _too_many(asked: Asked, state: State, told: act.TellMember) -> list[act.Action]:
    """Say once, to both sides, that there is more than is passed on. It stays where it was said."""
    key = f"more of {asked.sender}"
    if state.moments.get(key, asked.at) > asked.at:
        return [told]
    docket = Docket(state.cases, state.next_case, asked.at)
    theirs = (
        number
        for number, askers in state.askers.items()
        if number in state.cases and any(asker.user_id == asked.sender for asker in askers)
    )
    if (number := max(theirs, default=None)) is not None:
        said = _(
            "Whoever this comes from wrote more within the hour than I pass on. It stands in their"
            " private room with me. `!reply` can ask them to say it in one message."
        )
        docket.add(number, Noted, by=state.bot, text=said)
    words = N_(
        "The moderators have much of what you wrote, and know that there is more. Please give them"
        " some time; in an hour I pass on more."
    )
    kept = map(act.TakeStep, docket.steps)
    return [*kept, act.NoteMoment(key, asked.at + A_WHILE), told, _reply(asked, words)]


def _reply(asked: Asked, words: str) -> act.TellMember:
    return act.TellMember(asked.sender, member.Reply(text=in_each(words)), asked.room_id)
