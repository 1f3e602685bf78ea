"""The reader's own time zone, as the machine has it; read from disk, never from the network."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
from io import FileIO
from zoneinfo import ZoneInfo


def reader_zone() -> tzinfo:
    """The zone of the machine's clock, with its summer time rules where they can be found.

    A fixed offset would be an hour wrong for an opening beyond the next change of the clocks.
    """
    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name:
            return ZoneInfo(name)
        with FileIO("/etc/localtime") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, KeyError):
        return datetime.now(UTC).astimezone().tzinfo or UTC
