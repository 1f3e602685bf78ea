"""From an invite link to the room, with the real bot on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.circle import CLOCK, RANDOM, Circle

from peerroom.client.joining import join, pending
from peerroom.host.homeserver import Homeserver
from peerroom.store.vault import Vault
from peerroom.wire.invite import Invite


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


async def walk(invite: Invite, vault: Vault) -> list[str]:
    return [step.name async for step in join(invite, vault, clock=CLOCK, random=RANDOM)]


async def test_a_link_leads_into_the_room_under_a_generated_name(circle: Circle) -> None:
    vault = Vault.ephemeral()
    invite = await circle.invite()
    steps = await walk(invite, vault)
    assert steps == ["server", "account", "keys", "bot", "door", "answer", "room"]

    account = vault.accounts.current()
    assert account is not None and account.display_name is not None
    room = vault.rooms.get(circle.room_id)
    assert room is not None and room.membership == "join" and room.encrypted
    member = vault.rooms.members(circle.room_id)[account.user_id]
    assert member["displayname"] == account.display_name
    assert " / " in account.display_name
    assert account.user_id.startswith("@p") and len(account.user_id.partition(":")[0]) == 18
    assert pending(vault) is None
