"""Removing messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from peerroom.i18n import _, ngettext
from peerroom.moderation import measures, templates
from peerroom.moderation.asks import former_rooms
from peerroom.moderation.cases import Case
from peerroom.moderation.duties.casework import attached, resolved
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Broad, Done, Order, steps
from peerroom.moderation.estimate import SOON, removal_time, removal_words
from peerroom.moderation.explaining import explain, lasting
from peerroom.moderation.people import everyone
from peerroom.moderation.roles import kept_for, rank_of
from peerroom.wire import cases as wire
from peerroom.wire import commands as cmd

MOST: Final = 5
"""Messages that are removed without asking."""


@duty.register
def _event(command: cmd.RedactEvent, order: Order) -> Done | Broad:
    found = _message(command, order)
    if not isinstance(found, tuple):
        return found
    room, about = found
    case = attached(about, order)
    done = _removal({room: (command.event_id,)}, about, case, order)
    if _is_anothers(about, order):
        done = kept_for("lead", done)
    if not done:
        return order.say(_("That message is removed already."))
    said = _("That message is being removed.")
    return [*done, *order.say(f"{said} {order.undo_hint()}")]


def _message(command: cmd.RedactEvent, order: Order) -> tuple[str, str] | Done:
    """In which room the message stands and who wrote it, or why it is not removed.

    Only what the bot has seen itself: of anything else nobody could say whose it is, nor put it
    back. What the bot said, in somebody's name, goes like anybody's.
    """
    state, event = order.state, command.event_id
    ours = (*measures.rooms_of(state), *former_rooms(state))
    if event not in state.authors:
        return order.say(_("I have not seen that message myself, so I leave it where it is."))
    room, author = state.written.get(event, ("", ""))
    if not author:
        return order.say(_("That is no message, but a setting of the room. Nothing was done."))
    if room not in ours or command.room_id not in (None, room):
        return order.say(_("That message is in a room I do not look after. Nothing was done."))
    if _is_anothers(author, order) and rank_of(order.by, state) != "lead":
        said = _(
            "{name} wrote that, a moderator. They can delete it themself, and a lead can remove it."
        )
        return order.say(said.format(name=order.name(author)))
    return room, author


def _is_anothers(author: str, order: Order) -> bool:
    """Whether ``author`` is left alone, and neither the bot itself nor whoever gives the order."""
    return author in order.state.exempt - {order.state.bot, order.by}


@duty.register
def _last(command: cmd.RedactLast, order: Order) -> Done | Broad:
    state = order.state
    user = order.target(command.name, anyone=True)
    if not isinstance(user, str):
        return user
    newest = measures.still_there(_newest(user, command.count, order), state)
    if not newest:
        return order.say(_("I see no messages of theirs to remove."))
    return _remove(newest, user, attached(user, order), order)


def _newest(user: str, count: int, order: Order) -> Mapping[str, Sequence[str]]:
    """The newest ``count`` messages of somebody: the circle's room first, then the others."""
    state = order.state
    retired = None if state.rotation is None else state.rotation.retired.get(user)
    home = state.circle if retired is None else retired.room_id
    rooms = {home: state.messages.get(user, ()), **state.everywhere.get(user, {})}
    found: dict[str, Sequence[str]] = {}
    for room, events in rooms.items():
        taken = tuple(events)[:count]
        if taken:
            found[room] = taken
            count -= len(taken)
    return found


@duty.register
def _of_case(command: cmd.RedactCase, order: Order) -> Done | Broad:
    case = resolved(command.number, order)
    if not isinstance(case, Case):
        return case
    if case.room_id is None or not case.event_ids:
        return order.say(_("Case {n} is not about messages.").format(n=case.number))
    if case.about in order.state.exempt:
        return order.say(_("Moderators and I are left alone. Nothing was done."))
    theirs = _theirs(case, order)
    if not theirs:
        return order.say(_("Case {n} is not about messages.").format(n=case.number))
    there = measures.still_there(theirs, order.state)
    if not there:
        said = _("What case {n} is about is removed already.").format(n=case.number)
        if any(deed.what in ("put back", "undone") for deed in case.deeds):
            mine = _("What I put back is a message of mine: `!remove` with its link takes it away.")
            said = f"{said} {mine}"
        return order.say(said)
    return _remove(there, case.about, case, order)


def _theirs(case: Case, order: Order) -> Mapping[str, Sequence[str]]:
    """The messages of a case by whom it is about, by room, the newest first. A case may name any
    event: what somebody else wrote, and state, is not removed with it."""
    state = order.state
    ours = {*measures.rooms_of(state), *former_rooms(state)}
    found: dict[str, list[str]] = {}
    for event in reversed(case.event_ids):
        room, author = state.written.get(event, ("", None))
        if room in ours and author is not None and author == case.about:
            found.setdefault(room, []).append(event)
    return found


def _remove(
    messages: Mapping[str, Sequence[str]], about: str | None, case: Case | None, order: Order
) -> Done | Broad:
    count = sum(map(len, messages.values()))
    said = removal_words(count, order.state.limits)
    done = [
        *_removal(messages, about, case, order),
        *order.say(f"{said} {order.undo_hint()}"),
    ]
    if count <= MOST and len(messages) == 1:
        return done
    return Broad(
        reach(count, 1 if about else 0, len(messages), order),
        frozenset(event for events in messages.values() for event in events),
        done,
    )


def reach(count: int, people: int, rooms: int, order: Order) -> str:
    """What it would reach, and how long the server would make it take."""
    words = _("This removes {messages} by {people} in {rooms}.").format(
        messages=ngettext("{n} message", "{n} messages", count).format(n=count),
        people=ngettext("{n} person", "{n} people", people or 1).format(n=people or 1),
        rooms=ngettext("{n} room", "{n} rooms", rooms).format(n=rooms),
    )
    takes = removal_time(count, order.state.limits)
    if takes <= SOON:
        return words
    return f"{words} " + _("It takes about {time}.").format(time=lasting(takes))


def _removal(
    messages: Mapping[str, Sequence[str]], about: str | None, case: Case | None, order: Order
) -> Done:
    """The removal, its place in the case, and the word to whoever wrote it."""
    state = order.state
    code = None if case is None else case.reason
    number = None if case is None else case.number
    cause = order.cause(case=number, code=code)
    done = measures.remove(state, cause, messages, about)
    if not done:
        return []
    docket = order.docket()
    if number is not None:
        docket.add(number, wire.Done, by=order.by, what="removed", deed=cause.deed)
    done += steps(docket)
    if may_be_told(about, order):
        events = tuple(event for room in messages.values() for event in room)
        text = templates.why(code, state)
        assert about is not None
        done.append(
            explain(about, cause.deed, "removed", code or "other", text=text, event_ids=events)
        )
    return done


def may_be_told(user: str | None, order: Order) -> bool:
    """Whether the bot knows the account, and it still is somebody's: not its own, nor that of whom
    it does this for."""
    nobody = (None, order.state.bot, order.by)
    return user not in nobody and not is_former(user, order) and user in everyone(order.state)


def is_former(user: str | None, order: Order) -> bool:
    """Whether the account is a name of a former epoch, and nobody's any more."""
    rotation = order.state.rotation
    return rotation is not None and user in rotation.retired
