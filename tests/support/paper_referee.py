"""Who knows the truth, and sees every rule broken at the moment when it is broken.

A *seat* is followed through all its accounts by the tokens that members really hold, which neither
the bot nor the server knows. Four rules are watched: no seat has two accounts in the circle's room;
no seat that was banned in time comes back; no more accounts are seated, or let back, than tokens
were signed; and what was shown for one account is shown for another only if the final ledger lacks
the first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from support.paper_server import Room

from peerroom.pseudonym import registrar_facts as facts
from peerroom.pseudonym.registrar_state import Office
from peerroom.pseudonym.tokens import Token
from peerroom.pseudonym.wallet import Wallet
from peerroom.wire.records import Admitted, Issued, Record, Seated, Signed, Stayed, decode_page

if TYPE_CHECKING:
    from support.paper_circle import PaperCircle
    from support.paper_member import PaperMember


class Foul(AssertionError):
    """A rule was broken."""


class Referee:
    """Sees everything, changes nothing."""

    def __init__(self, circle: PaperCircle) -> None:
        self._circle = circle
        self.seats: dict[str, int] = {}
        """Seat of each account that ever had one."""
        self.banned: set[int] = set()
        """Seats that were banned before the switch."""
        self.barred: set[int] = set()
        """Seats that were banned later, under a name that may still have come back."""
        self.switches = 0
        self.stays = 0
        self._tokens: dict[bytes, int] = {}
        self._holders: dict[str, dict[int, str]] = defaultdict(dict)
        self._shown: dict[bytes, set[str]] = defaultdict(set)
        self._issued = 0
        self._admitted: dict[int, set[bytes]] = {}
        """The tokens of the final ledger of each epoch that has one."""
        self._left: dict[int, int] = {}
        """How many tokens of each such epoch are not used yet."""
        self._puppets = 0

    def founded(self, user_id: str, seat: int) -> None:
        """An account has a seat from an invite."""
        self.seats[user_id] = seat

    # tokens --------------------------------------------------------------------------------------

    def got_token(self, member: PaperMember, wallet: Wallet) -> None:
        """A wallet holds a token: of its account's seat, whoever uses it."""
        assert wallet.token is not None
        self._tokens[wallet.token.id] = self.seats[wallet.account.user_id]

    def made_up(self, token: bytes) -> None:
        """The bot signed a token (its id) for an account of its own: of a seat that nobody has.
        From here on it is for the members to see that the sums are wrong."""
        self._puppets += 1
        self._tokens[token] = -self._puppets

    def showed(self, seat: Seated, epoch: int) -> None:
        """A wallet put a token of ``epoch`` on the way to the bot, to redeem or to stay."""
        token = Token.decode(seat.token).id
        keys = {key for device in seat.devices for key in (device.ed25519, device.curve25519)}
        for key in {token, seat.master_key, *keys}:
            self._shown[key].add(seat.user_id)
            if len(self._shown[key]) == 1:
                continue
            if key != token:
                raise Foul("one key under two accounts")
            if token in self._admitted.get(epoch, {token}):
                raise Foul("one token under two accounts, and no final ledger without it")

    def shown_under(self, token: bytes) -> set[str]:
        """The accounts for which a token (its id) left somebody's laptop."""
        return self._shown[token]

    # bans ----------------------------------------------------------------------------------------

    def judged(self, fact: facts.Fact, before: Office, after: Office) -> None:
        """The bot took a decision."""
        in_time = before.past.keys() == after.past.keys()
        if isinstance(fact, facts.Excluded) and fact.user_id in before.seats and in_time:
            self.banned.add(self.seats[fact.user_id])
        elif isinstance(fact, facts.Excluded) and fact.user_id in self.seats:
            self.barred.add(self.seats[fact.user_id])

    # what is published ---------------------------------------------------------------------------

    def published(self, room: Room, record: Record) -> None:
        """The bot published a record, here for the first time."""
        body = record.body
        if isinstance(body, Issued):
            rows = _rows(room, record)
            signed = [row for row in rows if isinstance(row, Signed)]
            if len(signed) != body.count:
                raise Foul("the issue ledger does not count its rows")
            self._issued = body.count
        elif isinstance(body, Admitted):
            self.switches += 1
            seated = [row for row in _rows(room, record) if isinstance(row, Seated)]
            if not len(seated) == body.count <= body.issued == self._issued:
                raise Foul("more accounts were seated than tokens were signed")
            self._left[body.epoch] = body.issued - body.count
            self._admitted[body.epoch] = {Token.decode(row.token).id for row in seated}
            for row in seated:
                self._give(row)
        elif isinstance(body, Stayed):
            self.stays += 1
            self._left[body.epoch] -= 1
            if self._left[body.epoch] < 0 and not self._puppets:
                raise Foul("more came, and came back, than tokens were signed")
            self._give(body.seat)

    def _give(self, row: Seated) -> None:
        """The account has the seat that the token was signed for, whoever gave it away."""
        self.seats[row.user_id] = self._tokens[Token.decode(row.token).id]

    # rooms ---------------------------------------------------------------------------------------

    def came_in(self, room: Room, user_id: str) -> None:
        """Somebody has joined a room: nobody there may have the same seat, and no ban be evaded."""
        seat = self.seats[user_id]
        holders = self._holders[room.room_id]
        other = holders.get(seat)
        if other is not None and other in room.joined:
            raise Foul(f"two accounts of one seat in {room.room_id}: {other}, {user_id}")
        if seat in self.banned:
            raise Foul(f"a banned seat came back to {room.room_id}")
        holders[seat] = user_id

    def seated(self) -> dict[int, str]:
        """The account of each seat that is in the circle's room now."""
        return {self.seats[user]: user for user in self._circle.room.joined}


def _rows(room: Room, record: Record) -> list[object]:
    pages = room.pages[record.sequence]
    return [row for index in sorted(pages) for row in decode_page(pages[index])]
