"""The rooms of a circle: the one people talk in, and the moderators' own.

They are made once; where names rotate, the circle's room is made anew for each epoch
(`peerroom.bot.epochs.rooms`). A marker in each room's state says what it is and of which circle, so
that a crash between making a room and noting its id is mended by looking, not by making another.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from peerroom.config import Bot as BotConfig
from peerroom.i18n import _
from peerroom.matrix.connection import Connection
from peerroom.matrix.rooms import Rooms
from peerroom.store.vault import Vault

MARKER: Final = "org.peerroom.room"
MODERATOR_LEVEL: Final = 50
FROZEN: Final = 100
"""Nobody but the bot has this level."""
NAMESPACE: Final = "bot.circle"

Role = Literal["circle", "management"]


@dataclass(frozen=True, slots=True)
class Circle:
    """The ids of a circle's two rooms."""

    circle: str
    management: str


def lineage_of(vault: Vault) -> str:
    """What tells this circle from every other: 16 random bytes in hex, drawn once."""
    lineage = vault.records.get(NAMESPACE, "lineage")
    if lineage is None:
        lineage = secrets.token_hex(16)
        vault.records.replace(NAMESPACE, "lineage", lineage)
    return str(lineage)


async def establish(
    vault: Vault, connection: Connection, config: BotConfig, *, rotating: bool = False
) -> Circle:
    """The circle's rooms, made if they are not there yet. Safe to call again at any moment.

    Call after the first sync, so that rooms made before a crash are seen. Raises `MatrixError`.
    """
    return Circle(
        await _room(vault, connection, config, "circle", rotating),
        await _room(vault, connection, config, "management", False),
    )


def current(vault: Vault) -> Circle:
    """The rooms as they are now; only after `establish`."""
    kept = vault.records.items(NAMESPACE)
    return Circle(kept["circle"], kept["management"])


def replace_circle(vault: Vault, room_id: str) -> None:
    """From now on this is the room that people talk in."""
    vault.records.replace(NAMESPACE, "circle", room_id)


async def _room(
    vault: Vault, connection: Connection, config: BotConfig, role: Role, rotating: bool
) -> str:
    known = vault.records.get(NAMESPACE, role)
    if isinstance(known, str):
        return known
    marker = {"v": 1, "role": role, "lineage": lineage_of(vault)}
    room_id = made_before(vault, marker) or await make_room(
        connection, config, role, marker, config.moderators, rotating=rotating
    )
    vault.records.replace(NAMESPACE, role, room_id)
    return room_id


async def make_room(
    connection: Connection,
    config: BotConfig,
    role: Role,
    marker: Mapping[str, object],
    moderators: Collection[str],
    *,
    rotating: bool,
    frozen: bool = False,
) -> str:
    """Make a room of the circle and return its id. Raises `MatrixError`.

    ``rotating``: nobody from another server can come in. Their server would see who came when.
    ``frozen``: it can only be read.
    """
    return await connection.rooms.create_room(
        name=config.room if role == "circle" else _("{room} moderators").format(room=config.room),
        additional_creators=(config.recovery,) if config.recovery else (),
        power_levels={
            # Room version 12: the bot and the recovery account stand above all of these.
            "users": dict.fromkeys(sorted(moderators), MODERATOR_LEVEL),
            "users_default": 0,
            "events_default": FROZEN if frozen else 0,
            "state_default": 100,
            "invite": 100,
            "kick": MODERATOR_LEVEL,
            "ban": MODERATOR_LEVEL,
            "redact": MODERATOR_LEVEL,
            "events": {"m.room.tombstone": 100, "m.room.encryption": 100},
        },
        initial_state=[{"type": MARKER, "state_key": "", "content": marker}],
        history_visibility="joined",
        federate=not rotating,
    )


def made_before(vault: Vault, marker: Mapping[str, object]) -> str | None:
    """The room with this marker, if one that we know has it."""
    for room in vault.rooms.all():
        if vault.rooms.state(room.room_id, MARKER) == marker:
            return room.room_id
    return None


async def unseen(vault: Vault, rooms: Rooms, marker: Mapping[str, object]) -> str | None:
    """The room with this marker, if an earlier try made it and its answer was lost. Only rooms that
    the sync has not brought are asked for: that is at most a handful. Raises `MatrixError`."""
    for room_id in await rooms.joined():
        if vault.rooms.get(room_id) is not None:
            continue
        if await rooms.get_state(room_id, MARKER) == marker:
            return room_id
    return None


def writing_level(levels: Mapping[str, Any], level: int) -> dict[str, Any]:
    """Power levels (the content) under which one needs ``level`` to write. One's own words can
    always be removed."""
    events = dict(levels.get("events") or {})
    if level > 0:
        events["m.room.redaction"] = 0
    else:
        events.pop("m.room.redaction", None)
    return {**levels, "events_default": level, "events": events}
