"""HTTP to a homeserver: what goes out, what is taken in, and what is tried again."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from support.clock import FrozenClock
from support.faults import Fault, FaultyServer
from support.impatient import ImpatientClock

from peerroom.clock import SystemClock
from peerroom.matrix import transport as transport_module
from peerroom.matrix.errors import (
    AnswerTooLarge,
    BadAnswer,
    InsecureAddress,
    MatrixError,
    RateLimited,
    Reach,
    ServerFault,
    ServerRefused,
    ServerSilent,
    ServerUnreachable,
)
from peerroom.matrix.transport import Timeouts, Transport

Say = list[tuple[Reach, MatrixError | None]]
SHORT = Timeouts(connect=1.0, request=0.4, poll_margin=0.2)


async def hello(_: web.Request) -> web.Response:
    return web.json_response({"hello": "world"})


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer(script=hello) as one:
        yield one


@pytest.fixture
def clock() -> ImpatientClock:
    return ImpatientClock()


@pytest.fixture
def said() -> Say:
    return []


@pytest.fixture
async def transport(
    server: FaultyServer, clock: ImpatientClock, said: Say, seeded: random.Random
) -> AsyncIterator[Transport]:
    one = Transport(
        server.url,
        clock=clock,
        random=seeded,
        timeouts=SHORT,
        on_state=lambda reach, error: said.append((reach, error)),
    )
    yield one
    await one.close()


async def test_every_request_looks_the_same(server: FaultyServer, transport: Transport) -> None:
    await transport.request("GET", "/_matrix/client/versions")
    await transport.request("PUT", "/_matrix/x", token="t0ken", json={"a": "失"})
    get, put = server.seen
    assert set(get.headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}
    assert get.headers["User-Agent"] == "PeerRoom"
    assert set(put.headers) - set(get.headers) == {
        "Authorization",
        "Content-Type",
        "Content-Length",
    }
    assert json.loads(put.body) == {"a": "失"}


async def test_cookies_are_not_kept(transport: Transport, server: FaultyServer) -> None:
    async def bake(_: web.Request) -> web.Response:
        response = web.json_response({})
        response.set_cookie("id", "you-again")
        return response

    server.script = bake
    await transport.request("GET", "/_matrix/1")
    await transport.request("GET", "/_matrix/2")
    assert "Cookie" not in server.seen[1].headers


async def test_redirects_are_not_followed(transport: Transport, server: FaultyServer) -> None:
    server.fail("redirect")
    with pytest.raises(BadAnswer):
        await transport.request("GET", "/_matrix/x", token="secret")
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"x"', b"null", b"", b'{"a":'])
async def test_what_is_no_json_object_is_said_so(
    transport: Transport, server: FaultyServer, body: bytes
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    server.script = answer
    with pytest.raises(BadAnswer):
        await transport.request("GET", "/_matrix/x")


async def test_an_endless_answer_is_cut_off(
    transport: Transport, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "LARGEST_ANSWER", 100_000)

    async def bomb(_: web.Request) -> web.Response:
        packed = gzip.compress(b" " * 50_000_000)
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    server.script = bomb
    with pytest.raises(AnswerTooLarge):
        await transport.request("GET", "/_matrix/x")


async def test_a_hostile_value_does_not_cost_the_answer(
    transport: Transport, server: FaultyServer
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=rb'{"a": "\ud800", "b": 1e999, "ok": 1}')

    server.script = answer
    assert (await transport.request("GET", "/_matrix/x"))["ok"] == 1


async def test_broken_http_is_an_error_with_a_sentence(seeded: random.Random) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00\xff nonsense\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(babble, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    transport = Transport(url, clock=ImpatientClock(), random=seeded)
    with pytest.raises(BadAnswer):
        await transport.request("GET", "/_matrix/x")
    await transport.close()
    listener.close()


async def test_a_passing_fault_is_waited_out(
    transport: Transport, server: FaultyServer, clock: ImpatientClock, said: Say
) -> None:
    server.fail("500", times=2)
    assert await transport.request("GET", "/_matrix/x") == {"hello": "world"}
    assert len(server.seen) == 3
    assert 0.5 <= clock.slept[0] <= 1.0 <= clock.slept[1] <= 2.0
    assert [reach for reach, _ in said] == ["waiting", "online"]
    assert isinstance(said[0][1], ServerFault)


async def test_the_first_failure_is_said_before_any_waiting(
    server: FaultyServer, frozen_clock: FrozenClock, seeded: random.Random, said: Say
) -> None:
    transport = Transport(
        server.url,
        clock=frozen_clock,
        random=seeded,
        on_state=lambda reach, error: said.append((reach, error)),
    )
    server.fail("500", times=1)
    asking = asyncio.create_task(transport.request("GET", "/_matrix/x"))
    await frozen_clock.someone_sleeps()
    assert [reach for reach, _ in said] == ["waiting"]
    frozen_clock.advance(5)
    assert await asking == {"hello": "world"}
    await transport.close()


async def test_a_lasting_fault_is_raised_in_the_end(
    transport: Transport, server: FaultyServer, said: Say
) -> None:
    server.fail("502 html")
    with pytest.raises(ServerFault):
        await transport.request("GET", "/_matrix/x")
    assert len(server.seen) == transport_module.TRIES
    assert [reach for reach, _ in said] == ["waiting"]


async def test_the_servers_own_wish_is_kept(
    transport: Transport, server: FaultyServer, clock: ImpatientClock
) -> None:
    server.retry_after_ms = 3000
    server.fail("429", times=1)
    await transport.request("POST", "/_matrix/x", json={})
    assert 3.0 < clock.slept[0] <= 3.8


async def test_a_wish_beyond_patience_is_the_callers(
    transport: Transport, server: FaultyServer, clock: ImpatientClock
) -> None:
    server.retry_after_ms = 332_000
    server.fail("429")
    with pytest.raises(RateLimited) as caught:
        await transport.request("POST", "/_matrix/x", json={})
    assert caught.value.retry_after == 332
    assert clock.slept == []


async def test_the_caller_can_ask_for_no_retry(transport: Transport, server: FaultyServer) -> None:
    server.fail("500")
    with pytest.raises(ServerFault):
        await transport.request("GET", "/_matrix/x", retry=False)
    assert len(server.seen) == 1


@pytest.mark.parametrize("fault", ["500", "reset after", "silent"])
async def test_what_must_not_happen_twice_is_not_sent_twice(
    transport: Transport, server: FaultyServer, fault: Fault
) -> None:
    server.fail(fault)
    with pytest.raises((ServerFault, ServerUnreachable)):
        await transport.request("POST", "/_matrix/createRoom", json={})
    assert len(server.seen) == 1


async def test_what_may_happen_twice_is_sent_again_after_a_reset(
    transport: Transport, server: FaultyServer
) -> None:
    server.fail("reset", times=2)
    assert await transport.request("POST", "/_matrix/q", json={}, repeatable=True)
    assert len(server.seen) >= 3


async def test_refused_is_said_and_recovers_by_itself(
    server: FaultyServer, frozen_clock: FrozenClock, seeded: random.Random, said: Say
) -> None:
    transport = Transport(
        server.url,
        clock=frozen_clock,
        random=seeded,
        on_state=lambda reach, error: said.append((reach, error)),
    )
    await server.refuse()
    asking = asyncio.create_task(transport.request("POST", "/_matrix/x", json={}))
    await frozen_clock.someone_sleeps()
    assert said[0][0] == "refused"
    assert type(said[0][1]) is ServerRefused
    await server.listen()
    frozen_clock.advance(10)
    assert await asking == {"hello": "world"}
    assert [reach for reach, _ in said] == ["refused", "online"]
    await transport.close()


async def test_silence_is_noticed(transport: Transport, server: FaultyServer, said: Say) -> None:
    server.fail("silent")
    with pytest.raises(ServerSilent):
        await transport.request("GET", "/_matrix/x", retry=False)
    assert said[0][0] == "offline"


async def test_a_name_that_does_not_exist(seeded: random.Random) -> None:
    transport = Transport("https://no-such-host.invalid", clock=ImpatientClock(), random=seeded)
    with pytest.raises(ServerUnreachable):
        await transport.request("GET", "/_matrix/x", retry=False)
    await transport.close()


def test_nothing_goes_out_in_clear(seeded: random.Random) -> None:
    with pytest.raises(InsecureAddress):
        Transport("http://example.org", clock=SystemClock(), random=seeded)


async def test_cancelling_ends_a_request_at_once(
    transport: Transport, server: FaultyServer, said: Say
) -> None:
    server.fail("silent")
    asking = asyncio.create_task(transport.request("GET", "/_matrix/x", within=60))
    await server.struck()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert said == []
