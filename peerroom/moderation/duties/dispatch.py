"""From a command to the function whose duty it is."""

from __future__ import annotations

from functools import singledispatch

from peerroom.moderation.duties.order import Broad, Done, Order
from peerroom.wire.commands import Command


@singledispatch
def duty(command: Command, order: Order) -> Done | Broad:
    """What ``command`` leads to; something broad is not done yet."""
    raise TypeError(type(command).__name__)
