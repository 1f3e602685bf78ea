"""One writer at a time, in real processes that talk to the test over pipes."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.vaults import new_vault

from peerroom.store import errors
from peerroom.store.lock import VaultLock
from peerroom.store.vault import Vault

TESTS = Path(__file__).parent.parent

HOLDER = """
import sys
from pathlib import Path
from peerroom.store.vault import Vault

vault = Vault.open_with_key(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
print("holding", flush=True)
sys.stdin.readline()
vault.close()
print("closed", flush=True)
sys.stdin.readline()
"""

AGENT = """
import asyncio, sys
from pathlib import Path
from peerroom.store.vault import Vault

async def main():
    vault = Vault.open_with_key(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), yields=True)
    vault.settings.set("agent", "was here")
    asked = asyncio.Event()
    asyncio.get_running_loop().add_reader(vault.asked_fd, asked.set)
    print("holding", flush=True)
    await asked.wait()
    asyncio.get_running_loop().remove_reader(vault.asked_fd)
    vault.settings.set("agent", "made way")
    vault.close()
    print("yielded", flush=True)

asyncio.run(main())
"""

DEAF_AGENT = """
import sys
from pathlib import Path
from peerroom.store.vault import Vault

vault = Vault.open_with_key(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), yields=True)
print("holding", flush=True)
sys.stdin.readline()
"""

Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def vault_folder(tmp_path: Path) -> tuple[Path, bytes]:
    with new_vault(tmp_path / "vault") as vault:
        return tmp_path / "vault", vault.data_key


@pytest.fixture
def start(vault_folder: tuple[Path, bytes]) -> Iterator[Start]:
    """Run a script with the vault's folder and key; it is holding the vault when this returns."""
    running = []

    def started(script: str) -> subprocess.Popen[str]:
        folder, key = vault_folder
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(folder), key.hex()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert _line(process) == "holding"
        return process

    yield started
    for process in running:
        with process:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _say(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _nudged(descriptor: int | None) -> bool:
    assert descriptor is not None
    return bool(select.select([descriptor], [], [], 0)[0])


def test_a_second_client_is_told_at_once_and_may_come_in_when_the_first_has_left(
    vault_folder: tuple[Path, bytes], start: Start
) -> None:
    first = start(HOLDER)
    with pytest.raises(errors.VaultBusy):
        Vault.open_with_key(*vault_folder)
    _say(first)
    assert _line(first) == "closed"
    Vault.open_with_key(*vault_folder).close()


def test_a_client_that_was_killed_holds_nothing(
    vault_folder: tuple[Path, bytes], start: Start
) -> None:
    first = start(HOLDER)
    first.kill()
    first.wait()
    Vault.open_with_key(*vault_folder).close()


def test_an_agent_makes_way_for_a_client(vault_folder: tuple[Path, bytes], start: Start) -> None:
    agent = start(AGENT)
    with Vault.open_with_key(*vault_folder) as vault:
        assert vault.settings.get("agent") == "made way"
    assert _line(agent) == "yielded"
    assert agent.wait() == 0


def test_an_agent_that_was_killed_holds_nothing_and_leaves_no_one_to_ask(
    vault_folder: tuple[Path, bytes], start: Start
) -> None:
    agent = start(AGENT)
    agent.kill()
    agent.wait()
    client = start(HOLDER)
    with pytest.raises(errors.VaultBusy):  # at once: the pipe the agent left has no reader
        Vault.open_with_key(*vault_folder)
    _say(client)
    assert _line(client) == "closed"


def test_an_agent_that_does_not_answer_is_not_waited_for_for_ever(
    vault_folder: tuple[Path, bytes], start: Start
) -> None:
    start(DEAF_AGENT)
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(vault_folder[0], wait=0.05)


def test_one_agent_does_not_chase_away_another(tmp_path: Path) -> None:
    first = VaultLock.acquire(tmp_path, yields=True)
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(tmp_path, yields=True)
    assert not _nudged(first.asked_fd)
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(tmp_path, wait=0)
    assert _nudged(first.asked_fd)
    first.release()


def test_asking_many_times_never_blocks(tmp_path: Path) -> None:
    """A pipe holds 64 KiB of nudges; an agent may be too busy to read one of them."""
    with_pipe = VaultLock.acquire(tmp_path, yields=True)
    pipe = os.open(tmp_path / "vault.ask", os.O_WRONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(pipe, bytes(4096))
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(tmp_path, wait=0)
    os.close(pipe)
    with_pipe.release()


def test_whoever_came_after_a_client_is_not_nudged_by_an_old_question(tmp_path: Path) -> None:
    first = VaultLock.acquire(tmp_path, yields=True)
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(tmp_path, wait=0)
    first.release()
    second = VaultLock.acquire(tmp_path, yields=True)
    assert not _nudged(second.asked_fd)
    second.release()
    second.release()
    assert second.asked_fd is None


def test_something_else_under_the_name_of_the_pipe_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "vault.ask").write_text("not a pipe")
    lock = VaultLock.acquire(tmp_path, yields=True)
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(tmp_path, wait=0)
    assert _nudged(lock.asked_fd)
    lock.release()


def test_a_lock_on_a_file_that_was_wiped_in_between_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our opening and locking the file, its last holder removed it with the vault."""
    real, removed = fcntl.flock, []

    def flock(descriptor: int, operation: int) -> None:
        if not removed:
            (tmp_path / "vault.lock").unlink()
            removed.append(True)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = VaultLock.acquire(tmp_path)
    monkeypatch.undo()
    assert removed
    with pytest.raises(errors.VaultBusy):
        VaultLock.acquire(tmp_path)
    lock.release()


def test_no_descriptor_is_left_when_the_vault_is_busy_or_cannot_be_opened(
    vault_folder: tuple[Path, bytes],
) -> None:
    folder, key = vault_folder
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 (a folder that changes while it is read)
    with Vault.open_with_key(folder, key):
        for _ in range(3):
            with pytest.raises(errors.VaultBusy):
                Vault.open_with_key(folder, key, yields=True)
    (folder / "vault.db").write_bytes(b"broken" * 2000)
    for _ in range(3):
        with pytest.raises(errors.VaultDamaged):
            Vault.open_with_key(folder, key)
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208
