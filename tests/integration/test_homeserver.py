"""A real Synapse: what it lets in, what it limits, how it ends."""

from __future__ import annotations

import stat

from support.accounts import MakeAccount

from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token


def test_it_answers_on_loopback_and_keeps_its_folder_private(homeserver: Homeserver) -> None:
    assert homeserver.base_url.startswith("http://127.0.0.1:")
    assert "versions" in homeserver.api().call("GET", "/_matrix/client/versions")
    assert stat.S_IMODE(homeserver.folder.stat().st_mode) == 0o700
    for path in homeserver.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_an_account_has_no_device_until_it_logs_in(
    homeserver: Homeserver, make_account: MakeAccount
) -> None:
    account = make_account("alice")
    devices = homeserver.api().call("GET", f"/_synapse/admin/v2/users/{account.user_id}/devices")
    assert devices["total"] == 0


def test_a_registration_token_admits_one(homeserver: Homeserver) -> None:
    token = registration_token(homeserver.api())
    asked = homeserver.api().call("GET", f"/_synapse/admin/v1/registration_tokens/{token}")
    assert asked["uses_allowed"] == 1
    assert asked["completed"] == 0
