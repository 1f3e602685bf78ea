"""Two names of one vault: what the server is asked under the new one is never about the old one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from support.accounts import MakeAccount
from support.faults import FaultyServer
from support.members import Member, People, connect, log_in, meet, people_of

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.delivery import OtherName

MESSAGES = 70  # more than one turn of sync holds


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


@dataclass
class Names:
    """A member under the old name, and under the new one, over the server ``between``."""

    host: Member
    old: Member
    new: Member
    room_id: str
    """The old name's room, with a gap in it and more before it."""
    said: str
    """What the old name said there."""
    between: FaultyServer

    def asked(self) -> list[str]:
        """What the server has been asked since."""
        return self.between.paths()

    def tokens(self) -> set[str]:
        """What only the old name was given."""
        room = self.old.vault.rooms.get(self.room_id)
        assert room is not None and room.prev_batch is not None
        (gap,) = self.old.vault.gaps.of_room(self.room_id)
        return {room.prev_batch, gap.token}


@pytest.fixture
async def names(
    people: People, make_account: MakeAccount, homeserver: Homeserver
) -> AsyncIterator[Names]:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        host = await people("host")
        old = await people("old", server=between.url)
        room_id = await meet(host, old)
        said = await old.say(room_id, "mine")
        await old.turn()
        for number in range(MESSAGES):
            await host.say(room_id, f"{number}")
        await old.turn()
        room = old.vault.rooms.get(room_id)
        assert room is not None
        device = await log_in(make_account("new"))
        account = old.vault.accounts.add(
            homeserver=between.url,
            user_id=device.user_id,
            device_id=device.device_id,
            access_token=device.access_token,
        )
        new = await connect(old.vault, account)
        await new.connection.start()
        await new.turn()
        between.seen.clear()
        yield Names(host, old, new, room_id, said, between)
        await new.connection.close()


async def test_history_of_the_old_name_s_room_is_not_fetched_under_the_new_one(
    names: Names,
) -> None:
    assert await names.new.connection.load_older(names.room_id) is False
    assert await names.new.connection.fill_gaps(names.room_id) is False
    assert await names.new.connection.fill_gaps() is False
    assert names.asked() == []
    # The control: the old name can.
    assert await names.old.connection.fill_gaps(names.room_id) is True
    assert names.asked() != []


async def test_nothing_is_sent_there_either(names: Names) -> None:
    add, now = names.new.vault.outbox.add, SystemClock().now()
    text = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "hello"}}
    wishes: list[tuple[Member, Any, dict[str, Any]]] = [
        (names.new, "message", text),
        (names.new, "redaction", {"redacts": names.said}),
        (names.old, "message", text),
        (names.old, "redaction", {"redacts": names.said}),
    ]
    for member, kind, content in wishes:
        row = add(member.account.id, names.room_id, kind, content, now=now)
        with pytest.raises(OtherName):
            await names.new.connection.deliver(row)
    assert names.asked() == []


async def test_whoever_invites_the_new_name_into_the_old_room_changes_nothing(
    names: Names,
) -> None:
    before = names.new.vault.rooms.get(names.room_id)
    await names.host.connection.rooms.invite(names.room_id, names.new.user_id)
    batch = await names.new.connection.sync_once(0)
    assert (batch.invites, batch.rooms) == ((), ())
    await names.new.connection.rooms.join(names.room_id)
    batch = await names.new.connection.sync_once(0)
    assert (batch.invites, batch.rooms) == ((), ())
    assert names.new.vault.rooms.get(names.room_id) == before
    assert not [path for path in names.asked() if "/messages" in path]


async def test_a_room_that_the_old_name_has_left_comes_without_what_only_that_one_was_told(
    names: Names,
) -> None:
    known = names.tokens()
    names.old.vault.rooms.set_membership(names.room_id, "leave")
    await names.host.connection.rooms.invite(names.room_id, names.new.user_id)
    await names.new.turn()
    await names.new.connection.rooms.join(names.room_id)
    await names.new.turn()
    while await names.new.connection.fill_gaps(names.room_id):
        pass
    while await names.new.connection.load_older(names.room_id):
        pass
    asked = " ".join(names.asked())
    assert "/messages" in asked
    assert not [token for token in known if token in asked]


async def test_a_room_of_a_retired_name_stays_what_it_was(names: Names) -> None:
    await names.old.connection.close()
    names.old.vault.accounts.retire(names.old.account.id, SystemClock().now())
    assert names.new.vault.gaps.of_room(names.room_id)[0].token == ""
    before = names.new.vault.rooms.get(names.room_id)
    assert before is not None and before.prev_batch is None
    await names.host.connection.rooms.invite(names.room_id, names.new.user_id)
    await names.new.turn()
    await names.new.connection.rooms.join(names.room_id)
    await names.new.turn()
    assert names.new.vault.rooms.get(names.room_id) == replace(before)
