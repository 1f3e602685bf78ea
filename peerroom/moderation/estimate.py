"""How long it takes to remove messages, by what the server allows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from peerroom.i18n import _, ngettext
from peerroom.moderation.explaining import lasting
from peerroom.moderation.state import Limits

EACH: Final = timedelta(milliseconds=20)
"""One request, where nothing holds it up."""
SOON: Final = timedelta(seconds=5)
"""What is done within this needs no estimate."""


def removal_time(count: int, limits: Limits) -> timedelta:
    """Time until ``count`` messages are removed for programs that take each removal by itself.

    The bot's own word about it goes through the same gate.
    """
    paced = timedelta(0)
    if not limits.exempt:
        above = max(0, count + 1 - limits.burst)
        paced = timedelta(seconds=above / limits.per_second)
    return paced + count * EACH


def removal_words(count: int, limits: Limits) -> str:
    """What moderators are told as it begins."""
    said = ngettext(
        "Removing {n} message, the newest first.",
        "Removing {n} messages, the newest first.",
        count,
    ).format(n=count)
    time = removal_time(count, limits)
    if time <= SOON:
        return said
    slow = _("This server takes them slowly: it will take about {time}.")
    return f"{said} {slow.format(time=lasting(time))}"
