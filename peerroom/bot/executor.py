"""Carries out what the outbox holds: each row once as seen in the room, whatever fails.

A passing fault (no answer, 429, 5xx) leaves the row queued under the same transaction id. A
refusal is final: the row is marked, the audit log says so, and the moderators are told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any, Final

import msgspec

from peerroom.bot import points
from peerroom.bot.direct_rooms import DirectRooms
from peerroom.bot.epochs.errors import NotSeenYet
from peerroom.bot.epochs.queueing import EPOCH, IN_ORDER
from peerroom.bot.epochs.rotation import Epochs
from peerroom.bot.invites import publish
from peerroom.bot.ledger import Ledger
from peerroom.bot.performing import perform
from peerroom.bot.policy_errands import PolicyErrands
from peerroom.bot.requests import Requests, urgency
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_, _
from peerroom.matrix.connection import Connection
from peerroom.matrix.cryptostore import CryptoStoreUnwritable
from peerroom.matrix.errors import MatrixError, RateLimited
from peerroom.matrix.rooms import Rooms
from peerroom.moderation import actions as act
from peerroom.store.accounts import Account
from peerroom.store.errors import VaultError
from peerroom.store.outbox import OutboxKind, OutboxRow
from peerroom.store.vault import Vault

log = logging.getLogger("peerroom.bot")

MISTAKES: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a mistake of ours raises on data that nobody thought of. Not the vault's errors."""
AT_ONCE: Final = 12
"""Messages that are removed, or rooms that somebody is banned from, at the same time. More do not
help: a server writes down what comes together in one room together, and few rooms at once."""
PAUSE: Final = 2.0
"""Seconds before a row is tried again after a first passing fault that named no time."""
SOON: Final = 0.2
"""Seconds until something is looked for again that our own sync has not brought yet."""
LONGEST_PAUSE: Final = 300.0
"""Seconds after which even a server that asks for a longer wait is asked again."""


def _changes_names(row: OutboxRow) -> bool:
    return row.content.get("type") == EPOCH and row.order_key == IN_ORDER


def _tidies(row: OutboxRow) -> bool:
    return row.content.get("type") == EPOCH and row.order_key != IN_ORDER


def _acts(row: OutboxRow) -> bool:
    return row.kind == "action" and row.content.get("type") != EPOCH


def _speaks(row: OutboxRow) -> bool:
    return row.kind == "message"


def _removes(row: OutboxRow) -> bool:
    return row.kind == "redaction"


def _bans(row: OutboxRow) -> bool:
    return row.content.get("type") == act.BanMember.__name__


def _goes_before_removals(row: OutboxRow) -> bool:
    return _speaks(row) or _bans(row)


_KINDS: Final[dict[Callable[[OutboxRow], bool], OutboxKind]] = {
    _speaks: "message",
    _removes: "redaction",
}

_SEVERAL: Final[dict[Callable[[OutboxRow], bool], str]] = {_removes: "removals", _acts: "bans"}
"""The gates behind which a worker does several things at once."""


def _gate(row: OutboxRow) -> str:
    """What waits together after a passing fault: servers count all removals as one, and what goes
    out at once for whoever is banned from many rooms."""
    if _removes(row):
        return _SEVERAL[_removes]
    return _SEVERAL[_acts] if _bans(row) else row.order_key


class CannotBeDone(PeerRoomError):
    """A row of the outbox that nobody knows how to carry out."""

    what = N_("I do not know how to do one of the things I was to do.")
    next_step = N_("Please ask again; the log of the bot has a line about it.")


