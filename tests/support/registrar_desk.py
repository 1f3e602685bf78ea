"""A registrar at its desk: facts go in one at a time, and the outside world answers when told to.

Every fact is told twice, and the second time must change nothing. Every record must be one that a
client follows, and every office one that its rows bring back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.paper_errands import account_of
from support.paper_mint import PaperMint

from peerroom.pseudonym import registrar
from peerroom.pseudonym import registrar_effects as effects
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.epochs import Every, Policy
from peerroom.pseudonym.possession import Account, Use
from peerroom.pseudonym.records import Chain, sign_record
from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.registrar_storage import assemble, changes
from peerroom.pseudonym.tokens import Pending, Scope, Token
from peerroom.pseudonym.wallet_ledgers import seated
from peerroom.wire.records import Body, Issued, Row, Seated, Signed, decode_page

LINEAGE = bytes(range(16))
SEED = bytes(32)
START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = Policy(Every(DAY), window=4 * HOUR, freeze=HOUR / 2, floor=3, hold=6 * HOUR)

T = TypeVar("T", bound=effects.Effect)


def user(name: str) -> str:
    """The user id of somebody."""
    return f"@{name}:desk.example"


class Desk:
    """A circle of ``members`` and ``residents`` by name, in its first epoch.

    The signer makes keys by itself until the epoch ``signs_until``.
    """

    def __init__(
        self,
        members: Iterable[str] = ("ann", "ben", "cem", "dia", "eva"),
        residents: Iterable[str] = (),
        *,
        policy: Policy = POLICY,
        limited: bool = False,
        signs_until: int = 1000,
    ) -> None:
        self.now = START
        self.signs_until = signs_until
        self.policy = policy
        self.mint = PaperMint()
        self.random = Random("desk")
        self.office = Office(LINEAGE)
        self.done: list[effects.Effect] = []
        key = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
        self.chain = Chain(LINEAGE, key.public_bytes_raw())
        self.pendings: dict[str, tuple[Pending, ...]] = {}
        self._rows: dict[str, bytes] = {}
        self._published: dict[int, tuple[Body, tuple[bytes, ...]]] = {}
        people = [user(name) for name in (*members, *residents)]
        self.tell(
            facts.Began(
                "!one",
                {person: number * 1000 for number, person in enumerate(people)},
                tuple(user(name) for name in residents),
                limited,
            )
        )

    # facts ---------------------------------------------------------------------------------------

    def tell(self, fact: facts.Fact) -> tuple[effects.Effect, ...]:
        """What the registrar wants after ``fact``."""
        before = self.office
        self.office, wanted = self._decide(fact)
        again, more = self._decide(fact)
        assert again == self.office, "the second time changed something"
        more_done = {effect.key for effect in more if not isinstance(effect, effects.Refuse)}
        assert more_done <= {effect.key for effect in wanted}
        for name, row in changes(before if self._rows else None, self.office).items():
            if row is None:
                del self._rows[name]
            else:
                self._rows[name] = row
        assert assemble(self._rows) == self.office
        for effect in wanted:
            self._follow(effect)
        self.done += wanted
        for effect in wanted:
            if isinstance(effect, effects.MakeKeys) and effect.epoch <= self.signs_until:
                self.make_keys(effect.epoch)
        return wanted

    def _decide(self, fact: facts.Fact) -> tuple[Office, tuple[effects.Effect, ...]]:
        return registrar.decide(fact, self.office, now=self.now, policy=self.policy, mint=self.mint)

    def _follow(self, effect: effects.Effect) -> None:
        if isinstance(effect, effects.Publish):
            record = effect.record
            if record.sequence not in self._published:
                self.chain = self.chain.extend(sign_record(SEED, record))
                self._published[record.sequence] = record.body, effect.pages
            assert self._published[record.sequence] == (record.body, effect.pages)
        elif not isinstance(effect, effects.Refuse):
            same = [other for other in self.done if other.key == effect.key]
            assert all(other == effect for other in same), effect.key

    def wait(self, length: timedelta = timedelta(0)) -> tuple[effects.Effect, ...]:
        """Let time pass, moment by moment as `registrar.wake` names them."""
        end = self.now + length
        wanted: list[effects.Effect] = []
        while (due := registrar.wake(self.office, self.now)) is not None and due <= end:
            self.now = due
            before = self.office
            wanted += self.tell(facts.Ticked())
            assert self.office != before, "woken for nothing"
        self.now = end
        return (*wanted, *self.tell(facts.Ticked()))

    def until(self, moment: datetime) -> tuple[effects.Effect, ...]:
        """Let time pass until then."""
        return self.wait(max(moment - self.now, timedelta(0)))

    # what there is -------------------------------------------------------------------------------

    def effects(self, kind: type[T]) -> list[T]:
        """All effects of one kind so far."""
        return [effect for effect in self.done if isinstance(effect, kind)]

    @property
    def refused(self) -> list[effects.Refusal]:
        """Why things were not accepted so far."""
        return [effect.why for effect in self.effects(effects.Refuse)]

    @property
    def said(self) -> list[effects.Saying]:
        """What was to be said so far."""
        return [effect.what for effect in self.effects(effects.Say)]

    @property
    def bodies(self) -> list[Body]:
        """What the records say, in order."""
        return [body for body, _pages in self._published.values()]

    def rows(self, body: Body) -> list[Row]:
        """The rows of a published ledger."""
        for other, pages in self._published.values():
            if other == body:
                return [row for page in pages for row in decode_page(page)]
        raise LookupError

    # the world answers ---------------------------------------------------------------------------

    def make_keys(self, epoch: int) -> tuple[effects.Effect, ...]:
        """The signer makes an epoch's keys."""
        first, second, third = (self.mint.new_key(self.random.randbytes) for _ in range(3))
        return self.tell(facts.KeysMade(epoch, (first, second, third), bytes([epoch]) * 32))

    def ask(self, *names: str) -> None:
        """These ask for a token of the open epoch."""
        assert self.office.epoch is not None
        for name in names:
            pendings = tuple(
                self.mint.request(
                    key,
                    Scope(LINEAGE, self.office.number, round_),
                    random=self.random.randbytes,
                )
                for round_, key in enumerate(self.office.epoch.keys)
            )
            self.pendings[name] = pendings
            first, second, third = (pending.request for pending in pendings)
            self.tell(facts.Asked(user(name), self.office.number, (first, second, third)))

    def cut_off(self) -> tuple[effects.Effect, ...]:
        """The round's window begins: the list is fixed."""
        return self.until(self.office.times().begins(self.office.round))

    def sign(self) -> tuple[effects.Effect, ...]:
        """The signer answers, and a registration token is made."""
        batch = self.effects(effects.SignBatch)[-1]
        key = self.office.keys[batch.epoch].rounds[batch.round]
        answers = tuple(self.mint.sign(key, request) for request in batch.requests)
        token = f"entry {batch.epoch} {batch.round}"
        return (
            *self.tell(facts.BatchSigned(batch.epoch, batch.round, answers)),
            *self.tell(facts.EntryOpened(batch.epoch, batch.round, token)),
        )

    def issue(self, *names: str) -> None:
        """These ask, and the ledger of the round is published."""
        self.ask(*names)
        self.cut_off()
        self.sign()

    def token(self, name: str) -> Token:
        """The token of the newest issue ledger that somebody can open."""
        ledger = next(body for body in reversed(self.bodies) if isinstance(body, Issued))
        answer = next(
            row.answer
            for row in self.rows(ledger)
            if isinstance(row, Signed) and row.user_id == user(name)
        )
        assert self.office.epoch is not None
        pending = self.pendings[name][ledger.round]
        return self.mint.finish(self.keys_of(ledger)[ledger.round], pending, answer)

    def keys_of(self, ledger: Issued) -> tuple[bytes, ...]:
        """The round keys of a ledger's epoch."""
        past = self.office.past.get(ledger.epoch)
        if past is not None:
            return (past.key,) * 3
        assert self.office.epoch is not None
        return self.office.epoch.keys

    def row(self, name: str, account: str, use: Use, who: Account | None = None) -> Seated:
        """The token of somebody, with a proof for an account, or for ``who``."""
        token = self.token(name)
        pending = self.pendings[name][token.scope.round]
        who = who if who is not None else account_of(user(account))
        return seated(who, token.encode(), self.mint.prove(pending, token, use, who))

    def show(self, name: str, account: str | None = None) -> tuple[effects.Effect, ...]:
        """Somebody's token comes from a new account."""
        row = self.row(name, account or f"new-{name}", Use.REDEEM)
        scope = Token.decode(row.token).scope
        return self.tell(facts.Shown(row.user_id, scope.epoch, scope.round, row, self.now))

    def stay(self, name: str) -> tuple[effects.Effect, ...]:
        """Somebody's token comes from the old account."""
        row = self.row(name, name, Use.STAY)
        scope = Token.decode(row.token).scope
        return self.tell(facts.WantsToStay(row.user_id, scope.epoch, scope.round, row))

    def end_window(self) -> tuple[effects.Effect, ...]:
        """The round's window is over."""
        return self.until(self.office.times().ends(self.office.round))

    def commit(self) -> tuple[effects.Effect, ...]:
        """The window is over, the room is frozen, and the names change."""
        self.end_window()
        return self.wait(self.policy.freeze)

    def move(self) -> tuple[effects.Effect, ...]:
        """The new room is made, accounts are named, and everyone is in it."""
        epoch = self.effects(effects.MakeRoom)[-1].epoch
        return (
            *self.tell(facts.RoomMade(epoch, f"!{epoch}")),
            *self.tell(facts.NamesSet(epoch)),
            *self.tell(facts.AllJoined(epoch)),
        )

    def rotate(self, *names: str, absent: Iterable[str] = ()) -> None:
        """A whole epoch: these ask, and who is signed shows the token, but for the absent."""
        self.issue(*names)
        assert self.office.batch is not None
        away = frozenset(absent)
        for name in names:
            if name not in away and user(name) in self.office.batch.signed:
                self.show(name, f"{name}-{self.office.number}")
        self.commit()
        self.move()
