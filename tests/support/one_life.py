"""One life of a client process: it sends what waits, syncs once, and may be killed meanwhile.

Started as a program by `live`; the details come on standard input, what was heard goes out on
standard output as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Life:
    """Whose life it is, and where it ends."""

    arm: str
    folder: str
    homeserver: str
    user_id: str
    device_id: str
    token: str
    room_id: str
    vault_key: str = ""
    """Hexadecimal; only for ours."""
    killed_at: str | None = None
    """A commit point of ours; for bare nio anything: it is killed where it has saved the token."""

    def killed(self, point: str) -> Life:
        """The same life, ended at ``point``."""
        return replace(self, killed_at=point)


def live(life: Life) -> list[str] | None:
    """The texts that were heard in this life and the ones before; None when it was killed."""
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(asdict(life)),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
    )
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    heard: list[str] = json.loads(done.stdout)
    return heard


def die(*_: object) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


async def bare_nio(life: Life) -> list[str]:
    from nio import AsyncClient, AsyncClientConfig, RoomMessageText
    from nio.crypto.olm_machine import Olm

    if life.killed_at:
        Olm.handle_to_device_event = die
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
    client = AsyncClient(life.homeserver, life.user_id, store_path=life.folder, config=config)
    client.restore_login(life.user_id, life.device_id, life.token)
    heard: list[str] = []

    async def hear(_: object, event: RoomMessageText) -> None:
        heard.append(event.body)

    client.add_event_callback(hear, RoomMessageText)
    await client.sync(timeout=0)
    await client.close()
    return heard


async def ours(life: Life) -> list[str]:
    from support.members import connect

    from peerroom.matrix import commit_points
    from peerroom.store.vault import Vault

    vault = Vault.open_with_key(Path(life.folder), bytes.fromhex(life.vault_key))
    account = vault.accounts.current()
    assert account is not None
    member = await connect(vault, account)

    def watch(point: str) -> None:
        if point == life.killed_at:
            die()

    with commit_points.watched(watch):
        for row in vault.outbox.queued(account.id):
            vault.outbox.mark_sent(row.id, await member.connection.deliver(row))
        await member.turn()
    heard = member.heard(life.room_id)
    await member.close()
    return heard


def main() -> None:
    life = Life(**json.load(sys.stdin))
    play = bare_nio if life.arm == "bare nio" else ours
    json.dump(asyncio.run(play(life)), sys.stdout)


if __name__ == "__main__":
    main()
