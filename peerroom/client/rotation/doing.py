"""The wallet's steps, carried out: each may be done twice and harms nothing then."""

from __future__ import annotations

import asyncio
import logging
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peerroom.client.door import Door
from peerroom.client.invitations import bots
from peerroom.client.rotation.places import (
    bot_of,
    circle_rooms,
    missing_pages,
    pages_of,
    records_in,
)
from peerroom.client.rotation.points import reach
from peerroom.client.rotation.visiting import NothingToShow, forget_account, make_visit
from peerroom.client.rotation_wording import notice_words, stop_words
from peerroom.client.views import Change
from peerroom.errors import PeerRoomError
from peerroom.matrix.backoff import SYNC
from peerroom.matrix.errors import (
    AccountClosed,
    Forbidden,
    LoggedOut,
    MatrixError,
    NameTaken,
    NotFound,
    ServerSilent,
)
from peerroom.pseudonym import wallet_facts as facts
from peerroom.pseudonym import wallet_steps as todo
from peerroom.pseudonym.wallet import Wallet
from peerroom.pseudonym.wallet_steps import Notice, Step
from peerroom.store.errors import VaultError
from peerroom.wire.records import PAGE, RECORD, page_key
from peerroom.wire.rotation import EVIDENCE, REQUEST, SPOILT, STAY, Spoilt

if TYPE_CHECKING:
    from peerroom.client.rotation.agent import Agent, Key
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.config import Config
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

FOREVER: Final = float("inf")
PATIENCE: Final = 180.0
"""Seconds for one step: what takes longer begins anew, and the others get their turn."""
ASKED_AGAIN: Final = 60.0
"""Seconds between two questions for a record that is not where it should be."""


class _Later(NamedTuple):
    """A step that could not be done: how often, and when to try again (monotonic seconds)."""

    failures: int
    at: float


