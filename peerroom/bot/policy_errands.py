"""Finding the room of a policy list, making one, leaving one: as often as a crash wants."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from peerroom.bot import circle as circles
from peerroom.bot import making, points
from peerroom.bot.ledger import Ledger, is_followed
from peerroom.bot.requests import Requests
from peerroom.clock import Clock
from peerroom.i18n import _
from peerroom.matrix.errors import Forbidden, NotFound
from peerroom.matrix.rooms import Rooms
from peerroom.moderation import actions as act
from peerroom.moderation import lists
from peerroom.store.outbox import OutboxRow
from peerroom.store.vault import Vault
from peerroom.wire.address import is_room_id, is_server_name

ONLY_US: Final = 100
"""Level that nobody but the bot has: it made the room, and stands above all levels."""

Errand = act.FindList | act.MakeList | act.LeaveList


class PolicyErrands:
    """Carries out what is not done with one request."""

    def __init__(
        self, vault: Vault, ledger: Ledger, requests: Requests, name: str, clock: Clock
    ) -> None:
        self._vault = vault
        self._ledger = ledger
        self._requests = requests
        self._name = name
        self._clock = clock

    async def carry_out(self, rooms: Rooms, row: OutboxRow, errand: Errand) -> None:
        """What is found goes into the ledger with the mark that it was. Raises `MatrixError`."""
        match errand:
            case act.FindList():
                done = await self._find(rooms, errand)
            case act.MakeList():
                done = await self._make(rooms, errand)
            case act.LeaveList():
                done = await self._leave(rooms, errand)
        what = type(errand).__name__
        points.reach("answered", what)
        now = self._clock.now()
        with self._vault.transaction():
            self._vault.outbox.mark_sent(row.id)
            for index, action in enumerate(done):
                if isinstance(action, act.Ledger):
                    self._ledger.apply(action, now)
                elif isinstance(action, act.Request):
                    self._requests.add(action, f"{row.idempotency_key}:{index}")
            if isinstance(errand, act.LeaveList) and not is_followed(self._vault, errand.room_id):
                # Names of strangers, which nobody needs any more.
                self._vault.rooms.clear_state(errand.room_id)
        points.reach("marked", what)

    async def _find(self, rooms: Rooms, errand: act.FindList) -> Sequence[act.Action]:
        desk = self._requests.management
        try:
            room_id, servers = await rooms.find(errand.alias)
        except NotFound:
            room_id, servers = "", ()
        if not is_room_id(room_id):
            said = _("There is no room called {alias}.").format(alias=errand.alias)
            return [act.Say(desk, said)]
        if room_id in self._ledger.book(lists.BOOK):
            return [act.Say(desk, _("The rooms follow that list already."))]
        if room_id in (*self._ledger.standings.rooms(), desk):
            return [act.Say(desk, _("That is a room of ours, and no list."))]
        via = tuple(filter(is_server_name, servers))[:3]
        deed = self._ledger.deeds.next_number
        return lists.follow(errand.by, room_id, via, deed, desk, alias=errand.alias)

    async def _make(self, rooms: Rooms, errand: act.MakeList) -> Sequence[act.Action]:
        """Unless an earlier try did whose answer was lost, or there is one already."""
        if self._ledger.book(lists.CHOICES).get(lists.OWN) is not None:
            return []
        marker = {"v": 1, "role": "list", "lineage": circles.lineage_of(self._vault)}
        room_id = circles.made_before(self._vault, marker) or await making.once(
            self._vault, rooms, marker, self._clock, partial(self._room, rooms, marker)
        )
        deed = self._ledger.deeds.next_number
        return lists.own(errand.by, room_id, deed, self._requests.management)

    async def _room(self, rooms: Rooms, marker: dict[str, object]) -> str:
        return await rooms.create_room(
            name=_("{room}: list").format(room=self._name),
            invite=sorted(self._ledger.moderators()),
            power_levels={
                "users_default": 0,
                "events_default": ONLY_US,
                "state_default": ONLY_US,
                "invite": ONLY_US,
                "kick": ONLY_US,
                "ban": ONLY_US,
                "redact": ONLY_US,
            },
            initial_state=[{"type": circles.MARKER, "state_key": "", "content": marker}],
            # Rules are state, which nobody encrypts: other programs are to read them.
            encrypted=False,
            history_visibility="shared",
        )

    async def _leave(self, rooms: Rooms, errand: act.LeaveList) -> Sequence[act.Action]:
        """Unless it is followed again meanwhile."""
        if not is_followed(self._vault, errand.room_id):
            with suppress(Forbidden, NotFound):  # we are not in it
                await rooms.leave(errand.room_id)
        return ()
