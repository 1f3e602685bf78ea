"""Weeks in which everything happens at once, each drawn from its number.

Who is away when, whose clock is wrong, who cheats, when the bot is off, whom moderators ban or send
out, who comes, leaves or loses a laptop; what gets lost, comes twice, or dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from support.paper_circle import START, PaperCircle, Weather
from support.paper_member import PaperMember, Span
from support.paper_mint import SigningMint
from support.paper_server import Mischief
from support.paper_swindle import Swindlers

from peerroom.pseudonym import registrar_facts as facts

DAY = timedelta(days=1)
BUSY = 5 * DAY
QUIET = 3 * DAY
MODERATOR = "@moderator:paper.example"


class Moody(Mischief):
    """Shows some records to some accounts hours late, and swallows some redemptions; never after
    ``until``, and the same each time."""

    def __init__(self, number: int, often: float, until: datetime) -> None:
        self._number, self._often, self._until = number, often, until
        self._from: dict[tuple[str, int], datetime] = {}

    def shows(self, user_id: str, sequence: int, now: datetime) -> bool:
        if now >= self._until or not self._often:
            return True
        since = self._from.get((user_id, sequence))
        if since is None:
            chance = Random(f"{self._number} {user_id} {sequence}")
            late = chance.random() < self._often
            since = now + timedelta(hours=chance.expovariate(1 / 4)) * late
            self._from[user_id, sequence] = since
        return now >= since

    def delivers(self, user_id: str, now: datetime) -> bool:
        return now >= self._until or Random(f"{self._number} {user_id}").random() >= self._often


class Schedule:
    """One schedule: five epochs in which things happen, then three in which nothing does."""

    def __init__(self, number: int, mint: SigningMint | None = None) -> None:
        self.random = Random(f"schedule {number}")
        random = self.random
        self.members = random.randrange(6, 13)
        self.circle = PaperCircle(
            f"schedule {number}",
            self.members,
            residents=random.randrange(3),
            mint=mint,
            mischief=Moody(number, random.choice((0.0, 0.0, 0.05, 0.2)), START + BUSY),
            limited=random.random() < 0.1,
            weather=Weather(
                lost=random.choice((0.0, 0.05, 0.15)),
                twice=random.choice((0.0, 0.1)),
                crash=random.choice((0.0, 0.002, 0.01)),
                slow=(0.1, random.choice((3.0, 60.0))),
            ),
            awake={person: self._awake() for person in range(self.members)},
            skew={person: self._skew() for person in range(self.members)},
        )
        self.swindlers = Swindlers(self.circle, random, random.randrange(0, 4))
        self.gone: set[int] = set()
        for _ in range(random.randrange(4, 16)):
            event = random.choice(
                (
                    self._ban,
                    self._ban_old,
                    self._sit_out,
                    self._hold,
                    self.circle.newcomer,
                    self._leave,
                    self._lose_laptop,
                    self._bot_off,
                )
            )
            self.circle.at(START + random.random() * BUSY, event)
        for _ in range(30 * bool(self.swindlers.persons)):
            self.circle.at(START + random.random() * BUSY, self.swindlers.collect)
            self.circle.at(START + random.random() * BUSY, self.swindlers.act)

    def run(self) -> None:
        """Live through it. After the busy time everybody starts their program once."""
        self.circle.run(BUSY)
        for member in self.circle.members:
            self.circle.bot.tell(facts.Restored(member.account))
            member.die()
        self.circle.run(QUIET)
        self.circle.run(DAY, until=lambda: not self.lost())

    def lost(self) -> dict[int, dict[int, str]]:
        """Who is honest, has a seat, and is not in the circle's room; with their wallets."""
        referee = self.circle.referee
        banned = referee.banned | referee.barred
        inside = self.circle.inside()
        return {
            member.person: {epoch: str(kept.stage) for epoch, kept in member.wallets.items()}
            for member in self.honest()
            if member.person not in inside
            and referee.seats[member.first] not in banned
            and referee.seats.get(member.account) not in banned
        }

    def honest(self) -> list[PaperMember]:
        """All but those who cheat."""
        cheats = self.swindlers.persons
        return [member for member in self.circle.members if member.person not in cheats]

    # drawing -------------------------------------------------------------------------------------

    def _awake(self) -> Sequence[Span]:
        random = self.random
        end = START + BUSY + QUIET + DAY
        if random.random() < 0.3:
            return ((START, end),)
        spans: list[Span] = []
        since = START
        often = random.choice((3, 12, 40))
        while since < START + BUSY:
            begin = since + timedelta(hours=random.expovariate(1 / often))
            since = begin + timedelta(hours=random.expovariate(1 / often))
            spans.append((begin, since))
        back = START + BUSY
        return (*((b, e) for b, e in spans if e < back), (back, end))

    def _skew(self) -> timedelta:
        return timedelta(minutes=self.random.choice((0, 0, 0, 2, -2, 15, -15)))

    def _somebody(self) -> PaperMember | None:
        here = [m for m in self.circle.members if m.person not in self.gone]
        return self.random.choice(here) if len(here) > 5 else None

    # what happens --------------------------------------------------------------------------------

    def _ban(self) -> None:
        member = self._somebody()
        if member is not None:
            self.circle.ban(member.account)

    def _ban_old(self) -> None:
        """A name that is perhaps nobody's any more, and that nobody should be banned for."""
        old = self.random.choice([*self.circle.referee.seats])
        current = {member.account for member in self.circle.members}
        if old not in current and old not in self.circle.room.joined:
            self.circle.ban(old)

    def _sit_out(self) -> None:
        member = self._somebody()
        if member is not None:
            hours = timedelta(hours=self.random.uniform(1, 50))
            until = self.random.choice((None, self.circle.now + hours))
            user = member.account
            self.circle.bot.tell(facts.SatOut(user, until))
            self.circle.after(hours, lambda: self.circle.bot.tell(facts.Restored(user)))

    def _hold(self) -> None:
        hours = timedelta(hours=self.random.uniform(0.5, 12))
        self.circle.bot.tell(facts.HoldSet(self.circle.now + hours))
        if self.random.random() < 0.5:
            self.circle.after(hours / 2, lambda: self.circle.bot.tell(facts.HoldReleased()))

    def _leave(self) -> None:
        member = self._somebody()
        if member is not None and member.account in self.circle.room.joined:
            self.gone.add(member.person)
            self.circle.leave(member)

    def _lose_laptop(self) -> None:
        member = self._somebody()
        if member is None or member.account not in self.circle.room.joined:
            return
        user = member.account
        self.circle.bot.tell(facts.ReplacementAsked(user, MODERATOR))
        if self.random.random() < 0.5:
            hours = timedelta(hours=self.random.uniform(1, 47))
            self.circle.after(hours, lambda: self.circle.bot.tell(facts.ReplacementObjected(user)))

    def _bot_off(self) -> None:
        hours = self.random.choice((0.2, 2, 8))
        self.circle.bot.turn_off(timedelta(hours=hours))
