"""Two circles that change names on one server: what one of them clears away is its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest
from support.steering import Scene, steered

from peerroom.bot.epochs import points
from peerroom.host.homeserver import Homeserver
from peerroom.pseudonym import localparts


@pytest.fixture
async def circles(circle_homeserver: Homeserver) -> AsyncIterator[tuple[Scene, Scene]]:
    async with steered(circle_homeserver) as first, steered(circle_homeserver) as second:

        def hear(moment: points.Moment, key: str) -> None:
            first.hears(moment, key)
            second.hears(moment, key)

        with points.watched(hear):
            yield first, second


async def test_a_round_that_comes_to_nothing_ends_no_account_of_another_circle(
    circles: tuple[Scene, Scene],
) -> None:
    first, second = circles
    old, others = await first.people(3), await second.people(3)
    first.cut_off()
    second.cut_off()
    [came] = await first.all_redeemed(old[:1])
    new = await second.all_redeemed(others)
    entry = await others[0].entry()
    ours = localparts.draw(entry.registration_token, secrets.token_bytes)
    silent = await second.registers(ours, entry.registration_token)

    first.end_window()
    await first.until("Ticked", first.told["Ticked"] + 1)
    assert first.office.round == 1
    await first.circle.bot.idle()
    assert first.is_closed(came)
    assert not any(first.is_closed(account) for account in (*old, *others, *new, silent))

    await second.switch()
    for walker in new:
        await walker.arrive()
    await second.circle.bot.idle()
    assert second.is_closed(silent)
    assert not any(second.is_closed(walker) for walker in (*old, *others, *new))
    await new[0].say("all of us")
    for walker in new[1:]:
        await walker.until(lambda w=walker: "all of us" in w.bodies() or None)


@pytest.mark.soak
async def test_both_can_change_names_in_the_same_minute(circles: tuple[Scene, Scene]) -> None:
    old = [await scene.people(3) for scene in circles]
    for scene in circles:
        scene.cut_off()
    new = [await scene.all_redeemed(people) for scene, people in zip(circles, old, strict=True)]
    for scene in circles:
        scene.end_window()
        while scene.office.stage != "frozen":
            await scene.until("Ticked", scene.told["Ticked"] + 1)
    for scene in circles:
        scene.clock.go_to(scene.office.thaws)
    await circles[0].until("AllJoined", 2)
    rooms = []
    for scene, people in zip(circles, new, strict=True):
        for walker in people:
            await walker.arrive()
        await scene.circle.bot.idle()
        members = scene.circle.vault.rooms.members(scene.circle.room_id)
        assert members.keys() == {scene.circle.bot_id, *(walker.user_id for walker in people)}
        rooms.append(scene.circle.room_id)
    assert len({*rooms}) == 2
    everyone = [walker for people in (*old, *new) for walker in people]
    assert not any(circles[0].is_closed(walker) for walker in everyone)
