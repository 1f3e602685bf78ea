"""A rotating circle on a real server whose members a test steers (`support.rotating.Walker`).

Windows are an hour long, as far as the bot knows: its clock is moved on when all is done that was
to be done in one. So nothing here depends on how fast a machine is. The clock begins so far behind
the server's that the first round's window is open at the server's own time: by it the server tells
when an account was made.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import SystemRandom

from support.circle import Circle
from support.clock import ShiftedClock
from support.patience import PATIENCE
from support.rotating import Walker
from support.servers import own_address

from peerroom.bot.epochs import points
from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.session import register
from peerroom.matrix.transport import Transport
from peerroom.pseudonym.epochs import Every, Policy, Times
from peerroom.pseudonym.registrar_state import Office
from peerroom.wire.invite import Invite

WINDOW = timedelta(hours=1)
FREEZE = timedelta(minutes=1)
POLICY = Policy(
    rhythm=Every(2 * WINDOW + FREEZE),
    window=WINDOW,
    freeze=FREEZE,
    floor=2,
    hold=timedelta(hours=20),
)
_numbers = itertools.count(5000)


@dataclass
class Scene:
    """A rotating circle and those in it."""

    circle: Circle
    clock: ShiftedClock
    stack: AsyncExitStack
    told: Counter[str] = field(default_factory=Counter)
    """How often the registrar was told what."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hears(self, moment: points.Moment, key: str) -> None:
        if moment == "told":
            self.told[key] += 1
            self._news.set()

    async def until(self, what: str, times: int) -> None:
        """Wait until the registrar was told ``what`` so often."""
        async with asyncio.timeout(PATIENCE):
            while self.told[what] < times:
                self._news.clear()
                await self._news.wait()

    @property
    def office(self) -> Office:
        epochs = self.circle.bot.epochs
        assert epochs is not None
        return epochs.office

    @property
    def times(self) -> Times:
        return self.office.times()

    def cut_off(self, round_: int = 0) -> None:
        self.clock.go_to(self.times.begins(round_))

    def end_window(self, round_: int = 0) -> None:
        self.clock.go_to(self.times.ends(round_))

    async def switch(self) -> None:
        """To the end of the window, and of the read-only time after it."""
        self.end_window()
        await self.until("Ticked", self.told["Ticked"] + 1)
        assert self.office.stage == "frozen"
        self.clock.go_to(self.office.thaws)
        await self.until("AllJoined", 1)

    def is_closed(self, account: Walker | str) -> bool:
        """Whether the server has closed an account (a user id, if it is nobody's of ours)."""
        user_id = account if isinstance(account, str) else account.user_id
        path = f"/_synapse/admin/v2/users/{user_id}"
        return bool(self.circle.server.api().call("GET", path)["deactivated"])

    async def registers(self, localpart: str, registration_token: str) -> str:
        """An account that is made and does nothing; its user id."""
        transport = Transport(await self.road(), clock=SystemClock(), random=SystemRandom())
        try:
            password = secrets.token_urlsafe(24)
            made = await register(transport, localpart, password, registration_token)
        finally:
            await transport.close()
        return made.user_id

    async def road(self) -> str:
        """An address of its own, as over Tor: the server lets few accounts be made from one."""
        way = own_address(self.circle.server, next(_numbers))
        return (await self.stack.enter_async_context(way)).url

    async def people(self, count: int) -> list[Walker]:
        """Newcomers who have asked for a new name."""
        return [await self.asks(await self.person()) for _ in range(count)]

    async def person(self, invite: Invite | None = None) -> Walker:
        invite = invite or await self.circle.invite()
        before = self.told["Joined"]
        walker = self.kept(await Walker.come(replace(invite, homeserver=await self.road())))
        await self.until("Joined", before + 1)
        return walker

    async def asks(self, walker: Walker) -> Walker:
        before = self.told["Asked"]
        await walker.ask()
        await self.until("Asked", before + 1)
        return walker

    async def moderator(self) -> Walker:
        [link] = await self.circle.bot.make_invites(1, "moderator")
        walker = await self.person(Invite.parse(link))
        await walker.member.connection.rooms.join(self.circle.bot.circle.management)
        return walker

    async def command(self, moderator: Walker, text: str) -> str:
        """Say it at the desk; the bot's answer."""
        desk = self.circle.bot.circle.management
        await moderator.until(lambda: moderator.vault.rooms.is_encrypted(desk) or None)
        before = len(moderator.bodies(desk))
        await moderator.say(text, desk)
        answers = await moderator.until(lambda: moderator.bodies(desk)[before + 1 :])
        return answers[-1]

    async def redeemed(self, walker: Walker, round_: int = 0) -> Walker:
        return self.kept(await walker.redeem(await self.road(), round_))

    async def all_redeemed(self, walkers: list[Walker]) -> list[Walker]:
        before = self.told["Shown"]
        new = await asyncio.gather(*map(self.redeemed, walkers))
        await self.until("Shown", before + len(new))
        return new

    def kept(self, walker: Walker) -> Walker:
        self.stack.push_async_callback(walker.close)
        return walker


@asynccontextmanager
async def steered(server: Homeserver) -> AsyncIterator[Scene]:
    """A circle whose first epoch has just begun."""
    clock = ShiftedClock(-WINDOW * 1.5)
    async with own_address(server, next(_numbers)) as way:
        circle = await Circle.start(server, policy=POLICY, clock=clock, homeserver=way.url)
        async with AsyncExitStack() as stack:
            scene = Scene(circle, clock, stack)
            with points.watched(scene.hears):
                yield scene
        await circle.stop()
