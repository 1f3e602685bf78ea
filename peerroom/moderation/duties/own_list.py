"""The moderators' own policy list: where it is, who can read it, and who is on it."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation import lists
from peerroom.moderation.duties.dispatch import duty
from peerroom.moderation.duties.order import Broad, Done, Order, unclear
from peerroom.moderation.inverse import inverses
from peerroom.moderation.measures import rooms_of
from peerroom.moderation.people import Unclear, everyone, find
from peerroom.moderation.policies import Policies
from peerroom.moderation.state import State
from peerroom.text.foreign import ForeignText
from peerroom.wire import commands as cmd
from peerroom.wire.address import is_user_id
from peerroom.wire.policy import Rule

Kind = Literal["user", "server", "room"]
REASONS: Final = frozenset(
    {"spam", "scam", "raid", "abuse", "harassment", "impersonation", "solicitation", "csam"}
)
"""Words that go out with a rule: what else is written after the colon stays in the audit log."""


def own_room(order: Order) -> str | None:
    """The room of our own list; None if we have none."""
    room = order.state.books.get(lists.CHOICES, {}).get(lists.OWN)
    return room if isinstance(room, str) else None


def via_of(room: str, state: State) -> tuple[str, ...]:
    """Servers by which a room may be joined when nobody named one: that in its id (of room versions
    before 12), or our own."""
    server = room.partition(":")[2]
    return (server,) if server else state.via


def create(order: Order) -> Done:
    """Have a room made for it."""
    if (room := own_room(order)) is not None:
        return order.say(_("We have a list of our own already: {room}").format(room=room))
    said = _("I make a room for our own list. You are invited to read it, and nobody else.")
    return [act.MakeList(order.by), *order.say(said)]


def choose(room: str, via: tuple[str, ...], order: Order) -> Done:
    """It is in a room that there is already."""
    state = order.state
    if room in (*rooms_of(state), state.management):
        return order.say(_("That is a room of ours, and no list."))
    via = via or via_of(room, state)
    done: Done = [
        act.Remember(lists.CHOICES, lists.OWN, room),
        act.Remember(lists.BOOK, room, {"by": order.by, "via": via}),
        act.EnterList(room, via),
    ]
    note = act.Note(order.by, "list own", rooms=(room,), undo=inverses(done, state))
    said = _("Our own list is in that room from now on. I have to be allowed to set state there.")
    return [note, *done, *order.say(f"{said} {order.undo_hint()}")]


def set_open(order: Order, *, is_open: bool) -> Done | Broad:
    """Let everybody who has the link read it, or only who is invited."""
    room = own_room(order)
    if room is None:
        return _nochoose(order)
    done: Done = [act.OpenList(room, is_open)]
    what = "list open" if is_open else "list close"
    note = act.Note(order.by, what, rooms=(room,), undo=inverses(done, order.state))
    if not is_open:
        said = _("Only who is invited can come in to read our list from now on.")
        return [note, *done, *order.say(f"{said} {order.undo_hint()}")]
    said = _("Everybody who has the link can read our list from now on: {room}")
    link = f"https://matrix.to/#/{quote(room, safe='')}?via={order.state.bot.partition(':')[2]}"
    return Broad(
        _(
            "This lets everybody who has its link read our list. People on it are hashed, unless "
            "you published them plainly; servers and patterns can be read."
        ),
        frozenset({room}),
        [note, *done, *order.say(f"{said.format(room=link)}\n{order.undo_hint()}")],
    )


def _nochoose(order: Order) -> Done:
    return order.say(_("We have no list of our own yet: `!list create` makes one."))


@duty.register
def _publish(command: cmd.PublishRule, order: Order) -> Done | Broad:
    state, own = order.state, own_room(order)
    if own is None:
        return _nochoose(order)
    kind = kind_of(command.entity)
    entity = command.entity
    if kind is None:
        found = find(entity, everyone(state))
        if isinstance(found, Unclear):
            return order.say(unclear(found))
        kind, entity = "user", found
    pattern = Rule(kind, "", "ban", entity).is_glob
    hashed = kind == "user" and not pattern and not command.plain
    said = command.reason.casefold().strip(" .。")
    reason = said if said in REASONS else ""
    publish = act.SetRule(own, kind, entity, reason=reason, hashed=hashed)
    retract = act.SetRule(own, kind, entity, None, hashed=hashed)
    publishes = command.what == "publish"
    does, undoes = (publish, retract) if publishes else (retract, publish)
    note = act.Note(
        order.by,
        f"list {command.what}",
        entity,
        command.reason or None,
        rooms=(own,),
        undo=(undoes,),
    )
    name = order.name(entity) if kind == "user" else ForeignText(entity).line(80)
    if not publishes:
        words = _("{entity} is taken off our own list.").format(entity=name)
        return [note, does, *order.say(f"{words} {order.undo_hint()}")]
    if (no := _better_not(entity, kind, order)) is not None:
        return order.say(no)
    hit = _hit(entity, kind, order)
    words = _("{entity} is on our own list. {hint}").format(entity=name, hint=order.undo_hint())
    return Broad(
        _preview(name, hit, order, hashed=hashed),
        frozenset({entity, *hit}),
        [note, does, *order.say(words)],
    )


def _preview(name: str, hit: frozenset[str], order: Order, *, hashed: bool) -> str:
    lines = [_("This puts {entity} on our own list, for everyone who follows it.")]
    here = ngettext("{n} person here is meant.", "{n} people here are meant.", len(hit))
    lines.append(here.format(n=len(hit)))
    if hashed:
        lines.append(_("The list does not say who it is; whoever meets them can tell."))
    return " ".join(lines).format(entity=name)


def _better_not(entity: str, kind: Kind, order: Order) -> str | None:
    """Why this is no rule for others; None if it is one."""
    state = order.state
    if _hit(entity, kind, order) & state.exempt or _means(entity, kind, state.bot):
        return _("Moderators and I are left alone. Nothing was done.")
    ours = state.bot.partition(":")[2]
    if state.rotation is not None and kind == "user" and entity.partition(":")[2] == ours:
        return _(
            "Names change here, and accounts with them: when others read this rule it would mean "
            "nobody any more, and it would tell who was here. Nothing was published. `!ban` and "
            "`!sitout` hold beyond the change of names; servers and accounts from elsewhere can "
            "be published."
        )
    return None


def _means(entity: str, kind: Kind, user: str) -> bool:
    return Policies([Rule(kind, "", "ban", entity)]).of_user(user) is not None


def _hit(entity: str, kind: Kind, order: Order) -> frozenset[str]:
    """Those of whom the bot knows, and whom the rule would mean."""
    people = {*everyone(order.state), *order.state.exempt}
    rules = Policies([Rule(kind, "", "ban", entity)])
    return frozenset(user for user, _rule in rules.matching(people))


def kind_of(entity: str) -> Kind | None:
    """What an address, a server or a pattern of these is; None for somebody's name."""
    if is_user_id(entity) or entity[:1] == "@":
        return "user"
    if entity[:1] == "!":
        return "room"
    server = " " not in entity and ("." in entity or ":" in entity or "*" in entity)
    if server and entity.isascii():
        return "user" if entity[:2] == "*:" else "server"
    return None
