"""A wallet among everything that can happen, in any order: crashes, loss, repetition, hostility.

The bot is `support.scribe`, tokens are on paper. The machine keeps its own account of what was
shown to whom, and holds every step to the rules.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from support.scribe import FREEZE, ME, TOKEN, WINDOW, Scribe, account, carried
from support.token_keys import seeded

from peerroom.pseudonym import wallet as wallets
from peerroom.pseudonym.possession import Use
from peerroom.pseudonym.tokens import Scope, Token
from peerroom.pseudonym.wallet import Stage, Wallet
from peerroom.pseudonym.wallet_facts import (
    AccountMade,
    Arrived,
    Decrypted,
    Evidence,
    Fact,
    Forgotten,
    HeadHeard,
    Heard,
    KeysDestroyed,
    NameTaken,
    Nowhere,
    RedemptionSent,
    RequestSent,
    RequestShown,
    Retired,
    SawPages,
    SawRecord,
    Shown,
    Started,
    StaySent,
    Ticked,
    Told,
)
from peerroom.pseudonym.wallet_steps import (
    DestroyOldKeys,
    Disconnect,
    ForgetAccount,
    Look,
    MakeAccount,
    Notice,
    ReadPages,
    ReadRecords,
    Redeem,
    Retire,
    Say,
    SendRequest,
    SendStay,
    ShowRecord,
    ShowRequest,
    Step,
    Stop,
)
from peerroom.wire.records import ROUNDS, Row, Seated, SignedRecord, Stayed, Voided
from peerroom.wire.rotation import Entry, decode_seat

chances = st.floats(0, 1, exclude_max=True)
GRACE = WINDOW / 288
GOES_BY_IT = (Stage.REGISTERED, Stage.REDEEM_SENT, Stage.ADMITTED, Stage.JOINED, Stage.STAY_SENT)


class Life(RuleBasedStateMachine):
    """One member and a circle, over several epochs."""

    @initialize(seed=st.integers(0, 1 << 32), skew=st.integers(-9, 9), hostile=st.booleans())
    def begin(self, seed: int, skew: int, hostile: bool) -> None:
        self.may_be_hostile = hostile
        self.bot = Scribe()
        self.bot.open()
        self.now = datetime.fromtimestamp(self.bot.opened.opened / 1000).astimezone()
        self.skew = timedelta(minutes=skew)
        self.random = Random(seed)
        self.draw = seeded(b"life")
        self.wallets = {1: wallets.begin(self.bot.chain, ME, now=self.own, random=self.random)}
        self.hostile = False
        self.round = 0
        self.accounts = {ME.user_id: ME}
        self.room_of_epoch = {1: 1}
        self.inside = {ME.user_id: 1}
        self.redeemed: dict[tuple[int, int], list[Seated]] = {}
        self.stays: list[Seated] = []
        self.final: dict[int, set[str]] = {}
        self.holders: dict[bytes, set[str]] = {}
        self.visits: dict[tuple[int, int], str] = {}
        self.signed: set[str] = set()

    @property
    def own(self) -> datetime:
        """What the member's clock says."""
        return self.now + self.skew

    @property
    def newest(self) -> Wallet:
        return self.wallets[max(self.wallets)]

    @property
    def wants(self) -> list[tuple[int, Step]]:
        """All steps of all wallets."""
        return [
            (epoch, step)
            for epoch, wallet in self.wallets.items()
            for step in wallets.steps(wallet, self.own)
        ]

    def tell(self, fact: Fact, epoch: int | None = None, user_id: str | None = None) -> None:
        """A fact, to one wallet or to those that the account concerns; each is stored and read."""
        for number, wallet in list(self.wallets.items()):
            if epoch not in (None, number) or (user_id and not wallet.concerns(user_id)):
                continue
            before = wallet
            wallet, steps = wallets.advance(
                wallet,
                fact,
                now=self.own,
                random=self.random,
                draw=self.draw,
                mint=self.bot.mint,
            )
            stored = Wallet.decode(wallet.encode())
            assert stored == wallet
            assert wallets.steps(stored, self.own) == steps
            self.wallets[number] = stored
            self._look_at(before, stored)
            pair = wallets.succeed(stored, now=self.own, random=self.random)
            if pair is not None:
                self.wallets[number], following = pair
                assert following.epoch not in self.wallets
                self.wallets[following.epoch] = following

    def _look_at(self, before: Wallet, after: Wallet) -> None:
        """What a change must not be."""
        if before.stop is not None:
            assert after.stop == before.stop
        if before.stage is Stage.SIGNED and after.stage in (Stage.REGISTERED, Stage.REDEEM_SENT):
            drawn = after.plan.visits[after.round]
            assert any(moment <= self.own <= moment + GRACE for moment in drawn)
            begin = after.times.visits(after.round)[0]
            assert after.ledger_at is not None
            assert after.way_in is not None
            assert max(after.ledger_at, after.way_in.at) <= begin
            assert after.stop is None
            assert not after.skewed(self.own)
        if after.stage is Stage.STAY_SENT and before.stage is not Stage.STAY_SENT:
            assert after.epoch in self.final
            assert not after.withheld
            new = before.new_account
            assert new is None or new.user_id not in self.final[after.epoch]
        if before.withheld:  # and nobody clears it here
            assert after.withheld
            assert after.stage is before.stage or after.stage not in GOES_BY_IT
            assert after.new_account is None or after.joined_at is None or before.moved
        assert before.plan == after.plan

    # --- time ------------------------------------------------------------------------------------

    @rule(share=chances)
    def time_passes(self, share: float) -> None:
        """And nobody is at the machine."""
        self.now += share * timedelta(hours=12)

    @rule(
        to=st.sampled_from(["a moment", "the cut-off", "the visits", "the end", "the switch"]),
        loss=st.sampled_from([0.0, 0.0, 0.3]),
        hears=st.sampled_from([True, True, False]),
        bot=st.sampled_from(["", "admits", "admits", "swallows", "loses", "voids"]),
    )
    def life_goes_on(self, to: str, loss: float, hears: bool, bot: str) -> None:
        """The machine runs until then: it wakes for its moments and does what there is to do; and
        so does the bot."""
        begin = self.bot.begins(self.round % ROUNDS)
        until = {
            "a moment": self.now + timedelta(hours=1),
            "the cut-off": begin,
            "the visits": begin + WINDOW / 4,
            "the end": begin + WINDOW,
            "the switch": begin + WINDOW + FREEZE,
        }[to]
        while True:
            self._run_bot(bot)
            if hears:
                self._hear()
            self.tell(Ticked())
            self._do_all(loss)
            due = [wallets.wake(wallet, self.own) for wallet in self.wallets.values()]
            moments = [moment - self.skew for moment in due if moment is not None]
            moments += [self.bot.begins(self.round % ROUNDS)]
            later = [moment for moment in moments if self.now < moment <= until]
            if not later:
                break
            self.now = min(later)
        self.now = max(self.now, until)
        self._run_bot(bot)
        self.tell(Ticked())

    def _run_bot(self, does: str) -> None:
        """What the bot does by itself when its moments have come."""
        if does and self.waits_for_issue and self.now >= self.bot.begins(self.round):
            self.the_bot_issues(decline=False)
        if does in ("admits", "swallows") and self.may_admit:
            self.the_bot_admits(kept=does == "admits")
        elif does == "loses" and self.may_be_hostile and self.may_admit:
            self.the_bot_loses_most(kept=True)
        elif does == "voids" and self.may_void:
            self.the_bot_voids()
        while does and self.stays:
            self.the_bot_lets_somebody_stay()

    def _hear(self) -> None:
        """All that the server has is seen."""
        for number, signed in self.bot.records.items():
            if number > self.newest.chain.sequence:
                self.tell(SawRecord(signed))
                self.tell(SawPages(number, self.bot.pages.get(number, {})))
        if self.bot.chain.issued is not None and self.newest.account.user_id in self.signed:
            self.tell(Heard(Entry(self.bot.opened.epoch, self.round, TOKEN)))

    def _all_arrives(self) -> None:
        for number, signed in self.bot.records.items():
            self.tell(SawRecord(signed))
            self.tell(SawPages(number, self.bot.pages.get(number, {})))

    def _do_all(self, loss: float) -> None:
        for _ in range(4):
            for epoch, step in self.wants:
                if step in wallets.steps(self.wallets[epoch], self.own):
                    fact = self._do(epoch, step)
                    if fact is not None and self.random.random() >= loss:
                        self.tell(fact, epoch)

    @rule()
    def the_machine_starts(self) -> None:
        self.tell(Started())
        self.the_rooms_are_looked_at()

    # --- the circle ------------------------------------------------------------------------------

    @property
    def waits_for_issue(self) -> bool:
        chain = self.bot.chain
        return not chain.closed and chain.issued is None and self.round < ROUNDS

    @precondition(lambda self: self.waits_for_issue and self.now >= self.bot.begins(self.round))
    @rule(decline=st.booleans())
    def the_bot_issues(self, decline: bool) -> None:
        rows: list[Row] = [
            self.bot.declined(user, self.round) if decline else self.bot.row(user, self.round)
            for user in sorted(self.bot.requests)
        ]
        self.signed = set() if decline else set(self.bot.requests)
        self.bot.issue(rows, self.round)

    @property
    def may_admit(self) -> bool:
        return self.bot.chain.issued is not None and self.window_ended

    @precondition(lambda self: self.may_admit)
    @rule(kept=st.booleans())
    def the_bot_admits(self, kept: bool, crowd: bool = True) -> None:
        """``kept``: no redemption was lost on the way; with the ``crowd``, nor were the others'."""
        epoch = self.bot.opened.epoch
        seats = self.redeemed.get((epoch, self.round), []) if kept else []
        shown = {seat.user_id for seat in seats}
        away = [
            carried(user)
            for user, room in self.inside.items()
            if room == self.room_of_epoch[epoch] and user not in self.signed
        ]
        self.bot.admit([*seats, *away], self.round, crowd=crowd)
        self.final[epoch] = shown
        self.bot.open(at=self.bot.begins(self.round + 1) + FREEZE)
        self.room_of_epoch[epoch + 1] = epoch + 1
        for user in (*shown, *(row.user_id for row in away)):
            self.inside[user] = epoch + 1
        self.round, self.signed = 0, set()

    @precondition(lambda self: self.may_be_hostile and self.may_admit)
    @rule(kept=st.booleans())
    def the_bot_loses_most(self, kept: bool) -> None:
        self.hostile = True
        self.the_bot_admits(kept=kept, crowd=False)

    @property
    def window_ended(self) -> bool:
        return self.now >= self.bot.begins(self.round + 1) + FREEZE

    @property
    def may_void(self) -> bool:
        return not self.bot.chain.closed and self.round < ROUNDS and self.window_ended

    @precondition(lambda self: self.may_void)
    @rule()
    def the_bot_voids(self) -> None:
        self.bot.void(self.round)
        self.round += 1
        if self.round == ROUNDS:
            epoch = self.bot.opened.epoch
            self.bot.skip()
            self.bot.open(at=self.now)
            self.room_of_epoch[epoch + 1] = self.room_of_epoch[epoch]
            self.round, self.signed = 0, set()

    @precondition(lambda self: self.stays)
    @rule()
    def the_bot_lets_somebody_stay(self) -> None:
        seat = self.stays.pop()
        token = Token.decode(seat.token)
        epoch = self.bot.opened.epoch
        if token.scope.epoch < epoch and self.inside[seat.user_id] < self.room_of_epoch[epoch]:
            self.bot.publish(Stayed(token.scope.epoch, token.scope.round, seat), at=self.now)
            self.inside[seat.user_id] = self.room_of_epoch[epoch]

    # --- what arrives ----------------------------------------------------------------------------

    @rule(share=chances, pages=st.booleans())
    def something_arrives(self, share: float, pages: bool) -> None:
        """Any record, early, late or again."""
        number = 1 + math.floor(share * self.bot.chain.sequence)
        self.tell(SawRecord(self.bot.records[number], "!room1"))
        if pages:
            self.tell(SawPages(number, self.bot.pages.get(number, {})))

    # --- what the agent does ---------------------------------------------------------------------

    @rule(share=chances, lost=st.booleans())
    def a_step_is_done(self, share: float, lost: bool) -> None:
        """One of the steps; its fact may be lost by a crash right after it."""
        if not self.wants:
            return
        epoch, step = self.wants[math.floor(share * len(self.wants))]
        fact = self._do(epoch, step)
        if fact is not None and not lost:
            self.tell(fact, epoch)

    def _do(self, epoch: int, step: Step) -> Fact | None:
        wallet = self.wallets[epoch]
        if isinstance(step, (SendRequest, MakeAccount, Redeem)):
            assert wallet.stop is None
        if isinstance(step, (MakeAccount, Redeem)):
            assert not wallet.skewed(self.own)
            assert self.own < wallet.times.ends(wallet.round)
        match step:
            case SendRequest(request):
                if epoch == self.bot.opened.epoch and self.now < self.bot.begins(0):
                    known = self.bot.requests.setdefault(wallet.account.user_id, request)
                    assert known == request
                return RequestSent()
            case MakeAccount(localpart, _, token):
                assert token == TOKEN
                made = self.visits.setdefault((epoch, wallet.round), localpart)
                assert made == localpart  # one token, one account
                new = account(f"@{localpart}:example.org")
                self.accounts[new.user_id] = new
                self.inside.setdefault(new.user_id, 0)
                return AccountMade(new.user_id, new.master_key, new.devices)
            case Redeem(seat, _, scope):
                assert scope == wallet.scope
                self._shown(epoch, seat, Use.REDEEM)
                if scope.epoch == self.bot.opened.epoch and scope.round == self.round:
                    seats = self.redeemed.setdefault((epoch, self.round), [])
                    if seat not in seats:
                        seats.append(seat)
                return RedemptionSent()
            case SendStay(stay):
                seat = decode_seat(stay.seat)
                self._shown(epoch, seat, Use.STAY)
                self.stays.append(seat)
                return StaySent()
            case ReadPages(number):
                return SawPages(number, self.bot.pages.get(number, {}))
            case ReadRecords(after):
                return SawRecord(self.bot.records[after + 1])
            case Look(user):
                arrived = self._arrived(user)
                return arrived if self.inside[user] > 0 else Nowhere()
            case Retire():
                return Retired()
            case DestroyOldKeys():
                return KeysDestroyed()
            case ForgetAccount(localpart):
                return Forgotten(localpart)
            case ShowRecord(number):
                assert number in self.bot.records
                return Shown(number)
            case ShowRequest():
                return RequestShown()
            case Say(notice):
                return Told(notice)
            case Stop():
                return Told(Notice.STOPPED)
            case Disconnect():
                return None

    def _arrived(self, user_id: str) -> Arrived:
        """What a room shows: from the ledger on that it was made by."""
        number = self.inside[user_id]
        opened = [n for n, r in self.bot.records.items() if self._opens(r, number)]
        first = min(opened, default=1)
        shown = [r for n, r in sorted(self.bot.records.items()) if n >= max(1, first - 1)]
        return Arrived(user_id, tuple(shown), f"!room{number}")

    def _opens(self, signed: SignedRecord, epoch: int) -> bool:
        from peerroom.wire.records import EpochOpened, decode_record

        body = decode_record(signed.data).body
        return isinstance(body, EpochOpened) and body.epoch == epoch

    def the_rooms_are_looked_at(self) -> None:
        for user in list(self.inside):
            if self.inside[user] > 0 and any(w.concerns(user) for w in self.wallets.values()):
                self.tell(self._arrived(user), user_id=user)

    @precondition(lambda self: self.newest.stage is Stage.REGISTERED)
    @rule()
    def a_name_is_taken(self) -> None:
        if self.newest.fresh is not None and self.newest.new_account is None:
            self.tell(NameTaken(self.newest.fresh.localpart))
            self.visits.pop((self.newest.epoch, self.newest.round), None)

    @rule()
    def something_is_decrypted(self) -> None:
        self.tell(Decrypted())

    def _shown(self, epoch: int, seat: Seated, use: Use) -> None:
        """No token is ever seen under two accounts, unless the final ledger lacks the first."""
        wallet = self.wallets[epoch]
        scope = Scope(wallet.chain.lineage, epoch, wallet.round)
        holder = self.bot.mint.check(wallet.opened.keys[wallet.round], scope, seat, use)
        users = self.holders.setdefault(holder, set())
        others = users - {seat.user_id}
        if others:
            assert use is Use.STAY
            assert not others & self.final[epoch]
        users.add(seat.user_id)
        assert len(users) <= 2
        expected = self.accounts[seat.user_id]
        assert seat.master_key == expected.master_key
        assert [d.ed25519 for d in seat.devices] == [d.ed25519 for d in expected.devices]

    # --- hostility -------------------------------------------------------------------------------

    @rule(number=st.integers(0, 20), share=chances)
    def rumours(self, number: int, share: float) -> None:
        """And evidence that is none."""
        self.tell(HeadHeard(number, bytes(32)))
        signed = self.bot.seen[math.floor(share * self.bot.chain.sequence)]
        self.tell(Evidence(signed))
        self.tell(Evidence(msgspec.structs.replace(signed, signature=bytes(64))))
        self.tell(Evidence(SignedRecord(b"\xc1", bytes(64))))

    @precondition(lambda self: self.may_be_hostile)
    @rule(way=st.integers(0, 4))
    def hostility(self, way: int) -> None:
        self.hostile = True
        chain = self.bot.chain
        other = self.bot.signed(Voided(self.bot.opened.epoch, 0, "ban"), self.now)
        match way:
            case 0:
                self.tell(SawRecord(msgspec.structs.replace(other, signature=bytes(64))))
            case 1:
                self.tell(SawRecord(self.bot.signed(self.bot.opened, self.now, sequence=1)))
            case 2:
                self.tell(Evidence(self.bot.signed(self.bot.opened, self.now, sequence=1)))
            case 3:
                self.tell(SawPages(chain.sequence, {0: b"\x90"}))
                self.tell(SawPages(chain.sequence - 1, {0: b"\x90"}))
            case 4:
                self.tell(Heard(Entry(self.bot.opened.epoch, self.round % ROUNDS, "for you")))

    # --- always ----------------------------------------------------------------------------------

    @invariant()
    def only_proof_stops(self) -> None:
        if not self.hostile:
            assert [wallet.stop for wallet in self.wallets.values() if wallet.stop] == []

    @invariant()
    def some_account_may_be_used(self) -> None:
        for wallet in self.wallets.values():
            online = wallets.online(wallet, self.own)
            assert len(set(online)) == len(online) <= 2
            if wallet.look:
                assert wallet.account.user_id not in online

    @invariant()
    def one_wallet_is_the_last(self) -> None:
        unfinished = [w for w in self.wallets.values() if not w.succeeded]
        assert unfinished == [self.newest]

    def teardown(self) -> None:
        """When all has been delivered at last, the member is where the circle is."""
        if not hasattr(self, "bot"):
            return
        for _ in range(4):
            self.the_rooms_are_looked_at()
            self._all_arrives()
            self._do_all(0)
            while self.stays:
                self.the_bot_lets_somebody_stay()
            self._all_arrives()
        if self.hostile:
            return
        wallet = self.newest
        assert wallet.chain.sequence == self.bot.chain.sequence
        assert wallet.epoch == self.bot.opened.epoch
        assert self.inside[wallet.account.user_id] == self.room_of_epoch[wallet.epoch]


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
