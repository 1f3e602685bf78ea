"""From the vault to the frozen `State` that a decision is made on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from peerroom.bot.circle import current
from peerroom.bot.epochs.rotation import Epochs
from peerroom.bot.evidence import Expired, Held
from peerroom.bot.ledger import UNENCRYPTED, UNJUDGED, Ledger
from peerroom.bot.policies import PolicyLists
from peerroom.bot.policy_views import Acls, Views
from peerroom.bot.public_numbers import helplines
from peerroom.bot.reader import UNREAD
from peerroom.bot.sight import moment, shown_names
from peerroom.bot.timelines import (
    Authors,
    Context,
    Everywhere,
    MessagesOf,
    Removed,
    Written,
)
from peerroom.bot.upgrades import expected
from peerroom.bot.watching import Past, Watching
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.matrix.power import room_power
from peerroom.moderation.lists import BOOK
from peerroom.moderation.policies import Policies
from peerroom.moderation.protection import Room
from peerroom.moderation.sparing import SPARED
from peerroom.moderation.state import Health, InviteRecord, Limits, Rotation, State
from peerroom.store.vault import Vault
from peerroom.text.foreign import ForeignText

DAY: Final = timedelta(days=1)
LOOKED_AT: Final = 100
"""Messages that cannot be read, of which the senders are counted."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Takes a `State` of one circle, as often as it is asked."""

    vault: Vault
    ledger: Ledger
    config: BotConfig
    bot: str
    account_id: int
    clock: Clock
    welcome: Mapping[str, str]
    since: datetime
    can_invite: bool
    epochs: Epochs | None = None
    watching: Watching | None = None
    """None: no protection looks at anything."""
    limits: Limits = field(default_factory=Limits)
    lists: PolicyLists | None = None

    def take(self) -> State:
        """The circle as it stands now."""
        rooms = current(self.vault)
        now = self.clock.now()
        rotation = None if self.epochs is None else self.epochs.view(now)
        protected = self._protected()
        members = {room: self.vault.rooms.members(room) for room in protected}
        circle = members[rooms.circle]
        names = {room: shown_names(content) for room, content in members.items()}
        called = {room: _called(content) for room, content in members.items()}
        inside = {room: _who(content, "join") for room, content in members.items()}
        gone, banned = _who(circle, "leave"), _who(circle, "ban")
        moderators = self.ledger.moderators()
        recovery = {self.config.recovery} if self.config.recovery else set()
        exempt = moderators | {self.bot} | recovery
        invites = self.ledger.invites()
        bans = self.ledger.bans()
        people = {user: name for room in reversed(protected) for user, name in names[room].items()}
        return State(
            bot=self.bot,
            circle=rooms.circle,
            management=rooms.management,
            via=(self.bot.partition(":")[2],),
            desk=_who(self.vault.rooms.members(rooms.management), "join"),
            moderators=moderators,
            exempt=frozenset(exempt),
            members={user: names[rooms.circle][user] for user in inside[rooms.circle]},
            known={user: names[rooms.circle][user] for user in gone | banned},
            seats=self.config.seats,
            invites=invites,
            mutes=self.ledger.mutes(),
            banned=bans | banned,
            messages=MessagesOf(self.vault, rooms.circle, rotation),
            welcome=self.welcome,
            health=self._health(),
            can_invite=self.can_invite,
            pending_joins=_coming(invites) - inside[rooms.circle] - gone - banned - bans,
            rotation=rotation,
            people=people,
            inside=inside,
            protected=protected,
            everywhere=Everywhere(self.vault, protected, rotation),
            authors=Authors(self.vault),
            written=Written(self.vault),
            removed=Removed(self.vault),
            context=Context(self.vault, people),
            limits=self.limits,
            **self._known(now),
            **self._watched(protected, called, invites, frozenset(exempt), rotation),
        )

    def _protected(self) -> tuple[str, ...]:
        """The circle's room, and those added to it that we are in; never that of a list."""
        circle, *others = self.ledger.standings.rooms()
        known = {room.room_id for room in self.vault.rooms.all() if room.membership == "join"}
        known -= self.ledger.book(BOOK).keys()
        return (circle, *(room for room in others if room in known))

    def _known(self, now: datetime) -> dict[str, Any]:
        """What the ledger keeps."""
        ledger, standings, casebook = self.ledger, self.ledger.standings, self.ledger.casebook
        return {
            "roles": ledger.roles(self.config.moderators),
            "standings": standings.standings(),
            "slowed": standings.slowed(),
            "locks": standings.locks(),
            "bans_end": ledger.bans_end(),
            "next_deed": ledger.deeds.next_number,
            "deeds": ledger.deeds,
            "next_case": casebook.next_number,
            "cases": casebook.cases(),
            "askers": casebook.askers(),
            "shown": casebook.shown(),
            "evidence": ledger.evidence,
            "held": Held(ledger.evidence),
            "expired": Expired(ledger.evidence, now),
            "moments": ledger.moments(now),
            "books": ledger.books(),
        }

    def _watched(
        self,
        protected: tuple[str, ...],
        names: Mapping[str, Mapping[str, str]],
        invites: Mapping[str, InviteRecord],
        exempt: frozenset[str],
        rotation: Rotation | None,
    ) -> dict[str, Any]:
        """The rooms as protections see them."""
        watching = self.watching
        power = {room: room_power(self.vault.rooms, room) for room in protected}
        levels = {room: power[room].events_default for room in protected}
        if watching is None:
            return {"levels": levels}
        locks, standings = self.ledger.standings.locks(), self.ledger.standings.standings()
        policies = Policies() if self.lists is None else self.lists.policies()
        spared = frozenset(self.ledger.book(SPARED))
        banned = self.ledger.bans()
        seated = frozenset() if self.epochs is None else frozenset(self.epochs.office.seats)
        arrivals = {} if rotation is not None else _arrivals(invites)
        rooms = {
            room: Room(
                room,
                watching.window(room),
                names=names[room],
                exempt=exempt,
                moderators=exempt,
                newcomers=arrivals,
                seated=seated | expected(self.vault, room),
                banned=banned,
                policies=policies,
                spared=spared,
                helplines=helplines(),
                locked=room in locks,
            )
            for room in protected
        }
        guards = {room: watching.guard(room, standings) for room in protected}
        return {
            "levels": levels,
            "lists": {} if self.lists is None else Views(self.lists, self.vault),
            "acls": Acls(self.vault, protected),
            "rooms": rooms,
            "guards": guards,
            "past": Past(watching, protected),
        }

    def _health(self) -> Health:
        unread, counts = self.vault.records.items(UNREAD), self.ledger.counts()
        return Health(
            since=self.since,
            waiting=self.vault.outbox.count(self.account_id, "queued"),
            failed=self.vault.outbox.count(self.account_id, "failed"),
            unreadable=len(unread),
            unjudged=counts.get(UNJUDGED, 0),
            unencrypted=counts.get(UNENCRYPTED, 0),
            withholding=len(self._withholding(unread)),
        )

    def _withholding(self, unread: Mapping[str, str]) -> set[str]:
        """Of whom something of the last day cannot be read."""
        day = self.clock.now() - DAY
        latest = (self.vault.events.get(event_id) for event_id in [*unread][-LOOKED_AT:])
        return {event.sender for event in latest if event is not None and moment(event) >= day}


def _called(members: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """As everyone calls themselves: who takes another's very name is to be found by it."""
    return {
        user: name.line()
        for user, member in members.items()
        if not (name := ForeignText(member.get("displayname"))).malformed
    }


def _who(members: Mapping[str, Mapping[str, Any]], membership: str) -> frozenset[str]:
    return frozenset(
        user for user, member in members.items() if member.get("membership") == membership
    )


def _coming(invites: Mapping[str, InviteRecord]) -> frozenset[str]:
    """Let in by an invite, and never here so far."""
    return frozenset(
        invite.used_by
        for invite in invites.values()
        if invite.used_by is not None and not invite.arrived
    )


def _arrivals(invites: Mapping[str, InviteRecord]) -> dict[str, datetime]:
    return {
        invite.used_by: invite.used_at
        for invite in invites.values()
        if invite.used_by is not None and invite.used_at is not None
    }
