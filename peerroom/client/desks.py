"""The moderators' desks of a client: one for each room that they keep for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.vault import Vault


class Desks:
    """Each desk is set up when it is first asked for, and then stays: it has heard things.

    What it takes is not loaded before, as few people ever sit at one.
    """

    def __init__(self, client: Client, vault: Vault, clock: Clock) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self._known: dict[str, Casework] = {}

    def of(self, account_id: int) -> list[Casework]:
        """Those at which this account may sit."""
        from peerroom.client.casework_rooms import desks  # loads msgspec

        return [self._desk(room_id) for room_id in desks(self._vault, account_id)]

    def _desk(self, room_id: str) -> Casework:
        if room_id not in self._known:
            from peerroom.client.casework import Casework

            self._known[room_id] = Casework(self._client, self._vault, room_id, self._clock)
        return self._known[room_id]