class Doer:
    """Carries steps out, with a pause for those that fail."""

    def __init__(
        self,
        agent: Agent,
        client: Client,
        vault: Vault,
        *,
        config: Config,
        clock: Clock,
        random: Random,
    ) -> None:
        self._agent = agent
        self._client = client
        self._vault = vault
        self._proxy = config.privacy.proxy
        self._clock = clock
        self._random = random
        self._later: dict[tuple[Key, str], _Later] = {}
        self._doors: dict[int, str] = {}
        """The room of two that was made for an account, until sync has brought it."""
        self.unfinished = False
        """Whether a step was left over the last time."""

    async def do(self, wanted: list[tuple[Key, Step]]) -> float:
        """Do what can be done now; seconds until something that failed is to be tried again."""
        self.unfinished = False
        for key, step in wanted:
            name = (key, type(step).__name__)
            later = self._later.get(name)
            if later is not None and later.at > self._clock.monotonic():
                self.unfinished = True
                continue
            wallet = self._agent.wallet(key)
            if wallet is None or step not in self._agent.steps_of(key):
                continue  # a step before it has changed that
            reach("step:begins", type(step).__name__)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._do(key, wallet, step)
            except _NotYet:
                self.unfinished = True
            except TimeoutError:
                self._postpone(name, ServerSilent(), self._until_drawn(wallet, step))
            except VaultError:
                raise
            except PeerRoomError as error:
                self._postpone(name, error, self._until_drawn(wallet, step))
            else:
                self._later.pop(name, None)
        now = self._clock.monotonic()
        waiting = [later.at - now for later in self._later.values() if later.at > now]
        return min(waiting, default=FOREVER)

    def _until_drawn(self, wallet: Wallet, step: Step) -> float:
        """Seconds for which a visit that failed must wait: until its next moment. If it followed
        on the line's coming back, it would follow on the old account's coming back as well."""
        if not isinstance(step, (todo.MakeAccount, todo.Redeem)):
            return 0.0
        now = self._clock.now()
        later = (at for at in wallet.visits if at > now)
        return (next(later, wallet.times.ends(wallet.round)) - now).total_seconds()

    def _postpone(self, name: tuple[Key, str], error: PeerRoomError, least: float) -> None:
        log.info("a step towards the next name waits: %s", type(error).__name__)
        self.unfinished = True
        failures = self._later[name].failures + 1 if name in self._later else 1
        wait = SYNC.wait(failures, error, self._random) if isinstance(error, MatrixError) else None
        pause = SYNC.patience if wait is None else wait
        if isinstance(error, _Absent):
            pause = ASKED_AGAIN
        self._later[name] = _Later(failures, self._clock.monotonic() + max(pause, least))

    async def _do(self, key: Key, wallet: Wallet, step: Step) -> None:
        match step:
            case todo.ReadPages(sequence):
                rooms = [room.room_id for room in self._rooms(wallet)]
                if pages := pages_of(self._vault, rooms, sequence):
                    self._done(key, step, facts.SawPages(sequence, pages))
                body = wallet.issued if sequence == wallet.issue else wallet.admitted
                count = len(body.pages) if body is not None else 0
                for index in missing_pages(self._vault, rooms, sequence, count):
                    await self._fetch(key, wallet, PAGE, page_key(sequence, index))
            case todo.ReadRecords(after):
                await self._fetch(key, wallet, RECORD, str(after + 1))
            case todo.SendRequest(request):
                content = request.content()
                await self._to_bot(wallet, REQUEST, content, f"request {wallet.epoch}")
                self._done(key, step, facts.RequestSent())
            case todo.SendStay(stay):
                await self._to_bot(wallet, STAY, stay.content(), f"stay {wallet.epoch}")
                self._done(key, step, facts.StaySent())
            case todo.MakeAccount(registration_token=token):
                await self._visit(key, wallet, step, token)
            case todo.Redeem():
                await self._visit(key, wallet, step, None)
            case todo.Look(user_id):
                await self._look(key, wallet, step, user_id)
            case todo.Retire(user_id):
                self._retire(user_id)
                self._done(key, step, facts.Retired())
            case todo.DestroyOldKeys(user_id):
                self._destroy(user_id)
                self._done(key, step, facts.KeysDestroyed())
            case todo.ForgetAccount(localpart):
                forget_account(self._vault, localpart)
                self._done(key, step, facts.Forgotten(localpart))
            case todo.ShowRecord(sequence):
                self._show_record(wallet, sequence)
                self._done(key, step, facts.Shown(sequence))
            case todo.ShowRequest(epoch, round_, request):
                self._to_room(wallet, SPOILT, Spoilt(epoch, round_, request).content(), "spoilt")
                self._done(key, step, facts.RequestShown())
            case todo.Say(notice) if self._client.heard or not notice_words(notice):
                self._say(wallet, notice_words(notice))
                self._done(key, step, facts.Told(notice))
            case todo.Stop(error) if self._client.heard:
                self._say(wallet, stop_words(error))
                self._done(key, step, facts.Told(Notice.STOPPED))
            case _:
                return  # who is connected is the agent's `_align`

    def _done(self, key: Key, step: Step, fact: facts.Fact) -> None:
        reach("step:done", type(step).__name__)
        log.info("%s is done for change %d", type(step).__name__, key[1])
        self._agent.tell(key, fact)

    # --- to the bot and to the room ---------------------------------------------------------------

    async def _to_bot(self, wallet: Wallet, kind: str, content: dict[str, Any], about: str) -> None:
        """Say something in the room of two, as the wallet's own account."""
        account = self._account(wallet.account.user_id)
        bot = self._bot(wallet)
        if account is None or bot is None or account.id != self._client.account.id:
            raise _NotYet
        connection = self._client.link.connection
        if connection is None or self._client.connection.kind != "online":
            raise _NotYet
        door = Door(self._vault, account, connection, bot)
        # Made once, although sync may take its time to bring it.
        self._doors[account.id] = await door.make(self._doors.get(account.id))
        if not door.is_open() or not door.is_encrypted():
            raise _NotYet  # the bot comes by itself; the next turn of sync tells
        await door.say(kind, content, f"{about} {account.user_id}", self._clock.now())

    def _show_record(self, wallet: Wallet, sequence: int) -> None:
        wanted = wallet.trail.hash_of(sequence)
        for room in self._rooms(wallet):
            for signed in records_in(self._vault, room.room_id):
                if signed.hash == wanted:
                    self._to_room(wallet, EVIDENCE, signed.content(), f"evidence {sequence}")
                    return

    def _to_room(self, wallet: Wallet, kind: str, content: dict[str, Any], about: str) -> None:
        """Say something to everyone, encrypted, once."""
        for room in self._rooms(wallet):
            if room.account_id == self._client.account.id:
                self._client.say_event(room.room_id, kind, content, f"{about} {room.room_id}")
                return

    async def _fetch(self, key: Key, wallet: Wallet, kind: str, state_key: str) -> None:
        """Ask for state that every sync should have brought."""
        connection = self._client.link.connection
        if connection is None or self._client.connection.kind != "online":
            raise _NotYet
        for room in self._rooms(wallet):
            if room.account_id == self._client.account.id:
                content = await connection.rooms.get_state(room.room_id, kind, state_key)
                if content is not None:
                    self._vault.rooms.set_state(room.room_id, kind, state_key, content)
                    self._agent.look_at(room.room_id)
        raise _Absent

    def _rooms(self, wallet: Wallet) -> list[Any]:
        """The circle's rooms of the wallet's accounts, the newest last."""
        return [
            room
            for account in self._vault.accounts.all()
            if wallet.concerns(account.user_id)
            for room in circle_rooms(self._vault, account.id)
        ]

    def _bot(self, wallet: Wallet) -> str | None:
        found = (bot_of(self._vault, room.room_id) for room in self._rooms(wallet))
        return next((bot for bot in found if bot is not None), None)

    # --- the new account --------------------------------------------------------------------------

    async def _visit(self, key: Key, wallet: Wallet, step: Step, token: str | None) -> None:
        account, bot = self._account(wallet.account.user_id), self._bot(wallet)
        if account is None or bot is None:
            raise _NotYet
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
            self._done(key, step, facts.NameTaken(wallet.fresh.localpart))
        except NothingToShow:
            return
        else:
            self._done(key, step, facts.RedemptionSent())

    async def _look(self, key: Key, wallet: Wallet, step: Step, user_id: str) -> None:
        """As the new account, see whether the circle is there, before the old one connects."""
        from peerroom.matrix.connection import Connection

        account = self._account(user_id)
        if account is None:
            self._done(key, step, facts.Nowhere())
            return
        connection = await Connection.open(
            self._vault, account, proxy=self._proxy, clock=self._clock, random=self._random
        )
        try:
            await connection.start()
            await connection.sync_once(0.0)
        except (AccountClosed, LoggedOut, Forbidden):
            self._done(key, step, facts.Nowhere())
            return
        finally:
            await connection.close()
        rooms = circle_rooms(self._vault, account.id)
        for room in rooms:
            self._agent.look_at(room.room_id)
            arrived = facts.Arrived(user_id, records_in(self._vault, room.room_id), room.room_id)
            self._done(key, step, arrived)
        if not rooms:
            self._done(key, step, facts.Nowhere())

    async def follow_invitations(self) -> None:
        """Go where the bot asks the present account in: it was carried over, or comes back.

        That it was the bot is the server's word; what the room is, its signed records say, and the
        wallet goes by nothing else.
        """
        connection = self._client.link.connection
        account = self._client.account
        if connection is None or not self._agent.looks_after(account.user_id):
            return
        for room in self._vault.rooms.all(account.id):
            if room.membership != "invite" or room.is_direct or not room.encrypted:
                continue
            asked = self._vault.rooms.state_event(room.room_id, "m.room.member", account.user_id)
            if asked is None or asked.sender not in bots(self._vault):
                continue
            try:
                async with asyncio.timeout(PATIENCE):
                    await connection.rooms.join(room.room_id)
            except (Forbidden, NotFound):
                self._vault.rooms.set_membership(room.room_id, "leave")  # it was taken back
            except (MatrixError, TimeoutError) as error:
                log.info("an invitation of the bot waits: %s", type(error).__name__)

    # --- the old account --------------------------------------------------------------------------

    def _retire(self, user_id: str) -> None:
        """It can act no more: no token, no password. Its keys stay a while (`DestroyOldKeys`)."""
        if (account := self._account(user_id)) is not None:
            with self._vault.transaction():
                self._vault.accounts.update_token(account.id, "")
                self._vault.accounts.set_password(account.id, None)

    def _destroy(self, user_id: str) -> None:
        # Also once it is retired: a crash may have left the file of its keys.
        for account in self._vault.accounts.all(retired=True):
            if account.user_id == user_id:
                self._vault.accounts.retire(account.id, self._clock.now())

    def _account(self, user_id: str) -> Account | None:
        return next((a for a in self._vault.accounts.all() if a.user_id == user_id), None)

    # --- words ------------------------------------------------------------------------------------

    def _say(self, wallet: Wallet, words: str) -> None:
        if words:
            rooms = self._rooms(wallet)
            self._client.tell(Change("notice", rooms[-1].room_id if rooms else None, words))


class _NotYet(Exception):  # a turn of the world, not an error
    """Something is not there yet; when it comes, the client tells of a change."""


class _Absent(MatrixError):
    """The server does not show what it should, or has shown it only now."""
