"""A room's conversation, read from the vault in pages. Pure: no network, and nio never loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peerroom.client.views import MessageView

if TYPE_CHECKING:
    from peerroom.store.vault import Vault


class Timeline:
    """Pages of one room, oldest first, the outbox after the stored events.

    Reading is synchronous and takes about a millisecond for 50 messages; a face may call it while
    it draws. Names are those of now, disambiguated; call `forget_names` when members changed
    (the `Client` does).
    """

    def __init__(self, vault: Vault, room_id: str) -> None:
        raise NotImplementedError

    def page(
        self, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[MessageView]:
        """Up to ``limit`` messages in ascending order.

        Without bounds: the newest. ``before``: the ones just below that position. ``after``: the
        ones just above it. An empty list means that nothing more is stored on that side
        (`Client.load_older` may fetch more from the server).
        """
        raise NotImplementedError

    def count(self) -> int:
        """How many messages pages would yield in all, the outbox included."""
        raise NotImplementedError

    def find(self, key: str) -> MessageView | None:
        """The message with this key or event id as it stands now, or None when it is gone."""
        raise NotImplementedError

    def forget_names(self) -> None:
        """Read the members again at the next page."""
        raise NotImplementedError
