"""Every request goes through the proxy, with its names; without the proxy nothing goes at all."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from support.faults import FaultyServer
from support.proxies import RecordingProxy

from peerroom.clock import SystemClock
from peerroom.host.homeserver import Homeserver
from peerroom.host.registration import registration_token
from peerroom.matrix.connection import Connection
from peerroom.matrix.errors import (
    MatrixError,
    ProxyUnreachable,
    Reach,
    ServerUnreachable,
    UntrustedServer,
)
from peerroom.matrix.session import register
from peerroom.matrix.transport import Timeouts, Transport
from peerroom.store.vault import Vault

Kind = Literal["socks5", "http"]
KINDS: tuple[Kind, ...] = get_args(Kind)


async def hello(_: web.Request) -> web.Response:
    return web.json_response({})


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer(script=hello) as one:
        yield one


def proxied(address: str, proxy: str, seeded: random.Random, said: list[Reach]) -> Transport:
    def hear(reach: Reach, _: MatrixError | None) -> None:
        said.append(reach)

    return Transport(
        address,
        proxy=proxy,
        clock=SystemClock(),
        random=seeded,
        timeouts=Timeouts(connect_by_proxy=2.0, request=2.0),
        on_state=hear,
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_names_are_resolved_by_the_proxy(
    kind: Kind, server: FaultyServer, seeded: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RecordingProxy(kind, ("127.0.0.1", server.port)) as proxy:
        transport = proxied("http://hidden.onion:8008", proxy.url, seeded, [])
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", only_literals())
        await transport.request("GET", "/_matrix/client/versions")
        await transport.close()
        assert proxy.asked == [("hidden.onion", 8008)]
        assert proxy.address_types in ([3], [])  # SOCKS5: by domain name
        assert server.seen[0].headers["Host"] == "hidden.onion:8008"


def only_literals() -> Callable[..., Awaitable[list[Any]]]:
    """The loop's own lookup, for addresses that need none."""
    original = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(loop: asyncio.BaseEventLoop, host: str, *rest: Any, **more: Any) -> Any:
        assert host == "127.0.0.1", f"a name was looked up on this machine: {host}"
        return await original(loop, host, *rest, **more)

    return getaddrinfo


@pytest.mark.parametrize("kind", KINDS)
async def test_with_the_proxy_down_nothing_goes_out_directly(
    kind: Kind, server: FaultyServer, seeded: random.Random
) -> None:
    said: list[Reach] = []
    async with RecordingProxy(kind, ("127.0.0.1", server.port)) as proxy:
        url = proxy.url
        # The address is this machine's own: a direct connection would certainly succeed.
        transport = proxied(server.url, url, seeded, said)
        await transport.request("GET", "/_matrix/1")
        await proxy.stop()
        seen = len(server.seen)
        with pytest.raises(ProxyUnreachable) as caught:
            await transport.request("GET", "/_matrix/2", retry=False)
        assert len(server.seen) == seen
        assert "proxy" in caught.value.sentence()
        assert said == ["online", "refused"]
        await transport.close()


async def test_the_proxy_says_that_the_server_is_away(
    server: FaultyServer, seeded: random.Random
) -> None:
    upstream = ("127.0.0.1", server.port)
    async with RecordingProxy("socks5", upstream, refuse_with=5) as proxy:
        transport = proxied(server.url, proxy.url, seeded, [])
        with pytest.raises(ServerUnreachable) as caught:
            await transport.request("GET", "/_matrix/x", retry=False)
        assert type(caught.value) is ServerUnreachable
        await transport.close()
    async with RecordingProxy("http", upstream, refuse_with=503) as proxy:
        transport = proxied(server.url, proxy.url, seeded, [])
        with pytest.raises(ServerUnreachable) as caught:
            await transport.request("GET", "/_matrix/x", retry=False)
        assert type(caught.value) is ServerUnreachable
        await transport.close()


@pytest.mark.parametrize(("kind", "reply"), [("socks5", 2), ("http", 407)])
async def test_a_proxy_that_does_not_let_us_through(
    kind: Kind, reply: int, server: FaultyServer, seeded: random.Random
) -> None:
    upstream = ("127.0.0.1", server.port)
    async with RecordingProxy(kind, upstream, refuse_with=reply) as proxy:
        transport = proxied(server.url, proxy.url, seeded, [])
        with pytest.raises(ProxyUnreachable):
            await transport.request("GET", "/_matrix/x", retry=False)
        assert server.seen == []
        await transport.close()


async def test_a_proxy_that_says_nothing(server: FaultyServer, seeded: random.Random) -> None:
    over = asyncio.Event()

    async def mute(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    listener = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    transport = proxied(server.url, f"socks5h://127.0.0.1:{port}", seeded, [])
    with pytest.raises(ServerUnreachable):
        await transport.request("GET", "/_matrix/x", retry=False)
    assert server.seen == []
    over.set()
    await transport.close()
    listener.close()


@pytest.mark.parametrize("kind", [None, *KINDS])
async def test_a_server_that_cannot_prove_itself_gets_nothing(
    kind: Kind | None, server: FaultyServer, seeded: random.Random
) -> None:
    # A plain HTTP server where TLS is expected stands for any certificate that does not hold.
    address = server.url.replace("http://", "https://")
    async with RecordingProxy(kind or "http", ("127.0.0.1", server.port)) as proxy:
        transport = (
            proxied(address, proxy.url, seeded, [])
            if kind
            else Transport(address, clock=SystemClock(), random=seeded)
        )
        with pytest.raises(UntrustedServer):
            await transport.request("GET", "/_matrix/x", token="secret")
        assert server.seen == []
        await transport.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_whole_life_goes_through_the_proxy(
    kind: Kind, homeserver: Homeserver, seeded: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the invite to the last message, to a server whose name only the proxy can resolve."""
    address = "http://hidden.onion"
    token = registration_token(homeserver.api())
    name = f"n{secrets.token_hex(6)}"
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", only_literals())
    async with RecordingProxy(kind, ("127.0.0.1", urlsplit(homeserver.base_url).port)) as proxy:
        transport = proxied(address, proxy.url, seeded, [])
        made = await register(transport, name, "a password", token)
        await transport.close()
        with Vault.ephemeral() as vault:
            account = vault.accounts.add(
                homeserver=address,
                user_id=made.user_id,
                device_id=made.device_id,
                access_token=made.access_token,
            )
            connection = await Connection.open(
                vault, account, proxy=proxy.url, clock=SystemClock(), random=seeded
            )
            await connection.start()
            room_id = await connection.rooms.create_room()
            await connection.sync_once(0)
            message = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "x"}}
            now = datetime.now(UTC)
            row = vault.outbox.add(account.id, room_id, "message", message, now=now)
            sent = await connection.deliver(row)
            await connection.sync_once(0)
            await connection.load_older(room_id)
            await connection.session.logout()
            await connection.close()
            stored = vault.events.get(sent)
            assert stored is not None
            assert stored.status == "ok"
        assert set(proxy.asked) == {("hidden.onion", 80)}
