"""Which invitations are followed: those to rooms that the bot itself named, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, ROOM, Conversation
from support.linked_client import linked_client, turn

from peerroom.client.invitations import remember_bot
from peerroom.client.session import Client
from peerroom.matrix.room_updates import Invitation, RoomDelta
from peerroom.matrix.sync import SyncBatch
from peerroom.store.rooms import StoredRoom
from peerroom.wire.door import ANSWER, Answer

BOT = "@bot:example.org"
ELSEWHERE = "!elsewhere:example.org"
DESK = "!desk:example.org"


class Rooms:
    """The rooms of a server that lets everyone in everywhere."""

    def __init__(self) -> None:
        self.joined: asyncio.Queue[tuple[str, tuple[str, ...]]] = asyncio.Queue()

    async def join(self, room_id: str, via: tuple[str, ...] = ()) -> None:
        self.joined.put_nowait((room_id, via))


class Wire:
    def __init__(self) -> None:
        self.rooms = Rooms()


@pytest.fixture
def talk() -> Conversation:
    """The room of two with the bot."""
    talk = Conversation()
    talk.vault.rooms.set_direct(ROOM, True)
    remember_bot(talk.vault, BOT)
    return talk


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def client(
    talk: Conversation, wire: Wire, frozen_clock: FrozenClock
) -> AsyncIterator[Client]:
    async with linked_client(talk, wire, frozen_clock) as client:
        yield client


def invited(talk: Conversation, room_id: str, *, encrypted: bool = True) -> SyncBatch:
    """The server says that the bot asks us in there."""
    asked = StoredRoom(room_id, talk.account.id, membership="invite", encrypted=encrypted)
    talk.vault.rooms.put(asked)
    own = talk.account.user_id
    talk.vault.rooms.set_state(room_id, "m.room.member", own, {"membership": "invite"}, sender=BOT)
    return SyncBatch(invites=(Invitation(room_id, BOT, False, encrypted),))


def answered(talk: Conversation, room_id: str, **how: Any) -> SyncBatch:
    """Somebody, by default the bot, names a room."""
    content = Answer("admitted", room_id, ("example.org",)).content()
    event = talk.said(content, **{"sender": BOT, "event_type": ANSWER, **how})
    return SyncBatch(rooms=(RoomDelta(event.room_id, (event.event_id,)),))


async def test_an_invitation_is_followed_when_the_bot_has_named_the_room(
    talk: Conversation, client: Client, wire: Wire
) -> None:
    answered(talk, DESK)
    await turn(client, invited(talk, DESK))
    assert await asyncio.wait_for(wire.rooms.joined.get(), 5) == (DESK, ("example.org",))


async def test_the_name_may_come_after_the_invitation(
    talk: Conversation, client: Client, wire: Wire
) -> None:
    await turn(client, invited(talk, DESK))
    await turn(client, answered(talk, DESK))
    assert await asyncio.wait_for(wire.rooms.joined.get(), 5) == (DESK, ("example.org",))


@pytest.mark.parametrize(
    "how",
    [
        None,
        {"sender": OTHER},
        {"trust": "unsigned"},
        {"trust": "identity_changed"},
        {"encrypted": False},
        {"encrypted": False, "state_key": ""},
        {"event_type": "m.room.message"},
        {"status": "unattributable"},
    ],
)
async def test_no_other_invitation_is_followed_whoever_the_server_says_it_is_from(
    talk: Conversation, client: Client, wire: Wire, how: dict[str, Any] | None
) -> None:
    if how is not None:
        answered(talk, ELSEWHERE, **how)
    await turn(client, invited(talk, ELSEWHERE))
    # One that is followed comes behind it: by then the other one was looked at.
    answered(talk, DESK)
    await turn(client, invited(talk, DESK))
    assert (await asyncio.wait_for(wire.rooms.joined.get(), 5))[0] == DESK
    assert wire.rooms.joined.empty()


async def test_a_named_room_that_is_not_encrypted_is_left_alone(
    talk: Conversation, client: Client, wire: Wire
) -> None:
    answered(talk, ELSEWHERE)
    await turn(client, invited(talk, ELSEWHERE, encrypted=False))
    answered(talk, DESK)
    await turn(client, invited(talk, DESK))
    assert (await asyncio.wait_for(wire.rooms.joined.get(), 5))[0] == DESK
    assert wire.rooms.joined.empty()
