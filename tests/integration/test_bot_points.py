"""``kill -9`` of the bot at every moment between a decision and the answer to it: what was decided
happens once, as everyone in the room sees it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from support.bot_process import come_in, desk_of
from support.circle import Guest, until
from support.mortal_bot import PASSPHRASE, Life
from support.patience import PATIENCE
from support.servers import bot_account

from peerroom.bot import points
from peerroom.bot.ledger import Ledger
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault
from peerroom.wire import cases, member
from peerroom.wire.invite import Invite

TESTS = Path(__file__).parent.parent
CRASHES = 500
HELD = "call me on 07700 900123"


@dataclass
class Lives:
    """The bot's lives, one after another."""

    folder: Path
    life: Life
    died_at: list[str] = field(default_factory=list)
    invites: list[Invite] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None

    def kill(self) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.kill()

    async def one(self, life: Life, until: str = "done") -> bool:
        """One life, until it says ``until`` or dies of itself; whether it came so far."""
        process = self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "support.mortal_bot", str(self.folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(life.line())
        arrived = False
        async for line in process.stdout:
            said = line.decode().strip()
            word, _, rest = said.partition(" ")
            if word == "invite":
                self.invites.append(Invite.parse(rest))
                self.news.set()
            elif word == "moment":
                self.died_at.append(rest)
            elif said == "at work":
                process.stdin.write(b"\n")
            if said == until:
                arrived = True
                process.kill()
        assert await process.wait() == -signal.SIGKILL
        return arrived


@dataclass
class Scene:
    """A moderator, and two members to whom things happen."""

    lives: Lives
    moderator: Guest
    desk: Guest
    anna: Guest
    ben: Guest

    def seen(self) -> Counter[str]:
        """What was done, by what it is."""
        counted: Counter[str] = Counter()
        anna, ben = self.anna.client.user_id, self.ben.client.user_id
        for event in self.moderator.vault.events.page(self.moderator.room_id, limit=10_000):
            content: dict[str, Any] = event.raw.get("content", {})
            about = event.raw.get("state_key")
            match event.type:
                case "m.room.redaction":
                    counted["redaction"] += 1
                case "m.room.power_levels" if content.get("users", {}).get(ben) == -1:
                    counted["ben has no voice"] += 1
                case "m.room.member" if about == anna and content["membership"] == "ban":
                    counted["anna is banned"] += 1
        for event in self.desk.vault.events.page(self.desk.room_id, limit=10_000):
            step = ((event.clear or {}).get("content") or {}).get(cases.FIELD)
            if isinstance(step, dict):
                counted[f"case: {step['type']}"] += 1
        for guest, name in ((self.anna, "anna"), (self.ben, "ben")):
            for room in guest.vault.rooms.all():
                for event in guest.vault.events.page(room.room_id, limit=1_000):
                    if (event.clear or {}).get("type") == member.TELL:
                        counted[f"told {name}"] += 1
        return counted


WANTED = Counter({
    "redaction": 2, "ben has no voice": 1, "anna is banned": 1, "case: Opened": 1,
    "case: Shown": 1, "case: Done": 1, "told anna": 2, "told ben": 2,
})  # fmt: skip


@pytest.fixture
async def scene(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[Scene]:
    account = await asyncio.to_thread(bot_account, homeserver)
    life = Life(homeserver.base_url, account.user_id[1:].partition(":")[0], account.password)
    lives = Lives(tmp_path / "vault", life)
    async with AsyncExitStack() as stack:
        lasting = asyncio.create_task(
            lives.one(replace(life, moderators=1, invites=2, mortal=False), "never")
        )
        async with asyncio.timeout(PATIENCE):
            while len(lives.invites) < 3:
                await lives.news.wait()
                lives.news.clear()
        guests = await asyncio.gather(*(come_in(invite) for invite in lives.invites))
        for guest in guests:
            stack.push_async_callback(guest.stop)
        moderator, anna, ben = guests
        desk = await desk_of(moderator)
        lives.kill()
        await lasting
        yield Scene(lives, moderator, desk, anna, ben)


async def things_happen(scene: Scene) -> None:
    """While the bot is away: somebody new leaves a number, and a moderator gives commands."""
    scene.ben.say("ordinary words")
    word = await scene.moderator.sees("ordinary words")
    scene.anna.say(HELD)
    await scene.moderator.sees(HELD)
    anna, ben = scene.anna.client.user_id, scene.ben.client.user_id
    last = f"!ban {anna}"
    for command in (f"!remove {word.event_id}", f"!mute {ben} 2h", last):
        scene.desk.say(command)

    def all_sent() -> bool:
        states = {view.body: view.state for view in scene.desk.messages()}
        return states.get(last) == "sent"

    await until(scene.desk.client, all_sent)


async def check(scene: Scene) -> None:
    """Everything was done, and nothing twice."""
    await until(scene.moderator.client, lambda: scene.seen() >= WANTED)
    # What would come a second time comes now: a life that does nothing but look again.
    assert await scene.lives.one(replace(scene.lives.life, mortal=False))
    scene.ben.say("end")  # muted: the server does not take it
    assert scene.seen() == WANTED
    with Vault.open(scene.lives.folder, PASSPHRASE) as vault:
        ledger = Ledger(vault, invite_days=7)
        done = [entry["what"] for _n, entry in ledger.audit() if "undo" in entry]
        assert Counter(done) == Counter(["removed", "muted", "banned", "held"])
        assert [
            row for row in vault.outbox.of_room(scene.desk.room_id) if row.state != "sent"
        ] == []


async def test_what_was_decided_happens_once_whenever_the_bot_dies(scene: Scene) -> None:
    await things_happen(scene)
    lives = scene.lives
    while not await lives.one(replace(lives.life, survived=list(lives.died_at))):
        pass
    moments = Counter(name.partition(" ")[0] for name in lives.died_at)
    assert set(moments) == set(points.MOMENTS)
    for what in ("redaction", "BanMember", "SetVoice", "m.room.message", member.TELL):
        assert {f"{moment} {what}" for moment in ("begun", "answered", "marked")} <= set(
            lives.died_at
        )
    await check(scene)


PER_BURST = Counter({"redaction": 1, "ben has no voice": 1, "told ben": 2, "answers": 3})


async def burst(scene: Scene, number: int) -> None:
    """Something is removed, and somebody loses and gets back their voice."""
    scene.ben.say(f"word {number}")
    word = await scene.moderator.sees(f"word {number}")
    ben = scene.ben.client.user_id
    before = len([view for view in scene.desk.messages(10_000) if view.state == "sent"])
    for command in (f"!remove {word.event_id}", f"!mute {ben} 2h", f"!unban {ben}"):
        scene.desk.say(command)
    await until(
        scene.desk.client,
        lambda: len([v for v in scene.desk.messages(10_000) if v.state == "sent"]) == before + 3,
    )


def counted(scene: Scene) -> Counter[str]:
    page = scene.desk.client.timeline(scene.desk.room_id).page(limit=10_000)
    answers = sum(view.kind == "notice" for view in page)
    seen = scene.seen()
    return Counter({what: seen[what] for what in PER_BURST}) + Counter({"answers": answers})


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_what_was_decided_happens_once_in_500_random_crashes(scene: Scene) -> None:
    chance = random.Random(20261123)
    # So many words in so short a time would lead to a pause, too.
    unwatched = replace(scene.lives.life, mortal=False, watches=False)
    crashes = bursts = 0
    before = counted(scene)

    def wanted() -> Counter[str]:
        return Counter({what: times * bursts for what, times in PER_BURST.items()})

    while crashes < CRASHES:
        if counted(scene) - before >= wanted():
            await burst(scene, bursts)
            bursts += 1
        life = replace(unwatched, lasts=chance.uniform(0.0, 1.0))
        crashes += not await scene.lives.one(life)
    assert await scene.lives.one(unwatched)
    await until(scene.moderator.client, lambda: counted(scene) - before >= wanted())
    assert await scene.lives.one(unwatched)
    assert counted(scene) - before == wanted()
    assert bursts > CRASHES / 20
    print(f"{bursts} bursts over {crashes} crashes")
