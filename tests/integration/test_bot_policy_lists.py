"""Policy lists on a real server: others' lists are followed, and the bot's own is read by others.

The other side speaks in raw requests, in the shapes in which Draupnir and Meowlnir write.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import jsonschema
import pytest
from support.accounts import MakeAccount, TestAccount
from support.bot_process import arrive, desk_of
from support.circle import Circle, Guest, until
from support.members import log_in
from support.patience import PATIENCE

from peerroom.bot import points
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import ServerUnreachable

RULE = {
    "type": "object",
    "required": ["entity", "recommendation", "reason"],
    "properties": {
        "entity": {"type": "string"},
        "recommendation": {"type": "string"},
        "reason": {"type": "string"},
    },
}
"""Content of ``m.policy.rule.…`` (client-server API v1.16, "Moderation policy lists")."""
HASHED = {
    "type": "object",
    "required": ["org.matrix.msc4205.hashes", "recommendation", "reason"],
    "not": {"required": ["entity"]},
    "properties": {
        "org.matrix.msc4205.hashes": {
            "type": "object",
            "required": ["sha256"],
            "properties": {"sha256": {"type": "string", "minLength": 44, "maxLength": 44}},
        },
    },
}
FOLLOWING = {"FindList", "EnterList", "LeaveList"}
PUBLISHING = {"MakeList", "OpenList", "SetRule", "SetAcl"}
MANY = int(os.environ.get("PEERROOM_TEST_RULES", "300"))
"""Rules of others' list. Synapse takes a minute or two to take in 2,000 of them."""
FIRST = 300
"""Of these a room is made with; to make one takes longer with the square of their number."""


