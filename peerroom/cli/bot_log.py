"""The bot's log: what kind of thing happened, and never whom it is about or what was said.

Lines of ours hold nothing else. Of libraries' lines only their origin is shown: asyncio and others
quote values, and those may be somebody's words. With ``--debug`` everything is shown.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

from peerroom.bot.keeper import LABEL, place_of

_OURS: Final = "peerroom"
_PRIORITY: Final = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
"""By syslog(3), as journald reads them in front of a line (sd-daemon(3))."""


class Lines(logging.Formatter):
    """One line a record, without anything that was said."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__(datefmt="%Y-%m-%d %H:%M:%S")
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        parts = [f"{record.name}:"]
        if label := LABEL.get():
            parts.append(f"[{label}]")
        if record.name.partition(".")[0] == _OURS:
            parts.append(record.getMessage())
        else:
            parts.append(f"a line from {record.filename}:{record.lineno}")
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            parts.append(f"({type(error).__name__} at {place_of(error)})")
        line = " ".join(parts).replace("\n", " ")
        if self._journal:
            return f"<{_PRIORITY.get(record.levelno, 2)}>{line}"
        return f"{self.formatTime(record, self.datefmt)} {line}"


def begin(level: str, *, open_hearted: bool) -> None:
    """Log to standard error: ours from ``level`` on, libraries' from warnings on.

    ``open_hearted``: with tracebacks and libraries' own words, which may quote private text.
    """
    handler = logging.StreamHandler(sys.stderr)
    if open_hearted:
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    else:
        handler.setFormatter(Lines(journal=_to_journal()))
        sys.unraisablehook = _unraisable
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(_OURS).setLevel(level.upper())


def _to_journal() -> bool:
    """Whether standard error goes to journald, which adds the time itself (systemd.exec(5))."""
    try:
        there = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """In place of a traceback of what nobody could catch."""
    logging.getLogger(_OURS).error("something was lost on the way: %s", what.exc_type.__name__)
