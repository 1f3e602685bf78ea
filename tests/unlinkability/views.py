"""Who sees what. Each view is a list of what is visible to it; everything else is left out.

``member``      in the room: names, who joined in which order, when who wrote. Not the words, nor
                their number: style is measured apart.
``bot``         the same, and the bot's database: when which old account asked for a token, when
                which new one showed one, and, by the server's admin API, when that was made.
``homeserver``  the same, and the server's database and log: every connection of every account, and
                the length of what it sent. It is hostile: it gives each member the issue ledger at
                another time, to see who comes after whom. Over Tor it sees no address.
``network``     a member who also watches the lines of all the others: when somebody's program sent
                something the size of a message or of new keys. Not whose account that was.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from unlinkability.lives import Life, Member, Rotation
from unlinkability.trails import BY_TURN, BY_WRITING, Sight, Trail, View

_ROOM: Final = frozenset({"join", "leave", "message"})
_BOT: Final = _ROOM | {"request", "register", "redeem", "stay"}
_SERVER: Final = _BOT | {"ledger", "logout"}
ACTS: Final[Mapping[View, frozenset[str]]] = {
    "member": _ROOM,
    "bot": _BOT,
    "homeserver": _SERVER,
    "network": _ROOM,
}
DELAY: Final = 3.0
"""Seconds within which a message is in the room after it left somebody's line."""


def seen(rotation: Rotation, view: View, random: Random, *, tor: bool = True) -> Sight:
    """What ``view`` knows about a rotation, in an order that tells nothing."""
    members = rotation.members
    pairs = [
        (
            _trail(member.old, view, rotation.switched),
            _trail(member.new, view, rotation.switched),
        )
        for member in members
    ]
    if view == "homeserver" and not tor:
        pairs = [
            (_marked(old, "address", member.address), _marked(new, "address", member.address))
            for (old, new), member in zip(pairs, members, strict=True)
        ]
    if view == "network":
        pairs = _located(pairs, members)
    return Sight.shuffled(pairs, random, rotation.switched)


def _trail(life: Life, view: View, switched: float) -> Trail:
    server = view == "homeserver"
    return Trail(
        online=tuple((begin - switched, end - switched) for begin, end in life.online)
        if server
        else (),
        acts={
            kind: tuple(moment - switched for moment in moments)
            for kind, moments in life.acts.items()
            if kind in ACTS[view]
        },
        sizes=life.sizes if server else (),
        marks=life.marks,
    )


def _marked(trail: Trail, kind: str, mark: str) -> Trail:
    return replace(trail, marks={**trail.marks, kind: mark})


def _located(
    pairs: Sequence[tuple[Trail, Trail]], members: Sequence[Member]
) -> list[tuple[Trail, Trail]]:
    """What somebody at the lines can say about where an account is: on which line something was
    sent whenever it wrote, and whose turn it was if what is published keeps the order of things.
    """
    uploads = {member.address: member.uploads() for member in members}
    asked = _in_order({m.address: m.old.acts.get("request", ()) for m in members})
    shown = _in_order({m.address: m.bursts() for m in members})
    located = []
    for (old, new), member in zip(pairs, members, strict=True):
        sides = []
        for trail, life, order in ((old, member.old, asked), (new, member.new, shown)):
            line = _line_of(life.acts.get("message", ()), uploads)
            if line is not None:
                trail = _marked(trail, BY_WRITING, line)
            place = life.marks.get("place")
            if isinstance(place, float) and place < len(order):
                trail = _marked(trail, BY_TURN, order[int(place)])
            sides.append(trail)
        located.append((sides[0], sides[1]))
    return located


def _in_order(moments: Mapping[str, Sequence[float]]) -> list[str]:
    """Addresses by the last moment at which something of the kind left them."""
    known = {address: max(times) for address, times in moments.items() if times}
    return sorted(known, key=known.__getitem__)


def _line_of(wrote: Sequence[float], uploads: Mapping[str, Sequence[float]]) -> str | None:
    """The line on which most often something left just before ``wrote``."""
    if not wrote:
        return None
    hits = {
        address: sum(_just_before(times, moment) for moment in wrote)
        for address, times in uploads.items()
    }
    best = max(hits.values())
    lines = [address for address, count in hits.items() if count == best]
    return lines[0] if len(lines) == 1 else None


def _just_before(times: Sequence[float], moment: float) -> bool:
    index = bisect_left(times, moment - DELAY)
    return index < len(times) and times[index] <= moment
