"""The client's face, while nothing is connected."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, OWN, ROOM, Conversation

from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.config import Config
from peerroom.store.rooms import StoredRoom


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


@pytest.fixture
def client(talk: Conversation, frozen_clock: FrozenClock, seeded: random.Random) -> Client:
    return Client(talk.vault, talk.account, config=Config(), clock=frozen_clock, random=seeded)


def test_everything_stored_can_be_read_before_start(talk: Conversation, client: Client) -> None:
    talk.vault.rooms.set_state(ROOM, "m.room.name", "", {"name": "Evening\x1b[31m circle"})
    talk.said("good evening")
    (room,) = client.rooms()
    assert room.title.startswith("Evening") and "\x1b" not in room.title
    assert (room.unread, room.last) == (1, "Small Otter: good evening")
    assert (room.encrypted, room.joined, room.people) == (True, True, 2)
    assert [view.body for view in client.timeline(ROOM).page()] == ["good evening"]
    assert client.timeline(ROOM) is client.timeline(ROOM)
    assert client.connection.kind == "connecting"


def test_a_room_without_a_name_is_called_after_its_people(
    talk: Conversation, client: Client
) -> None:
    room = client.room(ROOM)
    assert room is not None and room.title == "Small Otter"
    assert client.room("!unknown:example.org") is None


def test_rooms_are_ordered_by_life(talk: Conversation, client: Client) -> None:
    talk.vault.rooms.put(StoredRoom("!left:example.org", talk.account.id, membership="leave"))
    talk.vault.rooms.put(StoredRoom("!quiet:example.org", talk.account.id))
    talk.vault.rooms.put(StoredRoom("!asked:example.org", talk.account.id, membership="invite"))
    talk.said("here is life")
    order = [(room.room_id, room.joined) for room in client.rooms()]
    assert order == [(ROOM, True), ("!quiet:example.org", True), ("!left:example.org", False)]


@pytest.mark.parametrize("sender", [OTHER, OWN])
@pytest.mark.parametrize(
    ("how", "line"),
    [
        ({"trust": "unsigned"}, "Sent from a device that its owner has not confirmed."),
        ({"trust": "identity_changed"}, "This person's encryption identity has changed."),
        ({"trust": "unknown"}, "The sender's device could not be checked yet."),
        ({"encrypted": False}, "A message that was not encrypted is not shown here:"),
        ({"status": "unattributable", "trust": "forged"}, "It is not certain who wrote this,"),
    ],
)
def test_the_list_of_rooms_says_what_is_not_proven_instead_of_saying_it(
    talk: Conversation, client: Client, sender: str, how: dict[str, Any], line: str
) -> None:
    talk.said("call 555", sender=sender, **how)
    [room] = client.rooms()
    assert room.last is not None and room.last.startswith(line)
    assert "555" not in room.last


def test_sending_tells_the_room_and_keeps_the_row(talk: Conversation, client: Client) -> None:
    heard: list[Change] = []
    stop = client.subscribe(heard.append)
    client.set_draft(ROOM, "hello")
    key = client.send(ROOM, "hello")
    assert heard == [Change("outbox", ROOM)]
    assert client.draft(ROOM) == ""
    view = client.timeline(ROOM).find(key)
    assert view is not None and view.state == "sending"
    assert client.unsent() == 1
    room = client.room(ROOM)
    assert room is not None and room.last == "Quiet Heron: hello"

    stop()
    assert client.undo(key) == "hello"
    assert client.undo(key) is None
    assert len(heard) == 1 and client.unsent() == 0


def test_reading_is_remembered_here_and_never_goes_back(talk: Conversation, client: Client) -> None:
    positions = [talk.said(str(n)).position for n in range(3)]
    client.mark_read(ROOM, positions[1])
    assert _unread(client) == 1
    client.mark_read(ROOM, positions[0])
    assert _unread(client) == 1
    client.send(ROOM, "an answer")
    client.mark_read(ROOM, client.timeline(ROOM).page()[-1].position)
    assert _unread(client) == 0
    talk.said("own words are not news", sender=OWN)
    assert _unread(client) == 0


def test_what_is_no_line_does_not_stay_unread(talk: Conversation, client: Client) -> None:
    line = talk.said("the last line").position
    talk.said({"v": 1}, event_type="org.peerroom.door.answer")
    talk.said("state that looks like a message", encrypted=False, state_key="")
    client.mark_read(ROOM, line - 1)
    assert _unread(client) == 3
    client.send(ROOM, "an answer")
    client.mark_read(ROOM, line)
    assert _unread(client) == 0


def test_reading_at_the_very_first_place_does_not_go_back_either(
    talk: Conversation, client: Client
) -> None:
    talk.said("a line")
    talk.vault.rooms.set_read_position(ROOM, 0)
    client.mark_read(ROOM, -5)
    room = talk.vault.rooms.get(ROOM)
    assert room is not None and room.read_position == 0


def _unread(client: Client) -> int:
    room = client.room(ROOM)
    assert room is not None
    return room.unread


def test_members_by_role_and_name(talk: Conversation, client: Client) -> None:
    talk.member("@mod:example.org", "Zebra")
    talk.member("@gone:example.org", "Gone", "leave")
    talk.vault.rooms.set_state(
        ROOM, "m.room.create", "", {"room_version": "12"}, sender="@bot:example.org"
    )
    talk.member("@bot:example.org", "Room keeper")
    talk.vault.rooms.set_state(ROOM, "m.room.power_levels", "", {"users": {"@mod:example.org": 50}})
    assert [(one.name, one.role, one.own) for one in client.members(ROOM)] == [
        ("Room keeper", "owner", False),
        ("Zebra", "moderator", False),
        ("Quiet Heron", "member", True),
        ("Small Otter", "member", False),
    ]


def test_deleting_says_whether_there_was_something(talk: Conversation, client: Client) -> None:
    key = client.send(ROOM, "never mind")
    assert client.delete(ROOM, key)
    assert not client.delete(ROOM, key)
    assert not client.delete(ROOM, talk.said("not mine", sender=OTHER).event_id)


async def test_older_history_needs_a_connection(client: Client) -> None:
    assert not await client.load_older(ROOM)


def test_the_client_loads_nothing_that_is_slow() -> None:
    code = (
        "import sys, peerroom.client.session, peerroom.client.timeline;"
        "slow = ('nio', 'aiohttp', 'textual', 'vodozemac', 'msgspec', 'cryptography');"
        "print([m for m in slow if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
