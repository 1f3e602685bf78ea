"""Members who mean harm, in front of the programs that people run: a client and a bot.

Each attack is followed by an ordinary message. What it may cost is itself, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from support.bot_process import BotHome, come_in, desk_of
from support.circle import CLOCK, RANDOM, Guest, until
from support.hostile import TEXTS
from support.members import Member, connect
from support.patience import PATIENCE
from support.plain_process import Process

from peerroom.client.joining import join
from peerroom.host.api import ServerApi
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault
from peerroom.wire import door
from peerroom.wire.invite import Invite

AT_A_TIME: Final = 12
"""Attacks between two looks at how the victims bear it."""

MEGOLM: Final = "m.megolm.v1.aes-sha2"
OLM: Final = "m.olm.v1.curve25519-aes-sha2"
VICTIMS_KEY: Final = "the victim's Curve25519 key"

EVENTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("m.room.encrypted", {}),
    ("m.room.encrypted", {"algorithm": 3}),
    *(
        ("m.room.encrypted", {"algorithm": MEGOLM, "ciphertext": "AAAA", "session_id": "x"} | more)
        for more in (
            {},
            {"sender_key": 5, "device_id": "D"},
            {"sender_key": None, "device_id": "D"},
            {"sender_key": "", "device_id": "D"},
            {"sender_key": "k", "session_id": "", "device_id": []},
            {"sender_key": "k", "ciphertext": {}, "device_id": "D"},
            {"sender_key": "k", "ciphertext": "A" * 60_000, "device_id": "D"},
        )
    ),
    ("m.room.message", {}),
    ("m.room.message", {"msgtype": "m.text", "body": 5}),
    ("m.room.message", {"msgtype": ["a"], "body": "x"}),
    ("m.room.message", {"msgtype": "m.text", "body": "x", "m.relates_to": "str"}),
    ("m.room.message", {"msgtype": "m.text", "body": "x", "m.relates_to": [1]}),
    (
        "m.room.message",
        {
            "msgtype": "m.text",
            "body": "x",
            "m.relates_to": {"rel_type": 5, "event_id": {}},
            "m.new_content": 7,
        },
    ),
    ("m.room.message", {"msgtype": "m.image", "body": "x", "url": 5, "info": "x"}),
    ("m.room.message", {"msgtype": "m.file", "body": "x", "file": {"url": "mxc://a/b", "key": 5}}),
    ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": 5, "key": {}}}),
    ("m.reaction", {"m.relates_to": None}),
    ("m.room.redaction", {"redacts": {}}),
    ("m.sticker", {"body": 5}),
    ("m.call.invite", {"call_id": 5}),
    ("x.y", {"a": [1, 2, {}]}),
    (door.KNOCK, {"secret": {}, "v": "1"}),
    (door.ANSWER, {"result": [], "room_id": 5}),
)
"""Sent in clear, by type and content."""

STATE: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("m.room.member", {"membership": "join", "displayname": 5}),
    ("m.room.member", {"membership": "join", "displayname": {"a": []}, "avatar_url": 7}),
    ("m.room.topic", {"topic": 5}),
    ("m.room.name", {"name": [1]}),
    ("m.room.name", {}),
    ("m.room.avatar", {"url": 5}),
    ("m.room.canonical_alias", {"alias": 5}),
    ("m.room.power_levels", {"users": {}, "users_default": "x"}),
    ("m.room.power_levels", {"users": [], "events": {"m.room.name": "50"}}),
    ("m.room.power_levels", {"users": {"@a:b": {}}, "ban": None, "redact": "high"}),
    ("m.room.join_rules", {"join_rule": 5}),
    ("m.room.guest_access", {"guest_access": 5}),
    ("m.room.history_visibility", {"history_visibility": 5}),
    ("m.room.tombstone", {"body": 5, "replacement_room": {}}),
    ("m.room.encryption", {}),
    ("m.room.encryption", {"algorithm": "none", "rotation_period_ms": "soon"}),
    ("m.room.pinned_events", {"pinned": 5}),
    ("m.space.child", {"via": 5}),
    ("org.peerroom.room", {"v": 1, "role": "circle", "lineage": 5}),
)
"""State events of a room of the attacker's own, by type and content."""

