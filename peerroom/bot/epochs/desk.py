"""Where facts come in: the registrar decides, and all that follows is kept at once.

`Desk.tell` is called inside the transaction that keeps what the fact came from: the cursor of an
event, a redemption taken from those that wait, an outbox row that was carried out. So a crash
leaves either all of it or nothing, and nothing is decided twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from peerroom.bot.epochs import points
from peerroom.bot.epochs.book import Book
from peerroom.clock import Clock
from peerroom.pseudonym.epochs import Policy
from peerroom.pseudonym.registrar import decide, wake
from peerroom.pseudonym.registrar_effects import Effect
from peerroom.pseudonym.registrar_facts import Fact, Ticked
from peerroom.pseudonym.registrar_state import Office
from peerroom.store.vault import Vault

PAUSE = 20.0
"""Seconds after which time is told again, whatever the registrar waits for."""

TOUCH = 30.0
"""Seconds after which we may have missed something that the server knows."""
_NAMESPACE = "epochs.touch"
_KEY = "last"

Keep = Callable[[Effect, Office], None]
"""Puts an effect where it survives, inside the transaction; the office is the one after it."""


def is_missing(vault: Vault) -> bool:
    """Whether something that was said in our rooms has not come yet, and still can: of a room that
    we were removed from nothing more comes, and whoever did that must not stop the clock."""
    inside = (room.room_id for room in vault.rooms.all() if room.membership == "join")
    return any(vault.gaps.of_room(room_id) for room_id in inside)


class Desk:
    """The registrar of one circle, at work in the bot's vault."""

    def __init__(
        self, vault: Vault, lineage: bytes, policy: Policy, keep: Keep, clock: Clock
    ) -> None:
        self._vault = vault
        self._book = Book(vault)
        self._lineage = lineage
        self._policy = policy
        self._keep = keep
        self._clock = clock
        self._news = asyncio.Event()
        self._touched: float | None = None

    def in_touch(self) -> None:
        """Everything that the server knew until now has been told."""
        self._touched = self._clock.monotonic()
        self._vault.records.replace(_NAMESPACE, _KEY, self._clock.now().isoformat())

    def now(self) -> datetime:
        """The registrar's time: it stands still while the server is out of reach, or we were off.

        What came in the meantime counts as if it had come then. Otherwise an outage over a cut-off
        would leave out all who asked in it, and they would have to take it for fraud.
        """
        now = self._clock.now()
        if self._touched is not None and self._clock.monotonic() - self._touched <= TOUCH:
            return now
        last = self._vault.records.get(_NAMESPACE, _KEY)
        return now if last is None else min(now, datetime.fromisoformat(last))

    @property
    def office(self) -> Office:
        """What the registrar knows now."""
        return self._book.read() or Office(self._lineage)

    def tell(self, fact: Fact) -> bool:
        """Have ``fact`` decided on; whether anything changed. Inside the caller's transaction."""
        office, effects = decide(fact, self.office, now=self.now(), policy=self._policy)
        if not self._book.write(office) and not effects:
            return False
        for effect in effects:
            self._keep(effect, office)
        points.reach("told", type(fact).__name__)
        self._news.set()
        return True

    async def run(self, changed: Callable[[], None]) -> None:
        """Tell the time whenever something is due, until cancelled; ``changed`` hears of it."""
        while True:
            self._news.clear()
            now = self.now()
            due = wake(self.office, now)
            if due is not None and due <= now:
                with self._vault.transaction():
                    told = self.tell(Ticked())
                if told:
                    changed()
                    continue
            wait = PAUSE if due is None or due <= now else (due - now).total_seconds()
            await self._sleep(min(wait, PAUSE))

    async def _sleep(self, seconds: float) -> None:
        """For ``seconds``, or until something was decided: then another moment may be the next."""
        waits = {
            asyncio.ensure_future(self._news.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
