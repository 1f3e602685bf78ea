"""Redemptions: opened, held to their sender, told to the registrar, no longer waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable

from peerroom.bot.epochs import points
from peerroom.bot.epochs.desk import Desk
from peerroom.bot.epochs.keyring import Keyring
from peerroom.bot.ledger import Ledger
from peerroom.clock import Clock
from peerroom.matrix.admin import Admin
from peerroom.matrix.errors import MatrixError
from peerroom.matrix.waiting import Waiting, WaitingEvent
from peerroom.moderation.actions import Count
from peerroom.pseudonym.registrar_facts import Shown
from peerroom.pseudonym.sealing import bound_to
from peerroom.pseudonym.token_errors import TokenError
from peerroom.pseudonym.tokens import Scope
from peerroom.store.vault import Vault
from peerroom.wire import rotation
from peerroom.wire.content import BadContent
from peerroom.wire.records import Seated

log = logging.getLogger("peerroom.bot")

UNREADABLE = "redemption that could not be opened"
"""How `Ledger.counts` calls one that was not sealed for us, or not as the protocol has it."""


class Redeeming:
    """Goes through the to-device events that wait, in the order in which they came."""

    def __init__(
        self,
        vault: Vault,
        waiting: Waiting,
        desk: Desk,
        keyring: Keyring,
        admin: Admin,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._vault = vault
        self._waiting = waiting
        self._desk = desk
        self._keyring = keyring
        self._admin = admin
        self._ledger = ledger
        self._clock = clock

    async def take(self, changed: Callable[[], None]) -> bool:
        """Deal with all that wait; whether none is left. ``changed`` hears of what was told."""
        for event in self._waiting.all():
            fact = await self._read(event)
            if fact is Later:
                return False
            points.reach("shown", event.sender)
            with self._vault.transaction():
                if isinstance(fact, Shown):
                    self._desk.tell(fact)
                else:
                    self._ledger.apply(Count(UNREADABLE), self._clock.now())
                self._waiting.remove(event.number)
            points.reach("seated", event.sender)
            changed()
        return True

    async def _read(self, event: WaitingEvent) -> Shown | type[Later] | None:
        """What it says; None for nothing, `Later` if the server could not be asked about it."""
        if event.type != rotation.REDEEM:
            return None
        try:
            redemption = rotation.Redemption.read(event.content)
            seat = self._open(redemption)
        except (BadContent, TokenError):
            return None
        if seat is None or seat.user_id != event.sender:
            return None
        created = None
        if not self._desk.office.limited:
            try:
                created = (await self._admin.account(event.sender)).created
            except MatrixError as error:
                if error.reach is None:
                    return None  # the server knows no such account
                log.info("a redemption waits: %s", type(error).__name__)
                return Later
        return Shown(event.sender, redemption.epoch, redemption.round, seat, created)

    def _open(self, redemption: rotation.Redemption) -> Seated | None:
        """Raises `BadContent`, `TokenError`."""
        key = self._keyring.sealing_key(redemption.epoch)
        if key is None:
            return None
        scope = Scope(self._desk.office.lineage, redemption.epoch, redemption.round)
        return rotation.decode_seat(key.open(redemption.sealed, info=bound_to(scope)))


class Later:
    """Marks what cannot be dealt with now."""
