"""A member on paper: the real wallet, a laptop that sleeps and dies, and a line to the server.

The laptop stores a wallet before it does anything, as the real agent does; a step is named again
until its fact was told. Requests and their answers get lost, and come late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from support.paper_errands import ASKED, account_of, ask, done

from peerroom.pseudonym import following, wallet
from peerroom.pseudonym import wallet_facts as saw
from peerroom.pseudonym import wallet_steps as do
from peerroom.pseudonym.record_errors import RecordError
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.wallet import Wallet
from peerroom.wire.records import SignedRecord

if TYPE_CHECKING:
    from support.paper_circle import PaperCircle

Span = tuple[datetime, datetime]

AGAIN = timedelta(minutes=2)
"""When something that got lost is tried again."""
LATER = timedelta(minutes=20)
"""When something that the server did not have is asked for again."""
READ_BY_THEN = timedelta(minutes=20)
"""How long it takes until somebody else has written in a new room."""


class PaperMember:
    """One person (a number that nobody in the circle knows), and the line they are reached by.

    ``awake`` are the times at which the laptop runs, in order; ``skew`` is how wrong its clock is.
    """

    def __init__(
        self,
        circle: PaperCircle,
        person: int,
        user_id: str,
        awake: Sequence[Span],
        *,
        skew: timedelta = timedelta(0),
        resident: bool = False,
    ) -> None:
        self.circle = circle
        self.person = person
        self.line = f"line {person}"
        self.first = user_id
        self.skew = skew
        self.resident = resident
        self.wallets: dict[int, Wallet] = {}
        self.stops: list[str] = []
        self.running = False
        self.connected: list[str] = []
        self.random = Random(f"member {circle.seed} {person}")
        self._life = 0
        self._seen: dict[tuple[str, str], set[int]] = {}
        self._heard: dict[str, int] = {}
        self._under_way: set[tuple[int, do.Step]] = set()
        self._alarm: datetime | None = None
        self._stirred = False
        for begin, end in awake:
            circle.at(begin, self.start)
            circle.at(end, self.sleep)

    @property
    def now(self) -> datetime:
        """What this laptop's clock says."""
        return self.circle.now + self.skew

    @property
    def newest(self) -> Wallet | None:
        """The wallet of the latest epoch."""
        return self.wallets[max(self.wallets)] if self.wallets else None

    @property
    def account(self) -> str:
        """The account that this person would write with now."""
        newest = self.newest
        if newest is None:
            return self.first
        online = wallet.online(newest, self.now)
        return online[-1] if online else newest.account.user_id

    # the laptop ----------------------------------------------------------------------------------

    def start(self) -> None:
        """The laptop wakes up, or the program starts."""
        if self.running:
            return
        self.running = True
        self._life += 1
        self._under_way.clear()
        self._alarm = None
        self.tell(saw.Started())
        if self.running:
            self._sync()

    def sleep(self) -> None:
        """Without a word: whatever was under way is cut off."""
        self.running = False
        self._life += 1
        self._connect([])

    def die(self) -> None:
        """``kill -9``, and a new start: only what was stored is left."""
        if self.running:
            self.sleep()
            self.wallets = {e: Wallet.decode(kept.encode()) for e, kept in self.wallets.items()}
            self._seen.clear()
            self.circle.after(timedelta(seconds=self.random.uniform(1, 600)), self.start)

    def stir(self) -> None:
        """The server has something new for one of the accounts."""
        if not self._stirred:
            self._stirred = True
            self.circle.soon(self._look_up)

    def _look_up(self) -> None:
        self._stirred = False
        if self.running:
            self._sync()

    # facts ---------------------------------------------------------------------------------------

    def tell(self, fact: saw.Fact, user_id: str | None = None) -> None:
        """Let the wallets judge a fact; with ``user_id`` those of this account alone."""
        life = self._life
        for epoch, kept in list(self.wallets.items()):
            if self._life == life and (user_id is None or kept.concerns(user_id)):
                self._tell(epoch, fact)

    def _tell(self, epoch: int, fact: saw.Fact) -> None:
        circle = self.circle
        before = self.wallets[epoch]
        after, _steps = wallet.advance(
            before, fact, now=self.now, random=self.random, draw=circle.draw, mint=circle.mint
        )
        if circle.falls("crash"):  # judged, and not stored
            self.die()
            return
        self.wallets[epoch] = after
        if after.token is not None and before.token is None:
            circle.referee.got_token(self, after)
        if after.stop is not None and before.stop is None:
            self.stops.append(after.stop)
        pair = wallet.succeed(after, now=self.now, random=self.random)
        if pair is not None:
            self.wallets[epoch], following_wallet = pair
            self.wallets[following_wallet.epoch] = following_wallet

    def hear(self, fact: saw.Fact) -> None:
        """Somebody said something in the room."""
        self.tell(fact)
        if self.running:
            self._act()

    # reading -------------------------------------------------------------------------------------

    def _sync(self) -> None:
        """Everything that the server has for the accounts that may be connected."""
        circle = self.circle
        life = self._life
        for user in self._connect(self._wanted()):
            circle.server.accept(user, circle.now)
            for room in circle.server.rooms_of(user):
                self._read(user, room.room_id, circle.server.shown(user, room, circle.now))
            entries = circle.server.entries[user]
            for entry in entries[self._heard.get(user, 0) :]:
                self.tell(saw.Heard(entry), user)
            if self._life != life:
                return
            self._heard[user] = len(entries)
        self._act()

    def _read(self, user: str, room_id: str, shown: dict[int, SignedRecord]) -> None:
        """The records of one room that this account has not seen in it yet."""
        life = self._life
        if not self.wallets:
            self._begin(user, tuple(shown.values()))
        if not self.wallets or self._life != life:
            return
        known = self._seen.get((user, room_id))
        if known is None:
            self.circle.note("ledger", self, user, len(shown))
            self.tell(saw.Arrived(user, tuple(shown.values()), room_id), user)
            if self._life == life:
                self._seen[user, room_id] = set(shown)
                self.circle.after(READ_BY_THEN, lambda: self._read_a_message(user, room_id))
            return
        for sequence in sorted(shown.keys() - known):
            self.circle.note("ledger", self, user)
            self.tell(saw.SawRecord(shown[sequence], room_id), user)
            if self._life != life:
                return
            known.add(sequence)

    def _begin(self, user: str, records: tuple[SignedRecord, ...]) -> None:
        """The first wallet, as soon as an epoch is open."""
        circle = self.circle
        try:
            chain = following.enter(Chain(circle.lineage, circle.key), records)
            begun = wallet.begin(
                chain,
                account_of(user),
                now=self.now,
                random=self.random,
                resident=self.resident,
            )
        except (RecordError, ValueError):
            return  # not now; when more is there
        self.wallets[begun.epoch] = begun

    def _read_a_message(self, user: str, room_id: str) -> None:
        if self.running and user in self.circle.server.rooms[room_id].joined:
            self.tell(saw.Decrypted(), user)
            self._act()

    def _wanted(self) -> list[str]:
        """The accounts that may be connected now."""
        if not self.wallets:
            return [self.first]
        users = [
            user
            for kept in self.wallets.values()
            if not kept.over
            for user in wallet.online(kept, self.now)
        ]
        return [user for user in dict.fromkeys(users) if self.circle.server.works(user)]

    def _connect(self, wanted: list[str]) -> list[str]:
        for user in self.connected:
            if user not in wanted:
                self.circle.note("disconnect", self, user)
        for user in wanted:
            if user not in self.connected:
                self.circle.note("connect", self, user)
        self.connected = wanted
        return wanted

    # doing ---------------------------------------------------------------------------------------

    def _act(self) -> None:
        """Do what the wallets name, and set the alarm for what time alone brings."""
        newest = self.newest
        for epoch, kept in list(self.wallets.items()):
            if kept.over and kept is not newest:
                del self.wallets[epoch]
                continue
            for step in wallet.steps(kept, self.now):
                if (epoch, step) not in self._under_way:
                    self._under_way.add((epoch, step))
                    self._do(epoch, kept.account.user_id, step)
        moments = [wallet.wake(kept, self.now) for kept in self.wallets.values()]
        due = min((at for at in moments if at is not None), default=None)
        if due is not None and due != self._alarm:
            self._alarm = due
            self.circle.at(due - self.skew, lambda: self._ring(due))

    def _ring(self, due: datetime) -> None:
        if self.running and self._alarm == due:
            self._alarm = None
            self.tell(saw.Ticked())
            if self.running:
                self._sync()

    def _do(self, epoch: int, old: str, step: do.Step) -> None:
        if not isinstance(step, ASKED):
            answer = done(step)
            if answer is not None:
                self._later(lambda: self._finish(epoch, step, answer))
            return
        if self.circle.falls("lost"):
            self._later(lambda: self._fail(epoch, step), AGAIN)
            return

        def arrive() -> None:
            if self.circle.falls("twice"):
                ask(self, old, step)
            fact = ask(self, old, step)
            if fact is None or self.circle.falls("lost"):
                wait = LATER if fact is None else AGAIN
                self._later(lambda: self._fail(epoch, step), wait)
            elif self.circle.falls("crash"):
                self.die()
            else:
                self._later(lambda: self._finish(epoch, step, fact))

        self._later(arrive)

    def _later(self, action: Callable[[], None], wait: timedelta | None = None) -> None:
        """Some time later, if the same run of the program still lasts."""
        life = self._life

        def then() -> None:
            if self._life == life and self.running:
                action()

        if wait is None:
            self.circle.soon(then)
        else:
            self.circle.after(wait, then)

    def _finish(self, epoch: int, step: do.Step, fact: saw.Fact) -> None:
        if epoch in self.wallets:
            self._tell(epoch, fact)
        self._fail(epoch, step)

    def _fail(self, epoch: int, step: do.Step) -> None:
        """The step may be named again."""
        self._under_way.discard((epoch, step))
        if self.running:
            self._sync()