@dataclass
class Raw:
    """Somebody's program that is not ours: requests, and nothing else."""

    http: aiohttp.ClientSession
    base: str
    user_id: str
    token: str

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.base}/_matrix/client/v3{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def list(self, rules: list[dict[str, Any]], alias: str) -> str:
        status, made = await self.ask(
            "POST",
            "/createRoom",
            {"preset": "public_chat", "room_alias_name": alias, "initial_state": rules[:FIRST]},
        )
        assert status == 200, made
        room = str(made["room_id"])
        for one in rules[FIRST:]:
            assert await self.rule(room, one["type"], one["state_key"], one["content"]) == 200
        return room

    async def rule(self, room: str, kind: str, key: str, content: dict[str, Any]) -> int:
        path = f"/rooms/{quote(room, '')}/state/{kind}/{quote(key, '')}"
        status, _answer = await self.ask("PUT", path, content)
        return status

    async def state(self, room: str, kind: str) -> list[dict[str, Any]]:
        status, events = await self.ask("GET", f"/rooms/{quote(room, '')}/state")
        assert status == 200, events
        return [event for event in events if event["type"] == kind]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def raw(http: aiohttp.ClientSession, account: TestAccount) -> Raw:
    device = await log_in(account)
    return Raw(http, account.homeserver, device.user_id, device.access_token)


@dataclass
class Scene:
    circle: Circle
    moderator: Guest
    desk: Guest
    keeper: Raw

    def answers(self) -> list[str]:
        views = self.desk.client.timeline(self.desk.room_id).page(limit=5_000)
        return [view.body for view in views if not view.own]

    async def told(self, pattern: str, after: int = 0) -> str:
        """The first answer in which this is found, of those after the first so many."""
        return await until(
            self.desk.client,
            lambda: next((b for b in self.answers()[after:] if re.search(pattern, b)), None),
        )

    async def types(self, command: str, pattern: str) -> str:
        before = len(self.answers())
        self.desk.say(command)
        return await self.told(pattern, before)

    async def confirms(self, shown: str, pattern: str) -> str:
        [code] = re.findall("yes ([0-9A-Z]{3})", shown)
        return await self.types(f"!yes {code}", pattern)

    async def counts(self, rules: int) -> None:
        """Ask until the list has so many rules."""
        async with asyncio.timeout(PATIENCE):
            while f" {rules} rules" not in await self.types("!list", "^• "):
                pass

    def membership(self, user: str) -> object:
        room = self.moderator.vault.rooms
        return (room.state(self.circle.room_id, "m.room.member", user) or {}).get("membership")

    async def becomes(self, user: str, membership: str) -> None:
        await until(self.moderator.client, lambda: self.membership(user) == membership)


@pytest.fixture
async def scene(
    homeserver: Homeserver, make_account: MakeAccount, http: aiohttp.ClientSession
) -> AsyncIterator[Scene]:
    account = make_account("lead")
    circle = await Circle.start(homeserver, moderators=(account.user_id,))
    moderator = await arrive(account)
    circle.guests.append(moderator)
    keeper = await raw(http, make_account("keeper"))
    yield Scene(circle, moderator, await desk_of(moderator), keeper)
    await circle.stop()


def literal(entity: str, said: str = "m.ban", why: str = "spam") -> dict[str, Any]:
    return {"entity": entity, "recommendation": said, "reason": why}


def state(kind: str, key: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content}


def sha(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


async def test_a_list_of_others_is_followed(
    scene: Scene, make_account: MakeAccount, http: aiohttp.ClientSession
) -> None:
    circle, keeper = scene.circle, scene.keeper
    anna, ben = [await circle.guest() for _ in range(2)]
    alias = f"bans-{uuid.uuid4().hex[:8]}"
    listed = make_account("listed")
    rules = [
        state("m.policy.rule.user", f"rule:{n}", literal(f"@spam{n}:evil.example"))
        for n in range(MANY - 3)
    ]
    rules += [
        state("m.room.rule.user", "old", literal("@old*:x.org", "org.matrix.mjolnir.ban")),
        state("org.matrix.mjolnir.rule.server", "older", literal("*.worse.example", "m.takedown")),
        state(
            "m.policy.rule.user",
            sha(f"{listed.user_id}m.takedown"),
            {
                "recommendation": "org.matrix.msc4204.takedown",
                "reason": "",
                "org.matrix.msc4205.hashes": {"sha256": sha(listed.user_id)},
            },
        ),
    ]
    room = await keeper.list(rules, alias)
    server = keeper.user_id.partition(":")[2]

    await scene.types(f"!list subscribe #{alias}:{server}", "as soon as I have joined")
    await scene.counts(MANY)
    assert "spam123" in await scene.types("!list rules spam123", "evil")
    assert "on a list" in await scene.types("!list test @old9:x.org", "old9")
    assert "takedown" not in await scene.types("!list test far.worse.example", "worse")

    # What is said in its room is no command, and it is no room to look after.
    said = {"msgtype": "m.text", "body": f"!ban {anna.client.user_id}"}
    path = f"/rooms/{quote(room, '')}/send/m.room.message/1"
    assert (await keeper.ask("PUT", path, said))[0] == 200
    assert "list" in await scene.types(f"!rooms add {room}", "list")

    # Somebody who is here comes onto it, with a hash: removed, with a case, and let stay by undo.
    who = ben.client.user_id
    hashed = {"recommendation": "m.ban", "reason": "x", "hashes": {"sha256": sha(who)}}
    assert await keeper.rule(room, "m.policy.rule.user", "k/1", hashed) == 200
    banned = await scene.told("a list says so")
    await scene.becomes(who, "ban")
    [case] = circle.bot.ledger.casebook.cases().values()
    assert (case.reason, case.about) == ("policy", who)
    [number] = re.findall("!undo ([0-9]+)", banned)
    await scene.types(f"!undo {number}", "Taken back")
    await scene.becomes(who, "join")  # their program accepts by itself
    assert "all the same" in await scene.types(f"!list test {who}", "on a list")
    assert scene.membership(anna.client.user_id) == "join"

    # Whoever comes and is on it is kept out.
    comer = await raw(http, listed)
    await circle.bot._connection.rooms.invite(circle.room_id, listed.user_id)
    await scene.becomes(listed.user_id, "invite")
    joined = await comer.ask("POST", f"/join/{quote(circle.room_id, '')}", {})
    assert joined[0] == 200, joined
    await scene.becomes(listed.user_id, "ban")

    # A restart builds it from the vault; what changed meanwhile is read.
    await circle.pause()
    for number in range(60):
        more = literal(f"@late{number}:evil.example")
        assert await keeper.rule(room, "m.policy.rule.user", f"late{number}", more) == 200
    assert await keeper.rule(room, "m.policy.rule.user", "rule:1", {}) == 200
    await circle.resume()
    await scene.counts(MANY + 60)
    assert scene.membership(who) == "join"

    left = await scene.types(f"!list unsubscribe {room}", "any more")
    await circle.bot.idle()
    assert circle.vault.rooms.state_ids(room, "m.policy.rule.user") == {}
    [number] = re.findall("!undo ([0-9]+)", left)
    await scene.types(f"!undo {number}", "Taken back")
    await scene.counts(MANY + 60)


async def test_what_would_remove_several_is_asked(scene: Scene, answers_lost: set[str]) -> None:
    circle, keeper = scene.circle, scene.keeper
    anna, ben = [await circle.guest() for _ in range(2)]
    people = [guest.client.user_id for guest in (anna, ben)]
    server = keeper.user_id.partition(":")[2]
    alias = f"broad-{uuid.uuid4().hex[:8]}"
    room = await keeper.list([], alias)
    await scene.types(f"!list subscribe #{alias}:{server}", "as soon as I have joined")
    await scene.types("!list", "0 rules")

    everybody = literal(f"*:{server}")
    assert await keeper.rule(room, "m.policy.rule.user", "all", everybody) == 200
    asked = await scene.told("2 people who are here")
    assert "Nothing was done" in asked
    assert [scene.membership(user) for user in people] == ["join", "join"]

    done = await scene.confirms(asked, "Done")
    for user in people:
        await scene.becomes(user, "ban")
    assert scene.membership(scene.moderator.client.user_id) == "join"
    [number] = re.findall("!undo ([0-9]+)", done)
    await scene.types(f"!undo {number}", "Taken back")
    for user in people:
        await scene.becomes(user, "join")

    await scene.types(f"!list unsubscribe #{alias}:{server}", "any more")
    await circle.bot.idle()
    stored = circle.vault.rooms.get(room)
    assert stored is None or circle.vault.rooms.state_ids(room, "m.policy.rule.user") == {}
    notes = [note["what"] for _number, note in circle.bot.ledger.audit()]
    assert (notes.count("list subscribe"), notes.count("list unsubscribe")) == (1, 1)
    assert answers_lost in (set(), FOLLOWING)


@pytest.fixture(params=["answered", "lost"])
def answers_lost(request: pytest.FixtureRequest) -> Iterator[set[str]]:
    """Nothing, or: of each request about lists the first answer is lost, though it was done."""
    lost: set[str] = set()

    def loses(moment: points.Moment, what: str) -> None:
        if moment == "answered" and what in (FOLLOWING | PUBLISHING) - lost:
            lost.add(what)
            raise ServerUnreachable

    if request.param == "answered":
        yield lost
        return
    with points.watched(loses):
        yield lost


async def test_our_own_list_is_read_by_others(scene: Scene, answers_lost: set[str]) -> None:
    circle, keeper = scene.circle, scene.keeper
    made = await scene.types("!list create", "Our own list is there")
    [room] = re.findall(r"(![^\s]+)\.", made)
    shown = await scene.types("!list publish @evil:far.example: spam", "yes")
    await scene.confirms(shown, "is on our own list")
    shown = await scene.types("!list publish *.evil.example: they sold courses", "yes")
    await scene.confirms(shown, "is on our own list")
    await circle.bot.idle()

    # By invitation only, until it is opened.
    path = f"/join/{quote(room, '')}"
    assert (await keeper.ask("POST", path, {}))[0] == 403
    shown = await scene.types("!list open", "yes")
    await scene.confirms(shown, "has the link")
    await circle.bot.idle()
    assert (await keeper.ask("POST", path, {}))[0] == 200

    [person] = await keeper.state(room, "m.policy.rule.user")
    jsonschema.validate(person["content"], HASHED)
    assert person["content"]["recommendation"] == "m.ban"
    assert person["content"]["reason"] == "spam"
    assert person["content"]["org.matrix.msc4205.hashes"]["sha256"] == sha("@evil:far.example")
    assert person["state_key"] == sha("@evil:far.examplem.ban")
    [domain] = await keeper.state(room, "m.policy.rule.server")
    jsonschema.validate(domain["content"], RULE)
    assert domain["content"] == literal("*.evil.example", why="")
    assert await keeper.state(room, "m.room.encryption") == []
    assert await keeper.rule(room, "m.policy.rule.user", "mine", literal("@a:b")) == 403
    assert "evil" in await scene.types("!list test @evil:far.example", "on a list")

    await scene.types("!list retract @evil:far.example", "taken off")
    await circle.bot.idle()
    [person] = await keeper.state(room, "m.policy.rule.user")
    assert person["content"] == {}

    # The circle's rooms keep the server out when a lead says so, and ours never.
    shown = await scene.types("!list servers on", "yes")
    on = await scene.confirms(shown, "kept out from now on")
    guest = circle.room_id

    def acl() -> dict[str, Any] | None:
        return scene.moderator.vault.rooms.state(guest, "m.room.server_acl")

    await until(scene.moderator.client, lambda: (acl() or {}).get("deny") == ["*.evil.example"])
    assert acl() == {"allow": ["*"], "deny": ["*.evil.example"], "allow_ip_literals": False}
    [number] = re.findall("!undo ([0-9]+)", on)
    await scene.types(f"!undo {number}", "Taken back")
    await until(scene.moderator.client, lambda: (acl() or {}).get("deny") == [])

    # Whatever was lost on the way: one room, and each rule set and taken away once.
    rooms = [one for one in circle.vault.rooms.all() if _is_list(circle, one.room_id)]
    assert [one.room_id for one in rooms] == [room]
    _status, page = await keeper.ask("GET", f"/rooms/{quote(room, '')}/messages?dir=b&limit=100")
    said = [one["type"] for one in page["chunk"] if one["type"].startswith("m.policy")]
    assert sorted(said) == ["m.policy.rule.server"] + 2 * ["m.policy.rule.user"]
    notes = [note["what"] for _number, note in circle.bot.ledger.audit()]
    assert notes.count("list create") == 1
    assert answers_lost in (set(), PUBLISHING)


def _is_list(circle: Circle, room_id: str) -> bool:
    marker = circle.vault.rooms.state(room_id, "org.peerroom.room") or {}
    return marker.get("role") == "list"
