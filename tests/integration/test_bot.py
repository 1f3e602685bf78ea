"""The moderator bot in a real encrypted room on a real Synapse."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.faults import Fault, FaultyServer
from support.patience import PATIENCE
from support.vaults import CHEAP, PASSPHRASE

from peerroom.bot.account import account_of
from peerroom.bot.runtime import Bot
from peerroom.clock import SystemClock
from peerroom.config import Bot as BotConfig
from peerroom.config import Config
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.connection import Connection
from peerroom.matrix.session import Credentials, login, register
from peerroom.matrix.transport import Transport
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.wire import door
from peerroom.wire.invite import Invite

CLOCK = SystemClock()


async def logged_in(server: Homeserver, user_id: str, password: str) -> Credentials:
    transport = Transport(server.base_url, proxy=None, clock=CLOCK, random=random.SystemRandom())
    try:
        return await login(transport, user_id, password)
    finally:
        await transport.close()


@dataclass
class Person:
    """Someone at the other end: the real matrix floor, without the client above it."""

    vault: Vault
    connection: Connection
    user_id: str
    account_id: int
    turns: asyncio.Event = field(default_factory=asyncio.Event)
    work: asyncio.Task[None] | None = None

    @classmethod
    async def of(cls, server: Homeserver, user: str, token: str, device: str) -> Person:
        vault = Vault.ephemeral()
        account = vault.accounts.add(
            homeserver=server.base_url, user_id=user, device_id=device, access_token=token
        )
        connection = await Connection.open(
            vault, account, proxy=None, clock=CLOCK, random=random.SystemRandom()
        )
        await connection.start()
        person = cls(vault, connection, user, account.id)
        person.work = asyncio.create_task(connection.sync_forever(person._on_batch))
        return person

    async def _on_batch(self, _batch: object) -> None:
        self.turns.set()

    @property
    def identity(self) -> str:
        return str(self.connection.identity.master_key)

    async def until(self, condition: Callable[[], Any]) -> Any:
        """The first true value of ``condition``, looked at after every turn of sync."""
        async with asyncio.timeout(PATIENCE):
            while not (found := condition()):
                self.turns.clear()
                await self.turns.wait()
            return found

    def heard(self, room_id: str) -> list[StoredEvent]:
        return self.vault.events.page(room_id, limit=500)

    def bodies(self, room_id: str) -> list[str]:
        clear = [event.clear for event in self.heard(room_id) if event.clear]
        return [str(c["content"].get("body", "")) for c in clear]

    async def send(
        self, room_id: str, content: dict[str, Any], kind: str = "m.room.message"
    ) -> str:
        row = self.vault.outbox.add(
            self.account_id, room_id, "message", {"type": kind, "content": content}, now=CLOCK.now()
        )
        event_id = await self.connection.deliver(row)
        self.vault.outbox.remove(row.id)
        return event_id

    async def say(self, room_id: str, text: str) -> str:
        return await self.send(room_id, {"msgtype": "m.text", "body": text})

    def membership(self, room_id: str, user: str | None = None) -> str | None:
        member = self.vault.rooms.members(room_id).get(user or self.user_id)
        return member and member.get("membership")

    async def enter(self, room_id: str) -> None:
        await self.until(lambda: self.vault.rooms.get(room_id))
        await self.connection.rooms.join(room_id)
        await self.until(lambda: self.membership(room_id) == "join")

    async def knock(self, bot: str, secret: str) -> tuple[str, door.Answer]:
        """Say the secret in an encrypted direct room; the room and the bot's answer."""
        room_id = await self.connection.rooms.create_room(invite=[bot], is_direct=True)
        await self.until(lambda: self.membership(room_id, bot) == "join")
        await self.send(room_id, door.Knock(secret, self.identity).content(), door.KNOCK)
        return room_id, await self.answer(room_id)

    async def answer(self, room_id: str, number: int = 1) -> door.Answer:
        def answers() -> list[door.Answer]:
            clear = [event.clear for event in self.heard(room_id) if event.clear]
            return [door.Answer.read(c["content"]) for c in clear if c["type"] == door.ANSWER]

        await self.until(lambda: len(answers()) >= number)
        return answers()[number - 1]

    async def close(self) -> None:
        assert self.work is not None
        self.work.cancel()
        await asyncio.wait([self.work])
        await self.connection.close()
        self.vault.close()


