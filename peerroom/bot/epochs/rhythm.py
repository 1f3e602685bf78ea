"""When names change in this circle, from the host's settings."""

from __future__ import annotations

from datetime import timedelta

from peerroom.config import DAYS
from peerroom.config import Bot as BotConfig
from peerroom.pseudonym.epochs import Policy, Weekly


def policy_of(config: BotConfig) -> Policy | None:
    """The policy in the settings; None where names stay."""
    if not config.rotate:
        return None
    return Policy(
        rhythm=Weekly(DAYS.index(config.switch_day), config.switch_hour, config.switch_zone),
        window=timedelta(hours=config.window_hours),
        freeze=timedelta(minutes=config.freeze_minutes),
        floor=config.floor,
        hold=timedelta(hours=config.hold_hours),
    )
