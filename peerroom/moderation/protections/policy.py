"""Who comes in and is on a list that the room follows is kept out; what a list says about people
who are here already is a question to moderators (`sweep`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding, Verb
from peerroom.moderation.policies import Policies
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.seen import Seen
from peerroom.wire.policy import Rule


class Policy(Settings, frozen=True):
    """``members``: how many people who are here already one rule may remove unasked."""

    members: Annotated[
        int, Meta(ge=0, le=50, description=N_("people a new rule may remove without asking you"))
    ] = 1


def arm(settings: Policy) -> Judge:
    """A rule that a moderator or the bot falls under was written for another place: it is told, and
    nobody is kept out by it."""

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind != "member" or seen.membership != "join" or seen.was == "join":
            return
        if seen.sender in room.spared:
            return
        rule = room.policies.of_user(seen.sender)
        if rule is None:
            return
        verb: Verb = "flag" if _hits_ours(rule, room.exempt) else "ban"
        yield Finding(POLICY.name, verb, "policy", room.room_id, seen.sender, (seen.event_id,))

    return judge


@dataclass(frozen=True, slots=True)
class Sweep:
    """What lists say about who is here: ``clear`` are to be removed, ``asks`` are rules that would
    remove more people than one may, with how many."""

    clear: tuple[tuple[str, Rule], ...] = ()
    asks: tuple[tuple[Rule, int], ...] = ()


def sweep(settings: Policy, policies: Policies, members: Iterable[str], room: Room) -> Sweep:
    """Hold the people in a room against its lists."""
    found = [
        pair
        for pair in policies.matching(members)
        if pair[0] not in room.exempt and pair[0] not in room.spared
    ]
    how_many = Counter(rule for _, rule in found)
    broad = {
        rule
        for rule, count in how_many.items()
        if count > settings.members or _hits_ours(rule, room.exempt)
    }
    return Sweep(
        tuple((user, rule) for user, rule in found if rule not in broad),
        tuple((rule, how_many[rule]) for rule in how_many if rule in broad),
    )


def server_acl(policies: Policies, ours: str, here: Iterable[str] = ()) -> dict[str, Any]:
    """The content of ``m.room.server_acl`` that the lists ask for. Our own server is never on it:
    a room that denies it is lost for everyone there. Nor are those that people ``here`` come from:
    they would be cut off without a word.

    As many servers as fit into an event are on it (64 KiB with all that belongs to it).
    """
    spared = {ours, *here}
    deny: list[str] = []
    room = _ACL_BYTES
    for name in policies.servers():
        rule = Policies((Rule("server", "", "ban", entity=name),))
        if any(rule.of_server(server) is not None for server in spared):
            continue
        room -= len(name.encode()) + 4
        if room < 0:
            break
        deny.append(name)
    return {"allow": ["*"], "deny": deny, "allow_ip_literals": False}


def _hits_ours(rule: Rule, exempt: Iterable[str]) -> bool:
    only = Policies((rule,))
    return any(only.of_user(user) is not None for user in exempt)


_ACL_BYTES = 48_000
POLICY = Protection("policy", N_("Keeps out who is on a list you follow."), Policy, arm)
