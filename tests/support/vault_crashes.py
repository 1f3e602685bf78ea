"""End a process by SIGKILL before its first, second, third … step, and look at what it left.

Run as a program, because it forks: ``python -m support.vault_crashes SCENARIO FOLDER`` prints how
often the process was ended before it got through, and fails with the first vault that is not in
one of the states which the scenario allows. A step is a statement of SQL or a change to a file.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlcipher3
from support.vaults import CHEAP, NOW, PASSPHRASE, ROOM, decrypted, furnish, message, new_vault

from peerroom.store import database, errors, keys
from peerroom.store import vault as vaults
from peerroom.store.crossing import cross
from peerroom.store.drafts import Draft
from peerroom.store.rooms import StoredRoom
from peerroom.store.vault import Vault

FILE_STEPS = frozenset(
    {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate"}
)
SECRET = "words that must go"
OTHER = "other words"
NEXT = "!next-harbour:example.org"


class Countdown:
    """Ends the process when its turn comes."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def killed_after(steps: int, work: Callable[[], None]) -> bool:
    """Do ``work`` in a child that is ended before step number ``steps``; False: it got through."""
    child = os.fork()
    if child == 0:
        countdown = Countdown(steps)
        run = database.Database._execute

        def counted(
            self: database.Database, sql: str, parameters: Sequence[object]
        ) -> sqlcipher3.Cursor:
            countdown.step()
            return run(self, sql, parameters)

        database.Database._execute = counted
        sys.addaudithook(lambda name, _: countdown.step() if name in FILE_STEPS else None)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert status == 0
    return False


def creation(folder: Path) -> int:
    """Either there is no vault and one can be made, or there is a whole one."""

    def look() -> None:
        if Vault.exists(folder):
            Vault.open(folder, PASSPHRASE).close()
        else:
            new_vault(folder).close()
        names = {path.name for path in folder.iterdir()}
        assert names == {"vault.db", "vault.key", "vault.lock"}, names

    return _every_step(folder, lambda: None, lambda: new_vault(folder).close(), look)


def passphrase(folder: Path) -> int:
    """Exactly one of the two passphrases opens the vault, and all is in it."""

    def begin() -> None:
        with new_vault(folder) as vault:
            furnish(vault)

    def look() -> None:
        opened = []
        for words in (PASSPHRASE, OTHER):
            try:
                with Vault.open(folder, words) as vault:
                    assert vault.rooms.get(ROOM)
                opened.append(words)
            except errors.WrongPassphrase:
                pass
        assert len(opened) == 1, opened
        keys.change_passphrase(folder, opened[0], "third", cost=CHEAP)
        Vault.open(folder, "third").close()

    change = keys.change_passphrase
    return _every_step(folder, begin, lambda: change(folder, PASSPHRASE, OTHER, cost=CHEAP), look)


def removal(folder: Path) -> int:
    """Either the vault is whole still, or nothing of it can be read and a new one can be made."""
    key = b""

    def begin() -> None:
        nonlocal key
        with new_vault(folder) as vault:
            vault.crypto_path(furnish(vault))
            key = vault.data_key

    def look() -> None:
        if Vault.exists(folder):
            try:
                with Vault.open_with_key(folder, key) as vault:
                    assert vault.rooms.get(ROOM)
            except errors.VaultDamaged:
                pass  # the key file was overwritten: that was the removal
            else:
                return
            vaults.erase(folder)
        new_vault(folder).close()
        names = {path.name for path in folder.iterdir()}
        assert names <= {"vault.db", "vault.key", "vault.lock", "crypto"}, names

    return _every_step(folder, begin, lambda: _drop(vaults.erase(folder)), look)


