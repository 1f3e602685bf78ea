"""Databases in memory that outlive each connection to them, as files do.

A plain ``":memory:"`` database is gone with its connection; connecting again would find new keys,
and the server would see a device whose keys changed. SQLite's ``memdb`` VFS gives such a database a
name within this process and keeps it while anyone is connected; pages in it are encrypted as usual.
"""

from __future__ import annotations

import sqlcipher3


class MemoryFiles:
    """Named databases that live until `close`."""

    def __init__(self) -> None:
        self._kept: dict[str, sqlcipher3.Connection] = {}

    def path(self, name: str) -> str:
        """The URI to connect to; ``name`` is unique in this process."""
        uri = f"file:/{name}?vfs=memdb"
        if name not in self._kept:
            self._kept[name] = sqlcipher3.connect(uri, uri=True, check_same_thread=False)
        return uri

    def forget(self, name: str) -> None:
        """Let go of one; without any other connection to it, it is gone."""
        connection = self._kept.pop(name, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Let go of all of them."""
        while self._kept:
            _, connection = self._kept.popitem()
            connection.close()
