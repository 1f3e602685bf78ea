"""The rooms of a circle: the one people talk in, and the moderators' own.

They are made once. A marker in each room's state says what it is and of which circle, so that a
crash between making a room and noting its id is mended by looking, not by making another.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from peerroom.config import Bot as BotConfig
from peerroom.i18n import _
from peerroom.matrix.connection import Connection
from peerroom.store.vault import Vault

MARKER: Final = "org.peerroom.room"
MODERATOR_LEVEL: Final = 50
NAMESPACE: Final = "bot.circle"

Role = Literal["circle", "management"]


@dataclass(frozen=True, slots=True)
class Circle:
    """The ids of a circle's two rooms."""

    circle: str
    management: str


async def establish(vault: Vault, connection: Connection, config: BotConfig) -> Circle:
    """The circle's rooms, made if they are not there yet. Safe to call again at any moment.

    Call after the first sync, so that rooms made before a crash are seen. Raises `MatrixError`.
    """
    lineage = vault.records.get(NAMESPACE, "lineage")
    if lineage is None:
        lineage = secrets.token_hex(16)
        vault.records.replace(NAMESPACE, "lineage", lineage)
    return Circle(
        await _room(vault, connection, config, "circle", lineage),
        await _room(vault, connection, config, "management", lineage),
    )


async def _room(
    vault: Vault, connection: Connection, config: BotConfig, role: Role, lineage: str
) -> str:
    known = vault.records.get(NAMESPACE, role)
    if isinstance(known, str):
        return known
    marker = {"v": 1, "role": role, "lineage": lineage}
    room_id = _made_before(vault, marker) or await connection.rooms.create_room(
        name=config.room if role == "circle" else _("{room} moderators").format(room=config.room),
        additional_creators=(config.recovery,) if config.recovery else (),
        power_levels={
            # Room version 12: the bot and the recovery account stand above all of these.
            "users": dict.fromkeys(config.moderators, MODERATOR_LEVEL),
            "users_default": 0,
            "events_default": 0,
            "state_default": 100,
            "invite": 100,
            "kick": MODERATOR_LEVEL,
            "ban": MODERATOR_LEVEL,
            "redact": MODERATOR_LEVEL,
            "events": {"m.room.tombstone": 100, "m.room.encryption": 100},
        },
        initial_state=[{"type": MARKER, "state_key": "", "content": marker}],
        history_visibility="joined",
    )
    vault.records.replace(NAMESPACE, role, room_id)
    return room_id


def _made_before(vault: Vault, marker: Mapping[str, object]) -> str | None:
    for room in vault.rooms.all():
        if vault.rooms.state(room.room_id, MARKER) == marker:
            return room.room_id
    return None
