"""The corpora of `tests/corpora`, and what the protections make of them.

`ordinary.tsv` is a day in two rooms, one Japanese and one English; ``after`` is the time since six
in the morning. `attacks.tsv` are attacks of one or more events; ``after`` are seconds since the
first one. Senders that begin with ``new`` (``ja-new1``) have just come.

Each corpus is in two halves, by a digest of what was written. Patterns were tuned on the one;
nobody looked at what was missed in the other.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal, cast

from peerroom.moderation.findings import Finding, Verb
from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Protection, Room
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.seen import Kind, Seen
from peerroom.moderation.window import Window
from peerroom.text.foreign import ForeignText

FOLDER: Final = Path(__file__).parent.parent / "corpora"
SIX: Final = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
"""Six in the morning in Tokyo."""
BOT: Final = "@bot:example.org"
MODERATORS: Final = {
    "@quiet:example.org": "Quiet Harbor / 静かな港",
    "@amber:example.org": "Amber Fern / 琥珀のしだ",
}

Half = Literal["tuned on", "held out"]
HALVES: Final[tuple[Half, Half]] = ("tuned on", "held out")

FITTING: Final[dict[str, frozenset[Verb]]] = {
    "scam": frozenset({"hold", "remove"}),
    "dox": frozenset({"hold", "remove"}),
    "link": frozenset({"hold", "remove"}),
    "media": frozenset({"hold", "remove"}),
    "raid": frozenset({"lock"}),
    "repeat": frozenset({"hold", "remove"}),
    "mention": frozenset({"hold", "remove", "mute"}),
    "imitate": frozenset({"mute"}),
    "title": frozenset({"flag"}),  # "Staff Sergeant's mum" may be nobody's disguise: a human looks
    "flood": frozenset({"slow"}),
}
"""What counts as caught, for each kind of attack."""


@dataclass(frozen=True, slots=True)
class Attack:
    """``name`` is that of the attack it disguises (``scam-ja-02+spaces``), if it does."""

    name: str
    kind: str
    language: str
    evasion: str
    half: Half
    events: tuple[Seen, ...]


@dataclass(slots=True)
class Told:
    """What one protection, or all of them, found in a half of the ordinary day."""

    messages: int = 0
    verbs: Counter[Verb] = field(default_factory=Counter)
    """Messages by the strongest verb found for them."""


def ordinary() -> list[Seen]:
    """The day's events in the order in which they came."""
    return [
        _event(f"$day{number}", f"!{row['language']}:example.org", row, _clock(row["after"]))
        for number, row in enumerate(_rows("ordinary.tsv"))
    ]


def attacks() -> list[Attack]:
    """All attacks."""
    return [
        Attack(
            name,
            rows[0]["kind"],
            rows[0]["language"],
            rows[0]["evasion"],
            half(name.partition("+")[0]),
            tuple(
                _event(f"${name}.{n}", "!room:example.org", row, float(row["after"]))
                for n, row in enumerate(rows)
            ),
        )
        for name, rows in (
            (name, list(rows)) for name, rows in groupby(_rows("attacks.tsv"), _attack_name)
        )
    ]


def half(what: str) -> Half:
    """Which half something is in: the same for an attack and its disguises."""
    return HALVES[sha256(what.encode()).digest()[0] % 2]


def room(room_id: str, events: Iterable[Seen]) -> Room:
    """A room with two moderators; who is new in ``events`` came when first seen."""
    newcomers: dict[str, datetime] = {}
    for event in events:
        if re.match("@(?:(?:ja|en)-)?new", event.sender):
            newcomers.setdefault(event.sender, event.at)
    return Room(
        room_id,
        Window(),
        names={**MODERATORS, BOT: "PeerRoom"},
        exempt=frozenset({*MODERATORS, BOT}),
        moderators=frozenset({*MODERATORS, BOT}),
        newcomers=newcomers,
    )


def judged(guard: Guard, where: Room, events: Sequence[Seen]) -> Iterator[Sequence[Finding]]:
    """What a guard finds in each event of a room, one after the other."""
    for event in events:
        yield guard.judge(event, where)
        where.window.add(event)


def day(protections: Iterable[Protection[Any]]) -> dict[Half, Told]:
    """The ordinary day under some protections, as they stand in a new room."""
    told: dict[Half, Told] = {one: Told() for one in HALVES}
    guard = Guard(protections, {}, {})
    for event, found in day_findings(guard):
        if event.kind != "member" and event.text is not None:
            into = told[half(event.text.raw())]
            into.messages += 1
            if found:
                into.verbs[found[0].verb] += 1
    return told


def day_findings(guard: Guard) -> Iterator[tuple[Seen, Sequence[Finding]]]:
    """Each event of the ordinary day with what was found about it."""
    events = ordinary()
    for room_id in sorted({event.room_id for event in events}):
        here = [event for event in events if event.room_id == room_id]
        yield from zip(here, judged(guard, room(room_id, here), here), strict=True)


def caught(guard: Guard, attack: Attack) -> tuple[str, ...]:
    """Names of the protections that did what is fitting against an attack, sorted."""
    where = room("!room:example.org", attack.events)
    return tuple(
        sorted(
            {
                finding.protection
                for found in judged(guard, where, attack.events)
                for finding in found
                if finding.verb in FITTING[attack.kind]
            }
        )
    )


def at_defaults() -> Guard:
    """All protections as they stand in a new room."""
    return Guard(PROTECTIONS.values(), {}, {})


def _event(event_id: str, room_id: str, row: dict[str, str], after: float) -> Seen:
    kind = row.get("event") or row["kind"]
    member = kind in ("join", "member")
    text = re.sub(r"\\u([0-9a-f]{4})", _character, row["text"]).replace("\\n", "\n")
    sender = f"@{row['sender']}:example.org"
    return Seen(
        event_id=event_id,
        room_id=room_id,
        sender=sender,
        at=SIX + timedelta(seconds=after),
        kind="member" if member else cast("Kind", kind),
        text=ForeignText(text or row["sender"]),
        size=400 + len(text.encode()),
        mentions=tuple(f"@p{n}:example.org" for n in range(int(row.get("mentions") or 0))),
        encrypted=not member,
        signed=not member,
        target=sender if member else "$before" if kind == "edit" else None,
        membership="join" if member else None,
        named=member,
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _attack_name(row: dict[str, str]) -> str:
    return row["attack"]


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _clock(time: str) -> float:
    hours, minutes, seconds = map(int, time.split(":"))
    return hours * 3600 + minutes * 60 + seconds
