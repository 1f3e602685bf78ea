"""The moderators' desks of a client: one for each room that they keep for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_

if TYPE_CHECKING:
    from peerroom.client.casework import Casework
    from peerroom.client.session import Client
    from peerroom.clock import Clock
    from peerroom.store.vault import Vault


class NotHere(PeerRoomError):
    """A moderator typed a command where everyone would read it, and no bot would obey."""

    what = N_("Not sent: commands belong in the moderators' room.")
    next_step = N_("Here, begin with a word.")


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

    def refuse_elsewhere(self, account_id: int, room_id: str, text: str) -> None:
        """Raises `NotHere` if a moderator says ``text`` in a room where it is not heard as the
        command that it is. Misspelt ones as well: a name and a reason are in those, too."""
        if text[:1] not in ("!", "！"):
            return
        from peerroom.client.casework_rooms import desks, may_be_desk
        from peerroom.text.foreign import ForeignText
        from peerroom.wire.commands import parse

        if may_be_desk(self._vault, room_id) or not desks(self._vault, account_id):
            return
        if parse(ForeignText(text)) is not None:
            raise NotHere

    def _desk(self, room_id: str) -> Casework:
        if room_id not in self._known:
            from peerroom.client.casework import Casework

            self._known[room_id] = Casework(self._client, self._vault, room_id, self._clock)
        return self._known[room_id]
