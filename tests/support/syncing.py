"""A process that syncs a vault until it is killed: ``support.syncing FOLDER POINT [TYPE …]``.

POINT names a commit point (`peerroom.matrix.commit_points`) at which it kills itself the hard way,
or is ``-``: then it syncs until somebody else does. To-device events of each TYPE are kept although
they come in the clear. The vault's key comes on standard input.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from peerroom.clock import SystemClock
from peerroom.matrix import commit_points
from peerroom.matrix.connection import Connection
from peerroom.matrix.sync import SyncBatch
from peerroom.store.vault import Vault


async def sync(folder: Path, key: bytes, in_clear: list[str]) -> None:
    vault = Vault.open_with_key(folder, key)
    account = vault.accounts.current()
    assert account is not None
    connection = await Connection.open(
        vault,
        account,
        proxy=None,
        clock=SystemClock(),
        random=random.Random(1),
        in_clear=in_clear,
    )

    async def take(batch: SyncBatch) -> None:
        print("turn", flush=True)

    await connection.sync_forever(take)


def main() -> None:
    folder, point, *in_clear = sys.argv[1:]
    key = sys.stdin.buffer.read()

    def kill(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with commit_points.watched(kill):
        asyncio.run(sync(Path(folder), key, in_clear))


if __name__ == "__main__":
    main()
