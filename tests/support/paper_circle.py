"""A whole circle on paper: real registrar, real wallets, and between them a world that goes wrong.

`PaperCircle` runs weeks in milliseconds: time is a heap of events, chance is seeded, and the same
seed gives the same weeks. What is real: every decision of the bot (`peerroom.pseudonym.registrar`),
of its members (`peerroom.pseudonym.wallet`), every record and its signature. What is paper: server,
network, laptops, and, unless a `paper_mint.RealMint` is passed, the tokens.

    circle = PaperCircle(seed=7, members=12, weather=Weather(lost=0.05, crash=0.01))
    circle.run(timedelta(weeks=10))
    circle.trace        # who did what when, and who could see it

`circle.referee` raises `paper_referee.Foul` as soon as a rule is broken.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.paper_bot import PaperBot
from support.paper_member import PaperMember, Span
from support.paper_mint import PaperMint, SigningMint
from support.paper_referee import Referee
from support.paper_server import Account, Mischief, Room, Server

from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym import wallet_facts as saw
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.pseudonym.names import SPACE
from peerroom.pseudonym.tokens import Scope
from peerroom.wire.records import Record, Seated

START: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
ALWAYS: Final[tuple[Span, ...]] = ((START, datetime(2200, 1, 1, tzinfo=UTC)),)

HOURLY: Final = Policy(
    rhythm=Every(timedelta(hours=24)),
    window=timedelta(hours=4),
    freeze=timedelta(minutes=10),
    floor=3,
    hold=timedelta(hours=6),
)
"""An epoch a day, for schedules: all that happens in a week, faster."""

View = Literal["member", "bot", "homeserver", "network"]
SEEN_BY: Final[Mapping[str, frozenset[View]]] = {
    "join": frozenset({"member", "bot", "homeserver"}),
    "message": frozenset({"member", "bot", "homeserver", "network"}),
    "request": frozenset({"bot", "homeserver", "network"}),
    "redeem": frozenset({"bot", "homeserver", "network"}),
    "stay": frozenset({"bot", "homeserver", "network"}),
    "register": frozenset({"homeserver", "network"}),
    "ledger": frozenset({"homeserver", "network"}),
    "look": frozenset({"homeserver", "network"}),
    "connect": frozenset({"homeserver", "network"}),
    "disconnect": frozenset({"homeserver", "network"}),
}
"""Who learns of an event. The network learns when, from which line and how much, never which
account; the others learn the account, and the line only if there is no Tor."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that somebody could see.

    ``at`` the moment; ``kind`` a key of `SEEN_BY`; ``account`` the user id that did it; ``line``
    where it came from, which belongs to one person; ``person`` the hidden truth; ``size`` bytes or
    rows, as it suits the kind.
    """

    at: datetime
    kind: str
    account: str
    line: str
    person: int
    size: int = 0

    @property
    def views(self) -> frozenset[View]:
        """Who could see it."""
        return SEEN_BY[self.kind]


@dataclass(frozen=True, slots=True)
class Weather:
    """How often things go wrong (a chance each time), and how long they take (seconds)."""

    lost: float = 0.0
    twice: float = 0.0
    crash: float = 0.0
    slow: tuple[float, float] = (0.1, 3.0)


class PaperCircle:
    """A circle of ``members`` and ``residents``, with its bot and its server.

    ``awake`` says for a person when their laptop runs (always, if it says nothing), ``skew`` how
    far their clock is off. Persons are numbers from 0; residents come last.
    """

    def __init__(
        self,
        seed: int | str,
        members: int,
        *,
        residents: int = 0,
        policy: Policy = HOURLY,
        mint: SigningMint | None = None,
        weather: Weather = Weather(),
        mischief: Mischief | None = None,
        awake: Mapping[int, Sequence[Span]] | None = None,
        skew: Mapping[int, timedelta] | None = None,
        limited: bool = False,
    ) -> None:
        self.seed = seed
        self.name = "paper.example"
        self.now = START
        self.random = Random(f"circle {seed}")
        self.weather = weather
        self.trace: list[Trace] = []
        self._heap: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._chance = Random(f"chance {seed}")
        self._secrets = Random(f"secrets {seed}")
        self.lineage = self._secrets.randbytes(16)
        seed_of_bot = self._secrets.randbytes(32)
        bot_key = Ed25519PrivateKey.from_private_bytes(seed_of_bot)
        self.key = bot_key.public_key().public_bytes_raw()
        self.mint = mint if mint is not None else PaperMint()
        self.referee = Referee(self)
        self.server = Server(mischief if mischief is not None else Mischief(), self._came_in)
        self.bot = PaperBot(self, self.server, self.mint, policy, seed_of_bot)
        self.records: dict[int, Record] = {}
        self.members: list[PaperMember] = []
        self._awake, self._skew = awake or {}, skew or {}
        self._persons = itertools.count(members + residents)
        self._names = Random(f"names {seed}")
        self._owners: dict[str, int] = {}
        first = Room("!first", START)
        self.server.rooms[first.room_id] = first
        for person in range(members + residents):
            user = f"@founder{person}:{self.name}"
            self._come_in(person, user, person, resident=person >= members)
        self.bot.tell(
            facts.Began(
                first.room_id,
                {member.first: index for index, member in enumerate(self.members)},
                tuple(member.first for member in self.members if member.resident),
                limited,
            )
        )

    def _came_in(self, room: Room, user: str) -> None:
        self.referee.came_in(room, user)
        self.bot.looks(room)

    def _come_in(self, person: int, user: str, seat: int, *, resident: bool = False) -> PaperMember:
        """Somebody is in the circle's room with the account of an invite."""
        self.server.accounts[user] = Account(self.now, "", f"line {person}")
        self.referee.founded(user, seat)
        self.server.join(self.room, user, self.now)
        member = PaperMember(
            self,
            person,
            user,
            self._awake.get(person, ALWAYS),
            skew=self._skew.get(person, timedelta(0)),
            resident=resident,
        )
        self.members.append(member)
        return member

    # time and chance -----------------------------------------------------------------------------

    def at(self, moment: datetime, action: Callable[[], object]) -> None:
        """Do something then; at once, if that has passed."""
        heapq.heappush(self._heap, (max(moment, self.now), next(self._order), action))

    def after(self, wait: timedelta, action: Callable[[], object]) -> None:
        """Do something later."""
        self.at(self.now + wait, action)

    def soon(self, action: Callable[[], object]) -> None:
        """Do something after the time that a request takes."""
        seconds = self._chance.uniform(*self.weather.slow)
        self.after(timedelta(seconds=seconds), action)

    def run(self, length: timedelta, *, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass; with ``until`` no longer than that. Whether ``until`` came about."""
        end = self.now + length
        while self._heap and self._heap[0][0] <= end:
            self.now, _order, action = heapq.heappop(self._heap)
            action()
            if until is not None and until():
                return True
        self.now = end
        return False

    def falls(self, what: Literal["lost", "twice", "crash"]) -> bool:
        """Whether this goes wrong now."""
        chance: float = getattr(self.weather, what)
        return chance > 0 and self._chance.random() < chance

    def draw(self, length: int) -> bytes:
        """Secrets, the same for the same seed."""
        return self._secrets.randbytes(length)

    # what is seen --------------------------------------------------------------------------------

    def note(self, kind: str, member: PaperMember, account: str, size: int = 0) -> None:
        """Something happened that somebody could see."""
        self._owners[account] = member.person
        self.trace.append(Trace(self.now, kind, account, member.line, member.person, size))

    @property
    def room(self) -> Room:
        """The circle's room."""
        room_id = self.bot.office.room_id
        return self.server.rooms[room_id if room_id is not None else "!first"]

    @property
    def epoch(self) -> int:
        """The number of the open epoch."""
        return self.bot.office.number

    def bodies(self, *kinds: type) -> list[object]:
        """What the circle's records say, those of some kinds, in order."""
        bodies = [self.records[number].body for number in sorted(self.records)]
        return [body for body in bodies if isinstance(body, kinds)]

    def owner(self, user_id: str) -> int:
        """Whose account this is (nobody in the circle knows): -1 for one that no member has."""
        return self._owners.get(user_id, -1)

    def inside(self) -> set[int]:
        """The persons who are in the circle's room with the account that they use."""
        return {member.person for member in self.members if member.account in self.room.joined}

    # what the bot brings about -------------------------------------------------------------------

    def published(self, room: Room, record: Record) -> None:
        """A record is in a room."""
        if record.sequence not in self.records:
            self.records[record.sequence] = record
            self.referee.published(room, record)
        self.stir(room.joined)

    def stir(self, users: Iterable[str]) -> None:
        """The server has something new for these accounts."""
        wanted = set(users)
        for member in self.members:
            if member.running and not wanted.isdisjoint(member.connected):
                member.stir()

    def granted(self, user_id: str) -> None:
        """An invite in place of a lost laptop's account: its owner comes in with a new one."""
        for lost in self.members:
            if lost.account == user_id:
                self.members.remove(lost)
                lost.sleep()
                self._arrive(lost.person, self.referee.seats[user_id])
                return

    def redeemed(self, member: PaperMember, seat: Seated, scope: Scope) -> None:
        """A new account sent its redemption."""
        self.note("redeem", member, seat.user_id, 2200)
        self.referee.showed(seat, scope.epoch)
        if self.server.mischief.delivers(seat.user_id, self.now):
            created = self.server.accounts[seat.user_id].created
            self.bot.tell(facts.Shown(seat.user_id, scope.epoch, scope.round, seat, created))

    def say_in_room(self, sender: PaperMember, fact: saw.Fact) -> None:
        """Every other member hears something."""
        for member in self.members:
            if member is not sender and member.running:
                member.hear(fact)

    # what people do ------------------------------------------------------------------------------

    def newcomer(self) -> PaperMember:
        """Somebody comes in by an invite."""
        return self._arrive(next(self._persons), None)

    def _arrive(self, person: int, seat: int | None) -> PaperMember:
        user = f"@guest{next(self._order)}:{self.name}"
        self.bot.admit(facts.Joined(user, self._names.randrange(SPACE)))
        return self._come_in(person, user, person if seat is None else seat)

    def ban(self, user_id: str) -> None:
        """A moderator bans an account."""
        self.server.ban(self.room, user_id)
        self.bot.tell(facts.Excluded(user_id))

    def leave(self, member: PaperMember) -> None:
        """Somebody leaves for good, with a word to the server."""
        user, room = member.account, self.room
        self.server.leave(room, user)
        self.bot.tell(facts.Left(user, room.room_id))
        self.members.remove(member)
        member.sleep()
