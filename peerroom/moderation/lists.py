"""What policy lists lead to: who is on one does not stay, and moderators have the last word.

One person is removed unasked, with a case and an undo. Whatever would remove more is shown to the
moderators and done when one of them confirms it. Whom they let stay is left alone from then on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

from peerroom.i18n import _, ngettext
from peerroom.moderation import actions as act
from peerroom.moderation import confirming
from peerroom.moderation.docket import Docket
from peerroom.moderation.inverse import inverses
from peerroom.moderation.measures import Cause, rooms_of
from peerroom.moderation.policies import Policies
from peerroom.moderation.protection import Mode, Room
from peerroom.moderation.protections.policy import POLICY, Policy, Sweep, server_acl, sweep
from peerroom.moderation.sparing import spare
from peerroom.moderation.state import State
from peerroom.text.foreign import ForeignText
from peerroom.wire import commands as cmd
from peerroom.wire.cases import Done
from peerroom.wire.policy import Rule

BOOK: Final = "list"
"""Room ids of the lists that are followed, with the servers that know them."""
CHOICES: Final = "choice"
OWN: Final = "list"
"""Key in the book of choices: the room in which the moderators publish their own list."""
SERVERS: Final = "acl"
"""Key in the same: whether servers on a list are kept out of rooms by the rooms' own list."""
ASKED: Final = "asked"
"""The book of what moderators were asked: it is asked once."""
HERE: Final = "here"
TRIED: Final = "tried"
A_DAY: Final = timedelta(days=1)
MOST: Final = 3
"""People who are removed unasked within a day, however many rules there are for it."""
WAITS: Final = timedelta(days=7)
"""How long a question about a list can be answered."""
NAMED: Final = 10
"""People who are named in a question."""


# which lists --------------------------------------------------------------------------------------


def follow(
    by: str,
    room_id: str,
    via: tuple[str, ...],
    deed: int,
    management: str,
    *,
    alias: str | None = None,
) -> list[act.Action]:
    """Follow the list in a room from now on; ``deed`` is the number that this gets."""
    said = _("The rooms follow that list as soon as I have joined it.")
    return [
        act.Note(
            by,
            "list subscribe",
            rooms=(room_id,),
            undo=(act.LeaveList(room_id, via), act.Remember(BOOK, room_id)),
        ),
        act.Remember(BOOK, room_id, {"by": by, "via": via, "alias": alias}),
        act.EnterList(room_id, via),
        act.Say(management, f"{said} {undo_hint(deed)}"),
    ]


def own(by: str, room_id: str, deed: int, management: str) -> list[act.Action]:
    """The moderators' own list is in this room from now on, which their rooms follow too."""
    said = _(
        "Our own list is there: {room}. I write in it, you can read it. "
        "`!list publish` and an address puts somebody on it."
    )
    done: list[act.Action] = [
        act.Remember(CHOICES, OWN, room_id),
        act.Remember(BOOK, room_id, {"by": by, "via": ()}),
    ]
    undo = (act.Remember(BOOK, room_id), act.Remember(CHOICES, OWN))
    note = act.Note(by, "list create", rooms=(room_id,), undo=undo)
    return [note, *done, act.Say(management, f"{said.format(room=room_id)} {undo_hint(deed)}")]


def undo_hint(deed: int) -> str:
    """How a deed is taken back."""
    return _("`!undo {n}` takes it back.").format(n=deed)


# who is on one ------------------------------------------------------------------------------------


def ban(state: State, cause: Cause, users: Collection[str]) -> list[act.Action]:
    """Remove people because of a list: one deed for all of them. Who takes it back lets them stay:
    else the list would have them removed again as they come."""
    rooms = rooms_of(state)
    done: list[act.Action] = []
    for user in users:
        done += [act.NoteBan(user), act.NoteUnmute(user)]
        done += [act.BanMember(room, user) for room in rooms]
    undo = (*(spare(state, cause.by, user) for user in users), *inverses(done, state))
    about = next(iter(users)) if len(users) == 1 else None
    note = act.Note(
        cause.by, "banned", about, cause.reason, "policy", rooms, undo=undo, case=cause.case
    )
    return [note, *done]


def look(at: datetime, state: State) -> list[act.Action]:
    """Hold the people in the rooms against the lists; [] if there is nothing to do or to ask."""
    for mode in ("on", "trial"):
        here, room = _watched(state, mode)
        if room is None or not len(room.policies):
            continue
        found = swept(state, here, room)
        done = _tried(state, found) if mode == "trial" else _answered(state, found, at)
        if done:
            return done
    return _servers(state) if state.books.get(CHOICES, {}).get(SERVERS) is True else []


def swept(state: State, here: Collection[str], room: Room) -> Sweep:
    """What lists say about those who are ``here``."""
    return sweep(_settings(state), room.policies, sorted(here), room)


def asked_for(state: State) -> dict[str, Rule]:
    """Everybody here who is on a list, with one rule."""
    here, room = _watched(state, "on")
    if room is None:
        return {}
    found = room.policies.matching(sorted(here - room.exempt - room.spared))
    return dict(found)


def preview(state: State, people: Mapping[str, Rule]) -> str:
    """Who would be removed, and by which rules."""
    names = [state.people.get(user, user) for user in people]
    more = [_("and {n} more").format(n=len(names) - NAMED)] if len(names) > NAMED else []
    rules = dict.fromkeys(shown(rule) for rule in people.values())
    return "\n".join(
        [
            ngettext(
                "The lists name {n} person who is here: {names}.",
                "The lists name {n} people who are here: {names}.",
                len(names),
            ).format(n=len(names), names=" · ".join([*names[:NAMED], *more])),
            _("By these rules: {rules}").format(rules=" · ".join(list(rules)[:NAMED])),
        ]
    )


