"""What is compared: ways of changing names, and PeerRoom's with one precaution left out.

Without a precaution: what happened in the rotations of the real registrar and the real wallets is
kept, and only what the precaution prevents is put in its place. So two arms differ in one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from unlinkability.hours import DAY, HOUR, MINUTE, WEEK, clipped, merged
from unlinkability.lives import Life, Member, Rotation, next_within
from unlinkability.worlds import World, switch_of

Change = Callable[[Random, Rotation], Rotation]


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of changing names. ``change`` is what differs from PeerRoom; None for ways that have
    nothing to do with it, which ``alone`` plays."""

    name: str
    words: str
    change: Change | None = None
    alone: Callable[[World], list[Rotation]] | None = None
    tor: bool = True
    padding: bool = True

    def rotations(
        self, world: World, peerroom: Callable[[World], list[Rotation]]
    ) -> list[Rotation]:
        """What happens in ``world``; ``peerroom`` plays the protocol in it."""
        if self.alone is not None:
            return self.alone(world)
        played = peerroom(world)
        if self.change is None:
            return played
        random = world.random(self.name)
        return [self.change(random, rotation) for rotation in played]


# --- other ways ---------------------------------------------------------------------------------


def rename(world: World) -> list[Rotation]:
    """Everyone sets another display name. Matrix shows the old one beside the new."""

    def changed(random: Random, index: int, switched: float) -> tuple[Life, Life]:
        mark = f"renamed {switched} {index}"
        return Life().marked("rename", mark), Life().marked("rename", mark)

    return _simple(world, "rename", changed)


def new_account_at_once(world: World) -> list[Rotation]:
    """Each program, as soon as it runs after the switch and ten minutes at most later, leaves,
    makes another account and joins."""

    def changed(random: Random, index: int, switched: float) -> tuple[Life, Life]:
        left = next_within(world.awake[index], switched + random.uniform(0, 10 * MINUTE))
        if left is None:
            return Life(), Life()
        made = left + random.lognormvariate(1.0, 0.5)
        joined = made + random.lognormvariate(1.0, 0.5)
        return Life().doing("leave", left), Life().doing("register", made).doing("join", joined)

    return _simple(world, "at once", changed)


def _simple(
    world: World, purpose: str, changed: Callable[[Random, int, float], tuple[Life, Life]]
) -> list[Rotation]:
    rotations = []
    for epoch in range(1, world.epochs + 1):
        switched = switch_of(epoch)
        random = world.random(f"{purpose} {epoch}")
        members = []
        for index, awake in enumerate(world.awake):
            old, new = changed(random, index, switched)
            end = max(old.acts.get("leave", (switched,)))
            start = min(new.acts.get("register", (switched,)))
            members.append(
                Member(
                    replace(old, online=clipped(awake, switched - WEEK, end)),
                    replace(new, online=clipped(awake, start, switched + WEEK)),
                    world.address(index),
                    awake,
                )
            )
        rotations.append(Rotation(switched, tuple(members)))
    return rotations


# --- PeerRoom without … ------------------------------------------------------------------------


def _each(change: Callable[[Random, Member, float], Member]) -> Change:
    return lambda random, rotation: replace(
        rotation,
        members=tuple(change(random, member, rotation.switched) for member in rotation.members),
    )


def _two_visits(random: Random, member: Member, switched: float) -> Member:
    """The account is made when its token is asked for, and shows it on the day of the visits."""
    asked = member.old.acts.get("request")
    if not asked:
        return member
    return replace(
        member, new=member.new.doing("register", asked[0] + random.lognormvariate(1.5, 0.5))
    )


def _two_moments(random: Random, member: Member, switched: float) -> Member:
    """The account is made at a moment of its own, and shows its token at another."""
    shown = member.new.acts.get("redeem")
    if not shown:
        return member
    wish = random.uniform(switched - 6 * DAY, shown[0] - 2 * HOUR)
    made = next_within(member.awake, wish)
    return replace(member, new=member.new.doing("register", min(made or shown[0], shown[0])))


def _in_answer(random: Random, member: Member, switched: float) -> Member:
    """The visit is made as soon as the ledger is there."""
    told = member.old.acts.get("ledger", ())
    if not told or not member.new.acts.get("redeem"):
        return member
    visit = told[0] + random.lognormvariate(1.5, 0.5)
    return replace(member, new=member.new.doing("register", visit).doing("redeem", visit + 2.0))


def _takes_over(random: Random, member: Member, switched: float) -> Member:
    """The new account connects when the old one has been told that its time is over, instead of
    each at a moment of its own."""
    told = next_within(member.awake, switched)
    if told is None or not member.new.online:
        return member
    end = told + random.lognormvariate(0.0, 0.4)
    start = end + random.lognormvariate(0.0, 0.4)
    before = clipped(member.awake, switched - WEEK, switched)
    return replace(
        member,
        old=replace(member.old, online=merged((*before, *clipped(member.awake, switched, end)))),
        new=replace(member.new, online=clipped(member.awake, start, switched + WEEK)),
    )


def _logs_out(random: Random, member: Member, switched: float) -> Member:
    """The old account says good-bye once the new one has read its first message."""
    first = member.new.online[0][0] if member.new.online else None
    if first is None:
        return member
    read = next_within(member.awake, first + random.lognormvariate(1.0, 0.5))
    gone = (read or first) + 1.0
    stayed = clipped(member.old.online, switched - WEEK, gone)
    return replace(member, old=replace(member.old, online=stayed).doing("logout", gone))


def _in_order(random: Random, rotation: Rotation) -> Rotation:
    """Ledgers list the old accounts as they asked and the new ones as they came, and the new ones
    join the room in that order."""
    sides: list[list[int]] = []
    for kind, lives in (
        ("request", [member.old for member in rotation.members]),
        ("redeem", [member.new for member in rotation.members]),
    ):
        moments = [max(life.acts.get(kind, (0.0,))) for life in lives]
        ranks = sorted(range(len(lives)), key=moments.__getitem__)
        sides.append([ranks.index(index) for index in range(len(lives))])
    return replace(
        rotation,
        members=tuple(
            replace(
                member,
                old=member.old.marked("place", float(asked)),
                new=member.new.marked("place", float(shown)),
            )
            for member, asked, shown in zip(rotation.members, *sides, strict=True)
        ),
    )


OTHERS: Final = (
    Arm("rename", "Everyone takes another display name", alone=rename),
    Arm("at once", "Everyone makes a new account at once", alone=new_account_at_once),
)
PEERROOM: Final = Arm("peerroom", "PeerRoom")
WITHOUT: Final = (
    Arm("two visits", "two visits: made when asked, shown later", _each(_two_visits)),
    Arm("two moments", "two visits at moments of their own", _each(_two_moments)),
    Arm("in answer", "visit in answer to the ledger", _each(_in_answer)),
    Arm("takes over", "new account connects when the old one stops", _each(_takes_over)),
    Arm("logs out", "old account logs out when the new one works", _each(_logs_out)),
    Arm("in order", "ledgers and joins in the order of arrival", _in_order),
    Arm("no tor", "without Tor", tor=False),
    Arm("no padding", "messages not padded", padding=False),
)
ARMS: Final[Mapping[str, Arm]] = {arm.name: arm for arm in (*OTHERS, PEERROOM, *WITHOUT)}
