"""The demo's proofs fail when what they stand for is not so."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.clock import FrozenClock
from support.scribe import KEY, Scribe, public_key

from peerroom.demo import network_cut
from peerroom.demo.errors import StepFailed
from peerroom.demo.public_records import PublicRecords
from peerroom.demo.server_view import ServerView
from peerroom.demo.stage import Stage
from peerroom.demo.steps import room_encrypted
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.canonical import to_base64
from peerroom.pseudonym.record_errors import RecordError, RecordForged
from peerroom.wire.invite import Invite
from peerroom.wire.records import RECORD, EpochOpened, Skipped


@dataclass
class Host:
    """Stands where the bot would: a person who made a room over the raw API."""

    user_id: str
    room_id: str

    async def invite(self) -> str:
        raise AssertionError("nobody is invited here")

    async def stop(self) -> None:
        """Nothing runs."""


def room(server: Homeserver, **options: object) -> tuple[Host, str]:
    account = server.register(f"host-{random.getrandbits(40):x}", login=True)
    made = server.api(account.access_token).call("POST", "/_matrix/client/v3/createRoom", options)
    return Host(account.user_id, made["room_id"]), account.access_token


ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


async def test_a_room_in_clear_is_not_called_encrypted(
    homeserver: Homeserver, tmp_path: Path, frozen_clock: FrozenClock
) -> None:
    stage = Stage(tmp_path, frozen_clock, random.Random(1))
    stage.world.server = homeserver
    stage.world.moderator, _token = room(homeserver)
    with pytest.raises(StepFailed):
        await room_encrypted(stage)
    stage.world.moderator, _token = room(homeserver, initial_state=[ENCRYPTION])
    await room_encrypted(stage)


@pytest.mark.parametrize("text", ["words that stand here in clear", "平文でここにある言葉"])
def test_the_server_tells_what_it_holds(homeserver: Homeserver, text: str) -> None:
    view = ServerView(homeserver)
    host, token = room(homeserver)
    assert view.members(host.room_id) == [host.user_id]
    assert len(view.devices(host.user_id)) == 1
    assert not view.holds(text)
    path = f"/_matrix/client/v3/rooms/{host.room_id}/send/m.room.message/1"
    sent = homeserver.api(token).call("PUT", path, {"msgtype": "m.text", "body": text})
    assert view.holds(text)
    assert view.event(host.room_id, sent["event_id"])["content"]["body"] == text
    assert view.keys(host.user_id)["master_keys"] == {}


async def test_with_the_network_there_the_proof_of_its_absence_fails(
    homeserver: Homeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Play the inside of the namespace outside of one: it must notice."""
    monkeypatch.setattr(network_cut, "_GUARDED", network_cut._IN_NAMESPACE)
    monkeypatch.setattr(network_cut, "namespaces_allowed", lambda: False)
    port = int(homeserver.base_url.rpartition(":")[2])
    code, printed = await network_cut.help_now(port)
    assert code == 1
    assert "the network is still there" in printed


async def test_where_namespaces_are_forbidden_every_socket_is_refused_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(network_cut, "namespaces_allowed", lambda: False)
    code, printed = await network_cut.help_now(9, "--country", "JP", "--lang", "ja")
    assert code == 0, printed
    assert "119" in printed
    reaching_out = "import socket; socket.create_connection(('127.0.0.1', 9))"
    guarded = network_cut._GUARDED.replace("from peerroom.cli import main", reaching_out)
    monkeypatch.setattr(network_cut, "_GUARDED", guarded)
    code, printed = await network_cut.help_now(9)
    assert code == 1
    assert "no network in here" in printed


def test_only_records_under_the_key_of_the_link_count(homeserver: Homeserver) -> None:
    scribe = Scribe()
    opened = scribe.open()
    state = {"type": RECORD, "state_key": "1", "content": opened.content()}
    host, token = room(homeserver, initial_state=[state])

    def records(key: bytes) -> PublicRecords:
        link = Invite(homeserver.base_url, host.user_id, to_base64(key), "token", "secret")
        return PublicRecords(ServerView(homeserver), link.encode())

    found = records(KEY).last(host.room_id, EpochOpened, epoch=1)
    assert found is not None
    assert records(KEY).follow(host.room_id).epoch == found[1]
    assert records(KEY).last(host.room_id, EpochOpened, epoch=2) is None
    with pytest.raises(RecordForged):
        records(public_key("somebody else")).all(host.room_id)
    scribe.publish(Skipped(1, "too few"))  # and this one is kept from the room
    path = f"/_matrix/client/v3/rooms/{host.room_id}/state/{RECORD}/3"
    homeserver.api(token).call("PUT", path, scribe.open().content())
    assert len(records(KEY).all(host.room_id)) == 2
    with pytest.raises(RecordError):
        records(KEY).follow(host.room_id)


def test_the_server_tells_who_is_where_and_who_came_first(homeserver: Homeserver) -> None:
    view = ServerView(homeserver)
    host, token = room(homeserver, preset="public_chat")
    drawn = f"{random.getrandbits(40):x}"
    guests = [homeserver.register(f"guest-{n}-{drawn}", login=True) for n in range(3)]
    join = f"/_matrix/client/v3/join/{host.room_id}"
    for guest in reversed(guests):
        homeserver.api(guest.access_token).call("POST", join, {})
    order = [host.user_id, *(guest.user_id for guest in reversed(guests))]
    assert view.arrivals(host.room_id) == order
    banned = guests[0].user_id
    path = f"/_matrix/client/v3/rooms/{host.room_id}/ban"
    homeserver.api(token).call("POST", path, {"user_id": banned})
    assert view.membership(host.room_id, banned) == "ban"
    assert view.membership(host.room_id, "@nobody:localhost") == ""
    assert view.rooms(banned) == []
    assert view.rooms(guests[1].user_id) == [host.room_id]
    assert view.has(banned)
    assert not view.has("@nobody:localhost")
    assert not view.has(banned[:-1])
