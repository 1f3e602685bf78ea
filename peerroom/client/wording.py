"""Words for how far a message has come and how far its sender is proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from peerroom.client.views import MessageState
from peerroom.i18n import _
from peerroom.matrix.outcome import Reason
from peerroom.matrix.trust import Trust

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""A day short of the end, so that every zone can show it."""

_TROUBLE: Final[dict[str, MessageState]] = {
    "undecryptable": "undecryptable",
    "unattributable": "unattributable",
    "redacted": "deleted",
    "malformed": "malformed",
}

_TRUSTS: Final = frozenset(Trust)
_REASONS: Final = frozenset(Reason)


def state_of(event: StoredEvent, *, own: bool) -> MessageState:
    """The state of a stored event whose content could be read."""
    return _TROUBLE.get(event.status) or ("sent" if own else "received")


def trust_words(event: StoredEvent) -> str | None:
    """One sentence when the sender of a message is not proven as it should be, else None."""
    if event.status != "ok":
        return None
    if event.clear is None:
        return _("Sent without encryption.")
    return (Trust(event.trust) if event.trust in _TRUSTS else Trust.UNKNOWN).sentence()


def reason(event: StoredEvent) -> str:
    """Why an event could not be decrypted, or whose it is not certain to be."""
    if event.trust in _REASONS:
        return Reason(event.trust).sentence()
    return (Reason.FORGED if event.status == "unattributable" else Reason.NO_KEY).sentence()


def event_time(milliseconds: int) -> datetime:
    """The sender's clock as a moment; what no calendar holds becomes its first or last day."""
    try:
        return min(_EPOCH + timedelta(milliseconds=max(0, milliseconds)), _LATEST)
    except OverflowError:
        return _LATEST
