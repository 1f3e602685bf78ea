"""A whole life of a client and its bot, and then a search for anything readable it left."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from support.bot_process import BotHome, come_in, desk_of
from support.circle import Guest, until
from support.patience import PATIENCE
from support.plain_process import Process
from support.searching import Search, loose, shown_by
from support.terminals import Terminal
from support.vaults import decrypted

from peerroom.bot.ledger import Ledger
from peerroom.host.homeserver import Homeserver
from peerroom.store.drafts import Draft
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite

FIRST: Final = "a lamp behind the rain 静かな"
SECOND: Final = "nine umbrellas and a kettle"
SAID: Final = ("my daughter stays in bed all morning", "今日も学校へ行けませんでした")
REGRETTED: Final = "her teacher is called Mrs Arbuthnot"
HEARD: Final = "ours came back after eleven months"
DRAFT: Final = "I never told anyone that"
REASON: Final = "sold a miracle cure"


@dataclass
class Life:
    """One person's computer: where everything lies, and what processes showed of themselves."""

    home: Path
    shown: list[bytes] = field(default_factory=list)
    printed: list[bytes] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "peerroom"

    @property
    def settings(self) -> Path:
        return self.home / ".config" / "peerroom"

    @property
    def errors(self) -> Path:
        """What the processes wrote on stderr: outside of the home, as the shell would have it."""
        return self.home.parent / "errors.txt"

    def sitting(self, *words: str, apart: bool = True) -> Sitting:
        """``peerroom words`` at a terminal, under a umask that forbids nothing."""
        argv = [sys.executable, "-c", "from peerroom.cli import main; main()", *words]
        errors = f"2>>{shlex.quote(str(self.errors))}" if apart else ""
        command = ["/bin/sh", "-c", f'umask 0; exec "$@" {errors}', "sh", *argv]
        environ = {
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return Sitting(self, Terminal(command, columns=100, rows=30, environ=environ))


@dataclass
class Sitting:
    """One run of a command, and somebody who types."""

    life: Life
    terminal: Terminal
    _read: int = 0

    async def asked(self, words: str) -> None:
        """Wait until ``words`` are written after those of the last time."""

        def found() -> bool:
            return self.terminal.output.find(words.encode(), self._read) >= 0

        await asyncio.to_thread(self.terminal.wait_until, found, words, PATIENCE)
        self._read = self.terminal.output.find(words.encode(), self._read) + len(words.encode())
        self.life.shown.append(shown_by(self.terminal.pid))

    async def sees(self, words: str) -> None:
        """Wait until ``words`` stand on the screen."""
        await asyncio.to_thread(self.terminal.wait_for, words, PATIENCE)
        self.life.shown.append(shown_by(self.terminal.pid))

    async def answers(self, question: str, answer: str) -> None:
        """Type ``answer`` after ``question``."""
        await self.asked(question)
        self.type(answer)

    def type(self, line: str) -> None:
        self.terminal.send(f"{line}\r")

    async def ends(self) -> int:
        code = await asyncio.to_thread(self.terminal.wait_end)
        self._close()
        return code

    async def killed(self) -> None:
        """``kill -9``."""
        self.life.shown.append(shown_by(self.terminal.pid))
        self.terminal.kill(signal.SIGKILL)
        assert await asyncio.to_thread(self.terminal.wait_end) == -signal.SIGKILL
        self._close()

    def _close(self) -> None:
        self.life.printed.append(bytes(self.terminal.output))
        self.terminal.close()


@dataclass
class World:
    """A room with a bot of its own process, and a moderator."""

    home: BotHome
    bot: Process
    moderator: Guest
    desk: Guest
    invite: Invite
    """For the one whose life it is."""

    async def stopped(self) -> int:
        """End the bot as a service manager does; its exit code."""
        self.bot.process.terminate()
        return await self.bot.ends()

    async def obeys(self, command: str, answer: str) -> None:
        """Give the bot a command at the desk; it answers."""

        def answered() -> bool:
            page = self.desk.client.timeline(self.desk.room_id).page(limit=100)
            return any(answer in view.body for view in page if view.kind == "notice")

        self.desk.say(command)
        await until(self.desk.client, answered)


@pytest.fixture
async def world(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[World]:
    home = await asyncio.to_thread(BotHome.make, tmp_path / "host", homeserver)
    [first] = await home.invites(moderator=True)
    [invite] = await home.invites()
    bot = await home.at_work()
    moderator = await come_in(first, Vault.create(tmp_path / "moderator", "not searched for"))
    yield World(home, bot, moderator, await desk_of(moderator), invite)
    await moderator.stop()
    await bot.kill()


async def live(life: Life, world: World) -> None:
    """First run, talk, a crash, a new passphrase, a draft, another crash, and being removed."""
    moderator = world.moderator
    (life.home / "tmp").mkdir(parents=True)

    sitting = life.sitting("--debug", "join", "--plain")
    await sitting.answers("Number, or Enter for", "")
    await sitting.answers("Your country", "JP")
    await sitting.answers("Will you keep them too?", "yes")
    await sitting.answers("Number, or Enter for", "1")
    await sitting.answers("A passphrase", FIRST)
    await sitting.answers("The same once more", FIRST)
    await sitting.answers("Paste your invite", world.invite.encode())
    await sitting.asked("Connected.")
    for text in (*SAID, REGRETTED):
        sitting.type(text)
        await sitting.asked(f"you: {text}")
    name = (await moderator.sees(SAID[0])).sender_name
    await moderator.sees(REGRETTED)
    sitting.type("/delete last")
    await sitting.asked("Deleted here")
    await until(moderator.client, lambda: REGRETTED not in moderator.bodies())
    moderator.say(HEARD)
    await sitting.asked(HEARD)
    await sitting.killed()

    sitting = life.sitting("--debug", "passphrase")
    await sitting.answers("The passphrase of now", FIRST)
    await sitting.answers("A passphrase", SECOND)
    await sitting.answers("The same once more", SECOND)
    assert await sitting.ends() == 0

    sitting = life.sitting("--debug", "chat", apart=False)  # Textual draws on stderr
    await sitting.sees("Your passphrase")
    sitting.type(SECOND)
    await sitting.sees(HEARD)
    sitting.terminal.send(DRAFT)
    await sitting.sees(DRAFT)
    await sitting.killed()

    sitting = life.sitting("--debug", "chat", "--plain")
    await sitting.answers("Passphrase of your vault", FIRST)
    await sitting.answers("Passphrase of your vault", SECOND)
    await sitting.asked(SAID[1])
    await sitting.asked("Connected.")
    await world.obeys(f"!mute {name} 1h", "for 1 hour")
    await world.obeys(f"!unban {name}", "can write again")
    await world.obeys("!invite", "peerroom:join/")
    await world.obeys("!status", "seats")
    await world.obeys(f"!ban {name}: {REASON}", "cannot come back")
    await sitting.asked("You are no longer in")
    await sitting.killed()


def inside(vault: Vault) -> dict[str, str | bytes]:
    """What a vault knows and nobody else may, by what it is."""
    account = vault.accounts.current()
    assert account is not None and account.password and account.cross_signing
    known: dict[str, str | bytes] = {
        "data key": vault.data_key,
        "key of the crypto store": account.crypto_key,
        "pickle key": account.pickle_key,
        "access token": account.access_token,
        "password": account.password,
        "device": account.device_id,
        "server": account.homeserver.removeprefix("http://"),
    }
    for number in range(3):
        seed = account.cross_signing[32 * number : 32 * number + 32]
        known[f"cross-signing seed {number}"] = seed
    for room in vault.rooms.all():
        known[f"room {room.room_id}"] = room.room_id
        title = (vault.rooms.state(room.room_id, "m.room.name") or {}).get("name")
        if title:
            known[f"name of room {room.room_id}"] = title
        for user, content in vault.rooms.members(room.room_id).items():
            known[f"user {user}"] = user[1:].partition(":")[0]
            for name in str(content.get("displayname", "")).split(" / "):
                known[f"name {name}"] = name
        for event in vault.events.page(room.room_id, limit=1000):
            known[f"event {event.event_id}"] = event.event_id
            if event.session_id:
                known[f"session {event.session_id}"] = event.session_id
    return known


def of_invite(invite: Invite) -> dict[str, str | bytes]:
    """The secret parts of a link."""
    return {
        "link": invite.encode(),
        "end of the link": invite.encode()[-40:],
        "secret of the invite": invite.secret,
        "registration token": invite.registration_token,
        "identity of the bot": invite.bot_identity,
    }


TEXTS: Final[dict[str, str | bytes]] = {
    "said": SAID[0],
    "said in Japanese": SAID[1],
    "regretted": REGRETTED,
    "heard": HEARD,
    "draft": DRAFT,
    "reason of a ban": REASON,
}
WORDS: Final[dict[str, str | bytes]] = {"first passphrase": FIRST, "second passphrase": SECOND}


async def test_a_whole_life_leaves_nothing_readable(world: World, tmp_path: Path) -> None:
    life = Life(tmp_path / "life" / "home")
    await live(life, world)
    shown_by_bot = shown_by(world.bot.process.pid)
    with Vault.open(life.data, SECOND) as vault:
        known = inside(vault)
        rooms = vault.rooms.all()
        assert [vault.drafts.get(room.room_id) for room in rooms].count(Draft(DRAFT)) == 1
        pages = decrypted(life.data, vault.data_key)
    secret = Search(known | of_invite(world.invite) | TEXTS | WORDS)

    assert secret.in_folder(life.home) == set()
    assert secret.in_bytes(life.errors.read_bytes()) == set()
    assert secret.in_bytes(b"\n".join(life.shown)) == set()
    assert loose(life.home / ".local") == loose(life.home / ".config") == {}
    assert sorted(path.name for path in life.home.iterdir()) == [".config", ".local", "tmp"]
    assert list((life.home / "tmp").iterdir()) == []

    # On the screen are names, words and what was typed; and nothing else of it all.
    typed = world.invite.encode().encode()
    screen = b"\n".join(life.printed).replace(typed, b"")
    spoken = {what for what in known if what.startswith("name ")} | {f"user {world.invite.bot}"}
    unspoken = {what: known[what] for what in known.keys() - spoken} | of_invite(world.invite)
    assert Search(unspoken | WORDS).in_bytes(screen) == set()

    # The bot and its log know of everybody, and tell of nobody.
    assert await world.stopped() == 0
    with world.home.vault() as vault:
        of_bot = inside(vault) | {"passphrase": world.home.passphrase}
        assert [e for _n, e in Ledger(vault, invite_days=7).audit() if e["reason"] == REASON]
    secret = Search(known | of_bot | of_invite(world.invite) | TEXTS)
    assert secret.in_folder(world.home.data) == set()
    assert secret.in_bytes("\n".join(world.bot.said).encode()) == set()
    assert secret.in_bytes(shown_by_bot) == set()
    assert any("INFO" in line or "at work" in line for line in world.bot.said)
    assert loose(world.home.data) == {}

    # The same search finds everything where it is: in the pages, once decrypted, and on the screen.
    secret = Search(known | TEXTS)
    kept_apart = {"data key", "regretted", "reason of a ban"}
    assert secret.in_bytes(pages) == (known | TEXTS).keys() - kept_apart
    assert secret.in_bytes(screen) >= {"said", "said in Japanese", "regretted", "heard", "draft"}
