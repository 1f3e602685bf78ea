"""From the vault to the frozen `State` that a decision is made on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from peerroom.bot.circle import current
from peerroom.bot.epochs.rotation import Epochs
from peerroom.bot.ledger import UNJUDGED, Ledger
from peerroom.bot.reader import UNREAD
from peerroom.clock import Clock
from peerroom.config import Bot as BotConfig
from peerroom.moderation.state import Health, Rotation, State
from peerroom.store.vault import Vault
from peerroom.text.confusable import disambiguate
from peerroom.text.foreign import ForeignText


class MessagesOf(Mapping[str, Sequence[str]]):
    """The ids of a member's messages, newest first, read from the vault when asked for."""

    LIMIT = 500

    def __init__(self, vault: Vault, room_id: str, rotation: Rotation | None) -> None:
        self._vault = vault
        self._room_id = room_id
        self._retired = {} if rotation is None else rotation.retired

    def __getitem__(self, user_id: str) -> Sequence[str]:
        retired = self._retired.get(user_id)
        room_id = self._room_id if retired is None else retired.room_id
        newest = self._vault.events.of_sender(room_id, user_id, self.LIMIT)
        kinds = {"m.room.encrypted", "m.room.message", "m.sticker", "m.reaction"}
        return tuple(event.event_id for event in newest if event.type in kinds)

    def __iter__(self) -> Iterator[str]:
        return iter(self._vault.rooms.members(self._room_id))

    def __len__(self) -> int:
        return len(self._vault.rooms.members(self._room_id))


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

    def take(self) -> State:
        """The circle as it stands now."""
        rooms = current(self.vault)
        rotation = None if self.epochs is None else self.epochs.view(self.clock.now())
        content = self.vault.rooms.members(rooms.circle)
        names = disambiguate(
            {user: ForeignText(member.get("displayname")) for user, member in content.items()}
        )
        inside = {user for user, member in content.items() if member.get("membership") == "join"}
        gone = {user for user, member in content.items() if member.get("membership") == "leave"}
        banned = {user for user, member in content.items() if member.get("membership") == "ban"}
        moderators = self.ledger.moderators()
        recovery = {self.config.recovery} if self.config.recovery else set()
        desk = self.vault.rooms.members(rooms.management)
        invites = self.ledger.invites()
        admitted = {
            invite.used_by
            for invite in invites.values()
            if invite.used_by is not None and not invite.arrived
        }
        exempt = moderators | {self.bot} | recovery
        return State(
            bot=self.bot,
            circle=rooms.circle,
            management=rooms.management,
            via=(self.bot.partition(":")[2],),
            desk=frozenset(
                user for user, member in desk.items() if member.get("membership") == "join"
            ),
            moderators=moderators,
            exempt=frozenset(exempt),
            members={user: names[user] for user in inside},
            known={user: names[user] for user in gone | banned},
            seats=self.config.seats,
            invites=invites,
            mutes=self.ledger.mutes(),
            banned=self.ledger.bans() | banned,
            messages=MessagesOf(self.vault, rooms.circle, rotation),
            welcome=self.welcome,
            health=self._health(),
            can_invite=self.can_invite,
            pending_joins=frozenset(admitted - inside - gone - banned - self.ledger.bans()),
            rotation=rotation,
        )

    def _health(self) -> Health:
        return Health(
            since=self.since,
            waiting=len(self.vault.outbox.queued(self.account_id)),
            failed=len(self.vault.outbox.failed(self.account_id)),
            unreadable=len(self.vault.records.items(UNREAD)),
            unjudged=self.ledger.counts().get(UNJUDGED, 0),
        )
