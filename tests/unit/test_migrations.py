"""Vaults of every version that was released, and of versions to come."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import sqlcipher3
from support.vaults import CHEAP, NOW, PASSPHRASE, snapshot

from peerroom.store import errors, keys, schema
from peerroom.store.accounts import CIRCUIT_BYTES, Account
from peerroom.store.database import Database
from peerroom.store.drafts import Draft
from peerroom.store.events import StoredEvent
from peerroom.store.gaps import Gap
from peerroom.store.identities import Identity
from peerroom.store.migrations import migrate, version
from peerroom.store.rooms import StateEvent, StoredRoom
from peerroom.store.vault import Vault

SCRIPTS = [Path(__file__).parent / "data" / f"vault_version_{number}.sql" for number in (1, 2)]
"""What each version added to the one before."""

ROWS_1 = (
    "INSERT INTO accounts VALUES (7, 'https://h', '@a:h', 'DEV', 'token', 'pw', 'Heron',"
    " 'c.db', x'01', x'02', NULL, 's1', 1)",
    "INSERT INTO rooms VALUES ('!r:h', 7, 'join', 1, 'p1', -3, 0)",
    "INSERT INTO encrypted_rooms VALUES ('!r:h')",
    """INSERT INTO state VALUES ('!r:h', 'm.room.name', '', CAST('{"name":"港"}' AS BLOB),
       '@b:h', '$s')""",
    """INSERT INTO events (room_id, event_id, position, sender, type, origin_ts, raw, clear, status,
       session_id, transaction_id, trust, replaces) VALUES ('!r:h', '$e', -3, '@b:h',
       'm.room.encrypted', 5, CAST('{"content":{}}' AS BLOB), CAST('{"type":"t"}' AS BLOB), 'ok',
       'sess', 'txn', 'signed', NULL)""",
    "INSERT INTO gaps VALUES (2, '!r:h', -3, 999997, 'g1')",
    """INSERT INTO outbox VALUES (4, 7, '!r:h', 'message', CAST('{"body":"b"}' AS BLOB), 'txn2',
       'sending', 2, 'why', 1772589600000, 1772589600000, NULL, '!r:h', 'once', NULL)""",
    "INSERT INTO drafts VALUES ('!r:h', 'half', '$e', NULL)",
    "INSERT INTO settings VALUES ('k', CAST('[1]' AS BLOB))",
    "INSERT INTO identities VALUES ('@b:h', 'm1', 'm2')",
    "INSERT INTO key_shares VALUES ('!r:h', 'sess', '@b:h', 'D2', 'withheld')",
    "INSERT INTO records VALUES (1, 'log', NULL, CAST('1' AS BLOB))",
    "INSERT INTO records VALUES (2, 'kv', 'x', CAST('2' AS BLOB))",
    "PRAGMA user_version = 1",
)
ROWS_2 = (
    "UPDATE identities SET retracted = 'm3'",
    "PRAGMA user_version = 2",
)


@pytest.fixture(params=[1, 2])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, Path]:
    """A version, and a vault as it wrote it, made without any of today's code but the key file."""
    folder = tmp_path / "vault"
    folder.mkdir(mode=0o700)
    key = secrets.token_bytes(32)
    connection = sqlcipher3.connect(str(folder / "vault.db"), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA journal_mode = WAL")
    for script, rows in list(zip(SCRIPTS, (ROWS_1, ROWS_2), strict=True))[: request.param]:
        for statement in (*_statements(script.read_text(encoding="utf-8")), *rows):
            connection.execute(statement)
    connection.close()
    keys.write(folder, key, PASSPHRASE, CHEAP)
    return request.param, folder


def _statements(script: str) -> list[str]:
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlcipher3.complete_statement(pending):
            found.append(pending)
            pending = ""
    assert not pending.strip()
    return found


def test_an_old_vault_opens_with_all_that_was_in_it(old: tuple[int, Path]) -> None:
    number, folder = old
    with Vault.open(folder, PASSPHRASE) as vault:
        account = vault.accounts.current()
        assert account is not None
        assert len(account.circuit) == CIRCUIT_BYTES
        assert account == Account(
            7, "https://h", "@a:h", "DEV", "token", "pw", "Heron", "c.db", b"\1", b"\2", None, "s1",
            account.circuit,
        )  # fmt: skip
        room = StoredRoom("!r:h", 7, True, "join", True, "p1", -3)
        assert vault.rooms.all() == [room]
        name = StateEvent("m.room.name", "", {"name": "港"}, "@b:h", "$s")
        assert vault.rooms.state_events("!r:h") == [name]
        event = StoredEvent(
            room_id="!r:h",
            event_id="$e",
            position=-3,
            sender="@b:h",
            type="m.room.encrypted",
            origin_ts=5,
            raw={"content": {}},
            clear={"type": "t"},
            session_id="sess",
            transaction_id="txn",
            trust="signed",
        )
        assert vault.events.page("!r:h") == [event]
        assert vault.events.count("!r:h") == 1
        assert vault.gaps.of_room("!r:h") == [Gap(2, "!r:h", -3, 999997, "g1")]
        (row,) = vault.outbox.queued(7)
        assert (row.transaction_id, row.attempts, row.created) == ("txn2", 2, NOW)
        assert row.may_be_out
        assert vault.drafts.get("!r:h") == Draft("half", "$e")
        assert vault.settings.get("k") == [1]
        retracted = "m3" if number >= 2 else None
        assert vault.identities.changed() == [Identity("@b:h", "m1", "m2", retracted)]
        assert vault.key_shares.of_session("!r:h", "sess") == {("@b:h", "D2"): "withheld"}
        assert vault.records.log("log") == [(1, 1)]
        assert vault.records.items("kv") == {"x": 2}
        vault.check()


@pytest.mark.parametrize("number", [1, 2])
def test_old_versions_are_as_they_were_released(number: int) -> None:
    script = SCRIPTS[number - 1].read_text(encoding="utf-8")
    written = [" ".join(s.split()) for s in _statements(script)]
    written[0] = written[0].partition("never edit it. ")[2]
    today = [" ".join(s.split()) for s in schema.VERSIONS[number - 1]]
    assert [s.removesuffix(";") for s in written] == today


def test_an_open_vault_is_of_the_newest_version(old: tuple[int, Path]) -> None:
    _, folder = old
    with Vault.open(folder, PASSPHRASE) as vault:
        assert version(vault._db) == len(schema.VERSIONS)
    before = snapshot(folder)
    Vault.open(folder, PASSPHRASE).close()
    assert snapshot(folder) == before


def test_a_vault_of_a_version_to_come_is_left_alone(tmp_path: Path) -> None:
    with Vault.create(tmp_path, PASSPHRASE, cost=CHEAP) as vault:
        vault._db.run(f"PRAGMA user_version = {len(schema.VERSIONS) + 1}")
    before = snapshot(tmp_path)
    with pytest.raises(errors.VaultTooNew):
        Vault.open(tmp_path, PASSPHRASE)
    assert snapshot(tmp_path) == before


KEY = bytes(32)
STEPS = (
    ("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('old')"),
    ("ALTER TABLE notes ADD COLUMN author TEXT", "UPDATE notes SET author = 'heron'"),
    ("CREATE TABLE more (x)",),
)


def test_each_step_is_taken_once_and_in_order(tmp_path: Path) -> None:
    path = str(tmp_path / "db")
    for known in (1, 2, 2, 3):
        database = Database(path, KEY, new=known == 1)
        migrate(database, STEPS[:known])
        assert version(database) == known
        database.close()
    database = Database(path, KEY)
    assert database.all("SELECT text, author FROM notes") == [("old", "heron")]
    assert database.all("SELECT * FROM more") == []
    database.close()


def test_a_step_that_fails_takes_back_all_steps(tmp_path: Path) -> None:
    path = str(tmp_path / "db")
    database = Database(path, KEY, new=True)
    migrate(database, STEPS[:1])
    with pytest.raises(sqlcipher3.OperationalError):
        migrate(database, (*STEPS, ("CREATE TABLE more (x)",)))
    assert version(database) == 1
    assert database.all("SELECT * FROM notes") == [("old",)]
    with pytest.raises(errors.VaultTooNew):
        migrate(database, ())
    database.close()
