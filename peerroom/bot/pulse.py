"""What the bot counts while it works, for those who look after the machine. Numbers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from peerroom.moderation.findings import Finding
from peerroom.moderation.protection import Judge, Protection, Watch


@dataclass(slots=True)
class Pulse:
    """The counts of one process; they begin at nothing with it."""

    judged: int = 0
    """Events that were decided on."""
    synced: float | None = None
    """When a turn of sync came in last, on the monotonic clock; None before the first."""
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What protections found, by protection and verb; those on trial as well."""

    def counted(self, protections: Iterable[Protection[Any]]) -> tuple[Protection[Any], ...]:
        """The same protections, whose findings are counted."""
        return tuple(self._counted(protection) for protection in protections)

    def _counted(self, protection: Protection[Any]) -> Protection[Any]:
        def arm(settings: Any) -> Judge:
            judge = protection.arm(settings)
            return lambda seen, room: self._count(judge(seen, room))

        def watch(settings: Any) -> Watch:
            assert protection.watch is not None
            watching = protection.watch(settings)
            return lambda now, room: self._count(watching(now, room))

        return replace(protection, arm=arm, watch=watch if protection.watch else None)

    def _count(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self.found[finding.protection, finding.verb] += 1
            yield finding
