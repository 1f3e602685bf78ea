"""Closing a room and opening it, slowing it down, and which rooms there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation import measures
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Broad, Done, Order
from peerroom.moderation.explaining import lasting
from peerroom.moderation.inverse import inverses
from peerroom.moderation.lists import BOOK
from peerroom.moderation.roles import is_for_leads, kept_for, refused
from peerroom.moderation.state import State
from peerroom.wire import commands as cmd

SLOW_ROOM: Final[dict[str, Any]] = {"messages": 4, "seconds": 60, "pause": 30}
"""Settings of the protection ``pace`` under ``slow room``."""


@duty.register
def _lock(command: cmd.Lock, order: Order) -> Done | Broad:
    state = order.state
    rooms = measures.rooms_of(state) if command.everywhere else (state.circle,)
    until = None if command.duration is None else order.at + command.duration
    done = _each(rooms, order, lambda one, room: measures.lock(one.state, one.cause(), room, until))
    if not done:
        return order.say(_("That is closed to writing already."))
    if command.duration is None:
        words = _("This room is quiet for a while.")
        answer = _("Only moderators write now, until `!unlock`.")
    else:
        time = lasting(command.duration)
        words = _("This room is quiet for {time}, and then opens again by itself.")
        words = words.format(time=time)
        answer = _("Only moderators write for {time}. `!unlock` opens it sooner.")
        answer = answer.format(time=time)
    closed = [action.room_id for action in done if isinstance(action, act.NoteLock)]
    whole = [*done, *(act.Say(room, words) for room in closed), *order.say(answer)]
    if len(rooms) == 1 and command.duration is not None:
        return whole
    preview = ngettext(
        "This closes {n} room to writing", "This closes {n} rooms to writing", len(closed)
    ).format(n=len(closed))
    end = _(", until `!unlock`.") if command.duration is None else "."
    return Broad(preview + end, frozenset(closed), whole)


@duty.register
def _unlock(command: cmd.Unlock, order: Order) -> Done:
    state = order.state
    rooms = tuple(state.locks) if command.everywhere else (state.circle,)
    closed_by_leads = any(is_for_leads(room, state) for room in rooms)
    if closed_by_leads and (no := refused(command.word, "lead", order.by, state)) is not None:
        return order.say(no)
    done = _each(rooms, order, lambda one, room: measures.unlock(one.state, one.cause(), room))
    if not done:
        return order.say(_("That is open already."))
    opened = [action.room_id for action in done if isinstance(action, act.NoteUnlock)]
    said = _("The room is open again.")
    whole = [*done, *(act.Say(room, said) for room in opened), *order.say(said)]
    return kept_for("lead", whole) if closed_by_leads else whole


@duty.register
def _slow_room(command: cmd.SlowRoom, order: Order) -> Done:
    settings = {} if command.off else SLOW_ROOM
    mode: act.Mode = "default" if command.off else "on"
    room = order.state.circle
    done = measures.protect(order.state, order.cause(), "pace", room, mode=mode, settings=settings)
    if command.off:
        said = _("Everyone writes as usual again.")
    else:
        said = _(
            "Everyone writes a little slower: {messages} messages in a minute, then a pause of "
            "{pause} seconds. `!slow room off` ends it."
        ).format(messages=SLOW_ROOM["messages"], pause=SLOW_ROOM["pause"])
    return [*done, *order.say(said)]


@duty.register
def _rooms(command: cmd.Rooms, order: Order) -> Done | Broad:
    state, room = order.state, command.room_id
    there = measures.rooms_of(state)
    if command.what is None or room is None:
        lines = [f"• {one}{_mark(one, state)}" for one in there]
        return order.say("\n".join([_("I look after these rooms:"), *lines]))
    if command.what == "add":
        if room in there or room == state.management:
            return order.say(_("I look after that room already."))
        if room in state.books.get(BOOK, {}):
            return order.say(_("That is the room of a list; nobody talks there."))
        done: Done = [act.AddRoom(room), act.EnterRoom(room, command.via or state.via)]
        said = _("I look after that room too, as soon as I am in it. Invite me, with level 100.")
    else:
        if room == state.circle:
            return order.say(_("The circle's own room stays."))
        if room not in there:
            return order.say(_("I do not look after that room."))
        done = [act.DropRoom(room), act.LeaveRoom(room)]
        said = _("I look after that room no longer.")
    note = act.Note(order.by, f"room {command.what}", rooms=(room,), undo=inverses(done, state))
    return [note, *done, *order.say(said)]


def _mark(room: str, state: State) -> str:
    return " · " + _("closed to writing") if room in state.locks else ""


def _each(rooms: Iterable[str], order: Order, deed: Callable[[Order, str], Done]) -> Done:
    """The same in each room, every deed under a number of its own."""
    done: Done = []
    number = order.state.next_deed
    for room in rooms:
        part = deed(replace(order, state=replace(order.state, next_deed=number)), room)
        number += sum(isinstance(action, act.Note) for action in part)
        done += part
    return done
