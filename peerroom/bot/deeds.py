"""The audit log: one line for every decided deed, numbered from 1, with what takes it back.

Never the text of a message. Kept as long as the vault is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from peerroom.moderation import actions as act
from peerroom.store.records import Records

AUDIT: Final = "bot.audit"
_LAST: Final = "bot.audit.last"
Entry = dict[str, Any]


class Deeds(Mapping[int, act.Note]):
    """The log by number; each line is read when it is asked for."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @property
    def next_number(self) -> int:
        """The number that the next line gets."""
        last: int | None = self._records.get(_LAST, "n")
        if last is None:
            # Lines from before deeds were numbered keep the numbers that they were shown under.
            old = self._records.log(AUDIT, limit=1_000_000)
            last = old[-1][0] if old else 0
        return last + 1

    def write(self, note: act.Note, now: datetime) -> int:
        """Add a line and return its number; the deed that it takes back is marked."""
        number = self.next_number
        self._records.replace(AUDIT, str(number), {"at": now.isoformat(), **act.to_content(note)})
        self._records.replace(_LAST, "n", number)
        if note.undoes is not None:
            undone = self._records.get(AUDIT, str(note.undoes))
            if undone is not None:
                self._records.replace(AUDIT, str(note.undoes), {**undone, "undone": number})
        return number

    def entries(self, after: int = 0) -> list[tuple[int, Entry]]:
        """Lines numbered above ``after`` in order: ``at``, ``by``, ``what``, ``about``, ``reason``
        and what else there is of `act.Note`."""
        old = self._records.log(AUDIT, after)
        kept = self._records.items(AUDIT)
        new = [(int(key), value) for key, value in kept.items() if int(key) > after]
        return [(number, _whole(value)) for number, value in [*old, *sorted(new, key=_number)]]

    def when(self, number: int) -> datetime | None:
        """When a deed was done."""
        value = self._records.get(AUDIT, str(number))
        return None if value is None else datetime.fromisoformat(value["at"])

    def __getitem__(self, number: int) -> act.Note:
        value = self._records.get(AUDIT, str(number))
        if value is None:
            raise KeyError(number)
        return act.note_from(value)

    def __iter__(self) -> Iterator[int]:
        return (number for number, _ in self.entries())

    def __len__(self) -> int:
        return len(self.entries())


def _whole(value: Entry) -> Entry:
    return {"about": None, "reason": None, **value}


def _number(entry: tuple[int, Entry]) -> int:
    return entry[0]
