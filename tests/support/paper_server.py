"""A homeserver on paper: rooms with records in their state, accounts, registration tokens.

It may be hostile: a `Mischief` decides what it shows to whom, when, and what it swallows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from peerroom.pseudonym.wallet_facts import SawPages
from peerroom.wire.records import SignedRecord
from peerroom.wire.rotation import Entry


@dataclass(slots=True)
class Account:
    """An account as the server has it. ``line`` is where it was registered from."""

    created: datetime
    password: str = field(repr=False)
    line: str
    deactivated: bool = False
    name: int | None = None


@dataclass(slots=True)
class Room:
    """One room: members, invitations, and the circle's records in its state."""

    room_id: str
    made: datetime
    joined: dict[str, datetime] = field(default_factory=dict)
    invited: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)
    records: dict[int, SignedRecord] = field(default_factory=dict)
    pages: dict[int, dict[int, bytes]] = field(default_factory=dict)
    frozen: bool = False
    closed: bool = False


class Mischief:
    """What a server does of its own accord. This one is honest; tests override."""

    def shows(self, user_id: str, sequence: int, now: datetime) -> bool:
        """Whether it shows a record (and its pages) to an account at this moment."""
        return True

    def alters(self, user_id: str, signed: SignedRecord) -> SignedRecord:
        """What it shows in place of a record."""
        return signed

    def delivers(self, user_id: str, now: datetime) -> bool:
        """Whether a redemption of this account reaches the bot."""
        return True


class Server:
    """Keeps what it is told. Everything here is known to whoever runs it."""

    def __init__(self, mischief: Mischief, came_in: Callable[[Room, str], None]) -> None:
        self.mischief = mischief
        self._came_in = came_in
        self.rooms: dict[str, Room] = {}
        self.accounts: dict[str, Account] = {}
        self.tokens: set[str] = set()
        self.entries: defaultdict[str, list[Entry]] = defaultdict(list)

    # what members ask ----------------------------------------------------------------------------

    def register(
        self, user_id: str, password: str, token: str, *, now: datetime, line: str
    ) -> bool:
        """Whether the account exists now and is theirs; the same twice is one account."""
        known = self.accounts.get(user_id)
        if known is not None:
            return known.password == password and not known.deactivated
        if token not in self.tokens:
            return False
        self.accounts[user_id] = Account(now, password, line)
        return True

    def works(self, user_id: str) -> bool:
        """Whether the account can still be used."""
        account = self.accounts.get(user_id)
        return account is not None and not account.deactivated

    def rooms_of(self, user_id: str) -> list[Room]:
        """The rooms that an account is in, oldest first."""
        return [room for room in self.rooms.values() if user_id in room.joined]

    def shown(self, user_id: str, room: Room, now: datetime) -> dict[int, SignedRecord]:
        """The records of a room as this account sees them now."""
        return {
            sequence: self.mischief.alters(user_id, signed)
            for sequence, signed in sorted(room.records.items())
            if self.mischief.shows(user_id, sequence, now)
        }

    def pages(self, user_id: str, sequence: int, now: datetime) -> SawPages | None:
        """The pages of a record, from whatever room of theirs carries it."""
        if not self.mischief.shows(user_id, sequence, now):
            return None
        for room in self.rooms_of(user_id):
            if sequence in room.pages:
                return SawPages(sequence, dict(room.pages[sequence]))
        return None

    def accept(self, user_id: str, now: datetime) -> list[Room]:
        """Join every room that this account is invited to."""
        rooms = [room for room in self.rooms.values() if user_id in room.invited]
        for room in rooms:
            self.join(room, user_id, now)
        return rooms

    # what the bot asks ---------------------------------------------------------------------------

    def join(self, room: Room, user_id: str, now: datetime) -> bool:
        """Put an account into a room; whether it is there now."""
        if not self.works(user_id) or user_id in room.banned or room.closed:
            return False
        room.invited.discard(user_id)
        if user_id not in room.joined:
            room.joined[user_id] = now
            self._came_in(room, user_id)
        return True

    def invite(self, room: Room, users: Iterable[str]) -> None:
        """Invite accounts that are not there yet."""
        room.invited |= {
            user
            for user in users
            if user not in room.joined and user not in room.banned and self.works(user)
        }

    def ban(self, room: Room, user_id: str) -> None:
        """Remove an account from a room for good."""
        room.banned.add(user_id)
        self.leave(room, user_id)

    def leave(self, room: Room, user_id: str) -> None:
        """Take an account out of a room."""
        room.joined.pop(user_id, None)
        room.invited.discard(user_id)

    def close(self, room: Room) -> None:
        """Remove everyone from a room."""
        room.joined.clear()
        room.invited.clear()
        room.closed = True

    def deactivate(self, users: Iterable[str]) -> None:
        """End accounts; they are in no room any more."""
        for user in users:
            if user in self.accounts:
                self.accounts[user].deactivated = True
                for room in self.rooms.values():
                    self.leave(room, user)
