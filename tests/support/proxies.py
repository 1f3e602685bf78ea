"""Recording SOCKS5 and HTTP proxies, written out so that a test sees what they are asked."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self


@dataclass
class RecordingProxy:
    """Accepts CONNECT for any name, notes it, and leads to ``upstream`` (host, port).

    ``refuse_with`` is the SOCKS5 reply code or the HTTP status with which it meets requests: 0 or
    200 let them through. Like Tor, the SOCKS5 one takes any user name and password where some are
    offered, unless it is ``nameless``.
    """

    kind: Literal["socks5", "http"]
    upstream: tuple[str, int]
    refuse_with: int | None = None
    nameless: bool = False
    asked: list[tuple[str, int]] = field(default_factory=list)
    address_types: list[int] = field(default_factory=list)
    names: list[tuple[str, str] | None] = field(default_factory=list)
    """User name and password of each connection in ``asked``; None for one that gave none."""
    _server: asyncio.Server | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        assert self._server is not None
        scheme = "socks5h" if self.kind == "socks5" else "http"
        return f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close the proxy and every connection through it."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._serving)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._writers.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                if await (
                    self._socks(reader, writer)
                    if self.kind == "socks5"
                    else self._connect(reader, writer)
                ):
                    await self._join(reader, writer)
        finally:
            self._serving.discard(task)
            self._writers.discard(writer)
            writer.close()

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, methods = await reader.readexactly(2)
        offered = await reader.readexactly(methods)
        name = None
        if 2 in offered and not self.nameless:
            writer.write(b"\x05\x02")
            await reader.readexactly(1)
            name = await _text(reader), await _text(reader)
            writer.write(b"\x01\x00")
        else:
            writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        self.address_types.append(kind)
        match kind:
            case 1:
                host = ".".join(map(str, await reader.readexactly(4)))
            case 3:
                host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
            case _:
                host = (await reader.readexactly(16)).hex()
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        self.asked.append((host, port))
        self.names.append(name)
        writer.write(bytes([5, self.refuse_with or 0, 0, 1]) + bytes(6))
        await writer.drain()
        return not self.refuse_with

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host, _, port = head.split()[1].rpartition(":")
        self.asked.append((host, int(port)))
        status = self.refuse_with or 200
        writer.write(f"HTTP/1.1 {status} Said\r\n\r\n".encode())
        await writer.drain()
        return status == 200

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self.upstream)
        try:
            there = asyncio.create_task(_pump(reader, far_writer))
            back = asyncio.create_task(_pump(far_reader, writer))
            try:
                await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        finally:
            far_writer.close()


async def _text(reader: asyncio.StreamReader) -> str:
    """A string behind its length (RFC 1929)."""
    return (await reader.readexactly((await reader.readexactly(1))[0])).decode()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
