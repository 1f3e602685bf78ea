"""Forgetting: a Synapse module that deletes who connected from where, with what, and when.

Synapse notes the address and the program of every device for its administrators' convenience. Here
they are a list of who was online when, which could be laid beside the hours of the switch. What is
older than a day is deleted every hour; of the last day it stays, because Synapse writes it as
people come. What stays for good, because the service is made of it: when an account, a device key
and a room were made, when each event was sent, and messages to devices until they are fetched.

Loaded by Synapse in its own process, like `peerroom.host.synapse_module`, and under the same rule:
it imports nothing of Synapse.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

KEPT: Final = 86_400.0
"""Seconds for which traces are kept if the configuration says nothing."""

EVERY: Final = 3_600.0
"""Seconds between two prunings."""

FORGETTING: Final = (
    "DELETE FROM user_ips WHERE last_seen < ?",
    "UPDATE devices SET ip = NULL, user_agent = NULL, last_seen = NULL WHERE last_seen < ?",
    """
    DELETE FROM ui_auth_sessions_ips WHERE session_id IN
    (SELECT session_id FROM ui_auth_sessions WHERE creation_time < ?)
    """,
    # When somebody last proved their password. 0 is Synapse's own "never".
    "UPDATE access_tokens SET last_validated = 0 WHERE last_validated > 0 AND last_validated < ?",
    # Who was here on which day, with what program. A row is named after the beginning of its day.
    "DELETE FROM user_daily_visits WHERE timestamp < ?",
)
"""Each takes a moment in milliseconds since 1970. For SQLite and PostgreSQL alike."""


class Cursor(Protocol):
    """What is used of Synapse's database transaction; ``txn`` is the driver's own cursor."""

    @property
    def txn(self) -> object: ...
    def execute(self, sql: str, args: tuple[object, ...] = ()) -> object: ...


class Api(Protocol):
    """What is used of Synapse's ``ModuleApi``."""

    def run_db_interaction(
        self, desc: str, func: Callable[..., Any], *args: object
    ) -> Awaitable[Any]: ...
    def looping_background_call(self, f: Callable[..., Any], msec: float, *, desc: str) -> None: ...
    def delayed_background_call(
        self, msec: float, f: Callable[..., Any], *, desc: str
    ) -> object: ...
    def should_run_background_tasks(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Memory:
    """The module's configuration, in seconds."""

    keep_seconds: float
    every_seconds: float


class Pruner:
    """Made once by each process of Synapse; works in the one that does background work."""

    def __init__(self, config: Memory, api: Api) -> None:
        self._api = api
        self._keep = config.keep_seconds
        if api.should_run_background_tasks():
            every = config.every_seconds * 1000
            api.delayed_background_call(min(every, 60_000), self.prune, desc="peerroom_prune_first")
            api.looping_background_call(self.prune, every, desc="peerroom_prune")

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Memory:
        """Raises ValueError for anything but the two numbers."""
        unknown = set(config) - {"keep_seconds", "every_seconds"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(map(str, unknown)))}")
        keep, every = config.get("keep_seconds", KEPT), config.get("every_seconds", EVERY)
        if type(keep) not in (int, float) or keep < 0:
            raise ValueError("keep_seconds: must be a number of seconds")
        if type(every) not in (int, float) or every < 1:
            raise ValueError("every_seconds: must be at least 1")
        return Memory(keep, every)

    async def prune(self) -> None:
        """Forget what is older than it may be."""
        before = int((time.time() - self._keep) * 1000)
        await self._api.run_db_interaction("peerroom_prune", forget, before)
        await self._api.run_db_interaction("peerroom_overwrite", overwrite)


def forget(cursor: Cursor, before: int) -> None:
    """Delete the traces from before a moment (milliseconds since 1970)."""
    if isinstance(cursor.txn, sqlite3.Cursor):
        # Otherwise SQLite only marks the rows as free and leaves them in the file.
        cursor.execute("PRAGMA secure_delete = ON")
    for statement in FORGETTING:
        cursor.execute(statement, (before,))


def overwrite(cursor: Cursor) -> None:
    """Let SQLite carry the deletions into its file now, and empty its log of changes.

    PostgreSQL does it by itself (autovacuum). If someone reads just now, the next time does it.
    """
    if isinstance(cursor.txn, sqlite3.Cursor):
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
