"""The old account's line, while the new one has its own: it ends with the first failure."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from support.circle import Circle, Guest, until
from support.faults import Fault, FaultyServer
from support.patience import PATIENCE

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.matrix.errors import ServerUnreachable
from peerroom.matrix.transport import Transport
from peerroom.store.accounts import Account


@pytest.fixture
async def circle(homeserver: Homeserver) -> AsyncIterator[Circle]:
    circle = await Circle.start(homeserver)
    yield circle
    await circle.stop()


@pytest.fixture
async def weather(homeserver: Homeserver) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(upstream=homeserver.base_url) as server:
        yield server


async def new_account(circle: Circle, guest: Guest) -> Account:
    made = await asyncio.to_thread(circle.server.register, f"p{uuid.uuid4().hex[:16]}", login=True)
    assert made.access_token is not None and made.device_id is not None
    return guest.vault.accounts.add(
        homeserver=circle.server.base_url,
        user_id=made.user_id,
        device_id=made.device_id,
        access_token=made.access_token,
        password=made.password,
        current=False,
    )


async def ends(guest: Guest) -> None:
    """Wait until no line of an earlier account is left."""
    lines = guest.client._workers._lingering
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*lines)


@pytest.mark.parametrize("fault", ["reset", pytest.param("500", marks=pytest.mark.soak)])
async def test_the_old_line_ends_with_its_first_failure(
    circle: Circle, weather: FaultyServer, fault: Fault
) -> None:
    """When the network is weak both lines fail; to come back together would tell whose they are."""
    heron = await circle.guest(homeserver=weather.url)
    await heron.client.move(await new_account(circle, heron), linger=True)
    await heron.online()
    turns = len(weather.paths("/sync"))
    async with asyncio.timeout(PATIENCE):  # it goes on listening as long as all is well
        while len(weather.paths("/sync")) < turns + 1:
            weather._came.clear()
            await weather._came.wait()
    weather.fail(fault, times=1)
    async with asyncio.timeout(PATIENCE):
        await weather.struck()
    asked = len(weather.seen)
    await ends(heron)
    assert len(weather.seen) == asked
    assert heron.client.connection.kind == "online"


async def test_a_line_that_is_not_up_does_not_linger(circle: Circle, weather: FaultyServer) -> None:
    heron = await circle.guest(homeserver=weather.url)
    await weather.refuse()
    await until(heron.client, lambda: heron.client.connection.kind in ("offline", "refused"))
    await heron.client.move(await new_account(circle, heron), linger=True)
    await heron.online()
    await weather.listen()
    await ends(heron)
    assert not weather.paths(heron.client.account.user_id)


async def test_a_transport_on_its_last_connection_makes_no_other() -> None:
    """aiohttp would otherwise take a connection that broke for a new one without a word."""

    async def hello(_: web.Request) -> web.Response:
        return web.json_response({})

    async with FaultyServer(script=hello) as server:
        transport = Transport(server.url, clock=SystemClock(), random=random.Random(1))
        try:
            await transport.request("GET", "/_matrix/x")
            transport.keep_to_this_connection()
            await transport.request("GET", "/_matrix/x")
            server.fail("reset", times=1)
            with pytest.raises(ServerUnreachable):
                await transport.request("GET", "/_matrix/x", retry=False)
            with pytest.raises(ServerUnreachable):
                await transport.request("GET", "/_matrix/x", retry=False)
            assert len(server.seen) == 3
            assert len({one.port for one in server.seen}) == 1
        finally:
            await transport.close()
