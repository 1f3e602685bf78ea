"""What an account that no circle has let in can do to others: nothing. And how it is let in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.circle import Circle

from peerroom.host.homeserver import Homeserver


@pytest.fixture
async def circle(circle_homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(circle_homeserver)
    yield circle
    await circle.stop()


async def test_an_invite_still_leads_into_the_room(circle: Circle) -> None:
    guest = await circle.guest()
    other = await circle.guest()
    guest.say("hello")
    await other.sees("hello")
