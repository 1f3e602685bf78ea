"""Why something that a change of names needs has to wait."""

from __future__ import annotations

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_


class NotSeenYet(PeerRoomError):
    """The server has done it, and our own sync has not brought it yet: a matter of a moment."""

    what = N_("The server has not shown yet what it did.")
    next_step = N_("It will be tried again by itself.")
