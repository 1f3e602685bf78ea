"""Sync answers with anything anywhere: the rest of the answer is always stored.

The server is a script; transport, Olm machine and vault are the real ones.
"""

from __future__ import annotations

import asyncio
import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.faults import FaultyServer
from support.impatient import ImpatientClock

from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import BadAnswer
from peerroom.store.vault import Vault

OWN, OTHER = "@own:x", "@other:x"
ROOM, WITNESS = "!room:x", "!witness:x"
Path = tuple[str | int, ...]


def event(number: int, kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"$e{number}",
        "type": kind,
        "sender": OTHER,
        "origin_server_ts": 1_790_000_000_000 + number,
        "content": content,
        **more,
    }


def megolm(**changes: Any) -> dict[str, Any]:
    return {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg",
        "session_id": "session",
        "sender_key": "key",
        "device_id": "D",
    } | changes


BODY: dict[str, Any] = {
    "next_batch": "s1",
    "device_lists": {"changed": [OTHER], "left": ["@gone:x"]},
    "device_one_time_keys_count": {"signed_curve25519": 50},
    "device_unused_fallback_key_types": ["signed_curve25519"],
    "to_device": {
        "events": [
            {
                "type": "m.room.encrypted",
                "sender": OTHER,
                "content": {
                    "algorithm": "m.olm.v1.curve25519-aes-sha2",
                    "sender_key": "k" * 43,
                    "ciphertext": {"OURS": {"type": 0, "body": "AAAA"}},
                },
            },
            {"type": "m.room_key", "sender": OTHER, "content": {"room_id": ROOM}},
            {"type": "m.room_key.withheld", "sender": OTHER, "content": {"code": "m.unverified"}},
            {"type": "m.dummy", "sender": OTHER, "content": {}},
        ]
    },
    "rooms": {
        "join": {
            ROOM: {
                "state": {
                    "events": [
                        event(1, "m.room.create", {"room_version": "12"}, state_key=""),
                        event(2, "m.room.encryption", {"algorithm": "m"}, state_key=""),
                        event(3, "m.room.member", {"membership": "join"}, state_key=OTHER),
                        event(4, "m.room.power_levels", {"users": {OTHER: 50}}, state_key=""),
                    ]
                },
                "timeline": {
                    "limited": True,
                    "prev_batch": "p1",
                    "events": [
                        event(5, "m.room.message", {"msgtype": "m.text", "body": "x"}),
                        event(6, "m.room.encrypted", megolm()),
                        event(7, "m.room.redaction", {"redacts": "$e5"}, redacts="$e5"),
                        event(8, "m.room.member", {"membership": "ban"}, state_key="@third:x"),
                        event(9, "m.reaction", {"m.relates_to": {"event_id": "$e5", "key": "👍"}}),
                        event(10, "m.room.message", {}, unsigned={"transaction_id": "t"}),
                    ],
                },
            }
        },
        "invite": {
            "!invite:x": {
                "invite_state": {
                    "events": [
                        {
                            "type": "m.room.member",
                            "sender": OTHER,
                            "state_key": OWN,
                            "content": {"membership": "invite", "is_direct": True},
                        }
                    ]
                }
            }
        },
        "leave": {"!left:x": {"timeline": {"events": [event(11, "m.room.message", {})]}}},
    },
}

HOSTILE_CONTENT: list[Any] = [
    megolm(sender_key=None),
    megolm(sender_key=5),
    megolm(sender_key=""),
    megolm(session_id=""),
    megolm(session_id={}),
    megolm(ciphertext={}),
    megolm(ciphertext=""),
    {"algorithm": 3},
    {},
    {"body": "\ud800"},
    {"body": "\x00\x1b[2J"},
    {"body": 10**400},
    {"body": float("nan")},
    {"redacts": ["$e5"]},
    {"membership": "ban", "redact_events": True},
    {"membership": {"join": 1}},
    {"users": "x", "redact": "50", "ban": None},
    {"room_version": 12, "additional_creators": "x"},
]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from([OWN, OTHER, ROOM, WITNESS, "$e5", "", "m.room.member", 2**63, -(10**30)]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value: Any, here: Path = ()) -> list[Path]:
    """The places of every value in ``value``, itself left out."""
    children = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [path for key, child in children for path in [(*here, key), *paths(child, (*here, key))]]


MUTATIONS = st.lists(
    st.tuples(st.sampled_from(paths(BODY)), JSON | st.sampled_from(HOSTILE_CONTENT)),
    min_size=1,
    max_size=3,
)


def mutated(body: dict[str, Any], changes: list[tuple[Path, Any]]) -> dict[str, Any]:
    body = copy.deepcopy(body)
    for path, value in changes:
        place: Any = body
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = copy.deepcopy(value)
        except (LookupError, TypeError):
            continue  # an earlier change took that place away
    return body


