"""The crypto store: encrypted, private, quiet, and never behind what was said to be committed."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from peerroom.clock import SystemClock
from peerroom.matrix.crypto import Machine
from peerroom.matrix.cryptostore import CryptoStore, CryptoStoreDamaged, CryptoStoreUnwritable
from peerroom.matrix.outcome import Decrypted, Reason, Unattributable
from peerroom.store.vault import Vault

USER, DEVICE = "@heron:example.org", "HERONDEVICE"
KEY, PICKLE_KEY = b"k" * 32, b"p" * 32


def opened(path: Path, key: bytes = KEY, pickle_key: bytes = PICKLE_KEY) -> CryptoStore:
    return CryptoStore(USER, DEVICE, path, key=key, pickle_key=pickle_key)


def machine(store: CryptoStore, vault: Vault | None = None) -> Machine:
    return Machine(store, vault or Vault.ephemeral(), USER, DEVICE, SystemClock())


def test_keys_survive_a_restart(tmp_path: Path) -> None:
    first = machine(opened(tmp_path / "a.db"))
    first.close()
    first.close()  # a second time does nothing
    second = machine(opened(tmp_path / "a.db"))
    assert (second.ed25519, second.curve25519) == (first.ed25519, first.curve25519)
    second.close()


def test_files_are_private_encrypted_and_say_nothing(tmp_path: Path) -> None:
    before = os.umask(0)  # whatever the umask of the process is
    try:
        one = machine(opened(tmp_path / "a.db"))
        one.start_outbound("!room:example.org", 0)
        one.commit()
    finally:
        os.umask(before)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["a.db", "a.db-shm", "a.db-wal"]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        held = file.read_bytes()
        for secret in (b"SQLite format", b"heron", b"HERON", b"room:example", one.ed25519.encode()):
            assert secret not in held, file
    one.close()


def test_the_mode_is_set_right_where_the_file_was_open_to_others(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch(0o644)
    opened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("harmed", [False, True])
def test_a_wrong_key_or_a_damaged_file_is_said_and_changes_nothing(
    tmp_path: Path, harmed: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.db"
    machine(opened(path)).close()
    if harmed:
        path.write_bytes(os.urandom(8192))
    held = path.read_bytes()
    with pytest.raises(CryptoStoreDamaged):
        opened(path, key=KEY if harmed else b"x" * 32)
    assert path.read_bytes() == held
    assert capfd.readouterr() == ("", "")  # SQLCipher itself would write to the terminal


def test_a_file_that_a_crash_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch(0o600)
    machine(opened(tmp_path / "a.db")).close()


def test_in_memory_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    vault = Vault.ephemeral()
    account = vault.accounts.add(
        homeserver="https://example.org", user_id=USER, device_id=DEVICE, access_token="t"
    )
    one = Machine.open(vault, account, clock=SystemClock())
    one.start_outbound("!room:example.org", 0)
    one.commit()
    assert list(tmp_path.iterdir()) == []
    one.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from peerroom.clock import SystemClock
from peerroom.matrix.crypto import Machine
from peerroom.matrix.cryptostore import CryptoStore
from peerroom.store.vault import Vault
USER, DEVICE = "@heron:example.org", "HERONDEVICE"
store = CryptoStore(USER, DEVICE, Path(sys.argv[1]), key=b"k" * 32, pickle_key=b"p" * 32)
machine = Machine(store, Vault.ephemeral(), USER, DEVICE, SystemClock())
machine.start_outbound("!kept:example.org", 0)
machine.commit()
machine.start_outbound("!lost:example.org", 0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_committed_outlives_kill_minus_nine(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)]).returncode == -9
    store = opened(path)
    rooms = store.read("select room_id from peerroom_room_key")
    assert rooms == [("!kept:example.org",)]
    store.close()


def test_a_replay_is_known_after_a_restart(tmp_path: Path) -> None:
    room, first = "!room:example.org", machine(opened(tmp_path / "a.db"))
    first.start_outbound(room, 0).ready = True
    event = {
        "type": "m.room.encrypted",
        "sender": USER,
        "event_id": "$original",
        "content": first.encrypt(room, "m.room.message", {"body": "hello"}),
    }
    assert isinstance(first.decrypt(room, event), Decrypted)
    first.commit()
    first.close()
    second = machine(opened(tmp_path / "a.db"))
    assert isinstance(second.decrypt(room, event), Decrypted)
    outcome = second.decrypt(room, {**event, "event_id": "$again"})
    assert isinstance(outcome, Unattributable)
    assert outcome.reason is Reason.REPLAYED
    second.close()


def test_after_a_failed_write_nothing_is_ever_called_committed(tmp_path: Path) -> None:
    store = opened(tmp_path / "a.db")
    one = machine(store)
    one.commit()
    pages = store.read("pragma page_count")[0][0]
    store.read(f"pragma max_page_count = {pages}")  # the disk is full
    with pytest.raises(CryptoStoreUnwritable):
        for number in range(1000):
            one.start_outbound(f"!room{number}:example.org", 0)
    store.read("pragma max_page_count = 100000")  # somebody made room
    with pytest.raises(CryptoStoreUnwritable):
        one.commit()
    one.close()
    again = machine(opened(tmp_path / "a.db"))
    assert again.ed25519 == one.ed25519
    again.close()


def test_nothing_of_nio_or_peewee_reaches_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        one = machine(opened(tmp_path / "a.db"))
        for content in ({}, {"algorithm": "m.olm.v1.curve25519-aes-sha2"}):
            one.handle_to_device(
                [{"type": "m.room.encrypted", "sender": "@otter:example.org", "content": content}]
            )
        one.close()
    assert "example.org" not in caplog.text
    assert [
        record for record in caplog.records if record.name.split(".")[0] in ("nio", "peewee")
    ] == []
