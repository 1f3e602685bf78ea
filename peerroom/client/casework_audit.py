"""The audit log as a moderator's program has it, to look through and to take along.

It is made of the steps of all cases: who did what, when, about whom. What was done without a case
is in the bot's own log only: `!audit` shows it.

The file that `export` writes is CSV (RFC 4180, UTF-8) with one entry a line, the newest first:

    when      date and time, UTC, ISO 8601
    case      number of the case
    who       name of the moderator; empty for the bot
    about     name of the person, as it was then; empty if the case is about nobody
    what      what was done, in words of the language in use
    deed      number with which it can be taken back; empty if it cannot

No message, note, answer or reason that anybody wrote is in it, and no account's id.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from peerroom.client import casework_words as words
from peerroom.client.casework_views import AuditEntry, AuditFilter
from peerroom.durable import sync_folder
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.moderation.cases import Case
from peerroom.text.confusable import skeleton
from peerroom.wire.cases import Closed, Done, Reminded, Reopened, Replied, Shown

_DEEDS: Final = (Done, Replied, Closed, Reopened)
_HEAD: Final = ("when", "case", "who", "about", "what", "deed")


class NotExported(PeerRoomError):
    """The file could not be written, or is there already."""

    what = N_("The log could not be written there.")
    next_step = N_("Choose a file that is not there yet, in a folder of yours.")


def entries(cases: Iterable[Case], names: Mapping[str, str]) -> Iterator[AuditEntry]:
    """Every entry, the newest first."""
    found = [
        (step.at, case.number, step.n, step, case)
        for case in cases
        for step in case.steps
        if not isinstance(step, Shown | Reminded)
    ]
    for *_order, step, case in sorted(found, key=lambda entry: entry[:3], reverse=True):
        line = words.line(step, names)
        about = words.shown(case.name)
        yield AuditEntry(line.when, case.number, line.who, about, line.words, line.deed)


def filtered(
    cases: Iterable[Case], names: Mapping[str, str], wanted: AuditFilter
) -> list[AuditEntry]:
    """The entries that are ``wanted``."""
    chosen = (case for case in cases if wanted.case in (None, case.number))
    if wanted.deeds_only:
        chosen = (_deeds_of(case) for case in chosen)
    return [entry for entry in entries(chosen, names) if _fits(entry, wanted)]


def export(path: Path, log: Iterable[AuditEntry]) -> int:
    """Write a new file (mode 0600) with these entries; returns how many. Raises `NotExported`."""
    rows = [_row(entry) for entry in log]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEAD, *rows])
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
    except (OSError, ValueError) as error:
        raise NotExported from error
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
            file.write(text.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise NotExported from error
    return len(rows)


def _deeds_of(case: Case) -> Case:
    return replace(case, steps=tuple(step for step in case.steps if isinstance(step, _DEEDS)))


def _fits(entry: AuditEntry, wanted: AuditFilter) -> bool:
    if wanted.since is not None and entry.when < wanted.since:
        return False
    if wanted.until is not None and entry.when > wanted.until:
        return False
    sought = skeleton(wanted.text)
    return not sought or any(
        sought in skeleton(text) for text in (entry.who, entry.about, entry.words)
    )


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return (
        entry.when.isoformat(timespec="seconds"),
        str(entry.case),
        _cell(entry.who),
        _cell(entry.about),
        _cell(entry.words),
        "" if entry.deed is None else str(entry.deed),
    )


def _cell(text: str) -> str:
    """A spreadsheet takes what begins so for a formula, and runs it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
