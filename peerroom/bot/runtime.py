"""The moderator bot at work: sync, judge, keep, carry out."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from random import Random
from typing import Final, Self

from peerroom.bot import circle as circles
from peerroom.bot import lookout
from peerroom.bot.breath import Breath
from peerroom.bot.circle import Circle
from peerroom.bot.doors import open_doors
from peerroom.bot.epochs.rhythm import policy_of
from peerroom.bot.epochs.rotation import Epochs
from peerroom.bot.executor import Executor
from peerroom.bot.invites import publish
from peerroom.bot.judging import Judging, draw_invites
from peerroom.bot.ledger import Ledger
from peerroom.bot.picture import Picture
from peerroom.bot.policies import PolicyLists
from peerroom.bot.pulse import Pulse
from peerroom.bot.reader import Reader
from peerroom.bot.requests import Requests
from peerroom.bot.upgrades import RoomsMoved, announced, follow
from peerroom.bot.watching import Watching
from peerroom.bot.welcome import welcomes
from peerroom.clock import Clock
from peerroom.config import Config
from peerroom.errors import first_of
from peerroom.i18n import _
from peerroom.matrix import backoff
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import Forbidden, MatrixError, NotFound
from peerroom.matrix.sync import SyncBatch
from peerroom.moderation import actions as act
from peerroom.moderation.door import decide_removal
from peerroom.moderation.expiry import next_end
from peerroom.moderation.facts import Ticked
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.state import Limits, Role, State
from peerroom.pseudonym.epochs import Policy
from peerroom.store.accounts import Account
from peerroom.store.vault import Vault
from peerroom.wire.rotation import REDEEM

log = logging.getLogger("peerroom.bot")

TICK: Final = 20.0
"""Seconds between looks at what ends by itself, at most."""
LATER: Final = 0.05
"""Seconds after which something has surely ended."""
KEEP_SENT: Final = timedelta(days=7)
"""How long a row that was carried out is remembered, so that nothing is decided twice."""


class Bot:
    """One circle's bot. Everything it knows is in the vault: a restart goes on where it stopped."""

    def __init__(
        self,
        vault: Vault,
        account: Account,
        connection: Connection,
        config: Config,
        *,
        clock: Clock,
        random: Random,
        policy: Policy | None = None,
    ) -> None:
        self._vault = vault
        self._policy = policy
        self._account = account
        self._connection = connection
        self._config = config
        self._clock = clock
        self._random = random
        self._ledger = Ledger(vault, invite_days=config.bot.invite_days)
        self._reader = Reader(vault, account.user_id, clock)
        self.pulse: Final = Pulse()
        protections = self.pulse.counted(PROTECTIONS.values())
        self._watching = Watching(vault, account.user_id, protections, clock)
        self._lists = PolicyLists(vault, clock)
        self._epochs: Epochs | None = None
        self._picture: Picture | None = None
        self._judging: Judging | None = None
        self._executor: Executor | None = None
        self._ready = asyncio.Event()
        self._breath = Breath(clock)
        self._caught_up = asyncio.Event()

    @classmethod
    async def open(
        cls,
        vault: Vault,
        account: Account,
        config: Config,
        *,
        clock: Clock,
        random: Random,
        policy: Policy | None = None,
    ) -> Self:
        """A bot for ``account`` of an open vault; nothing is sent yet.

        ``policy`` is when names rotate, by default as the settings say, or not at all.
        """
        policy = policy or policy_of(config.bot, vault)
        connection = await Connection.open(
            vault,
            account,
            proxy=config.privacy.proxy,
            clock=clock,
            random=random,
            in_clear=() if policy is None else (REDEEM,),
        )
        return cls(vault, account, connection, config, clock=clock, random=random, policy=policy)

    @property
    def ledger(self) -> Ledger:
        """What the bot knows beside its rooms."""
        return self._ledger

    @property
    def epochs(self) -> Epochs | None:
        """What makes names change; None where they stay, and before `prepare`."""
        return self._epochs

    @property
    def circle(self) -> Circle:
        """The rooms as they are now; only after `prepare`."""
        return circles.current(self._vault)

    async def prepare(self) -> None:
        """Keys, identity, rooms, moderators. Can be repeated. Raises `PeerRoomError`."""
        await self._connection.start()
        await self._take_name()
        await self._connection.sync_once(0.0)
        await circles.establish(
            self._vault, self._connection, self._config.bot, rotating=self._policy is not None
        )
        self._reader.arrivals.turn(await self._connection.sync_once(0.0))
        can_invite = await self._prepare_admin()
        self._requests = Requests(
            self._vault,
            self._ledger,
            self._account,
            self.circle.management,
            self._config.bot.recovery,
            self._clock,
            self._config.bot.language,
        )
        self._epochs = self._prepare_epochs()
        self._executor = Executor(
            self._vault,
            self._account,
            self._connection,
            self._ledger,
            self._requests,
            room_name=self._config.bot.room,
            clock=self._clock,
            epochs=self._epochs,
        )
        self._picture = Picture(
            self._vault,
            self._ledger,
            self._config.bot,
            self._account.user_id,
            self._account.id,
            self._clock,
            welcomes(),
            self._clock.now(),
            can_invite,
            self._epochs,
            self._watching,
            Limits(exempt=can_invite),
            self._lists,
        )
        self._judging = Judging(
            self._vault,
            self._ledger,
            self._reader,
            self._watching,
            self._picture,
            self._requests,
            self._epochs,
            self._clock,
        )
        self._invite_moderators()
        if self._epochs is not None:
            self._epochs.begin(limited=not can_invite)

    def _prepare_epochs(self) -> Epochs | None:
        """What makes names change; None where they stay."""
        if self._policy is None:
            return None
        return Epochs(
            self._vault,
            self._connection,
            self._config.bot,
            self._ledger,
            self._requests,
            self._policy,
            clock=self._clock,
        )

    async def _take_name(self) -> None:
        """Be called what one is, once: people should know a program when they meet one."""
        if self._vault.records.get(circles.NAMESPACE, "named") is None:
            await self._connection.rooms.set_display_name(_("Moderator bot"))
            self._vault.records.replace(circles.NAMESPACE, "named", True)

    async def _prepare_admin(self) -> bool:
        """Whether this server lets us make registration tokens; if so, be free of its limits."""
        try:
            await self._connection.admin.tokens()
        except (Forbidden, NotFound):
            return False
        await self._connection.admin.lift_rate_limit(self._account.user_id)
        return True

    def _invite_moderators(self) -> None:
        """Those named in the settings, once each: who left or was removed is not called back."""
        with self._vault.transaction():
            for user_id in self._config.bot.moderators:
                if user_id in self._ledger.moderators():
                    continue
                self._ledger.add_moderator(user_id)
                for room_id in (self.circle.circle, self.circle.management):
                    invite = act.InviteMember(room_id, user_id)
                    self._requests.add(invite, f"moderator:{room_id}{user_id}")

    async def run(self) -> None:
        """Prepare, then work until cancelled. Raises what no waiting can mend."""
        while True:
            try:
                await self._run()
            except RoomsMoved:
                log.info("a room was replaced; going on in the new one")
                if self._epochs is not None:
                    await self._epochs.close()

    async def _run(self) -> None:
        await self._prepare_patiently()
        assert self._executor is not None
        lookout.check(self._vault, self.circle, self._account.user_id)
        for said in lookout.complaints(PROTECTIONS, self._ledger.standings.standings()):
            key = f"complaint:{self._clock.now():%Y-%m-%d}:{said}"
            self._requests.add(act.Say(self.circle.management, said), key)
        self._judge()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._executor.run())
                tasks.create_task(self._tick())
                tasks.create_task(self._lists.run(self._connection, self._look_again))
                if self._epochs is not None:
                    tasks.create_task(self._epochs.run(self._executor.wake))
                tasks.create_task(self._be_ready())
                await self._connection.sync_forever(self._on_batch)
        except ExceptionGroup as group:
            raise first_of(group) from group

    async def _be_ready(self) -> None:
        await self._caught_up.wait()
        if self._epochs is not None:
            await self._epochs.opened()
        self._ready.set()
        log.info("at work")

    async def _prepare_patiently(self) -> None:
        """`prepare`, again until the server is there: after a power cut it may come up later."""
        failures = 0
        while True:
            try:
                return await self.prepare()
            except MatrixError as error:
                if error.reach in (None, "logged_out"):
                    raise
                failures += 1
                log.info("waiting for the server: %s", type(error).__name__)
                wait = backoff.SYNC.wait(failures, error, self._random)
                await self._clock.sleep(backoff.SYNC.patience if wait is None else wait)

    async def ready(self) -> None:
        """Wait until the bot is at work, and has heard how things stand."""
        await self._ready.wait()

    async def idle(self) -> None:
        """Wait until everything decided so far is carried out."""
        await self.ready()
        assert self._executor is not None
        await self._executor.idle()

    async def close(self) -> None:
        """Close the connection, and the signer; the account stays logged in."""
        if self._epochs is not None:
            await self._epochs.close()
        await self._connection.close()

    async def make_invites(self, count: int, role: Role = "member") -> list[str]:
        """Invite links for the host, without a command: the server takes their tokens at once."""
        with self._vault.transaction():
            drawn = draw_invites(self._ledger, self._epochs, count, role, self._clock.now())
            self._ledger.note(
                act.Note(by=self._account.user_id, what="invite", about=f"{count} {role}"),
                self._clock.now(),
            )
        pinned = None if self._epochs is None else self._epochs.pinned()
        links = await publish(
            drawn, self._ledger, self._account, self._connection, self._config.bot.room, pinned
        )
        for invite in drawn:
            self._ledger.forget_secret(invite.digest)
        return links

    async def remove_moderator(self, user_id: str) -> None:
        """Take a moderator's powers, and wait until the server has heard. Call after `prepare`.

        One named in the settings comes back at the next start: take them out there too.
        """
        assert self._judging is not None and self._picture is not None
        assert self._executor is not None
        now = self._clock.now()
        with self._vault.transaction():
            state = self._picture.take()
            actions = decide_removal(user_id, state)
            self._judging.keep(actions, f"removal:{now.isoformat()}", Ticked(now), state)
        work = asyncio.create_task(self._executor.run())
        self._executor.wake()
        await self._executor.idle()
        work.cancel()
        await asyncio.wait([work])

    # judging -------------------------------------------------------------------------------------

    async def _on_batch(self, batch: SyncBatch) -> None:
        self.pulse.synced = self._clock.monotonic()
        self._reader.arrivals.turn(batch)
        await self._open_doors()
        lists_changed = self._lists.hear(batch)
        if batch.left or any(delta.state_changed for delta in batch.rooms):
            lookout.check(self._vault, self.circle, self._account.user_id)
        self._judge()
        if lists_changed:
            self._look_again()
        if self._epochs is not None:
            self._epochs.caught_up()
        await self._follow_upgrades()
        self._caught_up.set()
        await self._breath.take()

    async def _follow_upgrades(self) -> None:
        """Go along when a room of ours was replaced; raises `RoomsMoved` then."""
        rooms, rotating = self._connection.rooms, self._policy is not None
        try:
            await follow(self._vault, self._ledger, rooms, self._requests, rotating=rotating)
        except MatrixError as error:
            log.info("a room that was replaced waits: %s", type(error).__name__)

    async def _open_doors(self) -> None:
        """Also those of rooms that we look after, whose lists we follow, or that replace ours."""
        known = (*self._ledger.standings.rooms(), *self._lists.followed())
        next_ones = (one.new for one in announced(self._vault, self._policy is not None))
        wanted = {*known, self.circle.management, *next_ones}
        await open_doors(self._vault, self._connection.rooms, self._account.id, wanted)

    def _judge(self) -> None:
        """Decide on everything that was not decided on."""
        assert self._judging is not None
        assert self._executor is not None
        # Who came in first, then what they say: whoever asks for a new name has to have a seat.
        if self._epochs is not None and self._epochs.look_around():
            self._executor.wake()
        for changed in self._judging.waiting():
            self.pulse.judged += 1
            if changed:
                self._executor.wake()

    def _look_again(self) -> None:
        """Decide on what time has brought, or the lists."""
        assert self._judging is not None
        assert self._executor is not None
        while self._judging.tick(self._clock.now()):
            self._executor.wake()

    async def _tick(self) -> None:
        assert self._picture is not None
        while True:
            now = self._clock.now()
            self._look_again()
            self._vault.outbox.remove_sent(now - KEEP_SENT)
            self._ledger.tidy(now)
            await self._clock.sleep(_until_next(self._picture.take(), now))


def _until_next(state: State, now: datetime) -> float:
    """Seconds until something ends by itself, or `TICK`."""
    ends = next_end(state)
    if ends is None:
        return TICK
    return min(TICK, max((ends - now).total_seconds(), 0.0) + LATER)
