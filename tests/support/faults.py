"""A homeserver that fails on demand: a reverse proxy in front of a real one, or of a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web
from yarl import URL

Fault = Literal[
    "500",
    "502 html",
    "429",
    "reset",
    "reset after",
    "silent",
    "silent after",
    "html",
    "redirect",
    "soft logout",
]
"""``reset`` cuts the connection before the request is passed on, ``reset after`` when it was
carried out and only its answer is lost; ``silent`` never answers and never closes; nor does
``silent after``, when the request was carried out."""

Edit = Callable[[str, Any], Any]
"""From a path and the JSON that the server answered to the JSON that is passed on."""

Script = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request, as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int = 0
    """The other end's, which tells connections apart."""


@dataclass
class _Order:
    fault: Fault
    path: str
    times: int
    after: int


@dataclass
class FaultyServer:
    """Listens on loopback; passes requests to ``upstream``, or answers them by ``script``."""

    upstream: str | None = None
    script: Script | None = None
    edit: Edit | None = None
    address: str | None = None
    """Whose address ``upstream`` is told in X-Forwarded-For; it must have been started so that it
    believes it (`Homeserver.start(forwarded=True)`)."""
    retry_after_ms: int = 50
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    _orders: list[_Order] = field(default_factory=list)
    _runner: web.AppRunner | None = None
    _client: aiohttp.ClientSession | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _struck: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._client = aiohttp.ClientSession(auto_decompress=False)
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self.refuse()
        assert self._client is not None
        await self._client.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def listen(self) -> None:
        """Take connections (again), always on the same port."""
        app = web.Application(client_max_size=10**8)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def refuse(self) -> None:
        """Close the door: connections that stand are cut, new ones are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fail(self, fault: Fault, *, path: str = "", times: int = 1_000_000, after: int = 0) -> None:
        """Let the next ``times`` requests whose path contains ``path`` end in ``fault``, once
        ``after`` of them have passed unharmed."""
        self._orders.append(_Order(fault, path, times, after))
        self._struck.clear()

    def heal(self) -> None:
        """No more faults; those who are kept waiting in silence stay so."""
        self._orders.clear()

    async def asked(self, part: str) -> None:
        """Wait until a request has come whose path contains ``part``."""
        while not self.paths(part):
            self._came.clear()
            await self._came.wait()

    @property
    def struck_now(self) -> bool:
        """Whether a fault has happened since the last `fail`."""
        return self._struck.is_set()

    async def struck(self) -> None:
        """Wait until a fault has happened since the last `fail`."""
        await self._struck.wait()

    def paths(self, part: str = "") -> list[str]:
        """The paths of the requests that came, those that contain ``part``."""
        return [one.path for one in self.seen if part in one.path]

    def _fault(self, path: str) -> Fault | None:
        for order in self._orders:
            if order.path not in path or not order.times:
                continue
            if order.after:
                order.after -= 1
            else:
                order.times -= 1
                if order.fault != "silent after":
                    self._struck.set()
                return order.fault
        return None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(
            Seen(request.method, request.raw_path, dict(request.headers), body, _port(request))
        )
        self._came.set()
        match self._fault(request.path):
            case "500":
                return _json({"errcode": "M_UNKNOWN", "error": "boom"}, 500)
            case "502 html":
                return web.Response(status=502, text="<html>bad gateway", content_type="text/html")
            case "429":
                limited = {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": self.retry_after_ms}
                return _json(limited, 429)
            case "soft logout":
                return _json({"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, 401)
            case "html":
                return web.Response(text="<html>welcome to this café", content_type="text/html")
            case "redirect":
                return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})
            case "silent":
                await self._over.wait()
                return web.Response()
            case "silent after":
                await self._answer(request, body)
                self._struck.set()
                await self._over.wait()
                return web.Response()
            case "reset":
                return self._cut(request)
            case "reset after":
                await self._answer(request, body)
                return self._cut(request)
            case None:
                return await self._answer(request, body)

    @staticmethod
    def _cut(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _passed_on(self) -> tuple[str, ...]:
        plain = ("Authorization", "Content-Type", "User-Agent")
        return plain if self.edit else (*plain, "Accept-Encoding")

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if self.script is not None:
            return await self.script(request)
        assert self._client is not None
        headers = {
            name: request.headers[name] for name in self._passed_on() if name in request.headers
        }
        if self.address is not None:
            headers["X-Forwarded-For"] = self.address
        url = URL(f"{self.upstream}{request.raw_path}", encoded=True)
        async with self._client.request(request.method, url, data=body, headers=headers) as answer:
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() in {"content-type", "content-encoding", "retry-after"}
            }
            body = await answer.read()
            if self.edit is not None and "Content-Encoding" not in kept:
                body = json.dumps(self.edit(request.path, json.loads(body))).encode()
            return web.Response(body=body, status=answer.status, headers=kept)


def _port(request: web.Request) -> int:
    name = request.transport and request.transport.get_extra_info("peername")
    return name[1] if name else 0


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(value), status=status, content_type="application/json")
