"""Reading event contents that anyone may have written."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_

T = TypeVar("T")


class BadContent(PeerRoomError):
    """An event whose content is not what its type promises."""

    what = N_("A message between PeerRoom programs could not be read.")
    next_step = N_("Please try again; if it happens twice, update PeerRoom.")


class OtherVersion(BadContent):
    """An event of another version of PeerRoom's own formats."""

    what = N_("A message came from another version of PeerRoom.")
    next_step = N_("Please update PeerRoom.")


def decode(kind: type[T], content: object) -> T:
    """``content`` (anything JSON can hold) as a ``kind``, a dataclass with a version in ``v``.

    Unknown keys are passed over: what a version adds without breaking older readers keeps its
    number. Raises `OtherVersion` if ``v`` is another whole number, else `BadContent`; neither
    quotes the content.
    """
    try:
        return msgspec.convert(content, kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        version = content.get("v") if isinstance(content, dict) else None
        if type(version) is int and version != 1:
            raise OtherVersion from None
        raise BadContent from None


def encode(value: object) -> dict[str, Any]:
    """The event content for a dataclass of this package, ready for JSON; None is left out."""
    content = msgspec.json.decode(msgspec.json.encode(value), type=dict[str, Any])
    return {key: item for key, item in content.items() if item is not None}