@dataclass
class World:
    """One account that syncs against a script."""

    runner: asyncio.Runner
    body: Any = None
    text: str = ""
    number: int = 100
    vault: Vault = field(default_factory=Vault.ephemeral)

    async def start(self) -> None:
        self.server = await FaultyServer(script=self._answer).__aenter__()
        self.account = self.vault.accounts.add(
            homeserver=self.server.url, user_id=OWN, device_id="HERE", access_token="t"
        )
        self.connection = await Connection.open(
            self.vault, self.account, proxy=None, clock=ImpatientClock(), random=random.Random(1)
        )

    async def stop(self) -> None:
        await self.connection.close()
        self.vault.close()
        await self.server.__aexit__()

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path.endswith("/sync"):
            return web.Response(text=self.text, content_type="application/json")
        if request.path.endswith("/filter"):
            return web.json_response({"filter_id": "1"})
        return web.json_response({})

    def fresh(self, body: Any) -> Any:
        """``body`` with events that were never seen, and with a room that nothing has touched."""
        self.number += 20
        text = json.dumps(body)
        for number in range(20, 0, -1):
            text = text.replace(f'"$e{number}"', f'"$e{self.number + number}"')
        body = json.loads(text)
        rooms = body.get("rooms") if isinstance(body, dict) else None
        joined = rooms.get("join") if isinstance(rooms, dict) else None
        if isinstance(joined, dict):
            witness = event(self.number, "m.room.message", {"body": "I was here"})
            joined[WITNESS] = {"timeline": {"events": [witness]}}
        return body

    async def take(self, body: Any, spoil: Callable[[str], str] = str) -> None:
        """One turn with this answer: it is stored, or refused as a whole without a trace."""
        self.body = self.fresh(body)
        self.text = spoil(json.dumps(self.body))
        before = self.vault.accounts.get(self.account.id).next_batch
        token = self.body.get("next_batch") if isinstance(self.body, dict) else None
        if not isinstance(token, str) or not token:
            with pytest.raises(BadAnswer):
                await self.connection.sync_once(0)
            assert self.vault.accounts.get(self.account.id).next_batch == before
            return
        await self.connection.sync_once(0)
        assert self.vault.accounts.get(self.account.id).next_batch == token
        rooms = self.body.get("rooms")
        if isinstance(rooms, dict) and isinstance(rooms.get("join"), dict):
            stored = self.vault.events.get(f"$e{self.number}")
            assert stored is not None
            assert stored.status == "ok"
        for room in self.vault.rooms.all():
            self.vault.events.page(room.room_id, limit=1000)
            self.vault.rooms.members(room.room_id)


def in_world(check: Any) -> None:
    with asyncio.Runner() as runner:
        world = World(runner)
        runner.run(world.start())
        try:
            check(world)
        finally:
            runner.run(world.stop())


def test_an_honest_answer_is_stored_whole() -> None:
    def check(world: World) -> None:
        world.runner.run(world.take(BODY))
        number = world.number
        stored = {n: world.vault.events.get(f"$e{number + n}") for n in (5, 6, 7, 8, 9, 10, 11)}
        statuses = {n: one and one.status for n, one in stored.items()}
        assert statuses == {
            5: "redacted", 6: "undecryptable", 7: "ok", 8: "ok", 9: "ok", 10: "ok", 11: "ok",
        }  # fmt: skip
        room = world.vault.rooms.get(ROOM)
        assert room is not None
        assert (room.encrypted, room.prev_batch) == (True, "p1")
        assert {"!room:x": "join", "!invite:x": "invite", "!left:x": "leave"}.items() <= {
            room.room_id: room.membership for room in world.vault.rooms.all()
        }.items()

    in_world(check)


def test_anything_anywhere_costs_only_itself() -> None:
    def check(world: World) -> None:
        @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
        @given(MUTATIONS)
        def each(changes: list[tuple[Path, Any]]) -> None:
            world.runner.run(world.take(mutated(BODY, changes)))

        each()
        world.runner.run(world.take(BODY))

    in_world(check)


@pytest.mark.parametrize("content", HOSTILE_CONTENT, ids=repr)
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("m.room.encrypted", {}),
        ("m.room.message", {}),
        ("m.room.redaction", {"redacts": {}}),
        ("m.room.member", {"state_key": OTHER}),
        ("m.room.power_levels", {"state_key": ""}),
        ("m.room.create", {"state_key": ""}),
        ("m.room.encryption", {"state_key": ""}),
    ],
)
def test_hostile_content_costs_only_itself(kind: str, more: dict[str, Any], content: Any) -> None:
    def check(world: World) -> None:
        body = copy.deepcopy(BODY)
        body["rooms"]["join"][ROOM]["timeline"]["events"][0] = event(5, kind, content, **more)
        world.runner.run(world.take(body))

    in_world(check)


def test_nesting_without_end_costs_only_itself() -> None:
    def check(world: World) -> None:
        for levels in (70, 500, 950, 20_000):
            body = copy.deepcopy(BODY)
            body["rooms"]["join"][ROOM]["timeline"]["events"][0]["content"] = {"body": "DEEP"}
            nest = "[" * levels + "]" * levels
            world.runner.run(world.take(body, lambda text, nest=nest: text.replace('"DEEP"', nest)))

    in_world(check)
