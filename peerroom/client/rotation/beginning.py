"""The first wallet of an account: when it is in a circle that changes names."""

from __future__ import annotations

import logging
from random import Random
from typing import TYPE_CHECKING

from peerroom.client import wallets
from peerroom.client.rotation.entering import chain_of
from peerroom.client.rotation.learning import learn
from peerroom.client.rotation.places import circle_rooms
from peerroom.client.rotation_wording import stop_words
from peerroom.client.views import Change
from peerroom.pseudonym.possession import Account as Card
from peerroom.pseudonym.record_errors import RecordError, RecordMissing
from peerroom.pseudonym.records import Chain
from peerroom.pseudonym.wallet import Wallet, begin

if TYPE_CHECKING:
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)


class Beginner:
    """Begins a wallet for the client's account where there is none."""

    def __init__(self, client: Client, vault: Vault, *, clock: Clock, random: Random) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self._random = random
        self._said: set[tuple[str, str]] = set()

    def begin(self, known: list[Wallet]) -> bool:
        """Whether a wallet was begun. Needs a connection once: the account's own keys."""
        account = self._client.account
        connection = self._client.link.connection
        if connection is None or any(wallet.concerns(account.user_id) for wallet in known):
            return False
        for room in circle_rooms(self._vault, account.id):
            chain = self._chain(room.room_id)
            if chain is None or chain.epoch is None or chain.closed:
                continue
            if connection.identity.master_key is None or not connection.machine.published:
                return False
            card = connection.identity.card()
            wallets.keep(self._vault, account.id, self._wallet(chain, card, room.room_id))
            return True
        return False

    def _wallet(self, chain: Chain, card: Card, room_id: str) -> Wallet:
        learned = learn(self._vault, room_id, chain)
        resident = learned is not None and card.user_id in learned.room.residents
        return begin(chain, card, now=self._clock.now(), random=self._random, resident=resident)

    def _chain(self, room_id: str) -> Chain | None:
        """The chain of a room, from what the invite pinned; None while it is not whole."""
        try:
            return chain_of(self._vault, room_id)
        except RecordMissing:
            return None
        except RecordError as error:
            self._say(room_id, type(error).__name__)
            return None

    def _say(self, room_id: str, error: str) -> None:
        log.info("the records of a room are not right: %s", error)
        if self._client.heard and (room_id, error) not in self._said:
            self._said.add((room_id, error))
            self._client.tell(Change("notice", room_id, stop_words(error)))
