"""Who may do what: watchers read and note, moderators act, leads also set things up.

A role is the bot's own. In the room a moderator's power level only shows who is one: the bot itself
does what is to be done, so nobody needs more than that, and a watcher needs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from peerroom.i18n import N_, _
from peerroom.moderation import actions as act
from peerroom.moderation.measures import rooms_of
from peerroom.moderation.state import State
from peerroom.wire.commands import RANKS, Command, Rank, may

CALLED: Final[dict[Rank, str]] = {
    "watcher": N_("watcher"),
    "moderator": N_("moderator"),
    "lead": N_("lead"),
}


def rank_of(user: str, state: State) -> Rank:
    """What one of the moderators is."""
    return state.roles.get(user, "moderator")


def refusal(command: Command, user: str, state: State) -> str | None:
    """One kind sentence, if ``user`` may not give this command; else None."""
    return refused(command.word, command.needs, user, state)


def refused(word: str, least: Rank, user: str, state: State) -> str | None:
    """The same of what needs ``least``, whatever the command asks for otherwise."""
    if may(rank_of(user, state), least):
        return None
    if least == "lead":
        said = _("That is for leads. Ask one of them: {names}.")
    else:
        said = _("`!{word}` is for moderators. Ask one of them: {names}.")
    able = [who for who in sorted(state.moderators) if may(rank_of(who, state), least)]
    names = " · ".join(state.people.get(who, state.members.get(who, who)) for who in able)
    return said.format(word=word, names=names or _("there is none yet"))


def kept_for(rank: Rank, actions: Iterable[act.Action]) -> list[act.Action]:
    """``actions`` whose deeds only ``rank`` takes back, also where there is one for each room; and
    what they close only ``rank`` opens."""
    return [
        msgspec.structs.replace(one, least=max(one.least, rank, key=RANKS.index))
        if isinstance(one, act.Note | act.NoteLock)
        else one
        for one in actions
    ]


def is_for_leads(room: str, state: State) -> bool:
    """Whether a lead closed the room together with others: then leads open it."""
    return room in state.locks and state.locks[room].least == "lead"


def levels(user: str, rank: Rank, state: State) -> list[act.Action]:
    """The power levels that go with a rank: a watcher's is everybody's, the others' show in any
    program that they are moderators, and none is ever above that."""
    if rank == "watcher":
        return [act.TakeRole(room, user) for room in rooms_of(state)]
    if rank_of(user, state) == "watcher":
        return [act.GiveRole(room, user) for room in rooms_of(state)]
    return []
