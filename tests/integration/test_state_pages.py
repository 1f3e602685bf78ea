"""The state of a room, as the server has it now: at once, or page by page where it is too long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from support.accounts import MakeAccount
from support.members import Member, People

from peerroom.matrix import state_pages, transport
from peerroom.matrix.errors import Forbidden, NotFound
from peerroom.wire import policy

RULE = "m.policy.rule.user"
RULES = 60


@pytest.fixture
async def alice(make_account: MakeAccount) -> AsyncIterator[Member]:
    async with AsyncExitStack() as stack:
        yield await People(make_account, stack)("alice")


async def a_list(alice: Member) -> str:
    rules = [
        {
            "type": RULE,
            "state_key": f"rule:{n}",
            "content": policy.content(f"@spam{n}:evil.org", ""),
        }
        for n in range(RULES)
    ]
    room_id = await alice.connection.rooms.create_room(initial_state=rules, encrypted=False)
    await alice.connection.rooms.set_state(room_id, RULE, {}, "rule:7")
    old = {"entity": "*.evil.org", "recommendation": "org.matrix.mjolnir.ban", "reason": ""}
    await alice.connection.rooms.set_state(room_id, "m.room.rule.server", old, "")
    return room_id


async def read(alice: Member, room_id: str) -> tuple[dict[tuple[str, str | None], object], int]:
    """Content by type and key, and in how many pages it came."""
    found: dict[tuple[str, str | None], object] = {}
    count = 0
    async for page in state_pages.pages(alice.session, room_id, policy.TYPES):
        count += 1
        for one in page:
            assert (one.type, one.state_key) not in found
            found[one.type, one.state_key] = one.content
    return found, count


@pytest.mark.parametrize("long", [False, True])
async def test_it_is_all_there_as_it_is_now(
    alice: Member, monkeypatch: pytest.MonkeyPatch, *, long: bool
) -> None:
    room_id = await a_list(alice)
    if long:
        monkeypatch.setattr(transport, "LARGEST_ANSWER", 12_000)
        monkeypatch.setattr(state_pages, "PAGE", 15)
    found, count = await read(alice, room_id)
    assert len(found) == RULES + 1
    assert found[RULE, "rule:7"] == {}
    assert found[RULE, "rule:8"] == policy.content("@spam8:evil.org", "")
    assert ("m.room.rule.server", "") in found
    assert count > 3 if long else count == 1


async def test_what_came_a_moment_ago_is_there_too(alice: Member) -> None:
    """Synapse keeps the answer to a first sync for two minutes."""
    room_id = await a_list(alice)
    await read(alice, room_id)
    await alice.connection.rooms.set_state(room_id, RULE, {"now": True}, "rule:9")
    found, _count = await read(alice, room_id)
    assert found[RULE, "rule:9"] == {"now": True}


async def test_a_turn_of_sync_does_not_bring_it(alice: Member) -> None:
    room_id = await a_list(alice)
    await alice.turn()
    there = alice.vault.rooms.state_ids(room_id, RULE)
    assert 0 < len(there) < RULES, "only what stands in the newest part of the timeline"


async def test_an_alias_leads_to_its_room(alice: Member) -> None:
    room_id = await a_list(alice)
    server = alice.user_id.partition(":")[2]
    alias = f"#{alice.user_id[1:].partition(':')[0]}:{server}"
    await alice.session.put("/directory/room", alias, json={"room_id": room_id})
    assert await alice.connection.rooms.find(alias) == (room_id, (server,))
    with pytest.raises((NotFound, Forbidden)):
        await alice.connection.rooms.find(f"#nobody:{server}")
