"""Whose identity changed: said once, accepted only as it was shown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, OWN, ROOM, Conversation
from support.linked_client import linked_client, turn

from peerroom.client.session import Client
from peerroom.client.views import Change, ChangedIdentity
from peerroom.store.rooms import StoredRoom

NEW = "Small Otter has a new encryption identity and gets no keys until you accept it."
FALSE = "For a while the server claimed that Small Otter had another encryption identity."


class Identity:
    """What a connection does when the user accepts: the vault, and whoever relies on it."""

    def __init__(self, talk: Conversation) -> None:
        self._identities = talk.vault.identities
        self.accepted: list[str] = []

    def accept(self, user_id: str) -> None:
        self.accepted.append(user_id)
        known = self._identities.get(user_id)
        assert known is not None and known.offered is not None
        self._identities.accept_change(user_id, known.offered)


class Wire:
    def __init__(self, talk: Conversation) -> None:
        self.identity = Identity(talk)


CONTRADICTED = "The server shows another encryption identity for Small Otter than the circle's"


@pytest.fixture
def talk() -> Conversation:
    talk = Conversation()
    talk.vault.identities.pin(OTHER, "first")
    return talk


@pytest.fixture
def wire(talk: Conversation) -> Wire:
    return Wire(talk)


@pytest.fixture
async def client(
    talk: Conversation, wire: Wire, frozen_clock: FrozenClock
) -> AsyncIterator[Client]:
    async with linked_client(talk, wire, frozen_clock) as client:
        await turn(client)
        yield client


@pytest.fixture
def notices(client: Client) -> list[tuple[str | None, str | None]]:
    heard: list[tuple[str | None, str | None]] = []

    def hear(change: Change) -> None:
        if change.kind == "notice":
            heard.append((change.room_id, change.text))

    client.subscribe(hear)
    return heard


async def test_a_new_identity_is_said_once(
    talk: Conversation, client: Client, notices: list[tuple[str | None, str]]
) -> None:
    await turn(client)
    assert notices == [] and client.changed_identities(ROOM) == []
    talk.vault.identities.pin(OTHER, "second")
    await turn(client)
    await turn(client)
    [(room_id, words)] = notices
    assert room_id == ROOM and words.startswith(NEW)
    assert "Ask them in another way" in words
    assert client.changed_identities(ROOM) == [ChangedIdentity(OTHER, "Small Otter", "second")]
    assert "second" not in repr(client.changed_identities(ROOM))

    talk.vault.identities.pin(OTHER, "third")
    await turn(client)
    assert len(notices) == 2 and notices[1] == notices[0]


async def test_it_is_said_in_the_circle_whoever_calls_that_a_room_of_two(
    talk: Conversation, client: Client, notices: list[tuple[str | None, str]]
) -> None:
    talk.vault.rooms.remove(ROOM)  # the room of two was there before it
    for room_id, people in (("!door:x", (OWN, OTHER)), (ROOM, (OWN, OTHER, "@lark:x"))):
        room = StoredRoom(room_id, talk.account.id, encrypted=True, is_direct=True)
        talk.vault.rooms.put(room)
        for user_id in people:
            member = {"membership": "join", "displayname": f"Small Otter {user_id}"}
            talk.vault.rooms.set_state(room_id, "m.room.member", user_id, member)
    talk.vault.identities.pin(OTHER, "second")
    await turn(client)
    assert [room_id for room_id, _words in notices] == [ROOM]


async def test_it_is_said_again_after_a_start(
    talk: Conversation, frozen_clock: FrozenClock, wire: Wire
) -> None:
    talk.vault.identities.pin(OTHER, "second")
    for _start in range(2):
        heard: list[Change] = []
        async with linked_client(talk, wire, frozen_clock) as client:
            client.subscribe(heard.append)
            await turn(client)
        assert sum(change.kind == "notice" for change in heard) == 1


async def test_what_is_said_once_waits_for_someone_to_hear_it(
    talk: Conversation, client: Client
) -> None:
    talk.vault.identities.pin(OTHER, "second")
    talk.vault.identities.pin(OTHER, "first")
    await turn(client)
    heard: list[Change] = []
    client.subscribe(heard.append)
    await turn(client)
    assert [change.kind for change in heard] == ["notice"]


async def test_what_was_shown_can_be_accepted_and_nothing_later(
    talk: Conversation, client: Client, wire: Wire
) -> None:
    talk.vault.identities.pin(OTHER, "second")
    [shown] = client.changed_identities(ROOM)
    talk.vault.identities.pin(OTHER, "third")
    assert not client.accept_identity(shown)
    assert wire.identity.accepted == []
    [later] = client.changed_identities(ROOM)
    assert client.accept_identity(later)
    assert wire.identity.accepted == [OTHER]
    assert client.changed_identities(ROOM) == []
    assert not client.accept_identity(later)


def test_accepting_needs_no_connection(talk: Conversation, offline: Client) -> None:
    talk.vault.identities.pin(OTHER, "second")
    [shown] = offline.changed_identities(ROOM)
    assert offline.accept_identity(shown)
    pinned = talk.vault.identities.get(OTHER)
    assert pinned is not None and (pinned.master, pinned.offered) == ("second", None)


@pytest.fixture
def offline(talk: Conversation, frozen_clock: FrozenClock) -> Client:
    from random import Random

    from peerroom.config import Config

    return Client(talk.vault, talk.account, config=Config(), clock=frozen_clock, random=Random(1))


async def test_an_identity_that_was_taken_back_is_said_once(
    talk: Conversation, client: Client, notices: list[tuple[str | None, str]]
) -> None:
    talk.vault.identities.pin(OTHER, "second")
    talk.vault.identities.pin(OTHER, "first")
    await turn(client)
    await turn(client)
    [(room_id, words)] = notices
    assert room_id == ROOM and words.startswith(FALSE)
    assert talk.vault.identities.retracted() == []


async def test_only_people_of_ones_own_rooms_are_spoken_of(
    talk: Conversation, client: Client, notices: list[tuple[str | None, str]]
) -> None:
    for user_id in (OWN, "@gone:example.org", "@elsewhere:example.org"):
        talk.vault.identities.pin(user_id, "first")
        talk.vault.identities.pin(user_id, "second")
    talk.member("@gone:example.org", "Gone", "leave")
    talk.vault.rooms.put(StoredRoom("!left:example.org", talk.account.id, membership="leave"))
    talk.vault.rooms.set_state(
        "!left:example.org", "m.room.member", "@elsewhere:example.org", {"membership": "join"}
    )
    await turn(client)
    assert notices == [] and client.changed_identities(ROOM) == []

    # They come back: now it matters.
    talk.member("@gone:example.org", "Gone")
    await turn(client)
    [(room_id, words)] = notices
    assert room_id == ROOM and words.startswith("Gone has a new encryption identity")


async def test_another_identity_than_the_signed_list_s_is_said_and_cannot_be_accepted(
    talk: Conversation, client: Client, wire: Wire, notices: list[tuple[str | None, str | None]]
) -> None:
    talk.vault.identities.pin_from_ledger(OTHER, "first")
    talk.vault.identities.pin(OTHER, "second")
    await turn(client)
    assert [text and text[: len(CONTRADICTED)] for _, text in notices] == [CONTRADICTED]
    assert client.changed_identities(ROOM) == []
    change = ChangedIdentity(OTHER, "Small Otter", "second")
    assert not client.accept_identity(change)
    assert wire.identity.accepted == []
    known = talk.vault.identities.get(OTHER)
    assert known is not None and known.master == "first"
