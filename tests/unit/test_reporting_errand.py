"""What works behind the member's desk, on a link that is up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.desks import BOT, CIRCLE, DOOR, OTHER, OWN, Place
from support.linked_client import linked_client, once, turn
from support.patience import PATIENCE

from peerroom.client.views import Change
from peerroom.matrix.errors import ServerUnreachable
from peerroom.store.rooms import StoredRoom
from peerroom.wire import member
from peerroom.wire.member import AskModerator, Explained, Received, Reply


class Rooms:
    """Makes rooms of two, as the server would; sync brings them when the test says so."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.joined: list[str] = []
        self.failures = 0
        self.called = asyncio.Event()

    async def create_room(self, **how: Any) -> str:
        self.called.set()
        if self.failures:
            self.failures -= 1
            raise ServerUnreachable
        self.made.append(how)
        return DOOR

    async def join(self, room_id: str, via: tuple[str, ...] = ()) -> str:
        self.joined.append(room_id)
        self.called.set()
        return room_id


class Connection:
    """Takes rows; nothing leaves the test."""

    def __init__(self) -> None:
        self.rooms = Rooms()
        self.sent: list[Any] = []
        self.keyshare = self

    async def deliver(self, row: Any) -> str:
        self.sent.append(row)
        return f"$sent{len(self.sent)}"

    def report(self, _room_id: str) -> Connection:
        return self

    def sentence(self) -> None:
        """Everyone got the keys."""


@pytest.fixture
def connection() -> Connection:
    return Connection()


async def test_a_room_of_two_is_made_and_what_waited_goes_out_once(connection: Connection) -> None:
    place = Place(door=False)
    async with linked_client(place, connection, place.clock) as client:
        first = client.desk.ask_moderators("first")
        second = client.desk.ask_for_help("second")
        await once(client, lambda: bool(connection.rooms.made))
        assert connection.rooms.made == [{"invite": [BOT], "is_direct": True}]
        assert connection.sent == [] and len(client.desk.asks()) == 2

        # The room comes by sync; the bot is only asked in.
        place.room(DOOR, {OWN: "Quiet Heron"}, maker=OWN, direct=True)
        place.member(DOOR, BOT, "Moderator bot", "invite")
        place.heard(DOOR, client=client)
        assert connection.sent == []

        place.member(DOOR, BOT, "Moderator bot")
        place.heard(DOOR, client=client)
        await once(client, lambda: len(connection.sent) == 2)
        assert [row.transaction_id for row in connection.sent] == [first, second]
        asks = [member.read_ask(row.content["content"]) for row in connection.sent]
        assert asks == [AskModerator(text="first"), AskModerator(text="second", help=True)]
        assert all(row.content["readers"] == [OWN, BOT] for row in connection.sent)
        assert place.vault.records.items("member.asks") == {}
        assert len(connection.rooms.made) == 1


async def test_a_server_that_does_not_answer_is_asked_again(connection: Connection) -> None:
    place = Place(door=False)
    connection.rooms.failures = 1
    async with linked_client(place, connection, place.clock) as client:
        client.desk.ask_moderators("hello")
        await connection.rooms.called.wait()
        assert connection.rooms.made == []
        connection.rooms.called.clear()
        await place.clock.someone_sleeps()
        place.clock.advance(15)
        async with asyncio.timeout(PATIENCE):
            await connection.rooms.called.wait()
        assert len(connection.rooms.made) == 1


async def test_a_third_one_in_the_room_stops_it_and_says_so(connection: Connection) -> None:
    place = Place(door=False)
    heard: list[Change] = []
    async with linked_client(place, connection, place.clock) as client:
        client.subscribe(heard.append)
        client.desk.ask_moderators("hello")
        await once(client, lambda: bool(connection.rooms.made))
        place.room(DOOR, {OWN: "Heron", BOT: "Bot", OTHER: "Otter"}, maker=OWN, direct=True)
        place.heard(DOOR, client=client)
        await once(client, lambda: client.desk.asks()[0].state == "failed")
        assert connection.sent == [] and len(connection.rooms.made) == 1
        problem = client.desk.asks()[0].problem
        assert problem is not None and "someone else in" in problem
        assert Change("notice", None, problem) in heard


async def test_a_bot_that_shows_another_identity_meanwhile_hears_nothing(
    connection: Connection,
) -> None:
    place = Place(door=False)
    async with linked_client(place, connection, place.clock) as client:
        client.desk.ask_moderators("hello")
        await once(client, lambda: bool(connection.rooms.made))
        place.vault.identities.pin(BOT, "B" * 43)
        place.open_door()
        place.heard(DOOR, client=client)
        await once(client, lambda: client.desk.asks()[0].state == "failed")
        assert connection.sent == []

        place.vault.identities.pin(BOT, "A" * 43)
        client.desk.retry(client.desk.asks()[0].key)
        await once(client, lambda: len(connection.sent) == 1)


