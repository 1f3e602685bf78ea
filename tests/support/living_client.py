"""A client in a process of its own, to be killed: `python -m support.living_client`.

Standard input: the vault's key (32 bytes), then one JSON object a run: where, what to say, what to
have read before ending well, and the moment to die at. Every line of output is something that is
true: ``queued <text>`` once a message was accepted, ``reached <calls>`` at the good end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom
from types import FrameType
from typing import Any

from peerroom.client.session import Client
from peerroom.clock import SystemClock
from peerroom.config import Config
from peerroom.matrix import commit_points
from peerroom.store.vault import Vault

KEY_BYTES = 32


@dataclass(frozen=True)
class Run:
    """One life of the client."""

    folder: str
    room_id: str
    say: tuple[str, ...] = ()
    read: str | None = None
    """The text of the message that must have been read before it ends by itself."""
    die_at: str | None = None
    """The commit point to die at."""
    die_after: int | None = None
    """The number of function calls to die after."""
    counted: bool = False
    """Whether calls are counted; that takes time."""

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def die(*_anything: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Calls:
    """Counts function calls of this thread, and ends the process at one of them."""

    def __init__(self, last: int | None) -> None:
        self.count = 0
        self._last = last

    def __call__(self, _frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            self.count += 1
            if self.count == self._last:
                die()


async def live(run: Run, key: bytes) -> None:
    vault = Vault.open_with_key(Path(run.folder), key)
    account = vault.accounts.current()
    assert account is not None
    client = Client(vault, account, config=Config(), clock=SystemClock(), random=SystemRandom())
    for text in run.say:
        client.send(run.room_id, text)
        print("queued", text, flush=True)
    await client.start()
    await _until(client, lambda: _finished(client, vault, run))
    await client.stop()
    vault.close()


def _finished(client: Client, vault: Vault, run: Run) -> bool:
    bodies = [view.body for view in client.timeline(run.room_id).page(limit=500)]
    return (
        not vault.outbox.of_room(run.room_id)
        and not vault.gaps.of_room(run.room_id)
        and (run.read is None or run.read in bodies)
    )


async def _until(client: Client, look: Callable[[], bool]) -> None:
    changed = asyncio.Event()
    client.subscribe(lambda _change: changed.set())
    while not look():
        changed.clear()
        await changed.wait()


def main() -> None:
    key = sys.stdin.buffer.read(KEY_BYTES)
    given = json.loads(sys.stdin.buffer.read())
    run = Run(**{**given, "say": tuple(given["say"])})
    calls = Calls(run.die_after)

    def watch(point: commit_points.Point) -> None:
        if point == run.die_at:
            die()

    with commit_points.watched(watch):
        if run.counted:
            sys.setprofile(calls)
        asyncio.run(live(run, key))
        sys.setprofile(None)
    print("reached", calls.count, flush=True)


if __name__ == "__main__":
    main()
