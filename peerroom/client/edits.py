"""Which words stand for a message, after its sender has changed them. Pure, over the vault.

Client-server API, "Event replacements". An edit is folded into the message that it changes once
both are here and can be read, in whatever order they came. Until then, and for ever if it may not
change that message (somebody else's, say), it is a message of its own sender like any other:
nobody can put words into another's mouth, and nobody can hide what they say behind an edit of
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from peerroom.client import messages
from peerroom.client.messages import Reading
from peerroom.store.redaction import replaced_by

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent
    from peerroom.store.vault import Vault


Place = Literal["own", "waits", "original"]
"""``own``: in a line of its own, as a message; ``waits``: there too, as a change of what cannot be
read here yet; ``original``: in the line of the message that it changes."""


class Edits:
    """The edits of one room."""

    def __init__(self, vault: Vault, room_id: str) -> None:
        self._vault = vault
        self._room_id = room_id

    def newest(self, originals: Sequence[StoredEvent]) -> dict[str, StoredEvent]:
        """By event id: for each of ``originals`` that was changed, the edit that counts."""
        changed = self._vault.events.replaced(self._room_id, [each.event_id for each in originals])
        found = {}
        for original in originals:
            if original.event_id in changed and (edit := self._newest(original)) is not None:
                found[original.event_id] = edit
        return found

    def place(self, event: StoredEvent) -> Place:
        """Where what ``event`` says is to be read."""
        target = target_of(event)
        if target is None:
            return "own"
        original = self._vault.events.get(target)
        if original is None:
            return "waits"
        if (original.room_id, original.sender) != (event.room_id, event.sender):
            return "own"
        if event.status == "redacted" or may_replace(event, original):
            return "original"
        return "waits" if original.status in ("undecryptable", "unattributable") else "own"

    def _newest(self, original: StoredEvent) -> StoredEvent | None:
        candidates = self._vault.events.replacements(original)
        return next((edit for edit in candidates if may_replace(edit, original)), None)


def may_replace(edit: StoredEvent, original: StoredEvent) -> bool:
    """Whether the words of ``edit`` may stand in the place of those of ``original``.

    "Validity of replacement events": same room, sender and type; neither is state; the original
    is no edit itself; the new content is there. And each as encrypted as the other: else the
    server could write what an encrypted message says. Both must be readable, and neither redacted.
    """
    kind, _content = messages.said(edit)
    return (
        (edit.room_id, edit.sender) == (original.room_id, original.sender)
        and edit.status == original.status == "ok"
        and (edit.clear is None) == (original.clear is None)
        and kind == messages.said(original)[0]
        and kind in (messages.MESSAGE, messages.STICKER)
        and edit.raw.get("state_key") is None
        and original.raw.get("state_key") is None
        and target_of(edit) == original.event_id
        and target_of(original) is None
        and new_words(edit) is not None
    )


def target_of(edit: StoredEvent) -> str | None:
    """The event id of the message that ``edit`` says it changes; None when it is no edit."""
    return replaced_by(messages.said(edit)[1])


def new_words(edit: StoredEvent) -> Reading | None:
    """What ``edit`` puts in the place of the original, or None when it is not there."""
    kind, content = messages.said(edit)
    new = content.get("m.new_content") if isinstance(content, dict) else None
    if not isinstance(new, dict):
        # The relation alone may come from the server; the new content is in the ciphertext.
        return None
    # Its own relation means nothing there: that of the original stays.
    reading = messages.read(kind, {**new, "m.relates_to": None})
    return reading if reading.trouble is None else None
