"""Nothing readable on the disk, and what was redacted is not even in the decrypted pages."""

from __future__ import annotations

import base64
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.vaults import (
    NOW,
    PASSPHRASE,
    ROOM,
    decrypted,
    furnish,
    message,
    new_vault,
)

from peerroom.store import keys
from peerroom.store.database import Database
from peerroom.store.drafts import Draft
from peerroom.store.vault import Vault

SECRET = "暗い秘密 that must go"


def test_no_file_holds_anything_readable(tmp_path: Path) -> None:
    """Neither while the vault is open, nor after a crash, nor closed; nor does a file's name."""
    folder = tmp_path / "vault"
    with new_vault(folder) as vault:
        account = furnish(vault)
        vault.crypto_path(account)
        vault.accounts.set_cross_signing(account.id, b"seed-of-master-key-0123456789abc" * 3)
        vault.events.upsert(message(1, "words between friends"))
        vault.rooms.set_state(ROOM, "m.room.member", "@calm-fox:example.org", {"displayname": "狐"})
        vault.drafts.set(ROOM, Draft("half a thought"))
        vault.settings.set("interface.country", "a-country-name")
        vault.identities.pin("@calm-fox:example.org", "master-key-in-base64")
        vault.outbox.add(account.id, ROOM, "message", {"body": "unsent words"}, now=NOW)
        vault.records.append("bot.audit", {"who": "@calm-fox:example.org"})
        account = vault.accounts.get(account.id)
        secrets = [
            b"words between friends",
            b"half a thought",
            b"unsent words",
            b"quiet-harbour",
            b"quiet-heron",
            b"brave-otter",
            b"calm-fox",
            "狐".encode(),
            b"example.org",
            b"$event-1",
            b"DEVICEID",
            b"syt_token_of_heron",
            b"password-of-heron",
            b"a-country-name",
            b"master-key-in-base64",
            b"seed-of-master-key",
            b"m.room.m",
            b"SQLite format 3",
            b"CREATE TABLE",
            PASSPHRASE.encode(),
            vault.data_key,
            account.crypto_key,
            account.pickle_key,
        ]
        secrets += [base64.b64encode(secret)[:-3] for secret in secrets[-3:]]
        secrets += [secret.hex().encode() for secret in secrets[-6:-3]]
        seen = decrypted(folder, vault.data_key)
        assert all(secret in seen for secret in secrets[:16])  # the search would find them
        _nowhere(secrets, tmp_path)
    _nowhere(secrets, tmp_path)
    keys.change_passphrase(folder, PASSPHRASE, "other words", cost=keys.Cost(8, 1, 1))
    _nowhere([*secrets, b"other words"], tmp_path)


def _nowhere(secrets: list[bytes], folder: Path) -> None:
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            assert secret not in content
            assert secret not in str(path.relative_to(folder)).encode()


@pytest.mark.parametrize("secret", [True, False])
def test_a_record_that_was_replaced_as_a_secret_is_in_no_page(tmp_path: Path, secret: bool) -> None:
    """Of whatever size before and after, among others that grow. Without the word, traces stay."""
    chance = random.Random(20260304)
    with new_vault(tmp_path / "vault") as vault:
        records, now, gone = vault.records, dict[str, str](), list[str]()
        for number in range(150):
            key, seed = f"wallet-{chance.randrange(6)}", f"seed-{number}-{chance.random()}"
            if key in now:
                gone.append(now.pop(key))
            if chance.random() < 0.1:
                records.remove("wallets", key, secret=secret)
                continue
            now[key] = seed
            records.replace("wallets", key, {"r": [seed] * chance.randrange(1, 300)}, secret=secret)
            records.append("noise", "x" * chance.randrange(2000))
        seen = decrypted(tmp_path / "vault", vault.data_key)
        assert all(seed.encode() in seen for seed in now.values())
        left = [seed for seed in gone if seed.encode() in seen]
        assert left == [] if secret else left


def test_a_representation_for_the_log_holds_no_secret(tmp_path: Path) -> None:
    with new_vault(tmp_path / "vault") as vault:
        account = furnish(vault)
        vault.accounts.set_cross_signing(account.id, bytes(96))
        vault.drafts.set(ROOM, Draft("half a thought"))
        vault.identities.pin("@calm-fox:example.org", "master")
        row = vault.outbox.add(account.id, ROOM, "message", {"body": "unsent words"}, now=NOW)
        vault.events.upsert(message(1, "words"))
        gap = vault.gaps.open(ROOM, "token")
        vault.rooms.set_state(ROOM, "m.room.topic", "", {"topic": "words"})
        values = [
            vault.accounts.get(account.id),
            vault.rooms.get(ROOM),
            vault.rooms.state_event(ROOM, "m.room.topic"),
            vault.events.get("$event-1"),
            vault.drafts.get(ROOM),
            vault.identities.get("@calm-fox:example.org"),
            row,
            gap,
        ]
    shown = repr(values)
    assert "None" not in [repr(value) for value in values]
    for secret in ("example.org", "words", "thought", "token", "event-1", "x00", "DEVICE"):
        assert secret not in shown


