"""From the schema in the file to the one that this PeerRoom writes, in one transaction."""

from __future__ import annotations

from peerroom.store import errors, schema
from peerroom.store.database import Database


def version(database: Database) -> int:
    """Schema version of the file; 0 for an empty one. The first read, so it tries the key.

    Raises:
        VaultDamaged: the key does not fit the first page.
    """
    row = database.one("PRAGMA user_version")
    assert row is not None
    return int(row[0])


def migrate(database: Database, versions: tuple[tuple[str, ...], ...] = schema.VERSIONS) -> None:
    """Bring the schema up to date; does nothing, and writes nothing, when it is.

    Raises:
        VaultTooNew: the file was written by a later PeerRoom.
        DiskFull: the file is as it was.
    """
    present = version(database)
    if present > len(versions):
        raise errors.VaultTooNew
    if present == len(versions):
        return
    with database.transaction():
        for step in versions[present:]:
            for statement in step:
                database.run(statement)
        database.run(f"PRAGMA user_version = {len(versions)}")
