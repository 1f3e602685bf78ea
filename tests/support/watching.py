"""Events and rooms for tests of protections, with as little said as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from peerroom.moderation.findings import Finding
from peerroom.moderation.guard import Guard
from peerroom.moderation.protection import Protection, Room
from peerroom.moderation.seen import Kind, Seen
from peerroom.moderation.window import Window
from peerroom.text.foreign import ForeignText

ROOM = "!room:example.org"
BOT = "@bot:example.org"
MODERATOR = "@kind:example.org"
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_numbers = count(1)


def seen(
    text: str | None = "hello",
    sender: str = "@parent:example.org",
    *,
    after: float = 0.0,
    kind: Kind = "text",
    **more: Any,
) -> Seen:
    """An event ``after`` seconds past `NIGHT`."""
    return Seen(
        event_id=f"$event{next(_numbers)}",
        room_id=ROOM,
        sender=sender,
        at=NIGHT + timedelta(seconds=after),
        kind=kind,
        text=None if text is None else ForeignText(text),
        encrypted=True,
        signed=True,
        **more,
    )


def comes(sender: str, name: str = "Parent", *, after: float = 0.0, **more: Any) -> Seen:
    """Somebody joins."""
    said = {"was": None, "named": True, **more}
    return seen(name, sender, after=after, kind="member", membership="join", target=sender, **said)


def room(**more: Any) -> Room:
    """A room with a bot and one moderator."""
    return Room(
        ROOM,
        Window(),
        **{
            "names": {MODERATOR: "Quiet Heron / 静かなサギ", BOT: "Moderator bot"},
            "exempt": frozenset({BOT, MODERATOR}),
            "moderators": frozenset({BOT, MODERATOR}),
            **more,
        },
    )


def watched(
    protection: Protection[Any],
    events: Iterable[Seen],
    where: Room | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """What a protection finds in events that come one after another, through the guard."""
    where = where or room()
    guard = Guard([protection], {protection.name: "on"}, {protection.name: settings or {}})
    found: list[Finding] = []
    for event in events:
        found += guard.judge(event, where)
        where.window.add(event)
    return found


def verbs(found: Iterable[Finding]) -> list[str]:
    """Their verbs."""
    return [finding.verb for finding in found]
