"""All protections of one room, armed: from an event to what is found about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from peerroom.moderation.findings import Finding, Verb
from peerroom.moderation.protection import Judge, Mode, Protection, Room, Watch
from peerroom.moderation.seen import Seen

_STRENGTH: Final[dict[Verb, int]] = {
    "flag": 0,
    "slow": 1,
    "hold": 2,
    "remove": 3,
    "mute": 4,
    "lock": 5,
    "ban": 6,
}


class Guard:
    """Judges a room's events with the protections that are on, or on trial, there. It is the one
    place that knows who is never judged, and what no protection may ever do.

    ``modes`` and ``settings`` are by name, where they differ from a protection's own. Raises
    `msgspec.ValidationError` for settings that are not valid.
    """

    def __init__(
        self,
        protections: Iterable[Protection[Any]],
        modes: Mapping[str, Mode],
        settings: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._judges: dict[Mode, list[Judge]] = {"on": [], "trial": []}
        self._watches: list[Watch] = []
        for protection in protections:
            mode = modes.get(protection.name, protection.mode)
            if mode != "off":
                kept = settings.get(protection.name)
                self._judges[mode].append(protection.armed(kept))
                watch = protection.watching(kept)
                if watch is not None and mode == "on":
                    self._watches.append(watch)

    def judge(self, seen: Seen, room: Room) -> Sequence[Finding]:
        """What the protections find, the strongest first; at most one of each verb."""
        return _judged(self._judges["on"], seen, room)

    def watch(self, now: datetime, room: Room) -> Sequence[Finding]:
        """What the hour asks for."""
        found = (finding for watch in self._watches for finding in watch(now, room))
        return [_bounded(finding) for finding in found if finding.user_id not in room.exempt]

    def rehearse(self, seen: Seen, room: Room) -> Sequence[Finding]:
        """The same by those on trial: to be told, not done."""
        return _judged(self._judges["trial"], seen, room)


def _judged(judges: list[Judge], seen: Seen, room: Room) -> Sequence[Finding]:
    if not judges or seen.sender in room.exempt:
        return ()
    found: dict[Verb, Finding] = {}
    for judge in judges:
        for finding in judge(seen, room):
            if finding.user_id not in room.exempt:
                finding = _bounded(finding)
                found.setdefault(finding.verb, finding)
    if not found:
        return ()
    return sorted(found.values(), key=lambda finding: -_STRENGTH[finding.verb])


def _bounded(finding: Finding) -> Finding:
    """Whatever a protection says: nobody is banned but by a list, and words of despair lead to
    a human being and to nothing else."""
    if finding.reason == "risk" and finding.verb != "flag":
        return replace(finding, verb="flag")
    if finding.verb == "ban" and finding.reason != "policy":
        return replace(finding, verb="mute")
    return finding
