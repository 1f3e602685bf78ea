"""Reading the records of a room into a chain, and noticing when there are two stories."""

from __future__ import annotations

from collections.abc import Iterable

from peerroom.pseudonym.records import Chain
from peerroom.wire.records import SignedRecord


def enter(pinned: Chain, records: Iterable[SignedRecord]) -> Chain:
    """The chain of a newcomer: ``pinned`` has number and hash of the record that the invite names
    (0 and zeros if it names none), ``records`` are all those of the room.

    Raises what `Chain.resume` and `Chain.extend` raise; `RecordRolledBack` if the pinned record is
    newer than the room's, `RecordForked` if the room has another one with its number.
    """
    raise NotImplementedError
