"""Which accounts are connected: those that the wallets name, and no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from peerroom.client import moving
from peerroom.client.rotation.hours import Whose
from peerroom.client.views import Change
from peerroom.matrix.errors import MatrixError
from peerroom.pseudonym.wallet import Stage, Wallet, online
from peerroom.pseudonym.wallet_todo import rests

if TYPE_CHECKING:
    from peerroom.client.rotation.visiting import Errands
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

GLIMPSE: Final = 60.0
"""Seconds for an old account to be seen once more."""


class Presence:
    """Lets accounts connect and disconnect."""

    def __init__(self, client: Client, vault: Vault, errands: Errands, *, clock: Clock) -> None:
        self._client = client
        self._vault = vault
        self._errands = errands
        self._clock = clock
        self._seen: set[int] = set()
        """Old accounts that were seen in this run."""

    async def align(self, wallets: Sequence[Wallet]) -> None:
        """Connect those who may be, and end the lines of all others.

        ``wallets``: all of the vault, those of the oldest epoch first.
        """
        accounts = self._accounts(wallets)
        older = accounts[:-1]
        match self._client.whose:
            case Whose.USED if older:
                # It only listens, as on a machine that is always on: the new one is in use now.
                await self._show(older[0])
                accounts = []
            case Whose.COMING:
                accounts = accounts[-1:] if older else []
        await self._connect(accounts)

    async def _connect(self, accounts: Sequence[Account]) -> None:
        """Be the last of these; the others stay connected if they are."""
        older = {account.id for account in accounts[:-1]}
        if not accounts:
            await self._client.rest()
        else:
            await self._client.move(accounts[-1], linger=self._client.account.id in older)
            self._client.work()
        if not older:
            await self._client.part()

    def _accounts(self, wallets: Sequence[Wallet]) -> list[Account]:
        """Those that may be connected now; the last is the one to be used."""
        here, now = self._client.account.user_id, self._clock.now()
        # Whoever is here with an account that was let in, and had no seat, goes back.
        mine = [one for one in wallets if one.concerns(here) or one.made_in_vain(here)]
        if not mine:
            return [self._client.account]
        *before, newest = mine
        if newest.look:
            return []
        names = [*online(newest, now)]
        if rests(newest, now) and self._client.heard:
            names = [*online(newest, now, wanted=True)]
            self._note_together(newest)
        for wallet in before:
            if wallet.stage is Stage.JOINED:  # its old account may still be about to leave
                names = [*online(wallet, now), *names]
        known = {account.user_id: account for account in self._vault.accounts.all()}
        return [known[name] for name in dict.fromkeys(names) if name in known]

    def _note_together(self, wallet: Wallet) -> None:
        """Somebody wants to talk, so the old account follows the new one: that is to be said."""
        number = self._client.account.id
        if not moving.seen_together(self._vault, number, wallet.epoch):
            moving.came_together(self._vault, number, wallet.epoch)
            self._client.tell(Change("pseudonym"))

    async def _show(self, account: Account) -> None:
        if account.id in self._seen:
            return
        self._seen.add(account.id)
        try:
            async with asyncio.timeout(GLIMPSE):
                await self._errands.show(account)
        except (MatrixError, TimeoutError) as error:
            log.info("the old name was not seen: %s", type(error).__name__)
