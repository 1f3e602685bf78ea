"""A server that shows one member other records than everyone else, some signed by the bot's key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from peerroom.matrix.power import MODERATOR
from peerroom.pseudonym.records import sign_record
from peerroom.wire.records import (
    PAGE,
    RECORD,
    Admitted,
    EpochOpened,
    Issued,
    Record,
    Row,
    SignedRecord,
    decode_page,
    decode_record,
    encode_pages,
    page_content,
    page_key,
    read_page,
)

Rows = Callable[[tuple[Row, ...]], tuple[Row, ...]]


@dataclass
class Doctored:
    """To be given to `support.faults.FaultyServer` as its ``edit``.

    ``record`` makes another body of a record's, or None of one that is to stay; it is signed with
    ``seed`` then. ``pages`` makes other rows of the page of the record with a number, whose hashes
    follow if ``hashes``. ``state`` makes another key and content of a record's event. With
    ``linked``, what comes after another record names that one as the one before.
    """

    seed: bytes
    record: Callable[[Record], Record | None] = lambda _record: None
    pages: Mapping[int, Rows] = field(default_factory=dict)
    hashes: bool = True
    state: Callable[[Record], tuple[str, dict[str, Any]] | None] = lambda _record: None
    linked: bool = False
    _made: dict[str, bytes] = field(default_factory=dict)
    _instead: dict[bytes, bytes] = field(default_factory=dict)

    def __call__(self, path: str, answer: Any) -> Any:
        if path.endswith("/sync") and isinstance(answer, dict):
            for event in _state_events(answer):
                self._change(event)
        return answer

    def _change(self, event: dict[str, Any]) -> None:
        if event.get("type") == PAGE:
            rows = self.pages.get(int(event["state_key"].partition(".")[0]))
            if rows is not None:
                [page] = encode_pages(rows(decode_page(read_page(event["content"]))))
                event["content"] = page_content(page)
                self._made[event["state_key"]] = page
        if event.get("type") == RECORD and event.get("content"):
            genuine = SignedRecord.read(event["content"])
            record = decode_record(genuine.data)
            if (state := self.state(record)) is not None:
                event["state_key"], event["content"] = state
            elif (other := self._other(record)) is not None:
                signed = sign_record(self.seed, other)
                event["content"] = signed.content()
                self._instead[genuine.hash] = signed.hash

    def _other(self, record: Record) -> Record | None:
        changed = self.record(record)
        if self.linked and record.previous in self._instead:
            previous = self._instead[record.previous]
            changed = msgspec.structs.replace(changed or record, previous=previous)
        if record.sequence not in self.pages or not self.hashes:
            return changed
        body = (changed or record).body
        assert isinstance(body, Issued | Admitted | EpochOpened)
        hashes = tuple(
            hashlib.sha256(self._made[page_key(record.sequence, index)]).digest()
            for index in range(len(body.pages))
        )
        return but(changed or record, pages=hashes)


def everyone_moderates(path: str, answer: Any) -> Any:
    """Another ``edit``: one member is shown that everyone has a moderator's power."""
    if path.endswith("/sync") and isinstance(answer, dict):
        for event in _state_events(answer):
            if event.get("type") == "m.room.power_levels":
                event["content"]["users_default"] = MODERATOR
    return answer


def unheard(answer: Any, room_id: str, but_of: str) -> Any:
    """An answer of /sync without what anybody says in a room, but for what ``but_of`` says."""
    timeline = answer.get("rooms", {}).get("join", {}).get(room_id, {}).get("timeline", {})
    timeline["events"] = [
        event
        for event in timeline.get("events", [])
        if event["type"] != "m.room.encrypted" or event["sender"] == but_of
    ]
    return answer


def but(record: Record, **changes: Any) -> Record:
    """The record with some fields of its body changed."""
    return msgspec.structs.replace(record, body=msgspec.structs.replace(record.body, **changes))


def _state_events(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Pages before the records that name them, and these as they follow one another."""
    for room in answer.get("rooms", {}).get("join", {}).values():
        events = [
            event
            for part in ("state", "state_after", "timeline")
            for event in room.get(part, {}).get("events", [])
        ]
        yield from sorted(events, key=_in_order)


def _in_order(event: dict[str, Any]) -> tuple[bool, int]:
    key = str(event.get("state_key", ""))
    return event.get("type") != PAGE, int(key) if key.isdecimal() else 0