TO_DEVICE: Final[tuple[tuple[str, Any], ...]] = (
    ("m.room.encrypted", {}),
    ("m.room.encrypted", {"algorithm": OLM, "ciphertext": {}, "sender_key": "k"}),
    *(
        ("m.room.encrypted", {"algorithm": OLM, "ciphertext": {VICTIMS_KEY: sealed}} | more)
        for sealed, more in (
            ({"type": 0, "body": "AAAA"}, {"sender_key": "k"}),
            ({"type": 1, "body": "!!!"}, {"sender_key": "k"}),
            ({"type": 7, "body": "AAAA"}, {"sender_key": "k"}),
            ({"type": 0, "body": "AAAA"}, {}),
            ({"type": 0, "body": 5}, {"sender_key": VICTIMS_KEY}),
            ({"type": "0", "body": "A" * 50_000}, {"sender_key": "A" * 43}),
            (5, {"sender_key": []}),
            (["body"], {"sender_key": None}),
        )
    ),
    ("m.room_key", {"algorithm": MEGOLM, "room_id": "!a", "session_id": "s", "session_key": "k"}),
    ("m.room_key", {"algorithm": [], "room_id": {}, "session_id": 5}),
    ("m.forwarded_room_key", {"algorithm": MEGOLM, "session_key": 5}),
    ("m.room_key.withheld", {"algorithm": MEGOLM, "code": "m.unverified"}),
    ("m.room_key.withheld", {"code": 5, "room_id": [], "session_id": {}, "reason": "\x1b[2J"}),
    ("m.room_key_request", {"action": 5}),
    ("m.room_key_request", {"action": "request", "body": {"room_id": 5}, "request_id": []}),
    ("m.key.verification.request", {"from_device": "D", "transaction_id": "t", "methods": 5}),
    ("m.key.verification.start", {"method": 5, "from_device": 5, "transaction_id": []}),
    ("m.secret.send", {"request_id": 5, "secret": {}}),
    ("m.dummy", {}),
    ("m.dummy", {"body": "\u202e" * 1000}),
    ("x.y\x1b[2J", {"a": [[[[]]]]}),
)

SEALED: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    *(("m.room.message", {"msgtype": "m.text", "body": text[:40_000]}) for text in TEXTS),
    *(("m.room.message", {"msgtype": "m.emote", "body": text}) for text in TEXTS[:12]),
    ("m.room.message", {"msgtype": "m.notice", "body": {"body": []}}),
    ("m.room.message", {"msgtype": 2**70, "body": 0.5}),
    ("m.room.member", {"membership": "ban"}),
    ("m.room.power_levels", {"users": {"@a:b": 100}}),
    ("m.room.redaction", {"redacts": 5}),
    ("m.room.encrypted", {"algorithm": MEGOLM}),
    ("", {}),
    (door.KNOCK, {}),
    (door.KNOCK, {"secret": 5, "v": 1}),
    (door.KNOCK, {"secret": "s" * 40_000, "v": 1}),
    (door.KNOCK, {"secret": "\x1b]0;x\x07", "identity": "\x1b]0;x\x07", "v": 1}),
    (door.ANSWER, {"result": "admitted", "room_id": "!a", "via": 5}),
)
"""Sent encrypted."""

ORDERS: Final = (
    "!",
    "!!!",
    "! ban",
    "!ban",
    "!ban " + "x" * 40_000,
    "!ban \x1b]0;owned\x07\u202e",
    "!unban \u0000",
    "!mute nobody 99999999999999999999w",
    "!mute nobody -1h",
    "!mute nobody \u0661\u0662h",
    "!invite 99999999999999999999",
    "!invite \u2463",
    "!redact $",
    "!redact https://matrix.to/#/%ff%fe/%00",
    "!redact nobody 10000000000000000000000",
    "!help \x1b[2J",
    "！ｂａｎ　\u3164",
    "!\u202enab someone",
)
"""What a moderator might paste."""


def unfit(text: str) -> list[str]:
    """Characters of ``text`` that a terminal might obey or that hide, and towers of marks."""
    found = [
        f"{ord(char):#x} in {text[max(0, place - 20) : place + 20]!r}"
        for place, char in enumerate(text)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\u200d\n"
    ]
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > 10:
            return [*found, "a tower of marks"]
    return found


