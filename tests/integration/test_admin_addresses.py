"""Thirty new accounts for a change of names, on a server with Synapse's default limits."""

from __future__ import annotations

import asyncio
import random
import secrets
from contextlib import AsyncExitStack

import pytest
from support.impatient import ImpatientClock
from support.servers import own_address

from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token
from peerroom.matrix.errors import RateLimited
from peerroom.matrix.session import register
from peerroom.matrix.transport import Transport

MEMBERS = 30


@pytest.fixture
def token(circle_homeserver: Homeserver) -> str:
    return registration_token(circle_homeserver.api(), uses=None)


async def newcomer(url: str, token: str, clock: ImpatientClock) -> None:
    transport = Transport(url, clock=clock, random=random.Random(1))
    try:
        await register(transport, f"p{secrets.token_hex(8)}", "a long password", token)
    finally:
        await transport.close()


async def test_thirty_at_once_from_addresses_of_their_own(
    circle_homeserver: Homeserver, token: str
) -> None:
    clock = ImpatientClock()
    async with AsyncExitStack() as stack:
        roads = [
            await stack.enter_async_context(own_address(circle_homeserver, number))
            for number in range(1, MEMBERS + 1)
        ]
        await asyncio.gather(*(newcomer(road.url, token, clock) for road in roads))
    assert clock.slept == []


async def test_behind_one_address_the_fourth_has_to_wait(
    circle_homeserver: Homeserver, token: str
) -> None:
    """One in six seconds, as behind an onion service: thirty at once take nearly three minutes."""
    clock = ImpatientClock()
    async with own_address(circle_homeserver, 1000) as road:
        for _ in range(3):
            await newcomer(road.url, token, clock)
        assert clock.slept == []
        with pytest.raises(RateLimited) as told:  # its clock waits no real second
            await newcomer(road.url, token, clock)
    assert told.value.retry_after is not None
    assert 1 < told.value.retry_after <= 6


@pytest.mark.soak
async def test_thirty_behind_one_address_get_through(
    circle_homeserver: Homeserver, token: str
) -> None:
    async with own_address(circle_homeserver, 1001) as road:

        async def patient() -> None:
            while True:
                try:
                    return await newcomer(road.url, token, ImpatientClock(pace=1.0))
                except RateLimited as told:
                    await asyncio.sleep(told.retry_after or 1)  # as the agent does, between visits

        async with asyncio.timeout(240):
            await asyncio.gather(*(patient() for _ in range(MEMBERS)))
