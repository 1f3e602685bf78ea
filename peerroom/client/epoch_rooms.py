"""What is certain about the room of an epoch: kept by the rotation agent, read by every face.

Only what follows from records that were verified stands here, as plain JSON, so that a face needs
neither the records nor the libraries that check them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from peerroom.store.vault import Vault

_ROOMS: Final = "rotation.rooms"
_NAMES: Final = "rotation.names"
_HEADS: Final = "rotation.heads"
HEAD: Final = "org.peerroom.head"
"""`peerroom.wire.rotation.HEAD`, without what that loads."""


@dataclass(frozen=True, slots=True)
class EpochRoom:
    """One epoch's room, as its records have it."""

    epoch: int
    opened: datetime
    """When its names began; aware, to the millisecond."""
    until: datetime
    """When they end, as planned now."""
    crowd: int | None = None
    """Accounts in the admission ledger that showed a token; None in a circle's first epoch."""
    floor: int = 0
    """Fewest accounts for which this circle changes names."""
    away: frozenset[str] = frozenset()
    """User ids that were carried over because their owners were away."""
    residents: frozenset[str] = frozenset()
    """User ids that do not rotate."""


def keep(vault: Vault, room_id: str, room: EpochRoom) -> None:
    """Note what was verified of ``room_id``; replaces what was noted before."""
    value = {
        "epoch": room.epoch,
        "opened": _milliseconds(room.opened),
        "until": _milliseconds(room.until),
        "crowd": room.crowd,
        "floor": room.floor,
        "away": sorted(room.away),
        "residents": sorted(room.residents),
    }
    vault.records.replace(_ROOMS, room_id, value)


def of(vault: Vault, room_id: str) -> EpochRoom | None:
    """What was verified of the room; None where nothing was: then its names do not rotate."""
    value: dict[str, Any] | None = vault.records.get(_ROOMS, room_id)
    if value is None:
        return None
    return EpochRoom(
        epoch=value["epoch"],
        opened=_moment(value["opened"]),
        until=_moment(value["until"]),
        crowd=value["crowd"],
        floor=value["floor"],
        away=frozenset(value["away"]),
        residents=frozenset(value["residents"]),
    )


def keep_head(vault: Vault, room_id: str, sequence: int, digest: bytes) -> None:
    """Note the last record that was followed, for messages to this room to carry."""
    value = [sequence, digest.hex()]
    if vault.records.get(_HEADS, room_id) != value:
        vault.records.replace(_HEADS, room_id, value)


def head_of(vault: Vault, room_id: str) -> dict[str, Any]:
    """What a message to this room carries of it, so that two stories are noticed; else nothing."""
    value = vault.records.get(_HEADS, room_id)
    return {} if value is None else {HEAD: value}


def keep_names(vault: Vault, names: Mapping[str, int]) -> None:
    """Note the names (`peerroom.pseudonym.names.by_index`) of accounts in a verified ledger, by
    user id: from here on they are shown under these, whatever they call themselves."""
    with vault.transaction():
        for user_id, index in names.items():
            vault.records.replace(_NAMES, user_id, index)


def name_index(vault: Vault, user_id: str) -> int | None:
    """The noted name of an account, or None."""
    index: int | None = vault.records.get(_NAMES, user_id)
    return index


def _milliseconds(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
