"""The wallet's steps, carried out: each may be done twice and harms nothing then."""

from __future__ import annotations

import asyncio
import logging
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from peerroom.client.door import Door
from peerroom.client.invitations import bots
from peerroom.client.rotation.places import (
    keeper,
    missing_pages,
    pages_in,
    pages_of,
    records_in,
    rooms_of,
)
from peerroom.client.rotation.points import reach
from peerroom.client.rotation.visiting import NotYet, forget_account
from peerroom.client.rotation_wording import notice_words, stop_words
from peerroom.client.views import Change
from peerroom.errors import PeerRoomError
from peerroom.matrix.backoff import SYNC
from peerroom.matrix.errors import (
    Forbidden,
    MatrixError,
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
    from peerroom.client.rotation.visiting import Errands
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.accounts import Account
    from peerroom.store.vault import Vault

log = logging.getLogger(__name__)

FOREVER: Final = float("inf")
ERRANDS: Final = (todo.MakeAccount, todo.Redeem, todo.Look)
"""What a new account does, over a connection of its own."""
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
        errands: Errands,
        *,
        clock: Clock,
        random: Random,
    ) -> None:
        self._agent = agent
        self._client = client
        self._vault = vault
        self._errands = errands
        self._errand: asyncio.Task[None] | None = None
        self._clock = clock
        self._random = random
        self._later: dict[tuple[Key, str], _Later] = {}
        self._completed: dict[str, float] = {}
        """When a room was last asked for what it lacks (monotonic seconds)."""
        self._doors: dict[int, str] = {}
        """The room of two that was made for an account, until sync has brought it."""
        self.unfinished = False
        """Whether a step was left over the last time, or is still under way."""

    async def do(self, wanted: list[tuple[Key, Step]]) -> float:
        """Do what can be done now; seconds until something that failed is to be tried again.

        What a new account does is begun here and goes on by itself, one errand at a time: it may
        take minutes, and everything else is to go on meanwhile. Its end wakes the agent.
        """
        if self._errand is not None and self._errand.done():
            errand, self._errand = self._errand, None
            errand.result()  # raises what no waiting mends
        self.unfinished = self._errand is not None
        for key, step in wanted:
            name = (key, type(step).__name__)
            later = self._later.get(name)
            if later is not None and later.at > self._clock.monotonic():
                self.unfinished = True
                continue
            wallet = self._agent.wallet(key)
            if wallet is None or step not in self._agent.steps_of(key):
                continue  # a step before it has changed that
            if not isinstance(step, ERRANDS):
                await self._try(key, wallet, step)
                continue
            self.unfinished = True
            if self._errand is None:
                self._errand = asyncio.ensure_future(self._try(key, wallet, step))
                self._errand.add_done_callback(lambda _errand: self._agent.take_turn())
        now = self._clock.monotonic()
        waiting = [later.at - now for later in self._later.values() if later.at > now]
        return min(waiting, default=FOREVER)

    async def stop(self) -> None:
        """End what is under way; it is wanted again."""
        if self._errand is not None:
            errand, self._errand = self._errand, None
            errand.cancel()
            await asyncio.wait([errand])
            if not errand.cancelled():
                errand.result()

    async def _try(self, key: Key, wallet: Wallet, step: Step) -> None:
        name = (key, type(step).__name__)
        reach("step:begins", type(step).__name__)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._do(key, wallet, step)
        except NotYet:
            self.unfinished = True
        except TimeoutError:
            self._postpone(name, ServerSilent(), self._until_drawn(wallet, step))
        except VaultError:
            raise
        except PeerRoomError as error:
            self._postpone(name, error, self._until_drawn(wallet, step))
        else:
            self._later.pop(name, None)

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
                rooms = pages_in(self._vault, wallet)
                if pages := pages_of(self._vault, rooms, sequence):
                    self._agent.done(key, step, facts.SawPages(sequence, pages))
                body = wallet.issued if sequence == wallet.issue else wallet.admitted
                count = len(body.pages) if body is not None else 0
                missing = missing_pages(self._vault, rooms, sequence, count)
                if missing and self._client.account.user_id != wallet.account.user_id:
                    raise NotYet  # the new account asks for what its own room lacks (`complete`)
                for index in missing:
                    await self._fetch(key, wallet, PAGE, page_key(sequence, index))
            case todo.ReadRecords(after):
                await self._fetch(key, wallet, RECORD, str(after + 1))
            case todo.SendRequest(request):
                content = request.content()
                await self._to_bot(wallet, REQUEST, content, f"request {wallet.epoch}")
                self._agent.done(key, step, facts.RequestSent())
            case todo.SendStay(stay):
                await self._to_bot(wallet, STAY, stay.content(), f"stay {wallet.epoch}")
                self._agent.done(key, step, facts.StaySent())
            case todo.MakeAccount() | todo.Redeem() | todo.Look():
                await self._errands.run(key, wallet, step)
            case todo.Retire(user_id):
                self._retire(user_id)
                self._agent.done(key, step, facts.Retired())
            case todo.DestroyOldKeys(user_id):
                self._destroy(user_id)
                self._agent.done(key, step, facts.KeysDestroyed())
            case todo.ForgetAccount(localpart):
                here = self._client.account.user_id
                if self._errand is not None or wallet.made_in_vain(here):
                    raise NotYet  # it may be making this account, or we are still here with it
                forget_account(self._vault, localpart)
                self._agent.done(key, step, facts.Forgotten(localpart))
            case todo.ShowRecord(sequence):
                self._show_record(wallet, sequence)
                self._agent.done(key, step, facts.Shown(sequence))
            case todo.ShowRequest(epoch, round_, request):
                self._to_room(wallet, SPOILT, Spoilt(epoch, round_, request).content(), "spoilt")
                self._agent.done(key, step, facts.RequestShown())
            case todo.Say(notice) if self._client.heard or not self._words(notice):
                self._say(wallet, self._words(notice))
                self._agent.done(key, step, facts.Told(notice))
            case todo.Stop(error) if self._client.heard:
                self._say(wallet, stop_words(error))
                self._agent.done(key, step, facts.Told(Notice.STOPPED))
            case _:
                return  # who is connected is the agent's `_align`

    # --- to the bot and to the room ---------------------------------------------------------------

    async def _to_bot(self, wallet: Wallet, kind: str, content: dict[str, Any], about: str) -> None:
        """Say something in the room of two, as the wallet's own account."""
        account = self._account(wallet.account.user_id)
        bot = keeper(self._vault, wallet)
        if account is None or bot is None or account.id != self._client.account.id:
            raise NotYet
        connection = self._client.link.connection
        if connection is None or self._client.connection.kind != "online":
            raise NotYet
        door = Door(self._vault, account, connection, bot)
        # Made once, although sync may take its time to bring it.
        self._doors[account.id] = await door.make(self._doors.get(account.id))
        if not door.is_open() or not door.is_encrypted():
            raise NotYet  # the bot comes by itself; the next turn of sync tells
        await door.say(kind, content, f"{about} {account.user_id}", self._clock.now())

    def _show_record(self, wallet: Wallet, sequence: int) -> None:
        wanted = wallet.trail.hash_of(sequence)
        for room in rooms_of(self._vault, wallet):
            for signed in records_in(self._vault, room.room_id):
                if signed.hash == wanted:
                    self._to_room(wallet, EVIDENCE, signed.content(), f"evidence {sequence}")
                    return

    def _to_room(self, wallet: Wallet, kind: str, content: dict[str, Any], about: str) -> None:
        """Say something to everyone, encrypted, once."""
        for room in rooms_of(self._vault, wallet):
            if room.account_id == self._client.account.id:
                self._client.say_event(room.room_id, kind, content, f"{about} {room.room_id}")
                return

    async def _fetch(self, key: Key, wallet: Wallet, kind: str, state_key: str) -> None:
        """Ask for state that every sync should have brought."""
        connection = self._client.link.connection
        if connection is None or self._client.connection.kind != "online":
            raise NotYet
        for room in rooms_of(self._vault, wallet):
            if room.account_id == self._client.account.id:
                content = await connection.rooms.get_state(room.room_id, kind, state_key)
                if content is not None:
                    self._vault.rooms.set_state(room.room_id, kind, state_key, content)
                    self._agent.look_at(room.room_id)
        raise _Absent

    # --- the present account ----------------------------------------------------------------------

    async def complete(self, room_id: str, pages: list[tuple[int, int]]) -> None:
        """Ask for pages that a room of the present account lacks (`lacking`), now and then."""
        connection, room = self._client.link.connection, self._vault.rooms.get(room_id)
        if connection is None or self._client.connection.kind != "online":
            return
        if room is None or room.account_id != self._client.account.id:
            return
        now = self._clock.monotonic()
        if self._completed.get(room_id, -ASKED_AGAIN) > now - ASKED_AGAIN:
            return
        self._completed[room_id] = now
        for sequence, index in pages:
            state_key = page_key(sequence, index)
            try:
                async with asyncio.timeout(PATIENCE):
                    content = await connection.rooms.get_state(room_id, PAGE, state_key)
            except (MatrixError, TimeoutError) as error:
                log.info("a page could not be asked for: %s", type(error).__name__)
                return
            if content is not None:
                self._vault.rooms.set_state(room_id, PAGE, state_key, content)
                self._agent.look_at(room_id)

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

    def _words(self, notice: Notice) -> str:
        return notice_words(notice, moderator=bool(self._client.casework()))

    def _say(self, wallet: Wallet, words: str) -> None:
        if words:
            rooms = rooms_of(self._vault, wallet)
            self._client.tell(Change("notice", rooms[-1].room_id if rooms else None, words))


class _Absent(MatrixError):
    """The server does not show what it should, or has shown it only now."""
