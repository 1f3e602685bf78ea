"""What a new account does before it is the one in use: its one visit, and looking for its room.

A crash anywhere leads back to the same step.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

from peerroom.client.rotation.places import circle_rooms, keeper, records_in
from peerroom.clock import Clock
from peerroom.matrix.errors import AccountClosed, Forbidden, LoggedOut, MatrixError, NameTaken
from peerroom.matrix.visit import Message, NewAccount, visit
from peerroom.pseudonym import wallet_facts as facts
from peerroom.pseudonym import wallet_steps as todo
from peerroom.pseudonym.possession import Account as Card
from peerroom.pseudonym.sealing import bound_to, seal
from peerroom.pseudonym.wallet_facts import AccountMade, Fact
from peerroom.pseudonym.wallet_state import Wallet
from peerroom.pseudonym.wallet_steps import Redeem, Step
from peerroom.store.accounts import new_circuit
from peerroom.wire.rotation import REDEEM, Redemption, encode_seat

if TYPE_CHECKING:
    from peerroom.client.rotation.agent import Agent, Key
    from peerroom.matrix.connection import Connection
    from peerroom.matrix.errors import Reach
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

_CIRCUITS: Final = "rotation.circuits"

Advance = Callable[[Fact], tuple[Step, ...]]
"""Tell the wallet a fact, store it, and return the steps that follow."""


async def _all_that_came(connection: Connection) -> None:
    await connection.start()
    await connection.sync_once(0.0)


class NothingToShow(Exception):  # a turn of the wallet, not an error
    """The wallet does not want to show anything (any more)."""


class NotYet(Exception):  # a turn of the world, not an error
    """Something is not there yet; when it comes, the client tells of a change."""


class Errands:
    """Carries out the steps of new accounts, each over a connection of its own."""

    def __init__(
        self, agent: Agent, vault: Vault, *, proxy: str | None, clock: Clock, random: Random
    ) -> None:
        self._agent = agent
        self._vault = vault
        self._proxy = proxy
        self._clock = clock
        self._random = random

    async def run(self, key: Key, wallet: Wallet, step: Step) -> None:
        """Do one of them, and tell the wallet. Raises `NotYet`, and what `make_visit` and
        `Connection.open` raise."""
        match step:
            case todo.MakeAccount(registration_token=token):
                await self._visit(key, wallet, step, token)
            case todo.Redeem():
                await self._visit(key, wallet, step, None)
            case todo.Look(user_id) if wallet.look:
                await self._look(key, step, user_id)
            case todo.Look(user_id):
                try:
                    await self._look(key, step, user_id)
                except MatrixError as error:
                    # Not before the next moment that was drawn: to look again when the line is
                    # back would be to come back together with the old account.
                    log.info("the next room was not looked for: %s", type(error).__name__)
                    self._agent.done(key, step, facts.Nowhere())

    async def _visit(self, key: Key, wallet: Wallet, step: Step, token: str | None) -> None:
        account, bot = self._account(wallet.account.user_id), keeper(self._vault, wallet)
        if account is None or bot is None:
            raise NotYet
        try:
            await make_visit(
                self._vault,
                wallet,
                bot,
                account.homeserver,
                token,
                lambda fact: self._agent.tell(key, fact) or self._agent.steps_of(key),
                proxy=self._proxy,
                clock=self._clock,
                random=self._random,
            )
        except NameTaken:
            assert wallet.fresh is not None
            self._agent.done(key, step, facts.NameTaken(wallet.fresh.localpart))
        except NothingToShow:
            return
        else:
            self._agent.done(key, step, facts.RedemptionSent())

    async def _look(self, key: Key, step: Step, user_id: str) -> None:
        """As the new account, see whether the next room is there."""
        account = self._account(user_id)
        if account is None:
            self._agent.done(key, step, facts.Nowhere())
            return
        try:
            await self.show(account)
        except (AccountClosed, LoggedOut, Forbidden):
            self._agent.done(key, step, facts.Nowhere())
            return
        rooms = circle_rooms(self._vault, account.id)
        for room in rooms:
            self._agent.look_at(room.room_id)
            arrived = facts.Arrived(user_id, records_in(self._vault, room.room_id), room.room_id)
            self._agent.done(key, step, arrived)
        if not rooms:
            self._agent.done(key, step, facts.Nowhere())

    async def show(self, account: Account) -> None:
        """Connect, take what has come, and go; at the first failure, too. Raises `MatrixError`."""
        from peerroom.matrix.connection import Connection

        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def hear(_reach: Reach, error: MatrixError | None) -> None:
            if error is not None and not over.done():
                over.set_exception(error)

        connection = await Connection.open(
            self._vault,
            account,
            proxy=self._proxy,
            clock=self._clock,
            random=self._random,
            on_state=hear,
        )
        work = asyncio.ensure_future(_all_that_came(connection))
        try:
            await asyncio.wait((work, over), return_when=asyncio.FIRST_COMPLETED)
            await (over if over.done() else work)
        finally:
            work.cancel()
            over.cancel()
            await asyncio.wait([work])
            await connection.close()

    def _account(self, user_id: str) -> Account | None:
        return next((a for a in self._vault.accounts.all() if a.user_id == user_id), None)


async def make_visit(
    vault: Vault,
    wallet: Wallet,
    bot: str,
    homeserver: str,
    registration_token: str | None,
    advance: Advance,
    *,
    proxy: str | None,
    clock: Clock,
    random: Random,
) -> None:
    """Register, show the token, go. The wallet has been told `AccountMade` before the first byte of
    the redemption leaves; `RedemptionSent` is the caller's to tell.

    Raises what `peerroom.matrix.visit.visit` raises, and `NothingToShow`.
    """
    fresh = wallet.fresh
    assert fresh is not None, "the wallet named the account"
    new = NewAccount(
        homeserver,
        fresh.localpart,
        fresh.password,
        registration_token,
        _circuit(vault, fresh.localpart),
    )

    def say(card: Card) -> Message:
        steps = advance(AccountMade(card.user_id, card.master_key, card.devices))
        redeem = next((step for step in steps if isinstance(step, Redeem)), None)
        if redeem is None:
            raise NothingToShow
        sealed = seal(redeem.sealing_key, encode_seat(redeem.seat), info=bound_to(redeem.scope))
        content = Redemption(redeem.scope.epoch, redeem.scope.round, sealed).content()
        # The same for every try: the server takes it once (client-server API, "Send-to-device").
        transaction = hashlib.sha256(b"redeem " + fresh.localpart.encode()).hexdigest()[:32]
        return Message(REDEEM, bot, content, transaction)

    await visit(vault, new, say, proxy=proxy, clock=clock, random=random)


def forget_account(vault: Vault, localpart: str) -> None:
    """An account that was made for nothing: no trace of it stays here."""
    circuit = vault.records.get(_CIRCUITS, localpart)
    with vault.transaction():
        for account in vault.accounts.all():
            if circuit is not None and account.circuit.hex() == circuit:
                vault.accounts.remove(account.id)
        vault.records.remove(_CIRCUITS, localpart, secret=True)


def _circuit(vault: Vault, localpart: str) -> bytes:
    """The circuit of the account to be, drawn once."""
    kept = vault.records.get(_CIRCUITS, localpart)
    if kept is None:
        kept = new_circuit().hex()
        vault.records.replace(_CIRCUITS, localpart, kept, secret=True)
    return bytes.fromhex(kept)
