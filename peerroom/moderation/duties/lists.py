"""Policy lists: which ones the rooms follow, and the moderators' own."""

from __future__ import annotations

from typing import Final, Literal

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Broad, Done, Order
from peerroom.moderation.inverse import inverses
from peerroom.moderation.people import everyone
from peerroom.moderation.policies import Policies
from peerroom.wire import commands as cmd
from peerroom.wire.policy import Rule

BOOK: Final = "list"
"""Room ids of the lists that are followed."""
OWN: Final = "list"
"""Key in the book of choices: the room in which the moderators publish their own list."""
Kind = Literal["user", "server", "room"]


@duty.register
def _lists(command: cmd.Lists, order: Order) -> Done:
    state, room = order.state, command.room_id
    followed = state.books.get(BOOK, {})
    own = state.books.get("choice", {}).get(OWN)
    if command.what is None or room is None:
        return order.say(_overview(followed, own, order))
    via = command.via or state.via
    if command.what == "own":
        done: Done = [act.Remember("choice", OWN, room), act.EnterRoom(room, via)]
        said = _(
            "Our own list is in that room from now on. I have to be allowed to set state there."
        )
    elif command.what == "subscribe":
        if room in followed:
            return order.say(_("The rooms follow that list already."))
        done = [act.Remember(BOOK, room, {"by": order.by}), act.EnterRoom(room, via)]
        said = _("The rooms follow that list as soon as I have joined it.")
    else:
        if room not in followed:
            return order.say(_("The rooms do not follow that list."))
        done = [act.Remember(BOOK, room)]
        if room != own:
            done.append(act.LeaveRoom(room))
        said = _("The rooms do not follow that list any more.")
    note = act.Note(order.by, f"list {command.what}", rooms=(room,), undo=inverses(done, state))
    return [note, *done, *order.say(f"{said} {order.undo_hint()}")]


def _overview(followed: object, own: object, order: Order) -> str:
    rooms = list(followed) if isinstance(followed, dict) else []
    watched = order.state.rooms.get(order.state.circle)
    count = 0 if watched is None else len(watched.policies)
    lines = [f"• {room}" for room in rooms]
    if not lines:
        lines = [_("The rooms follow no list. `!list subscribe` and a room's link changes that.")]
    else:
        said = ngettext("They have {n} rule.", "They have {n} rules.", count)
        lines.append(said.format(n=count))
    if isinstance(own, str):
        lines.append(_("Our own list: {room}").format(room=own))
    return "\n".join(lines)


@duty.register
def _publish(command: cmd.PublishRule, order: Order) -> Done | Broad:
    state = order.state
    own = state.books.get("choice", {}).get(OWN)
    if not isinstance(own, str):
        said = _("Say first where our own list is: `!list own` and the room's link.")
        return order.say(said)
    kind = _kind(command.entity)
    # No reason goes out: it would stand in room state, in clear. The audit log has it.
    publish = act.SetRule(own, kind, command.entity)
    retract = act.SetRule(own, kind, command.entity, None)
    publishes = command.what == "publish"
    note = act.Note(
        order.by,
        f"list {command.what}",
        command.entity,
        command.reason or None,
        rooms=(own,),
        undo=(retract if publishes else publish,),
    )
    if not publishes:
        said = _("{entity} is taken off our own list.").format(entity=command.entity)
        return [note, retract, *order.say(said)]
    hit = _hit(command.entity, kind, order)
    if hit & state.exempt:
        return order.say(_("Moderators and I are left alone. Nothing was done."))
    words = _("This puts {entity} on our own list, for everyone who follows it.").format(
        entity=command.entity
    )
    here = ngettext("{n} person here is meant.", "{n} people here are meant.", len(hit))
    said = _("{entity} is on our own list. {hint}").format(
        entity=command.entity, hint=order.undo_hint()
    )
    return Broad(
        f"{words} {here.format(n=len(hit))}",
        frozenset({command.entity, *hit}),
        [note, publish, *order.say(said)],
    )


def _kind(entity: str) -> Kind:
    match entity[:1]:
        case "@":
            return "user"
        case "!":
            return "room"
        case _:
            return "server"


def _hit(entity: str, kind: Kind, order: Order) -> frozenset[str]:
    """Those of whom the bot knows, and whom the rule would mean."""
    rule = Rule(kind, "preview", "ban", entity)
    people = {*everyone(order.state), *order.state.exempt}
    return frozenset(user for user, _rule in Policies([rule]).matching(people))
