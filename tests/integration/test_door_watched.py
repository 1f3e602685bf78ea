"""A server that lets somebody else in at the door: the invite's secret stays unsaid, or unread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.circle import CLOCK, RANDOM, Circle
from support.members import Member, people_of
from support.tampering import lying_server

from peerroom.client.door import Door, SomeoneElse
from peerroom.client.joining import join, pending
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.outcome import Undecryptable
from peerroom.store.events import StoredEvent
from peerroom.store.vault import Vault
from peerroom.wire import door


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def ghost(make_account: MakeAccount) -> AsyncIterator[Member]:
    """Someone with proper keys and a proper identity, whom nobody asked in."""
    async with people_of(make_account) as people:
        yield await people("ghost")


def with_ghost(ghost: Member, membership: str) -> Any:
    """Every room that a sync brings has the ghost in it."""

    def lie(path: str, body: Any) -> Any:
        if path.endswith("/sync"):
            for room_id, part in body.get("rooms", {}).get("join", {}).items():
                event = {
                    "type": "m.room.member",
                    "state_key": ghost.user_id,
                    "sender": ghost.user_id,
                    "event_id": f"$ghost{room_id[1:9]}",
                    "origin_server_ts": 1,
                    "content": {"membership": membership},
                }
                part.setdefault("state", {}).setdefault("events", []).append(event)
        return body

    return lie


def knocks(vault: Vault) -> list[StoredEvent]:
    return [
        event
        for room in vault.rooms.all()
        for event in vault.events.page(room.room_id)
        if (event.clear or {}).get("type") == door.KNOCK
    ]


@pytest.mark.parametrize("membership", ["join", "invite"])
async def test_nothing_is_said_while_somebody_else_stands_at_the_door(
    circle: Circle, ghost: Member, membership: str
) -> None:
    invite = await circle.invite()
    vault = Vault.ephemeral()
    async with lying_server(circle.server.base_url, with_ghost(ghost, membership)) as liar:
        watched = replace(invite, homeserver=liar.url)
        with pytest.raises(SomeoneElse) as refused:
            async for _step in join(watched, vault, clock=CLOCK, random=RANDOM):
                pass
        assert refused.value.sentence() == (
            "The server let someone else in at the door, so PeerRoom stopped there. "
            "Do not go on. Ask the person who invited you for a new link, in another way."
        )
        assert not [seen for seen in liar.seen if "/send/" in seen.path]
    assert vault.outbox.queued(vault.accounts.all()[0].id) == []
    assert vault.accounts.current() is None and pending(vault) == watched


async def test_whoever_slips_in_a_moment_later_cannot_read_it(
    circle: Circle, ghost: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at who is there, and the sending, are two moments."""
    monkeypatch.setattr(Door, "is_of_two", lambda _door: True)
    invite = await circle.invite()
    with Vault.ephemeral() as vault:
        async with lying_server(circle.server.base_url, with_ghost(ghost, "join")) as liar:
            watched = replace(invite, homeserver=liar.url)
            async for _step in join(watched, vault, clock=CLOCK, random=RANDOM):
                pass
        account = vault.accounts.current()
        assert account is not None
        [knock] = knocks(vault)
        await ghost.turn()
        await ghost.machine.learn(ghost.session, [account.user_id])
        assert isinstance(ghost.machine.decrypt(knock.room_id, knock.raw), Undecryptable)
