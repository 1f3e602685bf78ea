"""To-device events that came in the clear, kept until the one they are for has dealt with them.

They are written with the sync token that lets the server forget them. Anyone can send one, so there
is an end to how many are kept, in all and of each sender, and the same one is kept once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from peerroom.matrix.canonical import canonical
from peerroom.store.errors import NotStorable

if TYPE_CHECKING:
    from peerroom.clock import Clock
    from peerroom.matrix.outcome import ClearToDevice
    from peerroom.store.vault import Vault

LARGEST: Final = 8192
"""Bytes of one event's content."""
AT_MOST: Final = 500
"""Events that wait at the same time: 4 MB."""
OF_ONE_SENDER: Final = 4

_NAMESPACE: Final = "todevice.waiting"
_DROPPED: Final = "dropped"


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """One event; ``sender`` is the server's word, ``content`` foreign."""

    number: int
    """Ascending in the order of arrival, never used twice."""
    sender: str = field(repr=False)
    type: str
    content: dict[str, Any] = field(repr=False)
    arrived: datetime


class Waiting:
    """The events of one vault that wait. Two objects over one vault say the same."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def all(self) -> list[WaitingEvent]:
        """All of them, in the order of arrival."""
        return [
            WaitingEvent(
                number,
                kept["sender"],
                kept["type"],
                kept["content"],
                datetime.fromisoformat(kept["arrived"]),
            )
            for number, kept in self._vault.records.log(_NAMESPACE, limit=AT_MOST)
        ]

    def remove(self, number: int) -> bool:
        """It was dealt with: in the same transaction as what came of it. Whether it was there."""
        return self._vault.records.take(_NAMESPACE, number)

    @property
    def dropped(self) -> int:
        """How many did not fit or could not be stored, ever."""
        return int(self._vault.records.get(_NAMESPACE, _DROPPED, 0))

    def keep(self, came: Sequence[ClearToDevice]) -> None:
        """Inside the transaction that keeps the sync token."""
        if not came:
            return
        waiting = self.all()
        known = {_digest(one.sender, one.type, one.content) for one in waiting}
        senders = Counter(one.sender for one in waiting)
        dropped = 0
        for one in came:
            if (digest := _digest(one.sender, one.type, one.content)) in known:
                continue
            full = len(known) >= AT_MOST or senders[one.sender] >= OF_ONE_SENDER
            if full or not self._keep(one):
                dropped += 1
                continue
            known.add(digest)
            senders[one.sender] += 1
        if dropped:
            self._vault.records.replace(_NAMESPACE, _DROPPED, self.dropped + dropped)
        # The server forgets them as soon as it sees the token: a power cut must not part the two.
        self._vault.flush()

    def _keep(self, one: ClearToDevice) -> bool:
        kept = {
            "sender": one.sender,
            "type": one.type,
            "content": one.content,
            "arrived": self._clock.now().isoformat(),
        }
        try:
            self._vault.records.append(_NAMESPACE, kept)
        except NotStorable:  # nested too deep
            return False
        return True


def _digest(sender: str, kind: str, content: object) -> bytes:
    return sha256(canonical([sender, kind, content])).digest()