class Executor:
    """Five workers: one acts, one speaks, one removes, one changes names, one makes keys and clears
    away, so that none of these waits for another.

    A row that met a passing fault holds up only the rows of its own order key, for a while.
    Bans and removals go out several at once, for as long as the server does not slow us down;
    messages are removed when nobody is to be banned first and nothing is to be said.
    """

    def __init__(
        self,
        vault: Vault,
        account: Account,
        connection: Connection,
        ledger: Ledger,
        requests: Requests,
        *,
        room_name: str,
        clock: Clock,
        epochs: Epochs | None = None,
    ) -> None:
        self._vault = vault
        self._account = account
        self._connection = connection
        self._ledger = ledger
        self._requests = requests
        self._room_name = room_name
        self._clock = clock
        self._epochs = epochs
        mine = (_acts, _speaks, _removes, _changes_names, _tidies)
        self._wakes = {which: asyncio.Event() for which in mine}
        self._slowed_down: set[str] = set()
        """Gates where the server limits how fast we are: then one after another."""
        self._lists = PolicyErrands(vault, ledger, requests, room_name, clock)
        self._direct = DirectRooms(vault, account, connection, clock)
        self._not_before: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._under_way = 0
        self._before_removals = 0
        self._idle = asyncio.Event()

    @cached_property
    def _rooms(self) -> Rooms:
        """Without retries: a request that waited inside itself would hold up the others."""
        return Rooms(self._connection.session.without_retries())

    def wake(self) -> None:
        """There is something to do."""
        self._idle.clear()
        for wake in self._wakes.values():
            wake.set()

    async def idle(self) -> None:
        """Wait until nothing is left to do (failed rows wait for a person and do not count)."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        self._vault.outbox.recover()  # what another run on this vault left when the disk failed
        async with asyncio.TaskGroup() as workers:
            for mine, wake in self._wakes.items():
                workers.create_task(self._work(mine, wake))

    async def _work(self, mine: Callable[[OutboxRow], bool], wake: asyncio.Event) -> None:
        passing: list[str] = []
        """The gate of each row that is being carried out: never two different ones."""
        async with asyncio.TaskGroup() as tries:
            while True:
                wake.clear()
                rows = self._ready(mine)
                now = self._clock.monotonic()
                due = [row for row in rows if self._not_before.get(_gate(row), now) <= now]
                if mine is _removes and due and self._comes_first(now):
                    await self._wait(wake, None)
                    continue
                for row in self._together(sorted(due, key=urgency), passing):
                    tries.create_task(self._try(row, passing))
                if due:
                    await self._wait(wake, None)  # every try wakes us when it ends
                    continue
                if not rows:
                    self._slowed_down.discard(_SEVERAL.get(mine, ""))
                if not self._under_way and not self._vault.outbox.count(self._account.id, "queued"):
                    self._idle.set()
                later = min((self._not_before[_gate(row)] for row in rows), default=None)
                await self._wait(wake, None if later is None else later - now)

    def _ready(self, mine: Callable[[OutboxRow], bool]) -> list[OutboxRow]:
        """A worker's rows. Of a long list of removals only those that come next are read."""
        kind: OutboxKind = _KINDS.get(mine, "action")
        limit = AT_ONCE if mine is _removes else -1
        rows = self._vault.outbox.ready(self._account.id, kind, limit)
        return [row for row in rows if mine(row)]

    def _comes_first(self, now: float) -> bool:
        """Whether something is done, or may be, that goes before removals: who is banned is kept
        out before their messages go; and as the server counts words and removals as one,
        moderators hear how long it takes before it has taken that long."""
        return self._before_removals > 0 or any(
            _goes_before_removals(row) and self._not_before.get(_gate(row), now) <= now
            for row in (*self._ready(_speaks), *self._ready(_acts))
        )

    async def _wait(self, wake: asyncio.Event, seconds: float | None) -> None:
        """Until something is to be done, or for ``seconds``."""
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(wake.wait())}
        if seconds is not None:
            waits.add(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _together(self, due: Sequence[OutboxRow], passing: Sequence[str]) -> list[OutboxRow]:
        """Which of ``due``, the most urgent first, may go out beside what passes already: nothing
        overtakes what is done in its turn."""
        if not due:
            return []
        gate = _gate(due[0])
        if any(other != gate for other in passing):
            return []
        several = gate in _SEVERAL.values() and gate not in self._slowed_down
        free = (AT_ONCE if several else 1) - len(passing)
        return list(takewhile(lambda row: _gate(row) == gate, due))[: max(0, free)]

    async def _try(self, row: OutboxRow, passing: list[str]) -> None:
        gate = _gate(row)
        passing.append(gate)
        try:
            if self._vault.outbox.mark_sending(row.id, self._clock.now()):
                await self._outcome(row)
        finally:
            passing.remove(gate)
            # The next row of this key may be another worker's; of removals it never is.
            for mine, wake in self._wakes.items():
                if mine is _removes or not _removes(row):
                    wake.set()

    async def _outcome(self, row: OutboxRow) -> None:
        self._under_way += 1
        self._before_removals += _goes_before_removals(row)
        try:
            await self._carry_out(row)
        except asyncio.CancelledError:
            self._vault.outbox.requeue(row.id)
            raise
        except NotSeenYet as error:
            self._not_before[_gate(row)] = self._clock.monotonic() + SOON
            self._vault.outbox.requeue(row.id, error.sentence())
        except MatrixError as error:
            if error.reach is None or error.reach == "logged_out":
                self._give_up(row, error)
            else:
                self._put_off(row, error)
        except (VaultError, CryptoStoreUnwritable):
            raise  # nothing is wrong with the row: it is tried again when the bot is back
        except PeerRoomError as error:
            self._give_up(row, error)
        except MISTAKES as error:
            # A row of another version, or an answer nobody thought of: it must not stop the rest.
            log.error("a request could not be carried out: %s", type(error).__name__)
            self._give_up(row, CannotBeDone())
        else:
            self._failures.pop(_gate(row), None)
        finally:
            self._under_way -= 1
            self._before_removals -= _goes_before_removals(row)

    def _put_off(self, row: OutboxRow, error: PeerRoomError) -> None:
        """Keep the row for later: when the server says, or after a growing pause."""
        gate = _gate(row)
        failures = self._failures[gate] = self._failures.get(gate, 0) + 1
        pause = min(PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)
        if isinstance(error, RateLimited):
            self._slowed_down.add(gate)
            if error.retry_after is not None:
                pause = min(error.retry_after, LONGEST_PAUSE)
        self._not_before[gate] = self._clock.monotonic() + pause
        self._vault.outbox.requeue(row.id, error.sentence())

    def _give_up(self, row: OutboxRow, error: PeerRoomError) -> None:
        """Mark the row, note it, and tell the moderators (unless telling them is what failed).

        A change of names that was begun is never given up: it is tried again, for as long as it
        takes, and the moderators hear of it once.
        """
        what = str(row.content.get("type", row.kind))
        if what == EPOCH:
            log.error("a change of names cannot go on: %s", type(error).__name__)
            with self._vault.transaction():
                self._put_off(row, error)
                said = _("The change of names cannot go on: {why}").format(why=error.sentence())
                self._requests.add(act.Say(self._requests.management, said), f"stuck:{row.id}")
            return
        log.warning("a request was refused: %s (%s)", what, type(error).__name__)
        with self._vault.transaction():
            self._vault.outbox.mark_failed(row.id, error.sentence())
            note = act.Note(by=self._account.user_id, what="failed", about=what)
            self._ledger.note(note, self._clock.now())
            if row.room_id != self._requests.management or row.kind != "message":
                said = _("Something could not be done: {why}").format(why=error.sentence())
                self._requests.add(act.Say(self._requests.management, said), f"failed:{row.id}")
        self.wake()

    async def _carry_out(self, row: OutboxRow) -> None:
        what = str(row.content.get("type", row.kind))
        points.reach("begun", what)
        if row.kind == "redaction":
            event_id = await self._remove(row)
            points.reach("answered", row.kind)
            self._vault.outbox.mark_sent(row.id, event_id)
            points.reach("marked", row.kind)
            return
        if row.kind != "action":
            event_id = await self._connection.deliver(row)
            points.reach("answered", what)
            self._vault.outbox.mark_sent(row.id, event_id)
            points.reach("marked", what)
            return
        if row.content.get("type") == EPOCH:
            if self._epochs is None:
                raise CannotBeDone
            await self._epochs.carry_out(row)
            return
        request = act.from_content(row.content)
        if isinstance(request, act.PublishInvites):
            await self._publish(row, request)
            return
        if isinstance(request, act.TellMember):
            await self._tell(row, request)
            return
        if isinstance(request, act.FindList | act.MakeList | act.LeaveList):
            await self._lists.carry_out(self._rooms, row, request)
            return
        await perform(self._rooms, request)
        points.reach("answered", what)
        self._vault.outbox.mark_sent(row.id)
        points.reach("marked", what)

    async def _remove(self, row: OutboxRow) -> str | None:
        """Redact; what is gone already, with its room or by somebody else's hand, is fine."""
        event_id = str(row.content["redacts"])
        known = self._vault.events.get(event_id)
        if known is not None and known.room_id != row.room_id:
            raise CannotBeDone
        return await self._rooms.redact(row.room_id, event_id, transaction_id=row.transaction_id)

    async def _tell(self, row: OutboxRow, request: act.TellMember) -> None:
        """Find or make the room of two, then queue what is said there."""
        room_id = await self._direct.room_with(request.user_id)
        points.reach("answered", "TellMember")
        with self._vault.transaction():
            self._vault.outbox.mark_sent(row.id)
            if room_id is not None:
                told = msgspec.structs.replace(request, room_id=room_id)
                self._requests.add(told, f"{row.idempotency_key}:told")
        points.reach("marked", "TellMember")

    async def _publish(self, row: OutboxRow, request: act.PublishInvites) -> None:
        """Have the server take the tokens, then show the links; a token known already is fine."""
        drawn = self._ledger.drawn(request.invites)
        pinned = None if self._epochs is None else self._epochs.pinned()
        links = await publish(
            drawn, self._ledger, self._account, self._connection, self._room_name, pinned
        )
        words = _("Each link lets one person in, once. Give it to nobody else:")
        with self._vault.transaction():
            self._vault.outbox.mark_sent(row.id)
            if links:
                said = act.Say(request.room_id, "\n\n".join([words, *links]))
                key = f"{row.idempotency_key}:links"
                self._requests.add(said, key, answers=request.answers)
            for invite in drawn:
                self._ledger.forget_secret(invite.digest)
