"""Policy lists: which ones the rooms follow, what they say, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation import lists
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Broad, Done, Order, ago, unclear
from peerroom.moderation.duties.own_list import (
    Kind,
    choose,
    create,
    kind_of,
    own_room,
    set_open,
    via_of,
)
from peerroom.moderation.followed import Followed
from peerroom.moderation.inverse import inverses
from peerroom.moderation.measures import rooms_of
from peerroom.moderation.people import Unclear, everyone, find
from peerroom.moderation.policies import Policies
from peerroom.moderation.sparing import SPARED, spare
from peerroom.text.foreign import ForeignText
from peerroom.wire import commands as cmd
from peerroom.wire.address import is_room_alias
from peerroom.wire.policy import Rule

FOUND: Final = 20
"""Rules that a search shows."""


@duty.register
def _lists(command: cmd.Lists, order: Order) -> Done | Broad:
    if command.what is None:
        return order.say(_overview(order))
    match command.what:
        case "create":
            return create(order)
        case "open" | "close":
            return set_open(order, is_open=command.what == "open")
    assert command.room_id is not None
    match command.what:
        case "subscribe":
            return _subscribe(command.room_id, command.via, order)
        case "unsubscribe":
            return _unsubscribe(command.room_id, order)
        case "own":
            return choose(command.room_id, command.via, order)


def _overview(order: Order) -> str:
    state = order.state
    mine = own_room(order)
    lines = [_line(view, mine, order) for view in state.lists.values()]
    if not lines:
        lines = [_("The rooms follow no list. `!list subscribe` and a room's link changes that.")]
    if state.books.get(lists.CHOICES, {}).get(lists.SERVERS) is True:
        count = len(lists.denied(state))
        lines.append(
            ngettext("I keep {n} server out.", "I keep {n} servers out.", count).format(n=count)
        )
    spared = [order.name(user) for user in state.books.get(SPARED, {})]
    if spared:
        lines.append(_("No list concerns: {names}.").format(names=" · ".join(spared[:FOUND])))
    return "\n".join(lines)


def _line(view: Followed, mine: str | None, order: Order) -> str:
    rules = ngettext("{n} rule", "{n} rules", len(view.rules)).format(n=len(view.rules))
    parts = [_called(view), rules]
    if view.changed is not None:
        parts.append(_("changed {ago}").format(ago=ago(view.changed, order.at)))
    if view.room_id == mine:
        parts.append(_("our own"))
    if not view.entered:
        parts.append(_("I am not in its room yet"))
    return "• " + " · ".join(parts)


def _called(view: Followed) -> str:
    return view.room_id if view.name is None else f"{view.name.line(60)} ({view.room_id})"


# which lists --------------------------------------------------------------------------------------


def _subscribe(room: str, via: tuple[str, ...], order: Order) -> Done:
    state = order.state
    if is_room_alias(room):
        return [
            act.FindList(room, order.by),
            *order.say(_("I look for that list, and follow it when I have found it.")),
        ]
    if room in state.books.get(lists.BOOK, {}):
        return order.say(_("The rooms follow that list already."))
    if room in (*rooms_of(state), state.management):
        return order.say(_("That is a room of ours, and no list."))
    via = via or via_of(room, state)
    return lists.follow(order.by, room, via, state.next_deed, state.management)


def _unsubscribe(room: str, order: Order) -> Done:
    state = order.state
    kept = state.books.get(lists.BOOK, {})
    if is_room_alias(room):
        room = next((one for one, how in kept.items() if how.get("alias") == room), room)
    if room not in kept:
        return order.say(_("The rooms do not follow that list."))
    done: Done = [act.Remember(lists.BOOK, room)]
    if room != own_room(order):
        done.append(act.LeaveList(room, tuple(kept[room].get("via", ()))))
    note = act.Note(order.by, "list unsubscribe", rooms=(room,), undo=inverses(done, state))
    said = _("The rooms do not follow that list any more.")
    return [note, *done, *order.say(f"{said} {order.undo_hint()}")]


# what they say ------------------------------------------------------------------------------------


@duty.register
def _rules(command: cmd.FindRules, order: Order) -> Done:
    wanted = command.text.casefold()
    lines: list[str] = []
    more = 0
    for view in order.state.lists.values():
        for rule in view.rules:
            if not _says(rule, wanted):
                continue
            if len(lines) < FOUND:
                lines.append(f"• {lists.shown(rule)}")
            else:
                more += 1
    if not lines:
        return order.say(_("No rule has that in it. `!list test` also finds hashed ones."))
    if more:
        lines.append(_("and {n} more").format(n=more))
    return order.say("\n".join(lines))


def _says(rule: Rule, wanted: str) -> bool:
    why = "" if rule.reason is None else rule.reason.line(200)
    return wanted in (rule.entity or "").casefold() or wanted in why.casefold()


@duty.register
def _test(command: cmd.TestLists, order: Order) -> Done:
    state, entity = order.state, command.entity
    kind = kind_of(entity)
    if kind is None:
        found = find(entity, everyone(state))
        if isinstance(found, Unclear):
            return order.say(unclear(found))
        kind, entity = "user", found
    lines = [
        f"• {_called(view)}: {lists.shown(rule)}"
        for view in state.lists.values()
        if (rule := _rule_for(view.rules, kind, entity)) is not None
    ]
    name = ForeignText(entity).line(80)
    if not lines:
        return order.say(_("{entity} is on no list.").format(entity=name))
    first = _("{entity} is on a list:").format(entity=name)
    if entity in state.books.get(SPARED, {}):
        lines.append(_("You let them stay all the same."))
    return order.say("\n".join([first, *lines]))


def _rule_for(rules: Policies, kind: Kind, entity: str) -> Rule | None:
    match kind:
        case "user":
            return rules.of_user(entity)
        case "server":
            return rules.of_server(entity)
        case "room":
            return rules.of_room(entity)


# what follows -------------------------------------------------------------------------------------


@duty.register
def _apply(command: cmd.ApplyLists, order: Order) -> Done | Broad:
    people = lists.asked_for(order.state)
    if not people:
        return order.say(_("Nobody here is on a list."))
    done = lists.ban(order.state, order.cause(), tuple(people))
    said = _("Done. {hint}").format(hint=order.undo_hint())
    return Broad(lists.preview(order.state, people), frozenset(people), [*done, *order.say(said)])


@duty.register
def _spare(command: cmd.Spare, order: Order) -> Done:
    state = order.state
    user = order.target(command.name, anyone=True)
    if not isinstance(user, str):
        return user
    done: Done = [spare(state, order.by, user)]
    note = act.Note(order.by, "spared", user, undo=inverses(done, state))
    said = _("No list concerns {name} any more. {hint}")
    return [note, *done, *order.say(said.format(name=order.name(user), hint=order.undo_hint()))]


@duty.register
def _servers(command: cmd.KeepServersOut, order: Order) -> Done | Broad:
    state = order.state
    is_on = state.books.get(lists.CHOICES, {}).get(lists.SERVERS) is True
    if command.on == is_on:
        return order.say(_("It is so already."))
    if not command.on:
        done = _all_in(order)
        said = _("Every server can take part again where rooms are open to other servers.")
        return [*done, *order.say(f"{said} {order.undo_hint()}")]
    if not state.acls:
        return order.say(
            _("No other server can take part in our rooms: there is none to keep out.")
        )
    servers = lists.denied(state)
    switch = act.Remember(lists.CHOICES, lists.SERVERS, value=True)
    done = _with(lists.keep_out(state, order.by, servers, tuple(state.acls)), [switch], order)
    words = _(
        "This keeps {servers} out of {rooms}, and those that come onto a list later. Servers of "
        "people who are here, and ours, are never among them."
    ).format(
        servers=ngettext("{n} server", "{n} servers", len(servers)).format(n=len(servers)),
        rooms=ngettext("{n} room", "{n} rooms", len(state.acls)).format(n=len(state.acls)),
    )
    said = _("Servers on a list are kept out from now on. {hint}").format(hint=order.undo_hint())
    return Broad(words, frozenset({*servers, *state.acls}), [*done, *order.say(said)])


def _all_in(order: Order) -> Done:
    state = order.state
    rooms = [room for room, denied in state.acls.items() if denied]
    switch = act.Remember(lists.CHOICES, lists.SERVERS)
    return _with(lists.keep_out(state, order.by, (), rooms), [switch], order)


def _with(deed: Done, more: Iterable[act.Remember], order: Order) -> Done:
    """The deed, with what else belongs to it and is taken back with it."""
    note, *done = deed
    assert isinstance(note, act.Note)
    undo = (*inverses(more, order.state), *note.undo)
    return [msgspec.structs.replace(note, undo=undo), *more, *done]
