"""A real server's database and log give the same trails as the simulation does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest
from unlinkability.profiles import profiles
from unlinkability.real import Server, listening, requests

from peerroom.host.api import ServerApi
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import NewAccount
from peerroom.wire.records import RECORD
from peerroom.wire.rotation import REDEEM


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Homeserver, Server]]:
    """A homeserver whose operator writes down every request, and what they then hold."""
    home = tmp_path_factory.mktemp("watched")
    folder, log, settings = home / "server", home / "requests.log", home / "watching.json"
    settings.write_text(json.dumps(listening(folder / "homeserver.log", log)))
    with Homeserver.start(folder, limits="open", overrides={"log_config": str(settings)}) as server:
        yield server, Server(folder / "homeserver.db", log)


def room(api: ServerApi) -> str:
    return str(api.call("POST", "/_matrix/client/v3/createRoom", {})["room_id"])


def say(api: ServerApi, room_id: str, ciphertext: str) -> None:
    path = f"/_matrix/client/v3/rooms/{quote(room_id)}/send/m.room.encrypted/{time.monotonic_ns()}"
    api.call("PUT", path, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": ciphertext})


def join(server: Homeserver, account: NewAccount, room_id: str) -> ServerApi:
    assert server.admin is not None
    own = server.api(account.access_token)
    path = f"/_matrix/client/v3/rooms/{quote(room_id)}"
    server.api(server.admin.access_token).call(
        "POST", f"{path}/invite", {"user_id": account.user_id}
    )
    own.call("POST", f"{path}/join", {})
    return own


def test_what_the_operator_of_a_real_server_holds(watched: tuple[Homeserver, Server]) -> None:
    server, held = watched
    assert server.admin is not None
    bot = server.api(server.admin.access_token)
    circle, direct = room(bot), room(bot)
    bot.call("PUT", f"/_matrix/client/v3/rooms/{quote(circle)}/state/{RECORD}/1", {"v": 1})
    old = server.register("old", login=True)
    began = time.time()
    api = join(server, old, circle)
    join(server, old, direct)
    say(api, direct, "r" * 3000)
    say(api, circle, "a" * 344)
    say(api, circle, "b" * 684)
    new = server.register("new", login=True)
    fresh = server.api(new.access_token)
    fresh.call(
        "PUT", f"/_matrix/client/v3/sendToDevice/{REDEEM}/1", {"messages": {old.user_id: {"*": {}}}}
    )
    switched = time.time()
    join(server, new, circle)
    fresh.call("POST", "/_matrix/client/v3/logout", {})

    lives = held.lives([old.user_id, new.user_id])

    before, after = lives[old.user_id], lives[new.user_id]
    assert len(before.acts["request"]) == 1
    assert len(before.acts["message"]) == 2
    assert before.sizes == (344, 684)
    assert began - 1 <= before.acts["request"][0] <= before.acts["message"][0] <= switched
    assert len(after.acts["redeem"]) == len(after.acts["logout"]) == 1
    assert began - 1 <= after.acts["register"][0] <= after.acts["redeem"][0] <= switched
    assert after.acts["redeem"][0] < switched < after.acts["logout"][0]
    assert after.marks["place"] > before.marks["place"]
    assert before.online[0][0] == pytest.approx(began, abs=2.0)
    assert before.online[-1][1] < after.online[-1][1]

    sight = held.sight([(old.user_id, new.user_id)], switched, Random(1))

    (left,), (right,) = profiles(sight)
    assert left.asked is not None
    assert left.asked < 0
    assert len(right.visits) == 2
    assert left.messages == 2


def test_whatever_two_accounts_alone_have_in_common_is_found(
    watched: tuple[Homeserver, Server],
) -> None:
    server, held = watched
    people = [server.register(f"person{number}", login=True) for number in range(4)]
    pairs = [(people[0].user_id, people[1].user_id), (people[2].user_id, people[3].user_id)]
    crossed = [(pairs[0][0], pairs[1][1]), (pairs[1][0], pairs[0][1])]
    assert held.shared([pairs]) == ()

    for one in people[:2]:
        path = f"/_matrix/client/v3/profile/{quote(one.user_id)}/displayname"
        server.api(one.access_token).call("PUT", path, {"displayname": "Quietheron"})

    assert "profiles.displayname" in held.shared([pairs])
    assert "profiles.displayname" not in held.shared([crossed])


def test_a_line_that_is_no_request_is_passed_over() -> None:
    assert requests(["", "2026-11-23 10:00:00,000 INFO synapse.storage something else"]) == []