@dataclass
class Stage:
    """A bot and a client in processes of their own, a moderator, and a member who means harm."""

    home: BotHome
    bot: Process
    client: Process
    clients_account: tuple[str, str, str]
    """User id, device and token, to do on the server what a face cannot."""
    moderator: Guest
    desk: Guest
    villain: Member
    room: str
    server: Homeserver
    taken: Counter[int] = field(default_factory=Counter)
    """How the server answered the attacks, by status."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _unheard: list[str] = field(default_factory=list)

    @property
    def api(self) -> ServerApi:
        return self.server.api(self.villain.account.access_token)

    async def asks(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """A request of the attacker's, as no honest client makes it."""
        url = f"/_matrix/client/v3{path}"
        status, answer = await asyncio.to_thread(self.api.answer, method, url, content)
        self.taken[status] += 1
        return answer

    async def puts(self, path: str, content: dict[str, Any]) -> None:
        """The same, and then an ordinary message."""
        await self.asks("PUT", path, content)
        await self.speaks()

    async def seals(self, room: str, event_type: str, content: dict[str, Any]) -> None:
        """The same with an encrypted event."""
        row = self.villain.vault.outbox.add(
            self.villain.account.id,
            room,
            "message",
            {"type": event_type, "content": content},
            now=CLOCK.now(),
        )
        await self.villain.connection.deliver(row)
        await self.speaks()

    async def speaks(self) -> None:
        """An ordinary message, which the client must show."""
        self._unheard.append(f"still {next(self._numbers)}")
        await self.villain.say(self.room, self._unheard[-1])
        if len(self._unheard) == AT_A_TIME:
            await self.heard()

    async def heard(self) -> None:
        """Wait until the client has shown every ordinary message, in order."""
        for words in self._unheard:
            await self.client.hears(partial(_ends, f": {words}\n"))
        self._unheard.clear()


