"""Those who are away when names change, a round that is run again, and what was not sent.

A real server, the real bot and signer, and the agents of real clients; see `support.agents`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from support.agents import Person, Scene, wallet_at

from peerroom.client import epoch_rooms
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym.wallet import Stage


@pytest.fixture
async def scene(homeserver: Homeserver) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield await Scene.open(homeserver, stack)


def bodies(person: Person, *rooms: str) -> list[str]:
    """Everything that was said in these rooms, as this person's vault has it."""
    pages = [person.client.timeline(room).page(limit=500) for room in rooms]
    return [view.body for page in pages for view in page if view.kind == "text"]


async def test_who_is_away_comes_back_and_nothing_is_said_twice(scene: Scene) -> None:
    heron, otter, lynx, absent, carried = [await scene.person() for _ in range(5)]
    old = scene.circle.room_id
    first = {person.account for person in scene.people}

    # One is off when requests are made.
    await scene.all_at(Stage.IDLE)
    await scene.away(carried)
    asking = (heron, otter, lynx, absent)
    await scene.ask(*asking)

    # The first round comes to nothing: only one of four shows up.
    await scene.cut_off(*asking)
    await scene.visit(heron)
    spoilt = heron.wallet.new_account
    assert spoilt is not None
    scene.go(scene.times.ends(0))
    await scene.until(lambda: all(person.wallet.round == 1 for person in asking) or None)
    assert {person.wallet.stage for person in asking} <= {Stage.REQUESTED, Stage.SIGNED}
    await scene.until(lambda: not heron.wallet.forget or None)
    assert spoilt.user_id not in {a.user_id for a in heron.vault.accounts.all(retired=True)}

    # It is run again, and one has a token and is off before using it.
    await scene.cut_off(*asking, round_=1)
    await scene.away(absent)
    there = (heron, otter, lynx)
    await scene.visit(*there, round_=1)
    again = heron.wallet.new_account
    assert again is not None and again.user_id != spoilt.user_id
    assert again.master_key != spoilt.master_key

    # Two messages at the switch: one whose answer is lost, and one that was never tried.
    otter.road.fail("reset after", path="/send/m.room.encrypted", times=1)
    otter.road.fail("silent", path="/send/m.room.encrypted")
    otter.say("just in time")
    await scene.until(lambda: "just in time" in bodies(heron, old) or None)
    await otter.road.struck()
    otter.say("too late")
    await scene.switch(1)
    for person in there:
        await scene.until(lambda person=person: person.is_in_new_room(old) or None)
    otter.road.heal()
    new = heron.room_id
    assert {person.room_id for person in there} == {new} and new != old
    assert not {person.account for person in there} & first
    assert otter.client.draft(new) == "too late"
    otter.say("here we are")
    for person in there:
        await person.sees("here we are")
    for person in there:
        said = bodies(person, old, new)
        assert said.count("just in time") == 1
        assert "too late" not in said

    # Both who were away come back under their old names, the one by a token, the other without.
    await scene.wake(absent)
    await scene.wake(carried)
    for person in (absent, carried):
        await scene.until(lambda person=person: person.is_in_new_room(old) or None)
        assert person.room_id == new
        assert person.account in first
    assert wallet_at(carried, Stage.IDLE) or wallet_at(carried, Stage.UNSIGNED)
    assert carried.client.pseudonym(new).kind == "away"
    ledger = epoch_rooms.of(heron.vault, new)
    assert ledger is not None and ledger.crowd == 3
    assert ledger.away == {carried.account}
    absent.say("good morning")
    for person in (heron, otter, lynx, carried):
        seen = await person.sees("good morning")
        assert seen.trust is None
