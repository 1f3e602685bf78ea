"""From a row of the outbox to an event on the server, once, and never in clear.

What a row holds, by kind:

``message``
    ``{"type": "m.room.message", "content": {…}}``: any room event type; it is encrypted.
``redaction``
    ``{"redacts": event_id}`` and optionally ``"reason"``: goes as the spec has it, in clear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import N_
from peerroom.matrix.keyshare import KeyShare
from peerroom.matrix.session import Session

if TYPE_CHECKING:
    from peerroom.matrix.crypto import Machine
    from peerroom.store.outbox import OutboxRow
    from peerroom.store.vault import Vault

MARKER: Final = "org.peerroom.transaction"
"""Key inside the encrypted content that holds the row's transaction id.

A server forgets transaction ids (Synapse: after 24 hours); by this an own event is still known
again, so that a message that waited longer is not sent twice."""


class NotEncrypted(PeerRoomError):
    """The room is not recorded as encrypted. Nothing was sent, and nothing will be in clear."""

    what = N_("This room is not encrypted, so nothing was sent.")
    next_step = N_("Ask the host of the room; PeerRoom writes only in encrypted rooms.")


class NotDeliverable(PeerRoomError):
    """The row does not hold what its kind needs."""

    what = N_("This entry cannot be sent.")
    next_step = N_("Remove it, and write it again.")


class Delivery:
    """Sends rows of the outbox for one account, one at a time and in order for each room."""

    def __init__(
        self,
        vault: Vault,
        machine: Machine,
        keyshare: KeyShare,
        session: Session,
        *,
        clock: Clock,
    ) -> None:
        raise NotImplementedError

    async def deliver(self, row: OutboxRow) -> str:
        """Send ``row`` under its transaction id and return the event's id.

        May be called again after any failure, also in a later life of the process: the same
        transaction id gives the same event, and after the server has forgotten it the event is
        looked for first. Does not touch the outbox row. Raises `NotEncrypted`, `NotDeliverable`,
        `MatrixError`.
        """
        raise NotImplementedError