def sending(folder: Path) -> int:
    """The message is in exactly one of: the draft, the outbox, the timeline."""

    def begin() -> None:
        with new_vault(folder) as vault:
            furnish(vault)
            vault.drafts.set(ROOM, Draft("hello"))

    def work() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            with vault.transaction():
                row = vault.outbox.add(
                    1, ROOM, "message", {"body": "hello"}, now=NOW, transaction_id="txn"
                )
                vault.drafts.set(ROOM, None)
            vault.outbox.mark_sending(row.id, NOW)
            vault.outbox.mark_sent(row.id, "$event-1")
            with vault.transaction():
                vault.events.upsert(message(1, "hello", transaction_id="txn"))
                vault.outbox.remove(row.id)
                vault.accounts.set_next_batch(1, "after")

    def look() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            vault.check()
            rows = vault.outbox.of_room(ROOM)
            places = (vault.drafts.get(ROOM), *rows, vault.events.get("$event-1"))
            assert len([place for place in places if place is not None]) == 1, places
            assert all((row.state, row.transaction_id) in STATES for row in rows), rows
            synced = vault.accounts.get(1).next_batch == "after"
            assert synced == (vault.events.get("$event-1") is not None)

    return _every_step(folder, begin, work, look)


STATES = {("queued", "txn"), ("sent", "txn")}


def redaction(folder: Path) -> int:
    """The message is whole, or gone: from the pages too once anything was stored after it."""

    def begin() -> None:
        with new_vault(folder) as vault:
            furnish(vault)
            vault.events.upsert(message(1, SECRET))

    def work() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            vault.events.redact(ROOM, "$event-1")

    def look() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            with vault.transaction():
                vault.settings.set("any", "thing")
            event = vault.events.get("$event-1")
            assert event is not None
            left = SECRET.encode() in decrypted(folder, vault.data_key)
            assert left == (event.status == "ok") == (event.clear is not None)

    return _every_step(folder, begin, work, look)


def retiring(folder: Path) -> int:
    """The account is whole, or history; then nothing of its keys is left once it is finished."""
    password = b"password-of-heron"

    def begin() -> None:
        with new_vault(folder) as vault:
            vault.crypto_path(furnish(vault))
            vault.events.upsert(message(1, "hello"))

    def work() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            vault.accounts.retire(1, NOW)

    def look() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            account = vault.accounts.get(1)
            if account.retired is None:
                assert account == vault.accounts.current()
                assert len(account.crypto_key) == 32
                assert password in decrypted(folder, vault.data_key)
                return
            vault.accounts.retire(1, NOW)
            assert vault.accounts.all() == []
            assert password not in decrypted(folder, vault.data_key)
            assert list((folder / "crypto").iterdir()) == []
            assert vault.events.get("$event-1")

    return _every_step(folder, begin, work, look)


def crossing(folder: Path) -> int:
    """Each message is in exactly one of: the outbox of the old name, the draft of the new one."""
    texts = ("one", "two", "maybe")

    def begin() -> None:
        with new_vault(folder) as vault:
            furnish(vault)
            vault.rooms.put(StoredRoom(NEXT, 1, encrypted=True))
            for text in texts:
                content = {"type": "m.room.message", "content": {"body": text}}
                row = vault.outbox.add(1, ROOM, "message", content, now=NOW)
            vault.outbox.mark_sending(row.id, NOW)

    def work() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            cross(vault, 1, {ROOM: NEXT})

    def look() -> None:
        with Vault.open(folder, PASSPHRASE) as vault:
            for _ in range(2):
                draft = vault.drafts.get(NEXT)
                rows = [row.content["content"]["body"] for row in vault.outbox.of_room(ROOM)]
                drafted = draft.text.split("\n\n") if draft else []
                assert sorted(rows + drafted) == sorted(texts), (rows, drafted)
                cross(vault, 1, {ROOM: NEXT})
            assert (rows, drafted) == (["maybe"], ["one", "two"])

    return _every_step(folder, begin, work, look)


def _every_step(
    folder: Path,
    begin: Callable[[], None],
    work: Callable[[], None],
    look: Callable[[], None],
) -> int:
    steps = 0
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        begin()
        survived = not killed_after(steps, work)
        look()
        if survived:
            return steps
        steps += 1


def _drop(_: object) -> None:
    """Make a call that returns something a call that returns nothing."""


SCENARIOS = {
    kind.__name__: kind
    for kind in (creation, passphrase, removal, sending, redaction, retiring, crossing)
}

if __name__ == "__main__":
    print(SCENARIOS[sys.argv[1]](Path(sys.argv[2])))