@pytest.mark.parametrize("seed", range(6))
def test_what_was_redacted_is_in_no_page_and_not_in_the_log(tmp_path: Path, seed: int) -> None:
    """Lengths from a word to several pages, in an order that splits and joins pages."""
    random_ = random.Random(seed)
    folder = tmp_path / "vault"
    with new_vault(folder) as vault:
        furnish(vault)
        numbers = list(range(300))
        random_.shuffle(numbers)
        for start in range(0, len(numbers), 20):
            with vault.transaction():
                for number in numbers[start : start + 20]:
                    body = f"<<{number}>>" * random_.choice([1, 20, 400, 2500])
                    vault.events.upsert(message(number, body))
            if start % 60 == 0:
                vault.events.redact(ROOM, f"$event-{numbers[start]}")
        redacted = set(random_.sample(range(300), 60))
        before = decrypted(folder, vault.data_key)
        assert all(f"<<{number}>>".encode() in before for number in set(numbers[1:20]))
        with vault.transaction():
            for number in redacted:
                assert vault.events.redact(ROOM, f"$event-{number}", by="@calm-fox:example.org")
        after = decrypted(folder, vault.data_key)
        for number in range(300):
            event = vault.events.get(f"$event-{number}")
            assert event is not None
            assert (f"<<{number}>>".encode() in after) == (event.status == "ok")
            assert event.clear is None or number not in redacted
        assert {n for n in redacted if (e := vault.events.get(f"$event-{n}")) and e.clear} == set()


def test_a_redaction_reaches_drafts_outbox_edits_and_state(tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    with new_vault(folder) as vault:
        account = furnish(vault)
        edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$event-1"}}
        vault.events.upsert(message(1, SECRET, transaction_id="txn", sender="@me:example.org"))
        for number, sender in ((2, "@me:example.org"), (3, "@calm-fox:example.org")):
            clear = {"type": "m.room.message", "content": {"body": f"{SECRET} {number}"}}
            raw = {"content": edit, "sender": sender, "type": "m.room.encrypted"}
            vault.events.upsert(message(number, sender=sender, clear=clear, raw=raw))
        sent = vault.outbox.add(
            account.id, ROOM, "message", {"body": SECRET}, now=NOW, transaction_id="txn"
        )
        vault.outbox.mark_sent(sent.id, "$event-1")
        waiting = vault.outbox.add(account.id, ROOM, "message", {"body": SECRET, **edit}, now=NOW)
        redaction = vault.outbox.add(
            account.id, ROOM, "redaction", {"redacts": "$event-1"}, now=NOW
        )
        vault.drafts.set(ROOM, Draft(SECRET, edit_of="$event-1"))
        content = {"displayname": SECRET, "membership": "join"}
        vault.rooms.set_state(ROOM, "m.room.member", "@me:x", content, event_id="$event-1")

        assert vault.events.redact(ROOM, "$event-1")

        left = [event.event_id for event in vault.events.page(ROOM) if event.clear is not None]
        assert left == ["$event-3"]  # a stranger's "edit" is a message of the stranger's own
        assert vault.outbox.get(sent.id) is None
        assert vault.outbox.get(waiting.id) is None
        assert vault.outbox.queued(account.id) == [redaction]
        assert vault.drafts.get(ROOM) is None
        assert vault.rooms.members(ROOM) == {"@me:x": {"membership": "join"}}
        assert decrypted(folder, vault.data_key).count(SECRET.encode()) == 1
        # An edit that arrives later says no more than the message it edits.
        raw = {"content": edit, "type": "m.room.encrypted", "state_key": SECRET}
        vault.events.upsert(message(4, sender="@me:example.org", raw=raw))
        event = vault.events.get("$event-4")
        assert event is not None
        assert (event.status, event.clear) == ("redacted", None)


def test_an_action_that_was_done_stays_done_when_its_event_is_redacted(tmp_path: Path) -> None:
    with new_vault(tmp_path / "vault") as vault:
        account = furnish(vault)
        add = {"now": NOW, "idempotency_key": "welcome:$join"}
        row = vault.outbox.add(account.id, ROOM, "action", {"body": SECRET}, **add)
        vault.outbox.mark_sent(row.id, "$event-1")
        vault.events.upsert(message(1, SECRET))
        vault.events.redact(ROOM, "$event-1")
        again = vault.outbox.add(account.id, ROOM, "action", {"body": SECRET}, **add)
        assert (again.id, again.state, again.content) == (row.id, "sent", {})


def test_what_a_crash_left_in_the_log_goes_with_the_first_commit_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redaction was committed, and the process ended before the log could be cut."""
    with new_vault(tmp_path / "open") as vault:
        furnish(vault)
        vault.events.upsert(message(1, SECRET))
        monkeypatch.setattr(Database, "_checkpoint", lambda _: None)
        vault.events.redact(ROOM, "$event-1")
        crashed = Path(shutil.copytree(tmp_path / "open", tmp_path / "crashed"))
        key = vault.data_key
        monkeypatch.undo()
    assert SECRET.encode() in decrypted(crashed, key)
    with Vault.open_with_key(crashed, key) as vault:
        with vault.transaction():
            vault.settings.set("any", "thing")
        assert SECRET.encode() not in decrypted(crashed, key)
        event = vault.events.get("$event-1")
        assert event is not None
        assert event.status == "redacted"


EPHEMERAL = """
import resource, sys
from pathlib import Path
from support.vaults import ROOM, furnish, message, new_vault
from peerroom.store import errors
from peerroom.store.vault import Vault

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file may grow by a single byte
try:
    new_vault(Path("vault"))
except errors.DiskFailed:
    print("the limit holds")
vault = Vault.ephemeral()
furnish(vault)
with vault.transaction():
    for number in range(20_000):
        vault.events.upsert(message(number, "words " * 50))
vault._db.all("SELECT * FROM events ORDER BY raw || clear, random()")  # sorts megabytes
vault.events.redact(ROOM, "$event-7")
vault.check()
vault.close()
print("nothing was written")
"""


def test_an_ephemeral_vault_writes_nothing_anywhere(tmp_path: Path) -> None:
    """Every way of writing a file is closed to the process, and it does not mind."""
    environment = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", EPHEMERAL],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["the limit holds", "nothing was written"]
    made = sorted(path.name for path in tmp_path.rglob("*"))
    assert made == ["vault", "vault.lock"]  # of the attempt that the limit refused
