"""What we tell a host to write into homeserver.yaml, on a real Synapse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from peerroom.host.api import ServerApi
from peerroom.host.homeserver import Homeserver

PAGE = Path(__file__).parents[2] / "docs" / "running-the-bot.md"


def recommended() -> dict[str, Any]:
    """All blocks for homeserver.yaml together."""
    blocks = re.findall(r"```yaml\n# homeserver.yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    settings: dict[str, Any] = {}
    for block in blocks:
        one = yaml.safe_load(block)
        assert not settings.keys() & one.keys()
        settings |= one
    return settings


def test_a_server_set_up_by_the_page_keeps_the_door(tmp_path: Path) -> None:
    with Homeserver.start(tmp_path / "server", overrides=recommended()) as server:
        server.register("peerroom", admin=True)
        victim, stranger, recovery = (
            server.register(name, login=True) for name in ("victim", "stranger", "recovery")
        )
        for account, invited, status in (
            (stranger, "@victim:localhost", 403),
            (stranger, "@peerroom:localhost", 200),
            (recovery, victim.user_id, 200),
        ):
            answer, _ = server.api(account.access_token).answer(
                "POST", "/_matrix/client/v3/createRoom", {"invite": [invited]}
            )
            assert answer == status, (account.user_id, invited)


def test_more_than_three_can_register_at_once_from_one_address(tmp_path: Path) -> None:
    with Homeserver.start(
        tmp_path / "server", overrides=recommended() | {"bcrypt_rounds": 4}
    ) as server:
        asked = ServerApi(server.base_url)
        for number in range(6):
            token = server.api().call("POST", "/_synapse/admin/v1/registration_tokens/new", {})
            account = {"username": f"p{number}", "password": "a long password"}
            _, flows = asked.answer("POST", "/_matrix/client/v3/register", account)
            for stage in (
                {"type": "m.login.registration_token", "token": token["token"]},
                {"type": "m.login.dummy"},
            ):
                auth = stage | {"session": flows["session"]}
                status, answer = asked.answer(
                    "POST", "/_matrix/client/v3/register", account | {"auth": auth}
                )
            assert status == 200, answer
