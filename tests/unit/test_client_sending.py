"""The worker that sends, and what is said when it, or another one, cannot go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from random import Random

import pytest
from support.clock import FrozenClock
from support.conversation import OTHER, OWN, ROOM, Conversation
from support.linked_client import linked_client, once, turn

from peerroom.client.session import Client
from peerroom.client.views import Change, MessageView
from peerroom.config import Config
from peerroom.matrix.errors import Forbidden
from peerroom.matrix.keyshare import ShareReport
from peerroom.store.outbox import OutboxRow

MISTAKES = (TypeError("of 555"), KeyError("555"), RuntimeError("555"), TimeoutError(), OSError(5))


class Everyone:
    """Key sharing where every device got the key."""

    def report(self, _room_id: str) -> ShareReport:
        return ShareReport()


class Wire:
    """A connection that takes every row, but for those whose text has an error waiting."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.taken: list[str] = []
        self.keyshare = Everyone()

    async def deliver(self, row: OutboxRow) -> str:
        text = row.content["content"]["body"]
        if (error := self.errors.get(text)) is not None:
            raise error
        self.taken.append(text)
        return f"$sent{len(self.taken)}"


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def client(
    talk: Conversation, wire: Wire, frozen_clock: FrozenClock
) -> AsyncIterator[Client]:
    async with linked_client(talk, wire, frozen_clock) as client:
        yield client


def messages(client: Client) -> list[tuple[str, str]]:
    return [(view.body, view.state) for view in client.timeline(ROOM).page()]


def only(client: Client, key: str) -> MessageView:
    view = client.timeline(ROOM).find(key)
    assert view is not None
    return view


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda error: type(error).__name__)
async def test_a_row_that_brings_out_a_mistake_fails_alone(
    client: Client, wire: Wire, mistake: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "peerroom")
    wire.errors["two"] = mistake
    keys = [client.send(ROOM, text) for text in ("one", "two", "three")]
    await once(client, lambda: only(client, keys[2]).state == "sent")

    assert messages(client) == [("one", "sent"), ("two", "failed"), ("three", "sent")]
    assert only(client, keys[1]).problem == (
        "This could not be sent because of a mistake in PeerRoom. Send it again, or take it back."
    )
    assert client.connection.kind == "online"
    assert type(mistake).__name__ in caplog.text and "555" not in caplog.text

    wire.errors.clear()
    client.retry(keys[1])
    await once(client, lambda: only(client, keys[1]).state == "sent")
    assert wire.taken == ["one", "three", "two"]


def mute(talk: Conversation, user_id: str, level: int = -1) -> None:
    talk.vault.rooms.set_state(ROOM, "m.room.power_levels", "", {"users": {user_id: level}})


MUTED = "You cannot write here for now. You can read; what you wrote is kept."


async def test_who_is_muted_is_told_so_and_may_send_it_again_later(
    talk: Conversation, client: Client, wire: Wire
) -> None:
    mute(talk, OWN)
    wire.errors["one"] = Forbidden(status=403, errcode="M_FORBIDDEN")
    key = client.send(ROOM, "one")
    await once(client, lambda: only(client, key).state == "failed")
    assert only(client, key).problem == MUTED
    room = client.room(ROOM)
    assert room is not None and not room.may_write

    mute(talk, OWN, 0)
    wire.errors.clear()
    client.retry(key)
    await once(client, lambda: only(client, key).state == "sent")
    room = client.room(ROOM)
    assert room is not None and room.may_write


async def test_who_is_not_muted_hears_what_the_server_said(
    talk: Conversation, client: Client, wire: Wire
) -> None:
    mute(talk, OTHER)
    wire.errors["one"] = Forbidden(status=403, errcode="M_FORBIDDEN")
    key = client.send(ROOM, "one")
    await once(client, lambda: only(client, key).state == "failed")
    assert only(client, key).problem == Forbidden().sentence()


STOPPED = "A part of PeerRoom has stopped because of a mistake in it."


async def breaks() -> None:
    raise TypeError("of 555")


async def test_a_worker_that_has_stopped_is_said_from_then_on(
    client: Client, wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def sent(_row: OutboxRow, _event_id: str) -> None:
        raise TypeError("of 555")

    caplog.set_level(logging.DEBUG, "peerroom")
    monkeypatch.setattr(client._acting.outgoing, "sent", sent)
    heard: list[Change] = []
    client.subscribe(heard.append)
    client.send(ROOM, "one")
    await once(client, lambda: client.connection.kind == "refused")
    assert client.connection.sentence.startswith(STOPPED)
    assert Change("connection") in heard

    # The server is well, and says so at every turn: that must not talk over it.
    await turn(client)
    assert client.connection.sentence.startswith(STOPPED)
    assert "TypeError" in caplog.text and "555" not in caplog.text
    with pytest.raises(TypeError):
        await client.stop()


@pytest.mark.parametrize("part", ["link", "_sender", "_invitations"])
async def test_no_part_stops_silently(
    talk: Conversation, frozen_clock: FrozenClock, part: str
) -> None:
    client = Client(talk.vault, talk.account, config=Config(), clock=frozen_clock, random=Random(1))
    for name in ("link", "_sender", "_invitations"):
        getattr(client._acting, name).run = breaks if name == part else asyncio.Event().wait
    await client.start()
    await once(client, lambda: client.connection.kind == "refused")
    assert client.connection.sentence == (f"{STOPPED} Close PeerRoom and open it again.")
    await turn(client)
    assert client.connection.kind == "refused"
    with pytest.raises(TypeError):
        await client.stop()


@pytest.mark.parametrize("answered", [True, False])
async def test_it_is_kept_whether_the_server_refused_the_message_itself(
    talk: Conversation, client: Client, wire: Wire, answered: bool
) -> None:
    """After a try whose answer was lost, nothing else makes it certain that it is not there."""
    error = Forbidden(status=403, errcode="M_FORBIDDEN")
    error.event_refused = answered
    wire.errors["one"] = error
    key = client.send(ROOM, "one")
    await once(client, lambda: only(client, key).state == "failed")
    client.retry(key)
    await once(client, lambda: only(client, key).state == "failed")
    (row,) = talk.vault.outbox.of_room(ROOM)
    assert (row.attempts, row.refused) == (2, answered)
    assert (client.undo(row.transaction_id) == "one") is answered
