"""The modules for Synapse: what they accept as settings, and what they do when Synapse falters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from peerroom.host.pruning import Pruner
from peerroom.host.synapse_module import Doorkeeper, Keeping

ROOT = Path(__file__).parents[2]


class DatabaseDown(Exception):
    """What any request to the database ends in here."""


@dataclass
class FalteringSynapse:
    """A Synapse whose database does not answer; keeps the rules that a module registers."""

    rules: dict[str, Callable[..., Awaitable[Any]]] = field(default_factory=dict)

    def get_qualified_user_id(self, username: str) -> str:
        return username if username.startswith("@") else f"@{username}:here"

    def is_mine(self, user_id: str) -> bool:
        return user_id.endswith(":here")

    async def is_user_admin(self, _user_id: str) -> bool:
        raise DatabaseDown

    async def run_db_interaction(self, _desc: str, _func: Any, *_args: object) -> Any:
        raise DatabaseDown

    def register_spam_checker_callbacks(self, **rules: Any) -> None:
        self.rules |= rules

    register_third_party_rules_callbacks = register_spam_checker_callbacks
    register_ratelimit_callbacks = register_spam_checker_callbacks
    register_media_repository_callbacks = register_spam_checker_callbacks


@dataclass(frozen=True)
class Event:
    type: str
    sender: str
    state_key: str = ""
    content: dict[str, Any] = field(default_factory=dict)

    def is_state(self) -> bool:
        return self.type != "m.room.message"


def asked_of(user_id: str) -> dict[str, tuple[object, ...]]:
    """A request of ``user_id``'s to every rule."""
    return {
        "user_may_create_room": (user_id, {"invite": ["@bot:here"]}),
        "user_may_invite": (user_id, "@someone:here", "!room"),
        "user_may_join_room": (user_id, "!room", True),
        "user_may_send_3pid_invite": (user_id, "email", "a@b.example", "!room"),
        "user_may_create_room_alias": (user_id, "#alias:here"),
        "user_may_publish_room": (user_id, "!room"),
        "check_username_for_spam": ({"user_id": "@someone:here"}, user_id),
        "check_event_allowed": (Event("m.room.message", user_id), {}),
        "get_ratelimit_override_for_user": (user_id, "rc_invites.per_user"),
        "is_user_allowed_to_upload_media_of_size": (user_id, 1),
    }


@pytest.fixture
def synapse() -> FalteringSynapse:
    synapse = FalteringSynapse()
    Doorkeeper(Keeping(bots=("bot",), allowed=("@recovery:here",)), synapse)
    assert synapse.rules.keys() == asked_of("").keys()
    return synapse


@pytest.mark.parametrize("rule", asked_of(""))
async def test_the_bot_is_never_locked_out(synapse: FalteringSynapse, rule: str) -> None:
    free = {"check_username_for_spam": False, "get_ratelimit_override_for_user": None}
    for user_id in ("@bot:here", "@recovery:here"):
        said = await synapse.rules[rule](*asked_of(user_id)[rule])
        assert said == ((True, None) if rule == "check_event_allowed" else free.get(rule, True))


@pytest.mark.parametrize("rule", asked_of(""))
async def test_a_rule_that_cannot_look_lets_nobody_through(
    synapse: FalteringSynapse, rule: str
) -> None:
    """Synapse answers 403 or 500 to what a rule raises; `None` would be its own limit."""
    with pytest.raises(DatabaseDown):
        await synapse.rules[rule](*asked_of("@stranger:here")[rule])


async def test_in_a_circle_nothing_is_looked_up(synapse: FalteringSynapse) -> None:
    state = {
        ("m.room.create", ""): Event("m.room.create", "@bot:here"),
        ("m.room.member", "@a:here"): Event(
            "m.room.member", "@a:here", "@a:here", {"membership": "join"}
        ),
    }
    rule = synapse.rules["check_event_allowed"]
    assert await rule(Event("m.room.message", "@a:here"), state) == (True, None)
    with pytest.raises(DatabaseDown):
        await rule(Event("m.room.message", "@b:here"), state)


async def test_people_of_other_servers_are_their_own_hosts_business(
    synapse: FalteringSynapse,
) -> None:
    event = Event("m.room.member", "@a:there", "@a:there", {"membership": "join"})
    assert await synapse.rules["check_event_allowed"](event, {}) == (True, None)


@pytest.mark.parametrize(
    "settings",
    [{}, {"bots": []}, {"bots": "bot"}, {"bots": [""]}, {"bots": ["b"], "alowed": []},
     {"bots": ["b"], "allowed": [1]}],
)  # fmt: skip
def test_settings_that_would_be_misunderstood_stop_the_server(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"bots|allowed|alowed"):
        Doorkeeper.parse_config(settings)


@pytest.mark.parametrize(
    "settings", [{"keep": 1}, {"keep_seconds": -1}, {"keep_seconds": True}, {"every_seconds": 0}]
)
def test_a_memory_that_makes_no_sense_stops_the_server(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"keep|every"):
        Pruner.parse_config(settings)


def test_a_hosts_synapse_needs_none_of_our_libraries() -> None:
    """In a Python without site-packages."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        "import peerroom.host.synapse_module, peerroom.host.pruning\n"
        "print(*sorted(name for name in set(sys.modules) - before if name[:8] == 'peerroom'))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [
        "peerroom", "peerroom.host", "peerroom.host.pruning", "peerroom.host.synapse_module",
    ]  # fmt: skip