@dataclass
class Scene:
    """A bot at work with one moderator, and a way to bring newcomers."""

    server: Homeserver
    make_account: MakeAccount
    config: Config
    password: str
    moderator_password: str
    folder: Path
    people: list[Person] = field(default_factory=list)
    bot: Bot | None = None
    vault: Vault | None = None
    work: asyncio.Task[None] | None = None

    def open_vault(self) -> Vault:
        self.vault = (
            Vault.open(self.folder, PASSPHRASE)
            if Vault.exists(self.folder)
            else Vault.create(self.folder, PASSPHRASE, cost=CHEAP)
        )
        return self.vault

    async def open_bot(self) -> Bot:
        assert self.vault is not None
        account = await account_of(
            self.vault, self.config, self.password, clock=CLOCK, random=random.SystemRandom()
        )
        self.bot = await Bot.open(
            self.vault, account, self.config, clock=CLOCK, random=random.SystemRandom()
        )
        return self.bot

    async def start_bot(self) -> Bot:
        self.open_vault()
        await self.open_bot()
        assert self.bot is not None
        self.work = asyncio.create_task(self.bot.run())
        ready = asyncio.create_task(self.bot.ready())
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self.work, ready], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self.work.done():
            self.work.result()
        return self.bot

    async def stop_bot(self) -> None:
        assert self.work is not None
        assert self.bot is not None
        assert self.vault is not None
        self.work.cancel()
        await asyncio.wait([self.work])
        await self.bot.close()
        self.vault.close()

    async def person(self, name: str) -> Person:
        made = self.make_account(name)
        who = await logged_in(self.server, made.user_id, made.password)
        person = await Person.of(self.server, who.user_id, who.access_token, who.device_id)
        self.people.append(person)
        return person

    async def newcomer(self, link: str) -> tuple[Person, Invite]:
        """A new account, made with the link's own registration token."""
        invite = Invite.parse(link)
        transport = Transport(
            invite.homeserver, proxy=None, clock=CLOCK, random=random.SystemRandom()
        )
        who = await register(
            transport, f"n{uuid.uuid4().hex[:12]}", "pw", invite.registration_token
        )
        await transport.close()
        person = await Person.of(self.server, who.user_id, who.access_token, who.device_id)
        self.people.append(person)
        await person.connection.identity.expect(invite.bot, invite.bot_identity)
        return person, invite

    async def member(self) -> Person:
        """A newcomer who has come all the way in."""
        assert self.bot is not None
        [link] = await self.bot.make_invites(1)
        person, invite = await self.newcomer(link)
        _room, answer = await person.knock(invite.bot, invite.secret)
        assert answer.result == "admitted"
        await person.enter(self.bot.circle.circle)
        return person

    async def command(self, moderator: Person, text: str, answer: str) -> str:
        """Give a command; the bot's answer that holds ``answer``."""
        assert self.bot is not None
        desk = self.bot.circle.management
        before = len(moderator.bodies(desk))
        await moderator.say(desk, text)
        found = await moderator.until(
            lambda: next((b for b in moderator.bodies(desk)[before:] if answer in b), None)
        )
        return str(found)


@pytest.fixture
async def scene(
    homeserver: Homeserver, make_account: MakeAccount, tmp_path: Path
) -> AsyncIterator[Scene]:
    bot = await asyncio.to_thread(homeserver.register, f"bot{uuid.uuid4().hex[:8]}", admin=True)
    recovery = make_account("recovery")
    moderator = make_account("mod")
    config = Config(
        bot=BotConfig(
            homeserver=homeserver.base_url,
            username=bot.user_id.removeprefix("@").partition(":")[0],
            room="Kitchen table",
            recovery=recovery.user_id,
            moderators=(moderator.user_id,),
            seats=4,
        )
    )
    stage = Scene(
        homeserver, make_account, config, bot.password, moderator.password, tmp_path / "bot"
    )
    await stage.start_bot()
    who = await logged_in(homeserver, moderator.user_id, moderator.password)
    stage.people.append(await Person.of(homeserver, who.user_id, who.access_token, who.device_id))
    yield stage
    for person in stage.people:
        await person.close()
    await stage.stop_bot()


async def at_desk(scene: Scene) -> Person:
    """The moderator, in both rooms."""
    assert scene.bot is not None
    moderator = scene.people[0]
    await moderator.enter(scene.bot.circle.circle)
    await moderator.enter(scene.bot.circle.management)
    return moderator


