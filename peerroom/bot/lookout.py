"""Whether the bot still has its rooms, and the power in them that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from peerroom.bot.circle import Circle
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _
from peerroom.matrix.power import Act, room_power
from peerroom.moderation.protection import Protection
from peerroom.moderation.state import Standing
from peerroom.store.vault import Vault

_NEEDED: Final[tuple[Act, ...]] = ("ban", "kick", "redact", "invite")
_LEVELS: Final = "m.room.power_levels"


class CircleLost(PeerRoomError):
    """The bot is not in the circle's room any more."""

    what = N_("I am not in the circle's room any more.")
    next_step = N_("Invite the bot again with the recovery account, then choose 1.")


class ManagementLost(PeerRoomError):
    """The bot is not in the moderators' room any more."""

    what = N_("The bot is not in the moderators' room any more.")
    next_step = N_("Invite it again with the recovery account, then start it again.")


class NoPowerLeft(PeerRoomError):
    """The bot may not do in the circle's room what it is there for."""

    what = N_("I do not have the power that I need in the circle's room.")
    next_step = N_("Give it back with the recovery account, then choose 1.")


def check(vault: Vault, rooms: Circle, bot: str) -> None:
    """Raises `CircleLost`, `ManagementLost` or `NoPowerLeft`. A room that no sync has brought yet
    is not missed: it was made a moment ago."""
    if _is_lost(vault, rooms.management):
        raise ManagementLost
    if _is_lost(vault, rooms.circle):
        raise CircleLost
    if vault.rooms.state_event(rooms.circle, "m.room.create") is None:
        return
    power = room_power(vault.rooms, rooms.circle)
    able = all(power.may(bot, act) for act in _NEEDED)
    if not able or not power.may_send(bot, _LEVELS, state=True):
        raise NoPowerLeft


def complaints(
    protections: Mapping[str, Protection[Any]], standings: Mapping[tuple[str, Any], Standing]
) -> list[str]:
    """One sentence for each protection whose kept settings are not valid (any more): it goes on
    with its usual ones, which is better than not at all, and moderators have to know."""
    found = set()
    for (name, _room), standing in standings.items():
        try:
            if name in protections:
                protections[name].read(standing.settings)
        except msgspec.ValidationError:
            found.add(name)
    said = _("The settings of “{name}” are not valid any more; it goes on with its usual ones.")
    return [said.format(name=name) for name in sorted(found)]


def _is_lost(vault: Vault, room_id: str) -> bool:
    room = vault.rooms.get(room_id)
    return room is not None and room.membership in ("leave", "ban")
