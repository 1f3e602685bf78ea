"""Reading event contents that anyone may have written."""

from __future__ import annotations

from typing import Any, TypeVar

from peerroom.errors import PeerRoomError
from peerroom.i18n import N_

T = TypeVar("T")


class BadContent(PeerRoomError):
    """An event whose content is not what its type promises."""

    what = N_("A message between PeerRoom programs could not be read.")
    next_step = N_("Please try again; if it happens twice, update PeerRoom.")


class OtherVersion(BadContent):
    """An event of a later version of PeerRoom's own formats."""

    what = N_("A message came from another version of PeerRoom.")
    next_step = N_("Please update PeerRoom.")


def decode(kind: type[T], content: object) -> T:
    """``content`` (anything JSON can hold) as a ``kind``; unknown keys are passed over.

    Raises `BadContent`, and `OtherVersion` if its ``v`` is a whole number that ``kind`` does not know.
    """
    raise NotImplementedError


def encode(value: object) -> dict[str, Any]:
    """The event content for a value of this package, ready for JSON."""
    raise NotImplementedError