async def test_a_newcomer_comes_in_by_a_link_and_reads_the_rules(scene: Scene) -> None:
    assert scene.bot is not None
    [link] = await scene.bot.make_invites(1)
    person, invite = await scene.newcomer(link)
    room, answer = await person.knock(invite.bot, invite.secret)
    assert answer == door.Answer("admitted", scene.bot.circle.circle, answer.via)
    await person.enter(scene.bot.circle.circle)
    await person.until(lambda: any("F1" in body for body in person.bodies(room)))
    assert person.vault.rooms.is_encrypted(scene.bot.circle.circle)
    bot = person.vault.rooms.members(scene.bot.circle.circle)[invite.bot]
    assert bot["displayname"] == "Moderator bot"


async def test_a_link_lets_one_person_in_once(scene: Scene) -> None:
    assert scene.bot is not None
    [link] = await scene.bot.make_invites(1)
    first, invite = await scene.newcomer(link)
    _room, answer = await first.knock(invite.bot, invite.secret)
    assert answer.result == "admitted"
    second = await scene.person("second")
    _room, answer = await second.knock(invite.bot, invite.secret)
    assert answer == door.Answer("used")
    guess = await scene.person("guess")
    _room, answer = await guess.knock(invite.bot, "a guess")
    assert answer == door.Answer("expired")


async def test_moderators_command_and_the_room_obeys(scene: Scene) -> None:
    assert scene.bot is not None
    circle = scene.bot.circle.circle
    moderator = await at_desk(scene)
    member = await scene.member()
    await member.say(circle, "first")
    last = await member.say(circle, "second")
    await moderator.until(lambda: "second" in moderator.bodies(circle))

    assert "remove" in await scene.command(moderator, "!help", "status")
    status = await scene.command(moderator, "!status", "seats")
    assert "1 of 4 seats" in status

    await scene.command(moderator, f"!redact {member.user_id}: 1", "Removing 1")
    await moderator.until(lambda: moderator.vault.events.get(last).status == "redacted")
    assert "first" in moderator.bodies(circle)

    await scene.command(moderator, f"!mute {member.user_id} 2h", "2 hours")
    await member.until(
        lambda: (
            (member.vault.rooms.state(circle, "m.room.power_levels") or {})
            .get("users", {})
            .get(member.user_id)
            == -1
        )
    )
    await scene.command(moderator, f"!unban {member.user_id}", "can write again")
    await member.until(
        lambda: (
            member.user_id
            not in (member.vault.rooms.state(circle, "m.room.power_levels") or {}).get("users", {})
        )
    )
    await scene.command(moderator, f"!ban {member.user_id}: selling", "cannot come back")
    await moderator.until(lambda: moderator.membership(circle, member.user_id) == "ban")
    await scene.command(moderator, f"!unban {member.user_id}", "lifted")
    await moderator.until(lambda: moderator.membership(circle, member.user_id) == "leave")
    noted = [entry["what"] for _number, entry in scene.bot.ledger.audit()]
    assert noted[-5:] == ["removed", "muted", "unmuted", "banned", "unbanned"]


async def test_an_invite_command_shows_a_link_that_works(scene: Scene) -> None:
    moderator = await at_desk(scene)
    answer = await scene.command(moderator, "!invite", "peerroom:join/")
    link = next(word for word in answer.split() if word.startswith("peerroom:join/"))
    person, invite = await scene.newcomer(link)
    _room, result = await person.knock(invite.bot, invite.secret)
    assert result.result == "admitted"


async def test_commands_that_come_the_wrong_way_do_nothing(scene: Scene) -> None:
    """In clear, from another room, from a member, as an edit, as a reaction."""
    assert scene.bot is not None
    circle, desk = scene.bot.circle.circle, scene.bot.circle.management
    moderator = await at_desk(scene)
    member = await scene.member()
    ban = {"msgtype": "m.text", "body": f"!ban {member.user_id}"}
    await moderator.connection.session.put(
        "/rooms", desk, "send", "m.room.message", uuid.uuid4().hex, json=ban
    )
    await moderator.send(circle, ban)
    await member.say(circle, f"!ban {moderator.user_id}")
    talk = await moderator.say(desk, "good evening")
    edit = {
        **ban,
        "m.new_content": ban,
        "m.relates_to": {"rel_type": "m.replace", "event_id": talk},
    }
    await moderator.send(desk, edit)
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": talk, "key": "!ban"}}
    await moderator.connection.session.put(
        "/rooms", desk, "send", "m.reaction", uuid.uuid4().hex, json=reaction
    )
    await scene.command(moderator, "!status", "seats")  # everything before it has been judged
    assert moderator.membership(circle, member.user_id) == "join"
    assert moderator.membership(circle) == "join"
    assert scene.bot.ledger.bans() == frozenset()
    counted = scene.bot.ledger.counts()
    assert counted["command refused: not encrypted"] == 1
    assert counted["command refused: other room"] == 2