@pytest.fixture
async def stage(homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[Stage]:
    home = await asyncio.to_thread(BotHome.make, tmp_path / "host", homeserver)
    [first] = await home.invites(moderator=True)
    for_client, for_villain = await home.invites(2)
    home.watch_nothing()
    bot = await home.at_work()
    (tmp_path / "client").mkdir()
    vault, villains = Vault.create(tmp_path / "client" / "data", "words"), Vault.ephemeral()
    moderator, *_ = await asyncio.gather(
        come_in(first), walk(for_client, vault), walk(for_villain, villains)
    )
    account = vault.accounts.current()
    assert account is not None
    key = vault.data_key
    vault.close()
    client = await Process.start("chat", "--plain", data=tmp_path / "client" / "data", key=key)
    await client.hears("Connected.")
    own = villains.accounts.current()
    assert own is not None
    villain = await connect(villains, own)
    await villain.connection.start()
    await villain.turn()
    who = (account.user_id, account.device_id, account.access_token)
    desk = await desk_of(moderator)
    yield Stage(home, bot, client, who, moderator, desk, villain, moderator.room_id, homeserver)
    await villain.close()
    await moderator.stop()
    await client.kill()
    await bot.kill()


def _ends(end: str, line: str) -> bool:
    return line.endswith(end)


async def walk(invite: Invite, vault: Vault) -> None:
    async for _step in join(invite, vault, clock=CLOCK, random=RANDOM):
        pass


def room_path(room: str, *rest: str) -> str:
    return "/".join(["/rooms", *(quote(part, safe="") for part in (room, *rest))])


async def test_attacks_cost_only_themselves(stage: Stage) -> None:
    await in_the_room(stage)
    await by_a_name(stage)
    await behind_a_door(stage)
    await to_devices(stage)
    await at_the_desk(stage)
    await stage.heard()
    assert stage.taken[200] > 120

    stage.client.type("/who")
    stage.client.type("/rooms")
    stage.client.type("/older")
    stage.client.type("/quit")
    assert await stage.client.ends() == 0, stage.client.said[-5:]
    shown = "\n".join(stage.client.said)
    assert all(unfit(text) for text in TEXTS[:21])
    assert unfit(shown) == []
    for harmless in ("cleared", "clipboard", "eight bit CSI", "OVERWRITTEN"):
        assert harmless in shown
    assert max(map(len, stage.client.said)) < 20_000

    stage.bot.process.terminate()
    assert await stage.bot.ends() == 0, stage.bot.said
    # One line, "at work": nothing went wrong that it would have had to tell.
    assert len(stage.bot.said) == 1, stage.bot.said
    with stage.home.vault() as vault:
        said = vault.events.of_sender(stage.room, stage.villain.user_id, 10_000)
        ordinary = [event for event in said if "still " in json.dumps(event.clear)]
        assert [event.status for event in ordinary] == ["ok"] * (next(stage._numbers) - 1)


async def in_the_room(stage: Stage) -> None:
    """In clear and encrypted, in the room where everybody is."""
    numbers = count()

    def path(event_type: str) -> str:
        return room_path(stage.room, "send", event_type, f"a{next(numbers)}")

    for event_type, content in EVENTS:
        await stage.puts(path(event_type), content)
    target = await stage.villain.say(stage.room, "react to me")
    for text in TEXTS:
        relation = {"rel_type": "m.annotation", "event_id": target, "key": text}
        await stage.asks("PUT", path("m.reaction"), {"m.relates_to": relation})
        await stage.puts(path("m.room.message"), {"msgtype": "m.text", "body": text})
    for event_type, content in SEALED:
        if "\ud800" not in json.dumps(content, ensure_ascii=False):
            await stage.seals(stage.room, event_type, content)


async def by_a_name(stage: Stage) -> None:
    """Under names that are none."""
    own = room_path(stage.room, "state", "m.room.member", stage.villain.user_id)
    names: list[object] = [*TEXTS, "", None, 5, [], {"a": "b"}]
    for name in names:
        await stage.puts(own, {"membership": "join", "displayname": name})


async def behind_a_door(stage: Stage) -> None:
    """In a room of the attacker's own, which the bot enters by itself and the client was put in."""
    user, _device, token = stage.clients_account
    created = {
        "is_direct": True,
        "preset": "trusted_private_chat",
        "invite": [stage.home.user_id, user],
        "initial_state": [{"type": "m.room.encryption", "content": {"algorithm": MEGOLM}}],
    }
    room = str((await stage.asks("POST", "/createRoom", created))["room_id"])
    victim = stage.server.api(token)
    await asyncio.to_thread(victim.call, "POST", f"/_matrix/client/v3/join/{quote(room)}", {})
    await entered(stage, room)
    for text in TEXTS:
        await stage.asks("PUT", room_path(room, "state", "m.room.name"), {"name": text})
        await stage.puts(room_path(room, "state", "m.room.topic"), {"topic": text})
    for event_type, content in STATE:
        key = stage.villain.user_id if event_type == "m.room.member" else ""
        await stage.puts(room_path(room, "state", event_type, key), content)
    await stage.villain.turn()
    for event_type, content in SEALED[-10:]:
        await stage.seals(room, event_type, content)


async def entered(stage: Stage, room: str) -> None:
    """Wait until the bot is in."""

    def membership() -> object:
        member = stage.villain.vault.rooms.members(room).get(stage.home.user_id)
        return member and member.get("membership")

    async with asyncio.timeout(PATIENCE):
        while membership() != "join":
            await stage.villain.turn(poll=5)


async def to_devices(stage: Stage) -> None:
    """Past every room, straight to the devices."""
    user, device, _token = stage.clients_account
    with_keys = await asyncio.to_thread(
        stage.api.call,
        "POST",
        "/_matrix/client/v3/keys/query",
        {"device_keys": {user: [], stage.home.user_id: []}},
    )
    victims = [
        (owner, known["device_id"], known["keys"][f"curve25519:{known['device_id']}"])
        for owner, devices in with_keys["device_keys"].items()
        for known in devices.values()
    ]
    assert {owner for owner, _device, _key in victims} == {user, stage.home.user_id}
    assert (user, device) in {(owner, known) for owner, known, _key in victims}
    for number, (event_type, content) in enumerate(TO_DEVICE):
        messages: dict[str, Any] = {}
        for owner, known, key in victims:
            aimed = json.loads(json.dumps(content).replace(json.dumps(VICTIMS_KEY), f'"{key}"'))
            messages[owner] = {known: aimed}
        path = f"/sendToDevice/{quote(event_type, safe='')}/t{number}"
        await stage.puts(path, {"messages": messages})


async def at_the_desk(stage: Stage) -> None:
    """Orders of a moderator who pastes anything; the bot answers, and in fit words."""
    desk = stage.desk
    for order in ORDERS:
        desk.say(order)
    desk.say("!status")

    def notices() -> list[str]:
        page = desk.client.timeline(desk.room_id).page(limit=500)
        return [view.body for view in page if view.kind == "notice"]

    await until(desk.client, lambda: any("seats" in body for body in notices()))
    assert not any("mistake in me" in body for body in notices())
    assert "Failed: 0." in notices()[-1]
    assert len(notices()) > len(ORDERS) // 2
    sent = [
        json.dumps(event.clear["content"], ensure_ascii=False)
        for event in stage.desk.vault.events.of_sender(desk.room_id, stage.home.user_id, 500)
        if event.clear is not None
    ]
    assert unfit("".join(sent)) == []