def shown(rule: Rule) -> str:
    """A rule in one line."""
    entity = _("(hashed)") if rule.entity is None else ForeignText(rule.entity).line(80)
    why = "" if rule.reason is None else rule.reason.line(80)
    return f"{entity} – {why}" if why else entity


def _answered(state: State, found: Sweep, at: datetime) -> list[act.Action]:
    clear = [user for user, _rule in found.clear]
    lately = sum(key.startswith("listed ") and until > at for key, until in state.moments.items())
    if clear and lately + len(clear) <= max(MOST, _settings(state).members):
        user, rule = found.clear[0]
        return _removed(state, user, rule, at)
    everyone = asked_for(state)
    known = state.books.get(ASKED, {}).get(HERE) or ()
    if not everyone or everyone.keys() <= set(known):
        return []
    code, waits = confirming.wait_for(
        cmd.ApplyLists(), frozenset(everyone), state.bot, at, state, lasts=WAITS
    )
    ask = _("Nothing was done. `yes {code}` bans them; `!list spare` and a name lets one stay.")
    words = f"{preview(state, everyone)}\n{ask.format(code=code.upper())}"
    return [
        waits,
        act.Remember(ASKED, HERE, sorted({*known, *everyone})),
        act.Say(state.management, words),
    ]


def _removed(state: State, user: str, rule: Rule, at: datetime) -> list[act.Action]:
    name = state.people.get(user, user)
    docket = Docket(state.cases, state.next_case, at)
    case = docket.open("flag", "policy", about=user, name=name, cues=(shown(rule),))
    deed = state.next_deed
    docket.add(case, Done, by=state.bot, what="banned", deed=deed)
    said = _("Banned {name}: a list says so. {hint}").format(name=name, hint=undo_hint(deed))
    return [
        *ban(state, Cause(state.bot, at, deed, case=case), (user,)),
        act.NoteMoment(f"listed {user}", at + A_DAY),
        *map(act.TakeStep, docket.steps),
        act.Say(state.management, said),
    ]


def _tried(state: State, found: Sweep) -> list[act.Action]:
    """On trial it is only told, once of each."""
    people = dict(found.clear)
    known = state.books.get(ASKED, {}).get(TRIED) or ()
    asks = [shown(rule) for rule, _count in found.asks]
    fresh = sorted({*people, *asks} - set(known))
    if not fresh:
        return []
    names = " · ".join(state.people.get(one, one) for one in fresh[:NAMED])
    said = _("On trial: the lists would have kept out {names}.").format(names=names)
    return [
        act.Remember(ASKED, TRIED, sorted({*known, *fresh})),
        act.Say(state.management, said),
    ]


def _watched(state: State, mode: str) -> tuple[frozenset[str], Room | None]:
    """Who is in the rooms in which lists count in this way, and one of these rooms."""
    rooms = [room for room in state.rooms if _mode(state, room) == mode]
    here = (state.inside.get(room, frozenset()) for room in rooms)
    people = frozenset().union(*here) - state.banned
    return people, state.rooms[rooms[0]] if rooms else None


def _mode(state: State, room_id: str) -> Mode:
    mode: Mode = POLICY.mode
    for room in (None, room_id):
        standing = state.standings.get((POLICY.name, room))
        if standing is not None and standing.mode is not None:
            mode = standing.mode
    return mode


def _settings(state: State) -> Policy:
    kept: dict[str, Any] = {}
    for room in (None, state.circle):
        standing = state.standings.get((POLICY.name, room))
        kept |= dict(standing.settings or {}) if standing is not None else {}
    try:
        return POLICY.read(kept)
    except msgspec.ValidationError:
        return Policy()  # of another version


# which servers ------------------------------------------------------------------------------------


def denied(state: State) -> tuple[str, ...]:
    """The servers that the lists keep out of rooms in which other servers take part."""
    room = state.rooms.get(state.circle)
    if room is None:
        return ()
    people = {*room.exempt, *room.spared}.union(*state.inside.values()) - state.banned
    here = frozenset(user.partition(":")[2] for user in people)
    return _denied(room.policies, state.bot.partition(":")[2], here)


@lru_cache(1)
def _denied(policies: Policies, ours: str, here: frozenset[str]) -> tuple[str, ...]:
    return tuple(server_acl(policies, ours, here)["deny"])


def keep_out(
    state: State, by: str, servers: tuple[str, ...], rooms: Iterable[str]
) -> list[act.Action]:
    """Let the rooms keep out these servers and no others: one deed."""
    done: list[act.Action] = [act.SetAcl(room, servers) for room in rooms]
    kept = [act.Remember(CHOICES, _of(room), _digest(servers)) for room in rooms]
    note = act.Note(by, "servers", code="policy", rooms=tuple(rooms), undo=inverses(done, state))
    return [note, *kept, *done]


def _servers(state: State) -> list[act.Action]:
    """What was decided once is not decided again: who took it back has done so on purpose, and it
    is looked at anew when the lists change."""
    servers = denied(state)
    choices = state.books.get(CHOICES, {})
    rooms = [
        room
        for room, there in state.acls.items()
        if (servers or there) and choices.get(_of(room)) != _digest(servers)
    ]
    return keep_out(state, state.bot, servers, rooms) if rooms else []


def _of(room_id: str) -> str:
    return f"acl {room_id}"


def _digest(servers: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(servers).encode(errors="replace")).hexdigest()
