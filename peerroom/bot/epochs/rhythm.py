"""When names change in this circle, from the host's settings."""

from __future__ import annotations

from datetime import timedelta

from peerroom.bot.epochs.book import Book
from peerroom.config import DAYS
from peerroom.config import Bot as BotConfig
from peerroom.pseudonym.epochs import Policy, Weekly
from peerroom.store.vault import Vault


def policy_of(config: BotConfig, vault: Vault) -> Policy | None:
    """The policy in the settings; None where names stay.

    Names that have begun to rotate go on, whatever ``rotate`` says now: members' programs hold
    tokens, and wait for the next record.
    """
    if not config.rotate and Book(vault).read() is None:
        return None
    return Policy(
        rhythm=Weekly(DAYS.index(config.switch_day), config.switch_hour, config.switch_zone),
        window=timedelta(hours=config.window_hours),
        freeze=timedelta(minutes=config.freeze_minutes),
        floor=config.floor,
        hold=timedelta(hours=config.hold_hours),
    )
