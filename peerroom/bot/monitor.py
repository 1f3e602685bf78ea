"""``/health`` and ``/metrics`` over HTTP, on this machine's own loopback address and nowhere else.

A handful of lines of HTTP/1.1 on the event loop, so that nothing has to be read from another
thread: GET and HEAD, one request a connection, no body. Whoever can reach the port (every user of
this machine) sees numbers and the sentences of `peerroom.bot.health`, and can change nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from peerroom.bot.health import Vitals, exposition, report
from peerroom.bot.safe import DO_NOT_RESTART
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_

log = logging.getLogger("peerroom.bot")

ADDRESS: Final = "127.0.0.1"
WITHIN: Final = 5.0
"""Seconds that a request and its answer may take."""
_MOST_BYTES: Final = 8192
_MOST_AT_ONCE: Final = 16
_PLAIN: Final = "text/plain; charset=utf-8"


class PortTaken(PeerRoomError):
    """Something else listens there. Fields: ``port``."""

    exit_code = DO_NOT_RESTART
    what = N_("The port {port} for health and metrics is in use already.")
    next_step = N_("Choose another `metrics_port` under [bot] in the settings file, or 0 for none.")


class NotLoopback(ValueError):
    """The address is not this machine's own: what is told there would be told to others."""


class Monitor:
    """The little server. `look` is asked for each request."""

    def __init__(self, look: Callable[[], Sequence[Vitals]]) -> None:
        self._look = look
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, port: int, address: str = ADDRESS) -> int:
        """Listen; returns the port (a free one for 0). Raises `PortTaken`, `NotLoopback`."""
        if not ipaddress.ip_address(address).is_loopback:
            raise NotLoopback(address)
        try:
            self._server = await asyncio.start_server(
                self._serve, address, port, limit=_MOST_BYTES, backlog=_MOST_AT_ONCE
            )
        except OSError as error:
            raise PortTaken(port=port) from error
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, and end what is still open."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if len(self._open) <= _MOST_AT_ONCE:
                async with asyncio.timeout(WITHIN):
                    writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone, or never asked
        except asyncio.CancelledError:
            pass  # we are closing; this task has nothing else to do
        finally:
            self._open.discard(task)
            writer.close()

    def _answer(self, request: bytes) -> bytes:
        first, *headers = request.decode("latin-1").split("\r\n")
        method, _space, rest = first.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if not _asked_for_us(headers):
            return _response(403, "Forbidden", b"", head=False)
        head = method == "HEAD"
        if method not in ("GET", "HEAD"):
            return _response(405, "Method Not Allowed", b"", head=False)
        match path:
            case "/health":
                well, words = report(self._look())
                status = (200, "OK") if well else (503, "Service Unavailable")
                return _response(*status, words.encode(), head=head)
            case "/metrics":
                numbers = exposition(self._look())
                return _response(200, "OK", numbers, head=head, kind=CONTENT_TYPE_PLAIN_0_0_4)
            case _:
                return _response(404, "Not Found", b"", head=head)


def _asked_for_us(headers: Sequence[str]) -> bool:
    """Whether it was this machine's own address that was asked for: a web page in a browser here
    could otherwise read the answer under a name of its own that leads here."""
    hosts = [
        value.strip()
        for name, _colon, value in (header.partition(":") for header in headers)
        if name.strip().lower() == "host"
    ]
    return len(hosts) == 1 and hosts[0].partition(":")[0].lower() in (ADDRESS, "localhost")


def _response(status: int, reason: str, body: bytes, *, head: bool, kind: str = _PLAIN) -> bytes:
    lines = (
        f"HTTP/1.1 {status} {reason}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode("latin-1") + (b"" if head else body)
