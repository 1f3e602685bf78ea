"""What is said at the door: events of the encrypted direct room of a newcomer and the bot.

The newcomer sends a `Knock`, the bot answers with an `Answer`. Both only ever travel encrypted: a
Matrix knock's ``reason`` would stand in room state, in clear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

KNOCK = "org.peerroom.door.knock"
ANSWER = "org.peerroom.door.answer"

Result = Literal["admitted", "expired", "used", "full", "banned"]


@dataclass(frozen=True, slots=True)
class Knock:
    """The invite's secret, said once."""

    secret: str = field(repr=False)
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `KNOCK`."""
        raise NotImplementedError

    @classmethod
    def read(cls, content: object) -> Knock:
        """The knock in an event's content; raises `peerroom.wire.content.BadContent`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot decided. `room_id` and `via` (server names) come with "admitted" only.

    Room ids of version 12 name no server, so a join needs `via` (at most three).
    """

    result: Result
    room_id: str | None = None
    via: tuple[str, ...] = ()
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `ANSWER`."""
        raise NotImplementedError

    @classmethod
    def read(cls, content: object) -> Answer:
        """The answer in an event's content; raises `peerroom.wire.content.BadContent`."""
        raise NotImplementedError
