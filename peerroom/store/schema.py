"""The tables, version by version. A version that was released is never edited: add the next.

Columns of text from strangers have no STRICT type: a string with a lone surrogate is stored as
a blob (see `encoding.text_in`), so that no sender can make an event unstorable.
"""

from __future__ import annotations

from typing import Final

VERSION_1: Final = (
    """
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        homeserver TEXT NOT NULL,
        user_id TEXT NOT NULL,
        device_id TEXT NOT NULL,
        access_token TEXT NOT NULL,
        password TEXT,
        display_name TEXT,
        crypto_file TEXT NOT NULL UNIQUE,
        crypto_key BLOB NOT NULL,
        pickle_key BLOB NOT NULL,
        cross_signing BLOB,
        next_batch TEXT,
        current INTEGER NOT NULL DEFAULT 0,
        UNIQUE (homeserver, user_id)
    )
    """,
    "CREATE UNIQUE INDEX accounts_current ON accounts (current) WHERE current = 1",
    """
    CREATE TABLE rooms (
        room_id TEXT NOT NULL PRIMARY KEY,
        account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        membership TEXT NOT NULL,
        is_direct INTEGER NOT NULL DEFAULT 0,
        prev_batch TEXT,
        read_position INTEGER,
        events INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX rooms_of_account ON rooms (account_id)",
    # Apart from `rooms`, and never forgotten: leaving a room, or joining it again under another
    # name, must not open a way to send in clear.
    "CREATE TABLE encrypted_rooms (room_id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
    """
    CREATE TRIGGER encrypted_rooms_stay BEFORE DELETE ON encrypted_rooms
    BEGIN SELECT RAISE(ABORT, 'a room recorded as encrypted stays encrypted'); END
    """,
    """
    CREATE TRIGGER encrypted_rooms_keep_their_name BEFORE UPDATE ON encrypted_rooms
    BEGIN SELECT RAISE(ABORT, 'a room recorded as encrypted stays encrypted'); END
    """,
    """
    CREATE TABLE state (
        room_id TEXT NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
        type TEXT NOT NULL,
        state_key TEXT NOT NULL,
        content BLOB NOT NULL,
        sender TEXT,
        event_id TEXT,
        PRIMARY KEY (room_id, type, state_key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX state_by_event ON state (event_id) WHERE event_id IS NOT NULL",
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        room_id TEXT NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
        event_id TEXT NOT NULL UNIQUE,
        position INTEGER NOT NULL,
        sender TEXT NOT NULL,
        type TEXT NOT NULL,
        origin_ts INTEGER NOT NULL,
        raw BLOB NOT NULL,
        clear BLOB,
        status TEXT NOT NULL,
        session_id TEXT,
        transaction_id TEXT,
        trust TEXT,
        replaces TEXT
    )
    """,
    "CREATE UNIQUE INDEX events_in_order ON events (room_id, position)",
    "CREATE INDEX events_of_sender ON events (room_id, sender, position)",
    """
    CREATE INDEX events_undecryptable ON events (room_id, session_id)
    WHERE status = 'undecryptable'
    """,
    "CREATE INDEX events_replacing ON events (replaces) WHERE replaces IS NOT NULL",
    # Counting 50,000 rows would decrypt megabytes of index at every opening.
    """
    CREATE TRIGGER events_counted AFTER INSERT ON events
    BEGIN UPDATE rooms SET events = events + 1 WHERE room_id = NEW.room_id; END
    """,
    """
    CREATE TRIGGER events_uncounted AFTER DELETE ON events
    BEGIN UPDATE rooms SET events = events - 1 WHERE room_id = OLD.room_id; END
    """,
    """
    CREATE TABLE gaps (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        room_id TEXT NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
        older INTEGER NOT NULL,
        newer INTEGER NOT NULL,
        token TEXT NOT NULL
    )
    """,
    "CREATE INDEX gaps_of_room ON gaps (room_id, newer)",
    """
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        room_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        content BLOB NOT NULL,
        transaction_id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT,
        created INTEGER NOT NULL,
        first_attempt INTEGER,
        event_id TEXT,
        order_key TEXT NOT NULL,
        idempotency_key TEXT UNIQUE,
        replaces TEXT
    )
    """,
    "CREATE INDEX outbox_by_state ON outbox (account_id, state, order_key, id)",
    "CREATE INDEX outbox_of_room ON outbox (room_id, id)",
    "CREATE INDEX outbox_by_event ON outbox (event_id) WHERE event_id IS NOT NULL",
    "CREATE INDEX outbox_replacing ON outbox (replaces) WHERE replaces IS NOT NULL",
    """
    CREATE TABLE drafts (
        room_id TEXT NOT NULL PRIMARY KEY REFERENCES rooms (room_id) ON DELETE CASCADE,
        text TEXT NOT NULL,
        reply_to TEXT,
        edit_of TEXT
    ) WITHOUT ROWID
    """,
    "CREATE TABLE settings (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE identities (
        user_id TEXT NOT NULL PRIMARY KEY,
        master TEXT NOT NULL,
        offered TEXT
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE key_shares (
        room_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        user_id TEXT NOT NULL,
        device_id TEXT NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (room_id, session_id, user_id, device_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE records (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        namespace TEXT NOT NULL,
        key TEXT,
        value BLOB NOT NULL,
        UNIQUE (namespace, key)
    )
    """,
    "CREATE INDEX records_in_order ON records (namespace, id)",
)

VERSION_2: Final = ("ALTER TABLE identities ADD COLUMN retracted TEXT",)

# Names that change every epoch: accounts that are history, and messages that stay behind.
VERSION_3: Final = (
    "ALTER TABLE accounts ADD COLUMN circuit BLOB",
    "UPDATE accounts SET circuit = randomblob(16)",
    "ALTER TABLE accounts ADD COLUMN retired INTEGER",
    "ALTER TABLE identities ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE outbox ADD COLUMN refused INTEGER NOT NULL DEFAULT 0",
)

VERSIONS: Final[tuple[tuple[str, ...], ...]] = (VERSION_1, VERSION_2, VERSION_3)
"""Statements that lead from version n to n + 1; the last one is what this PeerRoom writes."""
