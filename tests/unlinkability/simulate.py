"""PeerRoom's change of names in the weeks of a world: real registrar, wallets and signed records.

Server, network and laptops are on paper (`support.paper_circle`), and so are the tokens, unless a
mint that makes real ones is passed. The server is hostile as far as that helps it to link: it gives
every member both ledgers at moments of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from support.paper_circle import START, PaperCircle, Trace
from support.paper_mint import SigningMint
from support.paper_server import Mischief, Room
from unlinkability.hours import WEEK, Spans, clipped
from unlinkability.lives import Life, Member, Rotation
from unlinkability.worlds import World, switch_of

from peerroom.pseudonym.epochs import Policy, Weekly
from peerroom.pseudonym.records import rows_of
from peerroom.wire.records import Admitted, Issued, Record, Row, Seated, Signed

STAGGERED: Final = timedelta(minutes=30)
"""Within which the server gives a ledger to one after the other. If it took longer, laptops
would miss it, too few would renew, and nothing would change."""
POLICY: Final = Policy(rhythm=Weekly(zone="UTC"), floor=3)
"""What a host gets who changes nothing, but for the floor, so that small circles can be looked at,
and for the zone: a circle's local time is called UTC here."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a world: the changes of names that there were, in how many ``epochs``, and of
    ``seats`` that there were to renew in all of them how many were ``renewed``."""

    rotations: tuple[Rotation, ...]
    epochs: int
    seats: int
    renewed: int


def play(world: World, *, policy: Policy = POLICY, mint: SigningMint | None = None) -> Played:
    """Let the world's weeks pass."""
    circle = _WatchedCircle(world, policy, mint)
    circle.run(timedelta(seconds=switch_of(world.epochs) + WEEK))
    lives = _Lives(circle, world)
    rotations = [
        Rotation(_local(switched), tuple(lives.members(issued, admitted, _local(switched))))
        for issued, admitted, switched in circle.committed()
    ][: world.epochs]
    renewed = sum(len(rotation.members) for rotation in rotations)
    return Played(tuple(rotations), world.epochs, world.epochs * len(world.people), renewed)


class _Staggering(Mischief):
    """``late``: from when on an account is shown the record with a number."""

    def __init__(self) -> None:
        self.late: dict[tuple[str, int], datetime] = {}

    def shows(self, user_id: str, sequence: int, now: datetime) -> bool:
        return now >= self.late.get((user_id, sequence), now)


class _WatchedCircle(PaperCircle):
    """A paper circle on such a server."""

    def __init__(self, world: World, policy: Policy, mint: SigningMint | None) -> None:
        self._staggering = _Staggering()
        self._delays = world.random("delays")
        self._rows: dict[int, tuple[Row, ...]] = {}
        super().__init__(
            f"{world.seed} {world.hours}",
            len(world.people),
            policy=policy,
            mint=mint,
            mischief=self._staggering,
            awake={person: _moments(spans) for person, spans in enumerate(world.awake)},
        )

    def published(self, room: Room, record: Record) -> None:
        if record.sequence not in self._rows and isinstance(record.body, Issued | Admitted):
            self._rows[record.sequence] = rows_of(record.body, room.pages[record.sequence])
        if isinstance(record.body, Issued | Admitted):
            for user in room.joined:
                when = self.now + self._delays.random() * STAGGERED
                if self._staggering.late.setdefault((user, record.sequence), when) == when:
                    self.at(when, partial(self.stir, (user,)))
        super().published(room, record)

    def committed(self) -> Iterator[tuple[list[str], list[str], datetime]]:
        """For each switch the old accounts in the order in which they are listed, the new ones in
        theirs, and the moment."""
        signed: list[str] = []
        for sequence, record in sorted(self.records.items()):
            rows = self._rows.get(sequence, ())
            if isinstance(record.body, Issued):
                signed = [row.user_id for row in rows if isinstance(row, Signed)]
            elif isinstance(record.body, Admitted):
                seated = [row.user_id for row in rows if isinstance(row, Seated)]
                yield signed, seated, START + timedelta(milliseconds=record.at) - _SINCE_1970


_SINCE_1970: Final = START - datetime.fromtimestamp(0, START.tzinfo)


class _Lives:
    """What the trace of a circle says about each account, and whose it was."""

    def __init__(self, circle: PaperCircle, world: World) -> None:
        self._world = world
        self._end = _local(circle.now)
        self._of: dict[str, list[Trace]] = defaultdict(list)
        for trace in circle.trace:
            self._of[trace.account].append(trace)

    def members(
        self, issued: Sequence[str], admitted: Sequence[str], switched: float
    ) -> Iterator[Member]:
        """Everyone who changed names at this switch."""
        asked = {self._person(user): place for place, user in enumerate(issued)}
        names = {self._person(user): user for user in issued}
        for place, user in enumerate(admitted):
            person = self._person(user)
            old = self._life(names[person], switched - WEEK, switched + WEEK)
            new = self._life(user, switched - WEEK, switched + WEEK)
            yield Member(
                old.marked("place", float(asked[person])),
                new.marked("place", float(place)),
                self._world.address(person),
                self._world.awake[person],
            )

    def _person(self, user: str) -> int:
        return self._of[user][0].person

    def _life(self, user: str, begin: float, end: float) -> Life:
        acts: dict[str, list[float]] = defaultdict(list)
        spans: list[tuple[float, float]] = []
        since: float | None = None
        for trace in self._of[user]:
            moment = _local(trace.at)
            if trace.kind == "connect":
                since = moment
            elif trace.kind == "disconnect":
                if since is not None:
                    spans.append((since, moment))
                since = None
            elif begin <= moment < end:
                acts[trace.kind].append(moment)
        if since is not None:
            spans.append((since, self._end))
        return Life(
            online=clipped(tuple(spans), begin, end),
            acts={kind: tuple(moments) for kind, moments in acts.items()},
        )


def _moments(spans: Spans) -> list[tuple[datetime, datetime]]:
    return [
        (START + timedelta(seconds=begin), START + timedelta(seconds=end)) for begin, end in spans
    ]


def _local(moment: datetime) -> float:
    """Seconds of a world."""
    return (moment - START).total_seconds()
