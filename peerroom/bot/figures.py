"""How one circle's bot is doing, in numbers that name nobody and nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from peerroom.bot.circle import NAMESPACE
from peerroom.bot.ledger import UNJUDGED, Ledger
from peerroom.bot.pulse import Pulse
from peerroom.bot.reader import UNREAD
from peerroom.clock import Clock
from peerroom.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Figures:
    """One look. `found` is by protection and verb; `sync_age` in seconds, None before the first."""

    waiting: int = 0
    failed: int = 0
    judged: int = 0
    unreadable: int = 0
    unjudged: int = 0
    found: Mapping[tuple[str, str], int] = field(default_factory=dict)
    cases_open: int = 0
    cases_unclaimed: int = 0
    sync_age: float | None = None
    rooms: int = 0


def figures(vault: Vault, ledger: Ledger, pulse: Pulse, clock: Clock) -> Figures:
    """How things stand now."""
    account = vault.accounts.current()
    outbox = {} if account is None else vault.outbox.counts(account.id)
    states = [case.state for case in ledger.casebook.cases().values()]
    begun = vault.records.get(NAMESPACE, "circle") is not None
    return Figures(
        waiting=outbox.get("queued", 0) + outbox.get("sending", 0),
        failed=outbox.get("failed", 0),
        judged=pulse.judged,
        unreadable=len(vault.records.items(UNREAD)),
        unjudged=ledger.counts().get(UNJUDGED, 0),
        found=dict(pulse.found),
        cases_open=sum(state != "closed" for state in states),
        cases_unclaimed=states.count("open"),
        sync_age=None if pulse.synced is None else max(0.0, clock.monotonic() - pulse.synced),
        rooms=len(ledger.standings.rooms()) if begun else 0,
    )