async def test_a_moderators_unconfirmed_device_is_not_obeyed(scene: Scene) -> None:
    """A stolen password alone gives no power: its new device is not signed by the moderator."""
    assert scene.bot is not None
    circle, desk = scene.bot.circle.circle, scene.bot.circle.management
    moderator = await at_desk(scene)
    member = await scene.member()
    thief_vault = Vault.ephemeral()
    who = await logged_in(scene.server, moderator.user_id, scene.moderator_password)
    account = thief_vault.accounts.add(
        homeserver=scene.server.base_url,
        user_id=who.user_id,
        device_id=who.device_id,
        access_token=who.access_token,
    )
    connection = await Connection.open(
        thief_vault, account, proxy=None, clock=CLOCK, random=random.SystemRandom()
    )
    await connection.machine.upload_keys(connection.session)
    thief = Person(thief_vault, connection, who.user_id, account.id)
    thief.work = asyncio.create_task(connection.sync_forever(thief._on_batch))
    scene.people.append(thief)
    await thief.until(lambda: thief.membership(desk) == "join")
    await thief.say(desk, f"!ban {member.user_id}")
    await scene.command(moderator, "!status", "seats")
    assert scene.bot.ledger.counts()["command refused: unsigned device"] == 1
    assert moderator.membership(circle, member.user_id) == "join"


async def test_a_restart_goes_on_where_it_stopped(scene: Scene) -> None:
    """A knock that came while the bot was away is answered; nothing is done twice."""
    assert scene.bot is not None
    moderator = await at_desk(scene)
    before = scene.bot.circle
    audit = scene.bot.ledger.audit()
    [link] = await scene.bot.make_invites(1)
    person, invite = await scene.newcomer(link)
    room_id = await person.connection.rooms.create_room(invite=[invite.bot], is_direct=True)
    await person.until(lambda: person.membership(room_id, invite.bot) == "join")
    await scene.stop_bot()
    await person.send(room_id, door.Knock(invite.secret, person.identity).content(), door.KNOCK)
    await moderator.say(before.management, "!status")
    bot = await scene.start_bot()
    assert bot.circle == before
    assert (await person.answer(room_id)).result == "admitted"
    await moderator.until(
        lambda: sum("seats" in body for body in moderator.bodies(before.management)) == 1
    )
    assert [entry["what"] for _n, entry in bot.ledger.audit()][len(audit) :] == [
        "invite",
        "admitted",
    ]
    await scene.stop_bot()
    bot = await scene.start_bot()
    await bot.idle()
    await scene.command(moderator, "!status", "seats")
    assert sum("seats" in body for body in moderator.bodies(before.management)) == 2
    answers = [e for e in person.heard(room_id) if e.clear and e.clear["type"] == door.ANSWER]
    assert len(answers) == 1


async def test_the_room_has_two_owners_and_the_server_learns_no_reason(scene: Scene) -> None:
    assert scene.bot is not None
    moderator = await at_desk(scene)
    member = await scene.member()
    for room_id in (scene.bot.circle.circle, scene.bot.circle.management):
        create = await moderator.connection.rooms.get_state(room_id, "m.room.create")
        assert create is not None
        assert create["additional_creators"] == [scene.config.bot.recovery]
        encryption = await moderator.connection.rooms.get_state(room_id, "m.room.encryption")
        assert encryption is not None
    await scene.command(moderator, f"!ban {member.user_id}: selling courses", "cannot come back")
    state = await moderator.connection.rooms.get_state(
        scene.bot.circle.circle, "m.room.member", member.user_id
    )
    assert state is not None
    assert "reason" not in state


