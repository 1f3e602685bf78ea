"""What is said at the door: events of the encrypted direct room of a newcomer and the bot.

The newcomer sends a `Knock`, the bot answers with an `Answer`. Both only ever travel encrypted: a
Matrix knock's ``reason`` would stand in room state, in clear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from peerroom.wire.address import is_room_id, is_server_name
from peerroom.wire.content import decode, encode

KNOCK: Final = "org.peerroom.door.knock"
ANSWER: Final = "org.peerroom.door.answer"

Result = Literal["admitted", "expired", "used", "full", "banned"]


@dataclass(frozen=True, slots=True)
class Knock:
    """The invite's secret, said once; it is not in the repr.

    `identity` is the newcomer's own master key (Ed25519, unpadded base64), so that the bot need not
    believe the homeserver about whom it lets in. `language` is the one to be welcomed in.
    """

    secret: Annotated[str, Meta(min_length=1, max_length=64)] = field(repr=False)
    identity: Annotated[str, Meta(min_length=43, max_length=43)]
    language: Annotated[str, Meta(max_length=8)] = "en"
    v: Literal[1] = 1

    def content(self) -> dict[str, Any]:
        """The content of an event of type `KNOCK`."""
        return encode(self)

    @classmethod
    def read(cls, content: object) -> Knock:
        """The knock in an event's content; raises `peerroom.wire.content.BadContent`."""
        return decode(cls, content)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot decided. `room_id` and `via` (server names) come with "admitted" only.

    Room ids of version 12 name no server, so a join needs `via` (at most three, as in permalinks).
    Raises ValueError if they do not fit together.
    """

    result: Result
    room_id: str | None = None
    via: Annotated[tuple[str, ...], Meta(max_length=3)] = ()
    v: Literal[1] = 1

    def __post_init__(self) -> None:
        """An admission leads somewhere, and nothing else does."""
        if (self.result == "admitted") != (self.room_id is not None):
            raise ValueError("a room comes with an admission, and only then")
        if self.room_id is not None and not is_room_id(self.room_id):
            raise ValueError("room_id is not a room id")
        if not all(map(is_server_name, self.via)):
            raise ValueError("via holds server names")

    def content(self) -> dict[str, Any]:
        """The content of an event of type `ANSWER`."""
        return encode(self)

    @classmethod
    def read(cls, content: object) -> Answer:
        """The answer in an event's content; raises `peerroom.wire.content.BadContent`."""
        return decode(cls, content)
