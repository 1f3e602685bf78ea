"""A client with its agent in a process of its own: ``python -m support.rotating_client``.

The first line of standard input is a `Life` as JSON. The process ends itself by SIGKILL at the
first moment that is not in ``survived``, after it has said which it was. A moment is a point of the
agent (`peerroom.client.rotation.points`) or of syncing (`peerroom.matrix.commit_points`),
together with what the wallets have come to. Further lines are new distances of its clock from the
machine's, in seconds.

It says, a line each: ``at work``; ``wallets JSON`` after each change; ``read TEXT`` once for each
message; ``moment WHAT`` before its end.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

from support.clock import ShiftedClock

from peerroom.client import wallets
from peerroom.client.rotation import points
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.config import Config
from peerroom.matrix import commit_points
from peerroom.store.vault import Vault


@dataclass
class Life:
    """What one life of the client is to be."""

    folder: str
    key: str
    """Base64."""
    apart: float
    """Seconds of its clock from the machine's."""
    moments: tuple[str, ...] = ()
    """The points at which it may end."""
    survived: list[str] = field(default_factory=list)

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Body:
    """The living client, and what it dies of."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._survived = set(life.survived)
        self._read: set[str] = set()
        self._vault = Vault.open_with_key(Path(life.folder), base64.b64decode(life.key))
        account = self._vault.accounts.current()
        assert account is not None
        self.clock = ShiftedClock(timedelta(seconds=life.apart))
        chance = random.SystemRandom()
        self._client = Client(
            self._vault, account, config=Config(), clock=self.clock, random=chance
        )
        self._client.subscribe(self._changed)

    async def live(self, lines: asyncio.StreamReader) -> None:
        with points.watched(self._reached), commit_points.watched(self._committing):
            await self._client.start()
            say("at work")
            self._tell()
            while line := await lines.readline():
                self.clock.set_apart(timedelta(seconds=float(line)))

    def _reached(self, point: points.Point, about: str) -> None:
        if point == "wallet:kept":
            self._tell()
        self._may_end(point, about)

    def _committing(self, point: commit_points.Point) -> None:
        self._may_end(point, "")

    def _may_end(self, point: str, about: str) -> None:
        stages = "".join(
            f" {wallet.epoch}{wallet.stage}{'+' * wallet.sent}"
            for _, wallet in wallets.every(self._vault)
        )
        name = f"{point} {about}{stages}".strip()
        if point in self._life.moments and name not in self._survived:
            say(f"moment {name}")
            os.kill(os.getpid(), signal.SIGKILL)

    def _tell(self) -> None:
        found = [
            {
                "epoch": wallet.epoch,
                "stage": wallet.stage,
                "stop": wallet.stop,
                "ready": wallet.ready,
                "sent": wallet.sent,
                "request_at": wallet.plan.request_at.timestamp(),
                "visits": [moment.timestamp() for moment in wallet.plan.visits[wallet.round]],
            }
            for _, wallet in wallets.every(self._vault)
        ]
        say(f"wallets {json.dumps(found)}")

    def _changed(self, change: Change) -> None:
        if change.kind == "timeline" and change.room_id is not None:
            for view in self._client.timeline(change.room_id).page(limit=20):
                if view.kind == "text" and view.state == "received" and view.key not in self._read:
                    self._read.add(view.key)
                    say(f"read {view.body}")


async def main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    life = Life(**json.loads(await lines.readline()))
    await Body(life).live(lines)


if __name__ == "__main__":
    asyncio.run(main())