@pytest.mark.parametrize("fault", ["500", "429"])
async def test_what_cannot_be_done_now_holds_up_nothing_else(scene: Scene, fault: Fault) -> None:
    """A newcomer's invitation that the server keeps refusing for now: bans, answers go on."""
    assert scene.bot is not None
    moderator = await at_desk(scene)
    member = await scene.member()
    said = await member.say(scene.bot.circle.circle, "hello")
    await moderator.until(lambda: moderator.vault.events.get(said))
    await scene.stop_bot()
    async with FaultyServer(scene.server.base_url, retry_after_ms=86_400_000) as server:
        account = scene.open_vault().accounts.current()
        assert account is not None
        scene.vault._db.run("UPDATE accounts SET homeserver = ?", (server.url,))
        scene.vault.close()
        server.fail(fault, path="/invite")
        bot = await scene.start_bot()
        [link] = await bot.make_invites(1)
        person, invite = await scene.newcomer(link)
        room_id = await person.connection.rooms.create_room(invite=[invite.bot], is_direct=True)
        await person.until(lambda: person.membership(room_id, invite.bot) == "join")
        knock = door.Knock(invite.secret, person.identity)
        await person.send(room_id, knock.content(), door.KNOCK)
        await server.struck()
        await scene.command(moderator, f"!redact {said}", "being removed")
        await moderator.until(lambda: moderator.vault.events.get(said).status == "redacted")
        await scene.command(moderator, f"!ban {member.user_id}", "cannot come back")
        await moderator.until(
            lambda: moderator.membership(bot.circle.circle, member.user_id) == "ban"
        )
        assert "Waiting to be done: " in await scene.command(moderator, "!status", "seats")
        await scene.stop_bot()
    vault = scene.open_vault()
    vault._db.run("UPDATE accounts SET homeserver = ?", (scene.server.base_url,))
    vault.close()
    await scene.start_bot()
    assert (await person.answer(room_id)).result == "admitted"


async def test_a_moderator_can_be_removed(scene: Scene) -> None:
    assert scene.bot is not None
    moderator = await at_desk(scene)
    desk = scene.bot.circle.management
    await scene.stop_bot()
    scene.config = replace(scene.config, bot=replace(scene.config.bot, moderators=()))
    scene.open_vault()
    bot = await scene.open_bot()
    await bot.prepare()
    await bot.remove_moderator(moderator.user_id)
    await bot.close()
    scene.vault.close()
    bot = await scene.start_bot()
    await moderator.until(lambda: moderator.membership(desk) == "leave")
    assert bot.ledger.moderators() == frozenset()


async def test_whom_the_server_adds_to_the_moderators_room_reads_nothing(scene: Scene) -> None:
    """Someone is in the room who is not on the bot's own list."""
    assert scene.bot is not None
    moderator = await at_desk(scene)
    desk = scene.bot.circle.management
    ghost = await scene.person("ghost")
    await scene.bot._connection.rooms.invite(desk, ghost.user_id)
    await ghost.enter(desk)
    await moderator.until(lambda: moderator.membership(desk, ghost.user_id) == "join")
    link = await scene.command(moderator, "!invite", "peerroom:join/")
    count = len(moderator.heard(desk))
    await ghost.until(
        lambda: ghost.heard(desk)[-1].event_id == moderator.heard(desk)[count - 1].event_id
    )
    assert link in moderator.bodies(desk)
    assert ghost.heard(desk)[-1].status == "undecryptable"
    assert not any("peerroom:join/" in body for body in ghost.bodies(desk))


async def test_a_full_room_says_so_and_keeps_the_invite(scene: Scene) -> None:
    assert scene.bot is not None
    await scene.stop_bot()
    scene.config = replace(scene.config, bot=replace(scene.config.bot, seats=1))
    bot = await scene.start_bot()
    await scene.member()
    [link] = await bot.make_invites(1)
    person, invite = await scene.newcomer(link)
    room_id, answer = await person.knock(invite.bot, invite.secret)
    assert answer == door.Answer("full")
    assert all(record.used_by != person.user_id for record in bot.ledger.invites().values())
    await scene.stop_bot()
    scene.config = replace(scene.config, bot=replace(scene.config.bot, seats=2))
    await scene.start_bot()
    await person.send(room_id, door.Knock(invite.secret, person.identity).content(), door.KNOCK)
    assert (await person.answer(room_id, 2)).result == "admitted"
