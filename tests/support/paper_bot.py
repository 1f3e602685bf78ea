"""The bot on paper: it runs the real registrar, and carries its effects out on a `Server`.

It can be off, and it can die at every point where a real one can: before a decision is kept, after
it and before the fact is ticked off, between two effects, after an effect and before it is noted.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from support.paper_mint import SigningMint
from support.paper_server import Room, Server

from peerroom.pseudonym import localparts, registrar
from peerroom.pseudonym import registrar_effects as effects
from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.epochs import Policy
from peerroom.pseudonym.records import sign_record
from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.registrar_storage import assemble, changes
from peerroom.wire.rotation import Entry

if TYPE_CHECKING:
    from support.paper_circle import PaperCircle


class PaperBot:
    """One circle's registrar with its outbox, its signer and its vault, all on paper."""

    def __init__(
        self, circle: PaperCircle, server: Server, mint: SigningMint, policy: Policy, seed: bytes
    ) -> None:
        self._circle = circle
        self._server = server
        self._mint = mint
        self._policy = policy
        self._seed = seed
        self.office = Office(circle.lineage)
        self.done: dict[str, effects.Effect] = {}
        self.said: list[effects.Say] = []
        self.refused: Counter[effects.Refusal] = Counter()
        self._off = False
        self._stopped = circle.now
        self._mail: deque[facts.Fact] = deque()
        self._rows: dict[str, bytes] = {}
        self._outbox: deque[effects.Effect] = deque()
        self._working = False
        self._alarm: datetime | None = None
        self._keys: dict[int, tuple[bytes, bytes, bytes]] = {}
        self._batches: dict[tuple[int, int], tuple[bytes, ...]] = {}

    # judging -------------------------------------------------------------------------------------

    def tell(self, fact: facts.Fact) -> None:
        """Something happened; the bot reads it when it can."""
        self._circle.soon(lambda: self._arrive(fact))

    def admit(self, fact: facts.Joined) -> None:
        """The door lets somebody in, which the bot does itself."""
        self._decide(fact, self._stopped if self._off else self._circle.now)

    def looks(self, room: Room) -> None:
        """Somebody came into a room; whether that was the last of those who are awaited."""
        move = self.office.move
        if move is not None and move.stage == "coming" and room.room_id == self.office.room_id:
            awaited = self.office.seats.keys() & set(move.order)
            if awaited <= room.joined.keys():
                self.tell(facts.AllCame(move.epoch))

    def turn_off(self, length: timedelta) -> None:
        """The bot is off; what comes is kept for it, and read first when it is on again."""
        if not self._off:
            self._off = True
            self._stopped = self._circle.now
            self._circle.after(length, self._turn_on)

    def _turn_on(self) -> None:
        self._off = False
        self._restart()
        while self._mail:
            self._decide(self._mail.popleft(), self._stopped)
        self._decide(facts.Ticked(), self._circle.now)
        self._go_on()

    def _arrive(self, fact: facts.Fact) -> None:
        circle = self._circle
        if self._off:
            self._mail.append(fact)
        elif circle.falls("crash"):  # nothing was kept: it comes again
            self._restart()
            self.tell(fact)
        else:
            self._decide(fact, circle.now)
            if circle.falls("crash") or circle.falls("twice"):  # kept, but not ticked off
                self._restart()
                self.tell(fact)

    def _decide(self, fact: facts.Fact, now: datetime) -> None:
        before = self.office
        self.office, wanted = registrar.decide(
            fact, before, now=now, policy=self._policy, mint=self._mint
        )
        self._circle.referee.judged(fact, before, self.office)
        for name, row in changes(before if self._rows else None, self.office).items():
            if row is None:
                del self._rows[name]
            else:
                self._rows[name] = row
        for effect in wanted:
            if isinstance(effect, effects.Refuse):
                self.refused[effect.why] += 1
            elif effect.key not in self.done:
                self.done[effect.key] = effect
                self._outbox.append(effect)
            else:
                assert self.done[effect.key] == effect, f"two effects of one key: {effect.key}"
        self._set_alarm()
        self._go_on()

    def _set_alarm(self) -> None:
        due = registrar.wake(self.office, self._circle.now)
        if due is not None and due != self._alarm:
            self._alarm = due
            self._circle.at(due, lambda: self._ring(due))

    def _ring(self, due: datetime) -> None:
        if self._alarm != due or self._off:
            return
        self._alarm = None
        before = self.office
        self._decide(facts.Ticked(), self._circle.now)
        assert self.office != before, "woken for nothing"

    def _restart(self) -> None:
        """What the vault has is what is known."""
        if self._rows:
            kept = assemble(self._rows)
            assert kept == self.office
            self.office = kept

    # carrying out --------------------------------------------------------------------------------

    def _go_on(self) -> None:
        if self._outbox and not self._working and not self._off:
            self._working = True
            self._circle.soon(self._work)

    def _work(self) -> None:
        if self._off:
            self._working = False
            return
        if self._circle.falls("lost"):  # the server did not answer
            self._circle.soon(self._work)
            return
        self._carry_out(self._outbox[0])
        if self._circle.falls("crash"):  # done, and not noted
            self._restart()
            self._circle.soon(self._work)
            return
        self._outbox.popleft()
        self._working = False
        self._go_on()

    def _carry_out(self, effect: effects.Effect) -> None:
        server, circle = self._server, self._circle
        match effect:
            case effects.MakeKeys(epoch):
                if epoch not in self._keys:
                    draw = circle.draw
                    first, second, third = (self._mint.new_key(draw) for _ in range(3))
                    self._keys[epoch] = (first, second, third)
                sealing = hashlib.sha256(b"sealing %d" % epoch).digest()
                self.tell(facts.KeysMade(epoch, self._keys[epoch], sealing))
            case effects.DestroyKeys(epoch):
                for old in [known for known in self._keys if known <= epoch]:
                    del self._keys[old]
            case effects.SignBatch(epoch, round_, requests):
                if epoch not in self._keys:  # destroyed: this batch is of a time that is over
                    return
                known = self._batches.setdefault((epoch, round_), requests)
                assert known == requests, "a second batch for one round"
                key = self._keys[epoch][round_]
                answers = tuple(self._mint.sign(key, request) for request in requests)
                self.tell(facts.BatchSigned(epoch, round_, answers))
            case effects.Publish(room_id, record, pages):
                room = server.rooms[room_id]
                signed = sign_record(self._seed, record)
                known_record = room.records.setdefault(record.sequence, signed)
                assert known_record == signed, "two records with one number"
                room.pages[record.sequence] = dict(enumerate(pages))
                circle.published(room, record)
            case effects.OpenEntry(epoch, round_, _expires):
                token = _registration_token(epoch, round_)
                if f"close:{epoch}.{round_}" not in self.done:
                    server.tokens.add(token)
                self.tell(facts.EntryOpened(epoch, round_, token))
            case effects.TellEntry(epoch, round_, room_id, readers, token):
                entry = Entry(epoch, round_, token)
                for user in readers:
                    if user in server.rooms[room_id].joined and entry not in server.entries[user]:
                        server.entries[user].append(entry)
                circle.stir(readers)
            case effects.CloseEntry(epoch, round_):
                server.tokens.discard(_registration_token(epoch, round_))
            case effects.Freeze(room_id):
                server.rooms[room_id].frozen = True
            case effects.Thaw(room_id) | effects.OpenRoom(_, room_id):
                server.rooms[room_id].frozen = False
            case effects.MakeRoom(epoch):
                room_id = f"!epoch{epoch}"
                server.rooms.setdefault(room_id, Room(room_id, circle.now, frozen=True))
                self.tell(facts.RoomMade(epoch, room_id))
            case effects.NameAccounts(epoch, names):
                for user, name in names.items():
                    server.accounts[user].name = name
                self.tell(facts.NamesSet(epoch))
            case effects.SeatAll(epoch, room_id, users, by):
                self._seat(server.rooms[room_id], users, by)
                self.tell(facts.AllJoined(epoch))
            case effects.InviteCarried(room_id, users):
                server.invite(server.rooms[room_id], users)
                circle.stir(users)
            case effects.CloseRoom(room_id):
                server.close(server.rooms[room_id])
            case effects.RemoveAccount(user_id, rooms):
                for room_id in rooms:
                    server.leave(server.rooms[room_id], user_id)
            case effects.GrantInvite(user_id, _by):
                circle.granted(user_id)
            case effects.DeactivateStrangers(_epoch, _round, since, keep, token):
                strangers = [
                    user
                    for user, account in server.accounts.items()
                    if since <= account.created
                    and user not in keep
                    and localparts.is_of(user[1:].partition(":")[0], token)
                ]
                server.deactivate(strangers)
            case effects.DeactivateSpent(_epoch, users):
                server.deactivate(users)
            case effects.Say():
                self.said.append(effect)
            case effects.Refuse():
                pass

    def _seat(self, room: Room, users: tuple[str, ...], by: str) -> None:
        for user in users:
            if by == "join":
                self._server.join(room, user, self._circle.now)
            else:
                self._server.invite(room, (user,))
        self._circle.stir(users)


def _registration_token(epoch: int, round_: int) -> str:
    return hashlib.sha256(f"token {epoch} {round_}".encode()).hexdigest()[:32]
