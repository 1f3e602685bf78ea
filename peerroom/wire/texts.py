"""The texts that moderators send, as the bot says that they stand now.

They travel inside an ordinary notice of the bot in the management room, under `FIELD`, whenever one
is shown or written anew: any client shows the words, PeerRoom's own puts them into its list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from peerroom.wire.content import BadContent

FIELD: Final = "org.peerroom.texts"


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """One text in one language (ISO 639-1); ``text`` is None for the one that comes along."""

    name: Annotated[str, Meta(max_length=32)]
    language: Annotated[str, Meta(max_length=8)]
    text: Annotated[str, Meta(min_length=1, max_length=4_000)] | None = None


Texts = Annotated[tuple[Written, ...], Meta(max_length=100)]


def content(texts: Iterable[Written]) -> list[dict[str, Any]]:
    """What stands under `FIELD`."""
    built = msgspec.to_builtins(tuple(texts))
    assert isinstance(built, list | tuple)
    return list(built)


def read(value: object) -> tuple[Written, ...]:
    """The texts in a notice; raises `peerroom.wire.content.BadContent`, and nothing else."""
    try:
        texts: tuple[Written, ...] = msgspec.convert(value, Texts)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadContent from None
    return texts
