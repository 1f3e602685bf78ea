"""What members say to the moderators in private, and the cases that come of it.

The reporter's name is in no case and in no room: the bot keeps it apart, to be able to answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from peerroom.moderation import actions as act
from peerroom.moderation.state import State
from peerroom.wire import member

RECEIVED: Final = "received"


def hear(
    ask: member.Ask, event_id: str, sender: str, room_id: str, at: datetime, state: State
) -> list[act.Action]:
    """What follows when ``sender`` says ``ask`` in the encrypted direct room ``room_id``.

    The caller has seen that it came encrypted, from a device that its owner has signed.
    """
    raise NotImplementedError
