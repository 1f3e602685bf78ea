"""Once a room is closed for writing, the server itself says of each message whether it is there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.accounts import MakeAccount
from support.faults import FaultyServer
from support.members import Hurried, Member, People, meet, people_of

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import Forbidden, MatrixError, ServerUnreachable
from peerroom.store.crossing import Crossed, cross
from peerroom.store.outbox import OutboxRow


@pytest.fixture
async def people(make_account: MakeAccount) -> AsyncIterator[People]:
    async with people_of(make_account) as found:
        yield found


async def attempt(member: Member, row: OutboxRow) -> MatrixError | None:
    """One try, noted in the outbox as the client does."""
    outbox = member.vault.outbox
    outbox.mark_sending(row.id, SystemClock().now())
    try:
        outbox.mark_sent(row.id, await member.connection.deliver(row))
    except ServerUnreachable as error:
        outbox.requeue(row.id)
        return error
    except MatrixError as error:
        outbox.mark_failed(row.id, error.sentence(), refused=error.event_refused)
        return error
    return None


@pytest.mark.parametrize("tried_again", [False, True])
async def test_what_arrived_unheard_is_not_drafted_and_what_did_not_is(
    people: People, homeserver: Homeserver, tried_again: bool
) -> None:
    async with FaultyServer(upstream=homeserver.base_url) as between:
        host = await people("host")
        alice = await people("alice", server=between.url, clock=Hurried())
        room_id, following = await meet(host, alice), await meet(host, alice)
        arrived, lost, never = (alice.row(room_id, text) for text in ("heard", "lost", "never"))
        for row, fault in ((arrived, "reset after"), (lost, "reset")):
            between.fail(fault, path="/send/")
            assert isinstance(await attempt(alice, row), ServerUnreachable)
            between.heal()
        levels = await host.connection.rooms.get_state(room_id, "m.room.power_levels")
        closed = {**levels, "events_default": 100}
        await host.connection.rooms.set_state(room_id, "m.room.power_levels", closed)
        if tried_again:
            assert await attempt(alice, arrived) is None
            refusal = await attempt(alice, lost)
            assert isinstance(refusal, Forbidden)
            assert refusal.event_refused
        crossed = cross(alice.vault, alice.account.id, {room_id: following})
        draft = alice.vault.drafts.get(following)
        assert draft is not None
        if tried_again:
            assert (crossed, draft.text) == (Crossed(2, 0), "lost\n\nnever")
        else:
            # Nobody asked the server: both may be there, so neither is written for them again.
            assert (crossed, draft.text) == (Crossed(1, 2), "never")
        await host.turn()
        assert host.heard(room_id) == ["heard"]
        await alice.turn()
    assert never.attempts == 0
