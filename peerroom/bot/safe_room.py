"""Safe mode in the moderators' room: says what is wrong, and waits for a choice.

It does nothing else. The outbox stands still, protections and doors are not looked at, and what is
said elsewhere waits in the vault until the bot works again.
"""

from __future__ import annotations

import asyncio
import logging
from random import Random
from typing import Any, Final

from peerroom.bot.circle import current
from peerroom.bot.ledger import Ledger
from peerroom.bot.reader import Reader
from peerroom.bot.recovery import take_as_read
from peerroom.bot.requests import Requests
from peerroom.bot.safe import Choice, Trouble, chosen, menu
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.matrix import backoff
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import MatrixError
from peerroom.matrix.sync import SyncBatch
from peerroom.moderation import actions as act
from peerroom.moderation.decide import STALE, refused
from peerroom.moderation.facts import Said
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault
from peerroom.wire.commands import may

log = logging.getLogger("peerroom.bot")

_PAGE: Final = 200


class SafeRoom:
    """One question to the moderators, and its answer."""

    def __init__(
        self,
        vault: Vault,
        account: Account,
        config: Config,
        trouble: Trouble,
        *,
        clock: Clock,
        random: Random,
    ) -> None:
        self._vault = vault
        self._account = account
        self._config = config
        self._trouble = trouble
        self._clock = clock
        self._random = random
        self._management = current(vault).management
        self._ledger = Ledger(vault, invite_days=config.bot.invite_days)
        self._reader = Reader(vault, account.user_id, clock)
        self._requests = Requests(
            vault, self._ledger, account, self._management, config.bot.recovery, clock
        )
        self._connection: Connection | None = None
        self._asked: str | None = None
        self._heard: set[str] = set()
        self._answer: asyncio.Future[tuple[Choice, str]] | None = None

    async def ask(self) -> tuple[Choice, str]:
        """What was chosen, and by whom; waits for the server and for people, however long it takes.

        Raises what makes the room unreachable: `PeerRoomError` of the connection or the vault.
        """
        self._connection = await Connection.open(
            self._vault,
            self._account,
            proxy=self._config.privacy.proxy,
            clock=self._clock,
            random=self._random,
        )
        try:
            await self._arrive()
            self._answer = asyncio.get_running_loop().create_future()
            work = asyncio.ensure_future(self._connection.sync_forever(self._on_batch))
            try:
                ends: set[asyncio.Future[Any]] = {work, self._answer}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if not self._answer.done():
                    work.result()  # it never ends but by an error
                answer = self._answer.result()
            finally:
                work.cancel()
                await asyncio.wait([work])
            take_as_read(self._vault, self._management)
            return answer
        finally:
            await self._connection.close()

    async def _arrive(self) -> None:
        """Be connected, and ask; again until the server is there."""
        assert self._connection is not None
        failures = 0
        while True:
            try:
                await self._connection.start()
                await self._connection.sync_once(0.0)
                self._asked = await self._say(menu(self._trouble))
                log.warning("in safe mode: the moderators are asked")
                return
            except MatrixError as error:
                if error.reach in (None, "logged_out"):
                    raise
                failures += 1
                log.info("waiting for the server: %s", type(error).__name__)
                wait = backoff.SYNC.wait(failures, error, self._random)
                await self._clock.sleep(backoff.SYNC.patience if wait is None else wait)

    async def _say(self, text: str) -> str:
        """One message in the moderators' room, past everything that waits in the outbox."""
        assert self._connection is not None
        key = f"safe:{self._clock.now().isoformat()}:{text}"
        row = self._requests.add(act.Say(self._management, text), key)
        assert row is not None
        self._vault.outbox.mark_sending(row.id, self._clock.now())
        try:
            event_id = await self._connection.deliver(row)
        except BaseException:
            self._vault.outbox.remove(row.id)  # what is asked now must not be asked again later
            raise
        self._vault.outbox.mark_sent(row.id, event_id)
        return event_id

    async def _on_batch(self, _batch: SyncBatch) -> None:
        """Read what was said after our question, and nothing from before: its numbers may have
        been another question's."""
        question = self._vault.events.get(self._asked or "")
        after = None if question is None else question.position
        while after is not None:
            page = self._vault.events.page(self._management, after=after, limit=_PAGE)
            for event in page:
                said = self._reader.fact(event)
                if isinstance(said, Said) and said.event_id not in self._heard:
                    self._heard.add(said.event_id)
                    await self._hear(said)
            after = page[-1].position if page else None

    async def _hear(self, said: Said) -> None:
        meant = chosen(said.text.line(), self._trouble)
        assert self._answer is not None
        if meant is None or self._answer.done() or said.read_at - said.at > STALE:
            return
        refusal = self._refusal(said)
        if refusal is not None:
            self._ledger.apply(act.Count(f"command refused: {refusal}"), self._clock.now())
            return
        try:
            await self._say(meant.words)
        except MatrixError as error:
            log.info("an answer could not be sent: %s", type(error).__name__)
        if meant.choice is not None:
            self._answer.set_result((meant.choice, said.sender))

    def _refusal(self, said: Said) -> str | None:
        """As for every other command, and a watcher's counts for nobody's."""
        members = self._vault.rooms.members(self._management)
        desk = {user for user, one in members.items() if one.get("membership") == "join"}
        refusal = refused(said, self._management, self._ledger.moderators(), desk)
        if refusal is None:
            roles = self._ledger.roles(self._config.bot.moderators)
            if not may(roles[said.sender], "moderator"):
                return "not a moderator"
        return refusal
