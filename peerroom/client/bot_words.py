"""What a bot itself said: the events that count as its word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peerroom.matrix.trust import Trust

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent


def word_of(event: StoredEvent, bot: str) -> dict[str, Any] | None:
    """The content of a message that ``bot`` itself sent; None for everything else.

    Nothing but an encrypted event from a device that the bot has signed counts, and no edit.
    """
    clear = event.clear or {}
    if event.sender != bot or event.status != "ok" or event.trust != Trust.SIGNED:
        return None
    content = clear.get("content")
    if clear.get("type") != "m.room.message" or not isinstance(content, dict):
        return None
    relation = content.get("m.relates_to")
    edits = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
    return None if edits or "m.new_content" in content else content