@pytest.mark.parametrize("direct", [True, False])
async def test_what_did_not_go_out_before_names_changed_is_forgotten_and_said(
    connection: Connection, direct: bool
) -> None:
    place = Place(door=False)
    waiting = place.client.desk.ask_moderators("as who I was")
    place.open_door()
    place.client.desk.ask_moderators("this too")
    place.vault.rooms.set_direct(DOOR, direct)  # whatever the server says of the room since
    fresh = place.vault.accounts.add(
        homeserver="https://example.org", user_id="@new:example.org", device_id="B", access_token=""
    )
    place.account = fresh
    heard: list[Change] = []
    async with linked_client(place, connection, place.clock) as client:
        client.subscribe(heard.append)
        client.tell(Change("moved", CIRCLE))
        await once(client, lambda: place.vault.records.get("member.asks", waiting) is None)
        assert place.vault.outbox.of_room(DOOR) == []
        assert connection.sent == [] and client.desk.asks() == []
        told = [change.text for change in heard if change.kind == "notice"]
        assert len(told) == 1 and told[0] is not None and "Write it again" in told[0]


async def test_what_the_moderators_say_is_told_once(connection: Connection) -> None:
    place = Place()
    heard: list[Change] = []
    place.tell(Received(about="$1"))
    async with linked_client(place, connection, place.clock) as client:
        client.subscribe(heard.append)

        def told() -> list[str | None]:
            return [change.text for change in heard if change.kind == "notice"]

        place.heard(DOOR, client=client)
        await once(client, lambda: bool(told()))
        mine = place.said(CIRCLE, OWN, "a link").event_id
        place.tell(Explained(deed=1, what="held", reason="newcomer", text="", event_ids=(mine,)))
        place.tell(Reply(text="secret words"))
        place.tell(Reply(text="not the bot"), sender=OTHER)
        place.heard(DOOR, client=client)
        await once(client, lambda: len(told()) >= 3)
        assert Change("timeline", CIRCLE) in heard
        place.heard(DOOR, client=client)
        await turn(client)
    assert told() == [
        "The moderators have what you sent them.",
        "A message of yours waits until a moderator has looked at it. "
        "Why: a link, picture or contact from someone new.",
        "The moderators have written to you in private.",
    ]


async def test_nobody_is_told_while_nobody_listens(connection: Connection) -> None:
    place = Place()
    place.tell(Reply(text="hello"))
    async with linked_client(place, connection, place.clock) as client:
        place.heard(DOOR, client=client)
        await turn(client)
        assert place.vault.settings.get("member.told") is None


@pytest.mark.parametrize(
    ("sender", "direct", "encrypted", "goes"),
    [
        (BOT, True, True, True),
        (OTHER, True, True, False),
        (BOT, False, True, False),
        (BOT, True, False, False),
        (None, True, True, False),
    ],
)
async def test_where_the_bot_has_something_to_tell_one_goes(
    connection: Connection, sender: str | None, direct: bool, encrypted: bool, goes: bool
) -> None:
    place = Place(door=False)
    asked = StoredRoom(
        DOOR, place.account.id, encrypted=encrypted, is_direct=direct, membership="invite"
    )
    async with linked_client(place, connection, place.clock) as client:
        place.vault.rooms.put(asked)
        content = {"membership": "invite"}
        place.vault.rooms.set_state(DOOR, "m.room.member", OWN, content, sender=sender)
        place.heard(CIRCLE, client=client)
        client.desk.ask_moderators("so that something happens in any case")
        await once(client, lambda: connection.rooms.called.is_set())
        assert connection.rooms.joined == ([DOOR] if goes else [])


def test_a_room_that_is_only_stored_is_no_room_of_two() -> None:
    place = Place(door=False)
    place.vault.rooms.put(StoredRoom(DOOR, place.account.id, encrypted=True, is_direct=True))
    place.client.desk.ask_moderators("hello")
    assert place.vault.outbox.of_room(DOOR) == []


async def test_an_answer_that_came_before_names_changed_is_told_after_it(
    connection: Connection,
) -> None:
    place = Place()
    place.tell(Received(about="$1"))
    place.tell(Reply(text="We are with you."))
    place.account = place.vault.accounts.add(
        homeserver="https://example.org", user_id="@new:example.org", device_id="B", access_token=""
    )
    heard: list[Change] = []
    async with linked_client(place, connection, place.clock) as client:
        client.subscribe(heard.append)
        client.tell(Change("moved", CIRCLE))
        await once(client, lambda: len([c for c in heard if c.kind == "notice"]) == 2)
        received, answer = [change for change in heard if change.kind == "notice"]
        assert (received.about, answer.about) == ("received", "answer")
        assert answer.text == "The moderators have written to you in private."
        [view] = client.desk.answers()
        assert (view.text, view.former) == ("We are with you.", True)

        client.tell(Change("moved", CIRCLE))
        place.tell(Reply(text="Later."), room_id=_new_door(place))
        place.heard("!door2:example.org", client=client)
        await once(client, lambda: len([c for c in heard if c.kind == "notice"]) > 2)
        assert [c.about for c in heard if c.kind == "notice"] == ["received", "answer", "answer"]


def _new_door(place: Place) -> str:
    """A room of two with the bot under the new name."""
    room_id, people = "!door2:example.org", {"@new:example.org": "Slow Hare", BOT: "Moderator bot"}
    place.room(room_id, people, direct=True, account=place.account)
    return room_id
