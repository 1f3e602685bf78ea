"""Who came from where, with what, and when: known to Synapse, and forgotten."""

from __future__ import annotations

import http.client
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.folders import watching
from support.patience import PATIENCE

from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token

ADDRESS = "10.77.66.55"
PROGRAM = "Unmistakable/7.7"
"""Seconds in which Synapse writes or prunes; it tells nobody, but its files show it."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="files are watched by inotify")

TRACES = {
    "user_ips": "SELECT COUNT(*) FROM user_ips WHERE ip = :ip AND user_agent = :program",
    "devices": "SELECT COUNT(*) FROM devices WHERE ip = :ip AND user_agent = :program",
    "last seen": "SELECT COUNT(*) FROM devices WHERE last_seen IS NOT NULL",
    "registrations": "SELECT COUNT(*) FROM ui_auth_sessions_ips WHERE ip = :ip",
    "passwords proved": "SELECT COUNT(*) FROM access_tokens WHERE last_validated > 0",
    "daily visits": "SELECT COUNT(*) FROM user_daily_visits",
}


def asks(server: Homeserver, method: str, path: str, token: str = "", **body: Any) -> Any:
    """A request from `ADDRESS` by `PROGRAM`."""
    headers = {"X-Forwarded-For": ADDRESS, "User-Agent": PROGRAM}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    address = urlsplit(server.base_url)
    with closing(http.client.HTTPConnection(str(address.hostname), address.port)) as connection:
        connection.request(method, f"/_matrix/client/v3{path}", json.dumps(body), headers)
        return json.loads(connection.getresponse().read())


def registers(server: Homeserver) -> str:
    """An account made by token, as newcomers do; its access token."""
    account = {"username": "passer-by", "password": "a long password"}
    asked = asks(server, "POST", "/register", **account)
    auth = {
        "type": "m.login.registration_token",
        "token": registration_token(server.api()),
        "session": asked["session"],
    }
    asks(server, "POST", "/register", **account, auth=auth)
    auth = {"type": "m.login.dummy", "session": asked["session"]}
    made = asks(server, "POST", "/register", **account, auth=auth)
    return str(made["access_token"])


def traces(server: Homeserver) -> dict[str, int]:
    path = server.folder / "homeserver.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return {
            name: database.execute(query, {"ip": ADDRESS, "program": PROGRAM}).fetchone()[0]
            for name, query in TRACES.items()
        }


def files_with(folder: Path, *words: str) -> set[str]:
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    }


@pytest.mark.soak
def test_what_synapse_knows_of_a_visit_is_gone_after_a_pruning(tmp_path: Path) -> None:
    overrides: dict[str, Any] = {"modules": []}
    with (
        Homeserver.start(
            tmp_path / "server", limits="open", forwarded=True, overrides=overrides
        ) as server,
        watching(server.folder) as soon,
    ):
        token = registers(server)
        asks(server, "GET", "/sync?timeout=0", token)
        # Synapse counts daily visits every five minutes; the row is what it would write.
        seen = {"user_ips", "devices", "last seen", "registrations", "passwords proved"}
        assert soon(lambda: all(traces(server)[name] for name in seen), PATIENCE)
        server.stop()
        visit = ("@passer-by:localhost", "D", int(time.time()) // 86400 * 86_400_000, PROGRAM)
        with closing(sqlite3.connect(server.folder / "homeserver.db")) as database:
            database.execute("INSERT INTO user_daily_visits VALUES (?, ?, ?, ?)", visit)
            database.commit()
        assert files_with(server.folder, ADDRESS, PROGRAM)

        config = {"keep_seconds": 0, "every_seconds": 1}
        overrides["modules"] = [{"module": "peerroom.host.pruning.Pruner", "config": config}]
        server.resume()
        assert soon(lambda: not any(traces(server).values()), PATIENCE), traces(server)
        # The account itself is as it was, and so is its device.
        assert asks(server, "GET", "/account/whoami", token)["user_id"] == visit[0]
        server.stop()
        server.resume()  # the visit of the line above is forgotten as well
        assert soon(lambda: not any(traces(server).values()), PATIENCE), traces(server)
        # Not only unlinked: the bytes are not in the database's file any more, nor in a log.
        assert soon(lambda: not files_with(server.folder, ADDRESS, PROGRAM), PATIENCE)


def test_of_the_last_day_it_is_kept(tmp_path: Path) -> None:
    """The positive control for the moment: a pruning that runs every second and keeps a day."""
    config = {"keep_seconds": 86400, "every_seconds": 1}
    modules = [{"module": "peerroom.host.pruning.Pruner", "config": config}]
    yesterday = int(time.time() - 90000) * 1000
    with (
        Homeserver.start(
            tmp_path / "server", limits="open", forwarded=True, overrides={"modules": modules}
        ) as server,
        watching(server.folder) as soon,
    ):
        old = server.register("old", login=True)
        token = registers(server)
        asks(server, "GET", "/sync?timeout=0", token)
        asks(server, "GET", "/sync?timeout=0", old.access_token)
        assert soon(lambda: traces(server)["user_ips"] == 2, PATIENCE)
        server.stop()
        with closing(sqlite3.connect(server.folder / "homeserver.db")) as database:
            database.execute(
                "UPDATE user_ips SET last_seen = ? WHERE user_id LIKE '@old%'", (yesterday,)
            )
            database.commit()
        server.resume()
        assert soon(lambda: traces(server)["user_ips"] == 1, PATIENCE)
        assert traces(server)["devices"] == 2
