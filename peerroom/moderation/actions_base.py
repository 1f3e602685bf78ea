"""What every action of the bot is: a frozen value that encodes as one JSON object."""

from __future__ import annotations

import msgspec


class Act(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Encodes as one JSON object whose ``type`` is the class name."""
